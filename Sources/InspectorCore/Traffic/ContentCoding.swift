// Bodies as they were before a content encoding: only those can be compared, or stand in a HAR.

internal import CInspectorSystem

/// Takes content encodings off.
enum ContentCoding {
    /// The bytes behind `coding`, or nil when it is not known here, the data are broken, or unpacked they are larger than
    /// a body may be.
    ///
    /// - Parameter wholly: whether bytes after the end of the packed data make them broken; else they are left out.
    static func decoded(bytes: [UInt8], coding: String?, wholly: Bool = false) -> [UInt8]? {
        guard isCoded(coding) else { return bytes }
        switch coding?.lowercased().filter({ $0 != " " }) {
        case "gzip", "x-gzip", "deflate": return bytes.isEmpty ? bytes : inflated(bytes: bytes, wholly: wholly)
        default: return nil
        }
    }

    /// Whether `coding` changes bytes.
    static func isCoded(_ coding: String?) -> Bool {
        let name = coding?.lowercased().filter { $0 != " " } ?? ""
        return !name.isEmpty && name != "identity"
    }

    private static func inflated(bytes: [UInt8], wholly: Bool) -> [UInt8]? {
        guard let state = cs_gunzip_begin() else { return nil }
        defer { cs_gunzip_end(state) }
        var result: [UInt8] = []
        var output = [UInt8](repeating: 0, count: 64 * 1024)
        var place = 0
        while result.count <= RecordedRequest.bodyLimit {
            var left = bytes.count - place
            var given = output.count
            let code = bytes.withUnsafeBufferPointer { input in
                cs_gunzip_step(state, input.baseAddress.map { $0 + place }, &left, &output, &given)
            }
            let step = bytes.count - place - left
            place += step
            result += output[..<given]
            if Int(code) == CS_GUNZIP_END {
                if wholly, place < bytes.count { return nil }
                return result.count <= RecordedRequest.bodyLimit ? result : nil
            }
            if Int(code) == CS_GUNZIP_BAD || step == 0 && given == 0 { return nil }
        }
        return nil
    }
}
