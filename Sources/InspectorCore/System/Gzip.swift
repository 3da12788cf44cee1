// Bytes as a gzip file, for who takes them smaller.

internal import CInspectorSystem

/// Packs.
enum Gzip {
    /// `bytes` as a gzip file of one member; nil when there is no memory for it.
    ///
    /// Packs fast rather than small: this is for loopback and for a collector nearby.
    static func pack(_ bytes: [UInt8]) -> [UInt8]? {
        var packed = [UInt8](repeating: 0, count: cs_gzip_bound(bytes.count))
        let count = cs_gzip(bytes, bytes.count, &packed, packed.count)
        guard count > 0 else { return nil }
        packed.removeSubrange(count...)
        return packed
    }

    /// Why bytes cannot be unpacked.
    enum Fault: Error, Equatable {
        /// They are no gzip, or are cut.
        case invalid
        /// They become more than was allowed.
        case tooLarge
    }

    /// What gzip's members hold, one behind the other.
    ///
    /// - Parameter limit: how many bytes it may be; no more are unpacked to find that out.
    static func unpack(_ bytes: [UInt8], limit: Int) throws(Fault) -> [UInt8] {
        guard let state = cs_gunzip_begin() else { throw .invalid }
        defer { cs_gunzip_end(state) }
        var whole: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 64 * 1024)
        var taken = 0
        while true {
            var left = bytes.count - taken
            var given = piece.count
            let step = bytes.withUnsafeBufferPointer { buffer -> Int32 in
                guard let base = buffer.baseAddress else { return Int32(CS_GUNZIP_BAD) }
                return cs_gunzip_step(state, base + taken, &left, &piece, &given)
            }
            taken = bytes.count - left
            guard step != Int32(CS_GUNZIP_BAD) else { throw .invalid }
            guard whole.count + given <= limit else { throw .tooLarge }
            whole.append(contentsOf: piece[..<given])
            if step == Int32(CS_GUNZIP_END) {
                if left == 0 { return whole }
                cs_gunzip_again(state)
            } else if left == 0, given < piece.count {
                throw .invalid
            }
        }
    }
}
