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
    package init(bytes: [UInt8], name: String) {
        backing = .memory(bytes)
        self.name = name
        count = bytes.count
        oddity = nil
    }

    /// Opens a file; `-` is stdin.
    ///
    /// What is gzip is unpacked first, and what comes through a pipe is kept in a temporary file.
    ///
    /// - Throws: `TrafficFileError` when it cannot be read.
    package init(path: String) throws(TrafficFileError) {
        name = path == "-" ? "stdin" : path
        (backing, count, oddity) = try TrafficBytes.open(path, name: name)
        guard count > 0 else { throw TrafficFileError(file: name, reason: "it is empty") }
    }

    private static func open(
        _ path: String, name: String
    ) throws(TrafficFileError) -> (backing: Backing, count: Int, oddity: String?) {
        func fault(reason: String) -> TrafficFileError { TrafficFileError(file: name, reason: reason) }
        var descriptor = path == "-" ? fcntl(0, F_DUPFD_CLOEXEC, 3) : Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw fault(reason: "it cannot be read (\(String(cString: strerror(errno))))") }
        do throws(TrafficFileError) {
            var status = stat()
            guard fstat(descriptor, &status) == 0 else {
                throw fault(reason: "it cannot be read (\(String(cString: strerror(errno))))")
            }
            let kind = status.st_mode & S_IFMT
            guard kind != S_IFDIR else { throw fault(reason: "it is a folder") }
            var count = Int(status.st_size)
            if kind != S_IFREG {
                guard isatty(descriptor) == 0 else {
                    throw fault(reason: "it is a terminal; give a file, or pipe the traffic into it")
                }
                let held = try TemporaryFile.hold(descriptor, name: name)
                close(descriptor)
                (descriptor, count) = held
            }
            var magic: [UInt8] = [0, 0]
            guard pread(descriptor, &magic, 2, 0) == 2, magic == [0x1F, 0x8B] else {
                return (.file(descriptor), count, nil)
            }
            let unpacked = try Gunzip.unpack(descriptor, name: name)
            close(descriptor)
            return (.file(unpacked.descriptor), unpacked.count, unpacked.oddity)
        } catch {
            close(descriptor)
            throw error
        }
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

    init(bytes: TrafficBytes) { self.bytes = bytes }

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
