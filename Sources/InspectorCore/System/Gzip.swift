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
}
