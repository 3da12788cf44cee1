// A body as lines that can be read: JSON with its structure, text as it is, anything else as bytes.

internal import Foundation
internal import InspectorCore

/// Makes lines of a body.
struct BodyText {
    /// `JSON`, `text` or `binary`.
    let kind: String
    let lines: [String]

    /// - Parameter isWhole: whether all of the body is there; a part of JSON is shown as text.
    init(bytes: [UInt8], contentType: String?, isWhole: Bool) {
        let type = contentType?.lowercased() ?? ""
        if isWhole, type.contains("json") || bytes.first == 0x7B || bytes.first == 0x5B,
            let value = try? JSON(parsing: bytes)
        {
            kind = "JSON"
            lines = value.pretty
            return
        }
        let whole = String(validating: bytes, as: UTF8.self)
        // A body that was cut may end within a character.
        let text =
            whole
            ?? (isWhole ? nil : (1...3).lazy.compactMap { String(validating: bytes.dropLast($0), as: UTF8.self) }.first)
        let isText = text.map { text in
            !text.unicodeScalars.contains { $0.value < 32 && ![9, 10, 12, 13].contains($0.value) }
        }
        if isText == true, let text {
            kind = "text"
            var all = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }.map(String.init)
            if all.last?.isEmpty == true { all.removeLast() }
            lines = all
            return
        }
        kind = "binary"
        lines = stride(from: 0, to: bytes.count, by: 16).map {
            BodyText.row(bytes: bytes[$0..<min($0 + 16, bytes.count)], offset: $0)
        }
    }

    /// `00000010  89 50 4e 47 0d 0a 1a 0a  00 00 00 0d 49 48 44 52  |.PNG........IHDR|`.
    private static func row(bytes: ArraySlice<UInt8>, offset: Int) -> String {
        func hex(number: Int, digits: Int) -> String {
            let text = String(number, radix: 16)
            return String(repeating: "0", count: max(0, digits - text.count)) + text
        }
        var columns = ""
        for (place, byte) in bytes.enumerated() {
            columns += (place == 8 ? "  " : " ") + hex(number: Int(byte), digits: 2)
        }
        let shown = String(bytes.map { (32..<127).contains($0) ? Character(Unicode.Scalar($0)) : "." })
        return "\(hex(number: offset, digits: 8)) \(TextWidth.pad(columns, width: 49)) |\(shown)|"
    }
}

extension JSON {
    /// The value over several lines, members in their sorted order.
    fileprivate var pretty: [String] {
        switch self {
        case .object(let members) where !members.isEmpty:
            let inner = members.sorted { $0.key < $1.key }.map { key, value -> [String] in
                var lines = value.pretty
                lines[0] = "\(JSON.string(key).written): \(lines[0])"
                return lines
            }
            return JSON.framed(open: "{", inner: inner, close: "}")
        case .array(let items) where !items.isEmpty:
            return JSON.framed(open: "[", inner: items.map(\.pretty), close: "]")
        default: return [written]
        }
    }

    private static func framed(open: String, inner: [[String]], close: String) -> [String] {
        var lines = [open]
        for (place, part) in inner.enumerated() {
            var part = part
            if place < inner.count - 1 { part[part.count - 1] += "," }
            lines += part.map { "  " + $0 }
        }
        return lines + [close]
    }

    private var written: String { String(decoding: encoded, as: UTF8.self) }
}
