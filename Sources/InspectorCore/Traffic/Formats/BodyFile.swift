// Files that a traffic file names: bodies that lie beside it. A file made by others names what it likes, so nothing
// outside its own folder is ever read.

internal import CInspectorSystem
internal import Foundation
internal import Glibc

/// Files that hold a body, named in a list of requests.
enum BodyFile {
    /// Reads the file `name`, which has to lie in the folder of `list` or below it.
    ///
    /// - Throws: `Refusal` when it lies elsewhere, is not a file, is larger than `limit`, or cannot be read.
    static func read(
        _ name: String, beside list: String, limit: Int = RecordedRequest.bodyLimit
    ) throws(RecordedRequest.Refusal) -> [UInt8] {
        let (descriptor, size) = try opened(name: name, beside: list)
        defer { close(descriptor) }
        guard size <= limit else {
            throw RecordedRequest.Refusal(
                reason: "the file with its body is too large: \(name.prefix(100)) (\(size) bytes)")
        }
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: min(size + 1, 256 * 1024))
        while bytes.count <= limit {
            let got = Glibc.read(descriptor, &part, part.count)
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw unreadable(name: name) }
            if got == 0 { return bytes }
            bytes += part[..<got]
        }
        throw RecordedRequest.Refusal(reason: "the file with its body is too large: \(name.prefix(100))")
    }

    /// How many bytes the file has that `read` would read.
    ///
    /// - Throws: `Refusal` as `read` does.
    static func size(name: String, beside list: String) throws(RecordedRequest.Refusal) -> Int {
        let (descriptor, size) = try opened(name: name, beside: list)
        close(descriptor)
        return size
    }

    private static func opened(
        name: String, beside list: String
    ) throws(RecordedRequest.Refusal) -> (descriptor: Int32, size: Int) {
        guard !name.isEmpty, !name.utf8.contains(0) else { throw unreadable(name: name) }
        let folder = URL(fileURLWithPath: list).deletingLastPathComponent().resolvingSymlinksInPath()
        let named = name.hasPrefix("/") ? URL(fileURLWithPath: name) : folder.appendingPathComponent(name)
        let file = named.standardizedFileURL.resolvingSymlinksInPath()
        guard file.path.hasPrefix(folder.path.hasSuffix("/") ? folder.path : folder.path + "/") else {
            throw RecordedRequest.Refusal(reason: "its body lies outside the folder of the file: \(name.prefix(100))")
        }
        // Not blocking: to open a named pipe would wait for a writer that never comes.
        let descriptor = open(file.path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else { throw unreadable(name: name) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw unreadable(name: name)
        }
        return (descriptor, Int(status.st_size))
    }

    private static func unreadable(name: String) -> RecordedRequest.Refusal {
        RecordedRequest.Refusal(reason: "its body cannot be read: \(name.prefix(100))")
    }
}
