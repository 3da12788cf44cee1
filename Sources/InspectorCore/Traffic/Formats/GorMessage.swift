// The raw HTTP message of a .gor record.

/// An HTTP/1 message as its bytes were caught: a head of lines, an empty line, the rest.
struct RawMessage {
    let firstLine: String
    let headers: Headers
    /// What follows the head, as it was caught.
    let rest: ArraySlice<UInt8>
    /// Lines of the head that could not be taken, each as a part of a sentence.
    let oddities: [String]

    init(bytes: ArraySlice<UInt8>) {
        var lines: [String] = []
        var place = bytes.startIndex
        while place < bytes.endIndex {
            let end = bytes[place...].firstIndex(of: 10) ?? bytes.endIndex
            var line = bytes[place..<end]
            if line.last == 13 { line = line.dropLast() }
            place = min(bytes.endIndex, end + 1)
            if line.isEmpty { break }
            lines.append(String(decoding: line, as: UTF8.self))
        }
        firstLine = lines.first ?? ""
        var fields: [Headers.Field] = []
        var oddities: [String] = []
        for line in lines.dropFirst() {
            if line.utf8.first == 32 || line.utf8.first == 9, let last = fields.indices.last {
                // A value that goes on (RFC 9112, 5.2).
                fields[last].value += " " + String(line.drop { $0 == " " || $0 == "\t" })
                continue
            }
            guard let colon = line.utf8.firstIndex(of: 0x3A) else {
                oddities.append("a line of its head is not a header and is left out: \(line.prefix(40))")
                continue
            }
            let value = line[line.utf8.index(after: colon)...]
            fields.append(Headers.Field(String(line[..<colon]), String(value.drop { $0 == " " || $0 == "\t" })))
        }
        headers = Headers(fields)
        rest = bytes[place...]
        self.oddities = oddities
    }

    /// The headers without what belongs to the transfer, when the body was freed of it.
    var decodedHeaders: Headers {
        var headers = headers
        if isChunked { headers["Transfer-Encoding"] = nil }
        return headers
    }

    private var isChunked: Bool { headers["Transfer-Encoding"]?.lowercased().contains("chunked") ?? false }

    /// The body without its chunks, and what is odd about its length.
    var decodedBody: (body: [UInt8], note: String?) {
        if isChunked {
            guard let body = RawMessage.unchunked(bytes: rest) else {
                return (Array(rest), "its chunks cannot be read; its body is taken as it is")
            }
            return (body, nil)
        }
        // That there is none at all is told of every request.
        if let length = headers["Content-Length"].flatMap(Int.init), length != rest.count, !rest.isEmpty {
            return (Array(rest), "its body has \(rest.count) bytes and its header says \(length); the bytes hold")
        }
        return (Array(rest), nil)
    }

    /// The body with LF for each CR LF, where that is as long as the header says; nil otherwise.
    var bodyBeforeCRLF: [UInt8]? {
        guard let length = headers["Content-Length"].flatMap(Int.init) else { return nil }
        var plain: [UInt8] = []
        plain.reserveCapacity(rest.count)
        for place in rest.indices where !(rest[place] == 13 && place + 1 < rest.endIndex && rest[place + 1] == 10) {
            plain.append(rest[place])
        }
        return plain.count == length ? plain : nil
    }

    private static func unchunked(bytes: ArraySlice<UInt8>) -> [UInt8]? {
        var body: [UInt8] = []
        var rest = bytes
        while let end = rest.firstIndex(of: 10) {
            let line = String(decoding: rest[..<end].prefix { $0 != 13 && $0 != 0x3B && $0 != 32 }, as: UTF8.self)
            guard let size = Int(line, radix: 16), size >= 0 else { return nil }
            if size == 0 { return body }
            rest = rest[(end + 1)...]
            guard size <= rest.count else { return nil }
            body += rest.prefix(size)
            rest = rest.dropFirst(size)
            if rest.first == 13 { rest = rest.dropFirst() }
            if rest.first == 10 { rest = rest.dropFirst() }
        }
        return nil
    }
}
