// A multipart body made of its parts (RFC 7578), for forms that a file holds as a list.

internal import Foundation

/// A body of parts.
struct MultipartBody {
    /// One field or file.
    struct Part {
        var name: String
        var fileName: String?
        var contentType: String?
        var content: [UInt8]
    }

    /// What Content-Type says of it.
    let contentType: String
    let bytes: [UInt8]

    /// Puts the parts together, with a boundary that none of them holds.
    init(_ parts: [Part]) {
        // Every part is looked through once: what follows the mark in it is a number that is taken.
        let mark = Array("inspector-boundary-".utf8)
        var taken: Set<Int> = []
        for part in parts {
            var rest = part.content[...]
            while let start = rest.firstIndex(of: mark[0]) {
                rest = rest[start...]
                if rest.starts(with: mark) {
                    let digits = rest.dropFirst(mark.count).prefix(9).prefix { (0x30...0x39).contains($0) }
                    // A shorter number may be what is looked for, too.
                    for length in 0...digits.count {
                        if let number = Int(String(decoding: digits.prefix(length), as: UTF8.self)) {
                            taken.insert(number)
                        }
                    }
                }
                rest = rest.dropFirst()
            }
        }
        let boundary = "inspector-boundary-\((0...taken.count).first { !taken.contains($0) } ?? taken.count + 1)"
        var bytes: [UInt8] = []
        for part in parts {
            var head =
                "--\(boundary)\r\nContent-Disposition: form-data; name=\"\(MultipartBody.quoted(text: part.name))\""
            if let file = part.fileName { head += "; filename=\"\(MultipartBody.quoted(text: file))\"" }
            head += "\r\n"
            if let type = part.contentType { head += "Content-Type: \(MultipartBody.quoted(text: type))\r\n" }
            bytes += Array((head + "\r\n").utf8) + part.content + [13, 10]
        }
        self.bytes = bytes + Array("--\(boundary)--\r\n".utf8)
        contentType = "multipart/form-data; boundary=\(boundary)"
    }

    /// As browsers write names within quotes (HTML: 4.10.22.8).
    private static func quoted(text: String) -> String {
        var quoted = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "%22"
            case "\r": quoted += "%0D"
            case "\n": quoted += "%0A"
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted
    }
}
