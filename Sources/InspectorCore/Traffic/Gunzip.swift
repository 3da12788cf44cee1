// Gzip files, unpacked: several members in one file are read through, and a bomb is stopped.

internal import CInspectorSystem
internal import Glibc

/// Unpacks.
enum Gunzip {
    /// The most that a file may become, in bytes.
    static let limit = 8 * 1024 * 1024 * 1024
    /// How many times its size a file may become, once it has become large.
    static let ratio = 250
    private static let free = 64 * 1024 * 1024

    /// Unpacks the file behind `descriptor` into a temporary one, which is deleted at once and goes with its descriptor.
    ///
    /// - Throws: `TrafficFileError`.
    static func unpack(
        _ descriptor: Int32, name: String
    ) throws(TrafficFileError) -> (descriptor: Int32, count: Int, oddity: String?) {
        func fault(reason: String) -> TrafficFileError { TrafficFileError(file: name, reason: reason) }
        let target: Int32
        do throws(TrafficFileError) { target = try TemporaryFile.make(for: name) } catch {
            throw fault(reason: "it is gzip, and \(error.reason)")
        }
        do throws(TrafficFileError) {
            let (count, oddity) = try inflate(descriptor, into: target, name: name)
            return (target, count, oddity)
        } catch {
            close(target)
            throw error
        }
    }

    private static func inflate(
        _ source: Int32, into target: Int32, name: String
    ) throws(TrafficFileError) -> (count: Int, oddity: String?) {
        func fault(reason: String) -> TrafficFileError { TrafficFileError(file: name, reason: reason) }
        guard let state = cs_gunzip_begin() else { throw fault(reason: "there is no memory to unpack it") }
        defer { cs_gunzip_end(state) }
        var input = [UInt8](repeating: 0, count: 256 * 1024)
        var output = [UInt8](repeating: 0, count: 256 * 1024)
        var taken = 0
        var count = 0
        var isBetween = false
        while true {
            let got = pread(source, &input, input.count, off_t(taken))
            if got < 0, errno == EINTR { continue }
            guard got > 0 else {
                return (count, isBetween ? nil : "the gzip file is cut: what could be unpacked was read")
            }
            var place = 0
            pieces: while place < got {
                if isBetween {
                    // Another member may follow; anything else is not part of it.
                    guard input[place] == 0x1F else {
                        return (count, "bytes after the end of the gzip data were left out")
                    }
                    cs_gunzip_again(state)
                    isBetween = false
                }
                var left = got - place
                var given = output.count
                let code = input.withUnsafeBufferPointer { bytes in
                    cs_gunzip_step(state, bytes.baseAddress.map { $0 + place }, &left, &output, &given)
                }
                let step = got - place - left
                place += step
                try write(output[..<given], to: target, name: name)
                count += given
                guard count <= limit else { throw fault(reason: "unpacked it is larger than 8 GB") }
                guard count <= free || count / ratio <= taken + place else {
                    throw fault(
                        reason: "unpacked it is more than \(ratio) times as large: that is not traffic, and was stopped"
                    )
                }
                switch Int(code) {
                case CS_GUNZIP_END: isBetween = true
                case CS_GUNZIP_BAD:
                    guard count > 0 else { throw fault(reason: "it begins as gzip and cannot be unpacked") }
                    return (count, "the gzip data is broken at byte \(taken + place): what came before was read")
                default:
                    // Neither taken nor given: it needs more than this piece holds.
                    if step == 0, given == 0 { break pieces }
                }
            }
            taken += place
            if place == 0 { return (count, "the gzip data is broken at byte \(taken): what came before was read") }
        }
    }

    private static func write(_ bytes: ArraySlice<UInt8>, to target: Int32, name: String) throws(TrafficFileError) {
        if let problem = FileWriting.write(bytes, to: target).problem {
            throw TrafficFileError(file: name, reason: "there is no room to unpack it (\(problem))")
        }
    }
}
