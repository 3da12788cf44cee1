// A form with files, as a browser sends it.

/// A part of a form that is sent: a field, or a file.
public struct FormPart: Sendable {
    private let name: String
    private let filename: String?
    private let contentType: String?
    private let content: [UInt8]

    /// A field.
    public static func field(_ name: String, _ value: String) -> FormPart {
        FormPart(name: name, filename: nil, contentType: nil, content: Array(value.utf8))
    }

    /// A file.
    public static func file(
        _ name: String, filename: String, contentType: String = "application/octet-stream", bytes: [UInt8]
    ) -> FormPart {
        FormPart(name: name, filename: filename, contentType: contentType, content: bytes)
    }

    /// All parts as a body (RFC 7578).
    static func body(of parts: [FormPart], boundary: String) -> [UInt8] {
        parts.reduce(into: [UInt8]()) { bytes, part in bytes += part.bytes(boundary: boundary) }
            + Array("--\(boundary)--\r\n".utf8)
    }

    private func bytes(boundary: String) -> [UInt8] {
        // As browsers write what would end the quotes (HTML: multipart/form-data encoding algorithm).
        func quoted(_ text: String) -> String {
            let escaped = text.map { $0 == "\"" ? "%22" : $0 == "\r" ? "%0D" : $0 == "\n" ? "%0A" : "\($0)" }
            return "\"" + escaped.joined() + "\""
        }
        var head = "--\(boundary)\r\nContent-Disposition: form-data; name=\(quoted(name))"
        if let filename { head += "; filename=\(quoted(filename))" }
        if let contentType { head += "\r\nContent-Type: \(contentType)" }
        return Array((head + "\r\n\r\n").utf8) + content + Array("\r\n".utf8)
    }
}
