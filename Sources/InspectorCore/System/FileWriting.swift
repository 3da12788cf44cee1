// Bytes into a file, to the last: `write` may take fewer than it was given, or be interrupted.

internal import Glibc

/// Writes to files.
enum FileWriting {
    /// Writes all of `bytes`, from any thread.
    ///
    /// - Returns: how many were written, and in words why not all of them; nil when all were.
    static func write(_ bytes: ArraySlice<UInt8>, to descriptor: Int32) -> (count: Int, problem: String?) {
        var rest = bytes
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return (bytes.count - rest.count, String(cString: strerror(errno))) }
            rest = rest.dropFirst(count)
        }
        return (bytes.count, nil)
    }
}
