// Bytes that cannot be read at any place (a pipe, stdin) or not as they are (gzip), put into a file that can.

internal import Glibc

/// Files without a name, which are gone with their descriptor.
enum TemporaryFile {
    /// The most that is taken from a pipe, in bytes.
    static let pipeLimit = 1024 * 1024 * 1024

    /// Makes one, its owner's alone, in `TMPDIR` or `/tmp`.
    ///
    /// - Throws: `TrafficFileError` with a part of a sentence about the file `name`.
    static func make(for name: String) throws(TrafficFileError) -> Int32 {
        let folder = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        // 0600, as mkstemp makes it.
        var template = Array("\(folder)/inspector-XXXXXX".utf8CString)
        let target = mkstemp(&template)
        guard target >= 0 else {
            throw TrafficFileError(
                file: name, reason: "no temporary file can be made in \(folder) (\(String(cString: strerror(errno))))")
        }
        unlink(template)
        _ = fcntl(target, F_SETFD, FD_CLOEXEC)
        return target
    }

    /// Reads a pipe, a socket or a device to its end.
    ///
    /// - Returns: the file, and how many bytes it holds.
    /// - Throws: `TrafficFileError` when it cannot be read, holds more than `pipeLimit`, or there is no room for it.
    static func hold(_ source: Int32, name: String) throws(TrafficFileError) -> (descriptor: Int32, count: Int) {
        let target = try make(for: name)
        do throws(TrafficFileError) { return (target, try copy(source, to: target, name: name)) } catch {
            close(target)
            throw error
        }
    }

    private static func copy(_ source: Int32, to target: Int32, name: String) throws(TrafficFileError) -> Int {
        var buffer = [UInt8](repeating: 0, count: 256 * 1024)
        var count = 0
        while true {
            let got = Glibc.read(source, &buffer, buffer.count)
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else {
                throw TrafficFileError(
                    file: name, reason: "it cannot be read (\(String(cString: strerror(errno))))")
            }
            guard got > 0 else { return count }
            count += got
            guard count <= pipeLimit else {
                throw TrafficFileError(
                    file: name, reason: "more than 1 GB came through the pipe; write it into a file and give that")
            }
            if let problem = FileWriting.write(buffer[..<got], to: target).problem {
                throw TrafficFileError(file: name, reason: "there is no room to keep what it gives (\(problem))")
            }
        }
    }
}
