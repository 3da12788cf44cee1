// One request of a `.http` file, with its variables filled.

internal import Foundation

/// A request as an editor would send it, but for its scripts.
struct HTTPFileRequest {
    let request: RecordedRequest
    let notes: [String]
    /// How much was made of it, in bytes.
    let size: Int

    /// Reads what begins with a request line.
    ///
    /// - Parameters:
    ///   - filler: of this request, and no other.
    ///   - file: beside it lie the files that it names.
    /// - Throws: `RecordedRequest.Refusal`.
    init(
        bytes: ArraySlice<UInt8>, filler: inout VariableFiller, line: Int, file: String
    ) throws(RecordedRequest.Refusal) {
        var cursor = LineCursor(bytes: bytes)
        let first = cursor.peek() ?? []
        if first.trimmed.begins(with: "curl ") {
            let text = try filler.fill(bytes)
            guard let found = CurlScript(bytes: text).commands.first else {
                throw RecordedRequest.Refusal(reason: "it has no request line")
            }
            let made = CurlOptions(command: found)
            guard let group = made.groups.first, let address = group.addresses.first else {
                throw RecordedRequest.Refusal(reason: "its command has no address")
            }
            let content = try group.options.content(file: file)
            request = try group.options.request(address, content: content, place: "line \(line)")
            let count = made.groups.reduce(0) { $0 + $1.addresses.count }
            let more = count > 1 ? ["only the first of the command's \(count) requests is taken"] : []
            notes = found.notes + made.notes + more + filler.remarks
            size = text.count
            return
        }
        cursor = LineCursor(bytes: bytes)
        _ = cursor.next()
        let text = try filler.fill(first.string)
        guard let begin = HTTPFileRequest.requestLine(line: text) else {
            throw RecordedRequest.Refusal(reason: "it has no request line")
        }
        guard !["WEBSOCKET", "GRPC", "GRAPHQL", "RSOCKET"].contains(begin.method) else {
            throw RecordedRequest.Refusal(reason: "it is a request of \(begin.method), which is not plain HTTP")
        }
        let url = begin.url + (try HTTPFileRequest.continuation(cursor: &cursor, filler: &filler))
        let headers = try HTTPFileRequest.headers(cursor: &cursor, filler: &filler)
        var body = HTTPFileBody(contentType: headers["Content-Type"], file: file)
        let content = try body.read(cursor.rest, filler: &filler)
        request = try RecordedRequest(
            method: begin.method, url: HTTPFileRequest.address(url: url), headers: headers, body: content,
            place: "line \(line)")
        notes = body.notes + filler.remarks
        size = url.utf8.count + content.count + headers.fields.reduce(0) { $0 + $1.value.utf8.count }
    }

    /// Method and address; GET where only an address stands.
    ///
    /// - Parameter isSure: only what cannot be anything else is taken: the line may be of another kind of file.
    static func requestLine(line: String, isSure: Bool = false) -> (method: String, url: String)? {
        let text = TrailingVersion.left(line: line.trimmingCharacters(in: .whitespaces))
        let words = text.split(maxSplits: 1, whereSeparator: { $0 == " " || $0 == "\t" }).map(String.init)
        func isAddress(_ text: String) -> Bool {
            text.hasPrefix("/") || text.hasPrefix("http://") || text.hasPrefix("https://") || text.hasPrefix("{{")
        }
        guard let first = words.first else { return nil }
        if words.count == 2 {
            let url = words[1].trimmingCharacters(in: .whitespaces)
            let isMethod = first.utf8.allSatisfy { (0x41...0x5A).contains($0 & 0xDF) || $0 == 0x2D }
            let isKnown = isMethod && methods.contains(first.uppercased())
            let isUpper = isMethod && first == first.uppercased()
            if isKnown || isUpper, isAddress(url) || url.contains("://") || (!isSure && isHost(url)) {
                return (isKnown ? first.uppercased() : first, url)
            }
        }
        return !isSure && isAddress(text) ? ("GET", text) : nil
    }

    /// Whether a word is one of HTTP's methods, in capitals or not.
    static func isMethod(_ word: String) -> Bool { methods.contains(word.uppercased()) }

    private static let methods: Set<String> = [
        "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT",
    ]

    /// Whether an address begins with a host: `localhost:8080/x`, `example.org`.
    private static func isHost(_ url: String) -> Bool {
        let host = url.utf8.prefix { $0 != 0x2F && $0 != 0x3F }
        let isPlain = host.allSatisfy { byte in
            (0x30...0x3A).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || "-._[]".utf8.contains(byte)
        }
        let isKnown = host.contains(0x2E) || host.contains(0x3A) || host.elementsEqual("localhost".utf8)
        return isPlain && isKnown
    }

    /// The address with a scheme, where it begins with a host.
    static func address(url: String) -> String {
        !url.hasPrefix("/") && !url.contains("://") && isHost(url) ? "http://" + url : url
    }

    /// The lines that go on with the address: indented, or beginning as a query does.
    ///
    /// Comments may stand among them, and
    /// the version behind the last.
    private static func continuation(
        cursor: inout LineCursor, filler: inout VariableFiller
    ) throws(RecordedRequest.Refusal) -> String {
        var rest = ""
        while let line = cursor.peek(), let first = line.first, !line.isBlank {
            let text = line.trimmed
            if HTTPFileOutline.isComment(text) {
                _ = cursor.next()
                continue
            }
            guard first == 32 || first == 9 || first == 0x3F || first == 0x26 else { break }
            _ = cursor.next()
            rest += TrailingVersion.left(line: try filler.fill(text.string))
        }
        return rest
    }

    private static func headers(
        cursor: inout LineCursor, filler: inout VariableFiller
    ) throws(RecordedRequest.Refusal) -> Headers {
        var fields: [Headers.Field] = []
        while let line = cursor.peek() {
            // What belongs to the body may follow without a blank line.
            if HTTPFileBody.isMark(line) { break }
            _ = cursor.next()
            if line.isBlank { break }
            if HTTPFileOutline.isComment(line.trimmed) || HTTPFileOutline.definition(line: line, number: 0) != nil {
                continue
            }
            if line.first == 32 || line.first == 9, let last = fields.indices.last {
                fields[last].value += " " + (try filler.fill(line.trimmed.string))
                continue
            }
            guard let colon = line.firstIndex(of: 0x3A), colon > line.startIndex else {
                throw RecordedRequest.Refusal(reason: "a line of it is not a header: \(line.string.prefix(40))")
            }
            let name = try filler.fill(line[..<colon].trimmed.string)
            fields.append(Headers.Field(name, try filler.fill(line[(colon + 1)...].trimmed.string)))
        }
        for place in fields.indices where fields[place].name.lowercased() == "authorization" {
            fields[place].value = basic(value: fields[place].value)
        }
        return Headers(fields)
    }

    /// `Basic name:password` and `Basic name password`, as editors let one write it, encoded.
    private static func basic(value: String) -> String {
        let words = value.split(separator: " ", maxSplits: 2).map(String.init)
        guard words.count >= 2, words[0].lowercased() == "basic" else { return value }
        let pair = words.count == 3 ? "\(words[1]):\(words[2])" : words[1]
        guard pair.contains(":") else { return value }
        return "Basic " + Data(pair.utf8).base64EncodedString()
    }
}
