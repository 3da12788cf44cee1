// The bytes of a traffic file, read in pieces: a file of a gigabyte is never in memory. Gzip is unpacked once, into a
// temporary file that nobody else can see.

internal import CInspectorSystem
internal import Glibc

/// A file, or bytes that are at hand.
///
/// Reading is safe from any thread: each read names its place.
package final class TrafficBytes: Sendable {
    private enum Backing: Sendable {
        case file(Int32)
        case memory([UInt8])
    }

    /// What sentences call it.
    package let name: String
    /// How many bytes there are.
    package let count: Int
    /// What was odd about it, to be told once.
    package let oddity: String?

    private let backing: Backing

    /// Takes bytes that are at hand.
    package init(_ bytes: [UInt8], name: String) {
        backing = .memory(bytes)
        self.name = name
        count = bytes.count
        oddity = nil
    }

    /// The most that is taken from stdin, in bytes: it stays in memory.
    package static let inputLimit = 64 * 1024 * 1024

    /// Opens a file; one that is gzip is unpacked first.
    ///
    /// `-` is stdin, read to its end.
    ///
    /// - Throws: `TrafficFileError` when it cannot be read.
    package init(path: String) throws(TrafficFileError) {
        if path == "-" {
            let input = try TrafficBytes.input()
            (name, count, oddity, backing) = ("stdin", input.count, nil, .memory(input))
            return
        }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw TrafficFileError(file: path, reason: "it cannot be read (\(String(cString: strerror(errno))))")
        }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw TrafficFileError(file: path, reason: "it is no file")
        }
        name = path
        var magic: [UInt8] = [0, 0]
        if pread(descriptor, &magic, 2, 0) == 2, magic == [0x1F, 0x8B] {
            defer { close(descriptor) }
            let unpacked = try Gunzip.unpack(descriptor, name: path)
            backing = .file(unpacked.descriptor)
            count = unpacked.count
            oddity = unpacked.oddity
        } else {
            backing = .file(descriptor)
            count = Int(status.st_size)
            oddity = nil
        }
        guard count > 0 else { throw TrafficFileError(file: path, reason: "it is empty") }
    }

    private static func input() throws(TrafficFileError) -> [UInt8] {
        func fault(_ reason: String) -> TrafficFileError { TrafficFileError(file: "stdin", reason: reason) }
        var input: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 256 * 1024)
        while true {
            let got = Glibc.read(STDIN_FILENO, &part, part.count)
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw fault("it cannot be read (\(String(cString: strerror(errno))))") }
            if got == 0 { break }
            guard input.count + got <= inputLimit else {
                throw fault("it holds more than 64 MB; write it into a file and give that")
            }
            input += part[..<got]
        }
        guard !input.isEmpty else { throw fault("it is empty") }
        guard !input.starts(with: [0x1F, 0x8B]) else { throw fault("it is gzip; unpack it first, or give the file") }
        return input
    }

    deinit {
        if case .file(let descriptor) = backing { close(descriptor) }
    }

    /// The bytes of `range`; fewer when the file has become shorter meanwhile.
    package func read(_ range: Range<Int>) -> [UInt8] {
        let range = range.clamped(to: 0..<count)
        switch backing {
        case .memory(let bytes): return Array(bytes[range])
        case .file(let descriptor):
            return [UInt8](unsafeUninitializedCapacity: range.count) { buffer, filled in
                while filled < range.count, let base = buffer.baseAddress {
                    let got = pread(descriptor, base + filled, range.count - filled, off_t(range.lowerBound + filled))
                    if got < 0, errno == EINTR { continue }
                    guard got > 0 else { break }
                    filled += got
                }
            }
        }
    }
}

/// A place in a file, from which bytes are looked at one after the other.
struct ByteWindow {
    let bytes: TrafficBytes
    private var buffer: [UInt8] = []
    private var base = 0

    private static let size = 256 * 1024

    init(_ bytes: TrafficBytes) { self.bytes = bytes }

    var count: Int { bytes.count }

    /// The byte at `offset`, or nil at the end.
    subscript(offset: Int) -> UInt8? {
        mutating get {
            let place = offset - base
            if place >= 0, place < buffer.count { return buffer[place] }
            guard offset >= 0, offset < count else { return nil }
            base = offset
            buffer = bytes.read(offset..<min(count, offset + ByteWindow.size))
            return buffer.first
        }
    }

    /// Where `byte` or `other` stands first, at `offset` or behind it; nil when neither does.
    mutating func place(of byte: UInt8, or other: UInt8? = nil, from offset: Int) -> Int? {
        var offset = offset
        while self[offset] != nil {
            let start = offset - base
            // The C library looks at many bytes at once; a loop over them was most of the time of a plan.
            let found = buffer.withUnsafeBytes { bytes -> Int? in
                guard let first = bytes.baseAddress else { return nil }
                var end = bytes.count
                var found: Int?
                for wanted in [byte, other ?? byte] {
                    if let hit = memchr(first + start, Int32(wanted), end - start) {
                        found = UnsafeRawPointer(hit) - first
                        end = found ?? end
                    }
                }
                return found
            }
            if let found { return base + found }
            offset = base + buffer.count
        }
        return nil
    }

    /// The line that begins at `offset`, without its end, and where the next one begins.
    ///
    /// - Parameter limit: a longer line is cut there, and its rest passed over.
    mutating func line(at offset: Int, limit: Int = 8 * 1024 * 1024) -> (range: Range<Int>, next: Int)? {
        guard offset < count else { return nil }
        var end = place(of: 10, from: offset) ?? count
        let next = end < count ? end + 1 : end
        if end > offset, self[end - 1] == 13 { end -= 1 }
        return (offset..<min(end, offset + limit), next)
    }
}
