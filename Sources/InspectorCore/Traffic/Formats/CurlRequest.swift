// One request of a curl command: what its options make of headers, address and body.

internal import Foundation

/// Data of a command: `-d` and its brothers, a text or the name of a file.
struct CurlData {
    /// What stands on the command's stdin.
    enum Input {
        case file(String)
        case bytes([UInt8])
    }

    /// How it is taken.
    enum Kind {
        /// `-d`: of a file line ends are left out.
        case plain
        /// `--data-raw`: never a file.
        case raw
        case binary
        /// `--data-urlencode`: `name=content`, `name@file`.
        case encoded
        /// `--json`: several are put together without `&`.
        case json
        /// `--url-query +text`: as it stands.
        case plus
    }

    let value: [UInt8]
    let kind: Kind

    /// The bytes of it.
    ///
    /// - Throws: `RecordedRequest.Refusal` when its file cannot be read.
    func bytes(input: Input?, file: String) throws(RecordedRequest.Refusal) -> [UInt8] {
        switch kind {
        case .raw: return value
        case .plus: return Array(value.dropFirst())
        case .plain, .binary, .json:
            guard value.first == 0x40 else { return value }
            let content = try CurlData.content(
                name: String(decoding: value.dropFirst(), as: UTF8.self), input: input, file: file)
            return kind == .plain ? content.filter { $0 != 10 && $0 != 13 && $0 != 0 } : content
        case .encoded:
            guard let mark = value.firstIndex(where: { $0 == 0x3D || $0 == 0x40 }) else {
                return Array(FormText.encoded(bytes: value).utf8)
            }
            let rest = value[(mark + 1)...]
            let content =
                value[mark] == 0x3D
                ? Array(rest)
                : try CurlData.content(name: String(decoding: rest, as: UTF8.self), input: input, file: file)
            var encoded = mark == 0 ? [] : Array(value[..<mark]) + [0x3D]
            encoded += Array(FormText.encoded(bytes: content).utf8)
            return encoded
        }
    }

    /// What a file holds; `-` is the command's stdin.
    static func content(
        name: String, input: Input?, file: String
    ) throws(RecordedRequest.Refusal) -> [UInt8] {
        guard name == "-" else { return try BodyFile.read(name, beside: file) }
        switch input {
        case .bytes(let bytes)?: return bytes
        case .file(let name)?: return try BodyFile.read(name, beside: file)
        case nil:
            throw RecordedRequest.Refusal(reason: "its body is what another program writes, which is not run")
        }
    }
}

/// A field of `-F`: `name=text`, `name=@file;type=text/plain;filename=a.txt`, `name=<file`.
struct CurlFormField {
    private let text: String
    private let isText: Bool

    init(text: String, isText: Bool) {
        self.text = text
        self.isText = isText
    }

    /// The field as a part of a body.
    ///
    /// - Throws: `RecordedRequest.Refusal` when its file cannot be read.
    func part(input: CurlData.Input?, file: String) throws(RecordedRequest.Refusal) -> MultipartBody.Part {
        guard let sign = text.firstIndex(of: "=") else {
            throw RecordedRequest.Refusal(reason: "a field of its form has no =: \(text.prefix(40))")
        }
        let name = String(text[..<sign])
        let value = String(text[text.index(after: sign)...])
        guard !isText else { return MultipartBody.Part(name: name, content: Array(value.utf8)) }
        let isFile = value.hasPrefix("@")
        let isContent = value.hasPrefix("<")
        var parts = value.dropFirst(isFile || isContent ? 1 : 0).split(
            separator: ";", omittingEmptySubsequences: false)
        let first = parts.removeFirst()
        // A text has semicolons of its own.
        var texts = [first]
        var type: String?
        var fileName: String?
        for part in parts {
            let word = part.trimmingCharacters(in: .whitespaces)
            if word.hasPrefix("type=") {
                type = String(word.dropFirst(5))
            } else if word.hasPrefix("filename=") {
                fileName = CurlFormField.unquoted(text: word.dropFirst(9))
            } else if !isFile, !isContent {
                texts.append(part)
            }
        }
        guard isFile || isContent else {
            return MultipartBody.Part(name: name, contentType: type, content: Array(texts.joined(separator: ";").utf8))
        }
        let path = CurlFormField.unquoted(text: first)
        let content = try CurlData.content(name: path, input: input, file: file)
        guard isFile else { return MultipartBody.Part(name: name, contentType: type, content: content) }
        let last = path.split(separator: "/").last.map(String.init) ?? path
        return MultipartBody.Part(
            name: name, fileName: fileName ?? last, contentType: type ?? CurlFormField.type(of: last), content: content)
    }

    private static func unquoted(text: Substring) -> String {
        let isQuoted = text.count > 1 && text.hasPrefix("\"") && text.hasSuffix("\"")
        return String(isQuoted ? text.dropFirst().dropLast() : text)
    }

    /// By the name's end, as curl guesses.
    static func type(of name: String) -> String {
        let types = [
            "gif": "image/gif", "jpg": "image/jpeg", "jpeg": "image/jpeg", "png": "image/png", "svg": "image/svg+xml",
            "txt": "text/plain", "htm": "text/html", "html": "text/html", "pdf": "application/pdf",
            "xml": "application/xml", "json": "application/json",
        ]
        return types[name.split(separator: ".").last.map { $0.lowercased() } ?? ""] ?? "application/octet-stream"
    }
}

/// A request as its options have it, but for its address.
struct CurlRequest: Sendable {
    var method: String?
    var data: [CurlData] = []
    var query: [CurlData] = []
    var form: [CurlFormField] = []
    var upload: String?
    var user: String?
    var cookies: [String] = []
    var headerFiles: [String] = []
    var isGet = false
    var isHead = false
    var isJSON = false
    var isCompressed = false
    /// Why it cannot be taken, or nil.
    var problem: String?
    private let input: CurlData.Input?
    private var headers = Headers()
    /// The headers that curl is told not to send.
    private var removed: Set<String> = []

    init(input: CurlData.Input?, problem: String?) {
        self.input = input
        self.problem = problem
    }

    /// Whether nothing was said of it yet.
    var isBlank: Bool { method == nil && data.isEmpty && form.isEmpty && upload == nil && headers.fields.isEmpty }

    mutating func add(_ name: String, value: String) { headers.add(name, value) }

    /// Takes a header as `-H` has it; false when it is none.
    mutating func takeHeader(_ text: String) -> Bool {
        guard let mark = text.firstIndex(where: { $0 == ":" || $0 == ";" }) else { return false }
        let name = text[..<mark].trimmingCharacters(in: .whitespaces)
        let value = text[text.index(after: mark)...].trimmingCharacters(in: .whitespaces)
        if text[mark] == ";" {
            guard value.isEmpty else { return false }
            headers.add(name, "")
        } else if value.isEmpty {
            removed.insert(name.lowercased())
        } else {
            headers.add(name, value)
        }
        return true
    }

    /// What is the same for each address.
    ///
    /// - Throws: `RecordedRequest.Refusal` when no request can be made, or a file cannot be read.
    func content(file: String) throws(RecordedRequest.Refusal) -> CurlContent {
        if let problem { throw RecordedRequest.Refusal(reason: problem) }
        var sent = self
        for name in headerFiles {
            let text = String(decoding: try CurlData.content(name: name, input: input, file: file), as: UTF8.self)
            for line in text.split(whereSeparator: \.isNewline) { _ = sent.takeHeader(String(line)) }
        }
        var content = CurlContent(headers: sent.headers, removed: sent.removed)
        if let user { content.identify(user) }
        if !cookies.isEmpty { content.set("Cookie", value: cookies.joined(separator: "; ")) }
        if isCompressed { content.set("Accept-Encoding", value: "deflate, gzip") }
        for part in query { content.addQuery(part: try part.bytes(input: input, file: file)) }
        content.body = try joinedData(file: file)
        if isGet {
            if !content.body.isEmpty { content.addQuery(part: content.body) }
            content.body = []
        } else if isJSON {
            content.set("Content-Type", value: "application/json")
            content.set("Accept", value: "application/json")
        } else if !data.isEmpty {
            content.set("Content-Type", value: "application/x-www-form-urlencoded")
        }
        if !form.isEmpty {
            var parts: [MultipartBody.Part] = []
            for field in form { parts.append(try field.part(input: input, file: file)) }
            let made = MultipartBody(parts)
            content.headers["Content-Type"] = made.contentType
            content.body = made.bytes
        }
        if let upload { content.body = try CurlData.content(name: upload, input: input, file: file) }
        return content
    }

    /// The request that curl would send to `url`.
    ///
    /// - Parameter content: what was made of these options.
    /// - Throws: `RecordedRequest.Refusal`.
    func request(
        _ url: String, content: CurlContent, place: String
    ) throws(RecordedRequest.Refusal) -> RecordedRequest {
        var content = content
        var address = HTTPFileRequest.address(url: url.trimmingCharacters(in: .whitespaces))
        if !address.contains("://"), !address.hasPrefix("/") { address = "http://" + address }
        if user == nil, let named = CurlRequest.user(in: address) { content.identify(named) }
        if let query = content.query {
            // The query ends where a fragment begins.
            let bare = String(address.prefix { $0 != "#" })
            address = bare + (bare.contains("?") ? "&" : "?") + String(decoding: query, as: UTF8.self)
        }
        // An address that ends in a slash gets the file's name.
        if let upload, address.hasSuffix("/"), let last = upload.split(separator: "/").last { address += last }
        // A Host that is given is the one that is sent.
        if let host = content.headers["Host"], !host.isEmpty, let start = address.range(of: "://")?.upperBound {
            address = String(address[start...].drop { $0 != "/" && $0 != "?" })
            if !address.hasPrefix("/") { address = "/" + address }
        }
        let hasBody = !isGet && (!data.isEmpty || !form.isEmpty)
        let usual = isHead ? "HEAD" : upload != nil ? "PUT" : hasBody ? "POST" : "GET"
        return try RecordedRequest(
            method: method ?? usual, url: address, headers: content.headers, body: content.body, place: place)
    }

    private func joinedData(file: String) throws(RecordedRequest.Refusal) -> [UInt8] {
        var joined: [UInt8] = []
        for part in data {
            let bytes = try part.bytes(input: input, file: file)
            if !joined.isEmpty, part.kind != .json { joined.append(0x26) }
            joined += bytes
            guard joined.count <= RecordedRequest.bodyLimit else {
                throw RecordedRequest.Refusal(reason: "its body is too large")
            }
        }
        return joined
    }

    /// `name:password` in front of a host.
    private static func user(in address: String) -> String? {
        guard let start = address.range(of: "://")?.upperBound else { return nil }
        let authority = address[start...].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        guard let sign = authority.lastIndex(of: "@") else { return nil }
        return PercentCoding.decode(authority[..<sign])
    }
}

/// What the requests of a command have in common: files are read and bodies are put together once, for all its addresses.
struct CurlContent: Sendable {
    fileprivate(set) var headers: Headers
    fileprivate(set) var body: [UInt8] = []
    /// What is added to the query of each address; nil for nothing.
    fileprivate private(set) var query: [UInt8]?
    private let removed: Set<String>
    /// Where the newest part of the query begins.
    private var lastPart = 0

    fileprivate init(headers: Headers, removed: Set<String>) {
        self.headers = headers
        self.removed = removed
    }

    /// How much of it each request has in its head, in bytes.
    var headSize: Int { headers.fields.reduce(query?.count ?? 0) { $0 + $1.name.utf8.count + $1.value.utf8.count } }

    /// Sets a header that is neither there nor taken away.
    fileprivate mutating func set(_ name: String, value: String) {
        if headers[name] == nil, !removed.contains(name.lowercased()) { headers.add(name, value) }
    }

    /// Says who asks, as `name:password`.
    fileprivate mutating func identify(_ user: String) {
        let pair = user.contains(":") ? user : user + ":"
        set("Authorization", value: "Basic " + Data(pair.utf8).base64EncodedString())
    }

    /// Adds a part of the query; of the one before it what looks like a fragment is left out.
    fileprivate mutating func addQuery(part: [UInt8]) {
        guard let length = query?.count else {
            query = part
            return
        }
        // In place: there may be a million of them.
        lastPart = query?[lastPart...].firstIndex(of: 0x23) ?? length
        query?.removeSubrange(lastPart...)
        query?.append(0x26)
        lastPart += 1
        query?.append(contentsOf: part)
    }
}
