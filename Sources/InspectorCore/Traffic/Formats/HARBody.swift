// The body of a HAR's request: a text, parameters, or a file beside the HAR.

internal import Foundation

/// `request.postData` (HAR 1.2), and what Playwright adds to it.
struct HARBody {
    private let json: LooseJSON
    private let mimeType: String?

    init(json: LooseJSON) {
        self.json = json
        mimeType = json["mimeType"]?.string.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The bytes to send; headers that tell of them are set, and what is odd is noted.
    ///
    /// - Throws: `RecordedRequest.Refusal` when it lies in a file that cannot be read.
    func bytes(
        headers: inout Headers, file: String, notes: inout [String]
    ) throws(RecordedRequest.Refusal) -> [UInt8] {
        // A few exporters write the text itself.
        if !json.isObject, let text = json.text { return take(text, notes: &notes) }
        if let mimeType, let header = headers["Content-Type"],
            HARBody.media(type: mimeType) != HARBody.media(type: header)
        {
            notes.append("its body is called \(mimeType) and its header says \(header); the header holds")
        }
        // The text in a HAR is decoded already; what could not be is marked so by our own writer.
        if json["_packed"] == nil { headers["Content-Encoding"] = nil }
        let text = json["text"]
        if let text, !text.isNull, text.text?.bytes.isEmpty != true {
            if headers["Content-Type"] == nil, let mimeType { headers["Content-Type"] = mimeType }
            guard let string = text.text else {
                notes.append("its body stands as JSON, not as a text; it is sent as it stands")
                return text.source
            }
            if json["encoding"]?.string?.lowercased() == "base64" {
                if let data = Data(base64Encoded: string.string) { return Array(data) }
                notes.append("its body is said to be base64 and is not; it is sent as text")
            }
            return take(string, notes: &notes)
        }
        if let name = json["_file"]?.string, !name.isEmpty {
            if headers["Content-Type"] == nil, let mimeType { headers["Content-Type"] = mimeType }
            return try BodyFile.read(name, beside: file)
        }
        let params = (json["params"]?.items ?? []).compactMap { HAREntry.Field(json: $0) }
        guard !params.isEmpty else { return [] }
        if params.contains(where: \.value.isRepaired) {
            notes.append("its body holds half a character (a lone surrogate), sent as U+FFFD")
        }
        if mimeType?.lowercased().hasPrefix("multipart/") ?? false {
            notes.append("its multipart body is built anew from its parameters")
            let body = MultipartBody(params.map(HARBody.part))
            headers["Content-Type"] = body.contentType
            return body.bytes
        }
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        return Array(
            params.map { FormText.encoded(bytes: Array($0.name.utf8)) + "=" + FormText.encoded(bytes: $0.value.bytes) }
                .joined(separator: "&").utf8)
    }

    private func take(_ text: LooseJSON.Text, notes: inout [String]) -> [UInt8] {
        if text.isRepaired { notes.append("its body holds half a character (a lone surrogate), sent as U+FFFD") }
        return text.bytes
    }

    private static func media(type: String) -> String {
        type.prefix { $0 != ";" }.trimmingCharacters(in: .whitespaces).lowercased()
    }

    private static func part(param: HAREntry.Field) -> MultipartBody.Part {
        var part = MultipartBody.Part(
            name: param.name, fileName: param.fileName, contentType: param.contentType, content: param.value.bytes)
        // A file's content stands as a data URL (RFC 2397).
        if let comma = part.content.firstIndex(of: 0x2C), part.content.starts(with: "data:".utf8) {
            let kind = String(decoding: part.content[5..<comma], as: UTF8.self)
            let text = String(decoding: part.content[(comma + 1)...], as: UTF8.self)
            if kind.hasSuffix(";base64"), let data = Data(base64Encoded: text) { part.content = Array(data) }
            part.contentType = part.contentType ?? kind.split(separator: ";").first.map(String.init)
        }
        return part
    }
}

/// Texts of forms (application/x-www-form-urlencoded).
enum FormText {
    /// `bytes` with everything encoded that is not plain in RFC 3986.
    static func encoded(bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var text: [UInt8] = []
        for byte in bytes {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: text.append(byte)
            default: text += [0x25, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
