// One request of a Postman collection, with its variables filled.

internal import Foundation

/// A request as Postman would send it, but for its scripts.
struct PostmanRequest {
    let request: RecordedRequest
    private(set) var notes: [String] = []
    /// How much was made of it, in bytes.
    let size: Int

    /// - Parameters:
    ///   - filler: of this request, and no other.
    ///   - file: beside it lie the files that it names.
    /// - Throws: `RecordedRequest.Refusal`.
    init(
        item: LooseJSON, scope: PostmanFormat.Scope, filler: inout VariableFiller, number: Int, file: String
    ) throws(RecordedRequest.Refusal) {
        guard let json = item["request"], json.isObject || json.isText else {
            throw RecordedRequest.Refusal(reason: "it has no request")
        }
        var parts: [String: LooseJSON] = [:]
        for (name, value) in json.members { parts[name] = value }
        // A request may be nothing but its address.
        if json.isText { parts["url"] = json }
        var url = try PostmanRequest.address(json: parts["url"], filler: &filler)
        var headers = try PostmanRequest.headers(json: parts["header"], filler: &filler)
        var notes: [String] = []
        let own = parts["auth"].flatMap { $0.isObject ? PostmanAuth(json: $0) : nil }
        if let auth = own ?? scope.auth {
            try PostmanRequest.identify(auth, headers: &headers, url: &url, filler: &filler, notes: &notes)
        }
        var body = PostmanBody(file: file)
        let content = try body.bytes(json: parts["body"], headers: &headers, filler: &filler)
        var method = "GET"
        if let text = parts["method"]?.string, !text.isEmpty { method = try filler.fill(text) }
        request = try RecordedRequest(
            method: method, url: HTTPFileRequest.address(url: url), headers: headers, body: content,
            place: "request \(number)")
        size =
            url.utf8.count + content.count
            + headers.fields.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count }
        self.notes = notes + body.notes + filler.remarks
    }

    /// Fills a member that is a text; empty where there is none.
    static func text(
        json: LooseJSON?, filler: inout VariableFiller
    ) throws(RecordedRequest.Refusal) -> String {
        try filler.fill(json?.scalar ?? "")
    }

    /// The enabled ones of a list of keys and values.
    static func pairs(
        json: LooseJSON?, filler: inout VariableFiller
    ) throws(RecordedRequest.Refusal) -> [(key: String, value: String)] {
        var pairs: [(key: String, value: String)] = []
        for item in json?.items ?? [] where item["disabled"]?.word != "true" {
            pairs.append((try text(json: item["key"], filler: &filler), try text(json: item["value"], filler: &filler)))
        }
        return pairs
    }

    /// The address as it stands, or put together of its parts; `:name` in its path is a variable of its own.
    private static func address(
        json: LooseJSON?, filler: inout VariableFiller
    ) throws(RecordedRequest.Refusal) -> String {
        guard let json, !json.isNull else { throw RecordedRequest.Refusal(reason: "it has no address") }
        guard json.isObject else { return try text(json: json, filler: &filler) }
        var url = json["raw"]?.string ?? ""
        if url.isEmpty { url = try joined(json: json, filler: &filler) }
        guard !url.isEmpty else { throw RecordedRequest.Refusal(reason: "it has no address") }
        var values: [String: String] = [:]
        for variable in json["variable"]?.items ?? [] {
            if let key = variable["key"]?.scalar { values[key] = try text(json: variable["value"], filler: &filler) }
        }
        let bare = url.prefix { $0 != "?" && $0 != "#" }
        let path = bare.split(separator: "/", omittingEmptySubsequences: false).map { part -> String in
            guard part.hasPrefix(":"), let value = values[String(part.dropFirst())] else { return String(part) }
            // What would end the segment is encoded in it.
            return value.replacingOccurrences(of: "/", with: "%2F").replacingOccurrences(of: "?", with: "%3F")
                .replacingOccurrences(of: "#", with: "%23")
        }
        return try filler.fill(path.joined(separator: "/") + String(url[bare.endIndex...]))
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private static func joined(
        json: LooseJSON, filler: inout VariableFiller
    ) throws(RecordedRequest.Refusal) -> String {
        func list(json: LooseJSON?, separator: String) -> String {
            guard let json, json.isArray else { return json?.scalar ?? "" }
            return json.items.map { ($0.isObject ? $0["value"]?.scalar : $0.scalar) ?? "" }.joined(separator: separator)
        }
        let host = list(json: json["host"], separator: ".")
        guard !host.isEmpty else { return "" }
        var url = (json["protocol"]?.string.map { $0 + "://" } ?? "") + host
        if let port = json["port"]?.scalar, !port.isEmpty { url += ":" + port }
        let path = list(json: json["path"], separator: "/")
        if !path.isEmpty { url += (path.hasPrefix("/") ? "" : "/") + path }
        let query = try pairs(json: json["query"], filler: &filler).map { $0.key + "=" + $0.value }.joined(
            separator: "&")
        return query.isEmpty ? url : url + "?" + query
    }

    private static func headers(
        json: LooseJSON?, filler: inout VariableFiller
    ) throws(RecordedRequest.Refusal) -> Headers {
        var headers = Headers()
        for (name, value) in try pairs(json: json, filler: &filler) where !name.isEmpty { headers.add(name, value) }
        // A text with a header on each line, as older exports have it.
        for line in (json?.string ?? "").split(whereSeparator: \.isNewline) {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let value = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
            headers.add(String(line[..<colon]), try filler.fill(value))
        }
        return headers
    }

    /// Adds what identifies the sender: a token, a name and a password, a key.
    private static func identify(
        _ auth: PostmanAuth, headers: inout Headers, url: inout String, filler: inout VariableFiller,
        notes: inout [String]
    ) throws(RecordedRequest.Refusal) {
        guard let kind = auth.kind, kind != "noauth" else { return }
        func value(name: String) throws(RecordedRequest.Refusal) -> String { try filler.fill(auth[name]) }
        switch kind {
        case "bearer":
            if headers["Authorization"] == nil { headers["Authorization"] = "Bearer " + (try value(name: "token")) }
        case "basic":
            let (name, password) = (try value(name: "username"), try value(name: "password"))
            let pair = "\(name):\(password)"
            if headers["Authorization"] == nil {
                headers["Authorization"] = "Basic " + Data(pair.utf8).base64EncodedString()
            }
        case "apikey":
            let (key, secret, room) = (try value(name: "key"), try value(name: "value"), try value(name: "in"))
            guard !key.isEmpty else { return }
            if room == "query" {
                let pair = FormText.encoded(bytes: Array(key.utf8)) + "=" + FormText.encoded(bytes: Array(secret.utf8))
                let bare = String(url.prefix { $0 != "#" })
                url = bare + (bare.contains("?") ? "&" : "?") + pair
            } else if headers[key] == nil {
                headers.add(key, secret)
            }
        case "oauth2":
            let token = try value(name: "accessToken")
            if token.isEmpty {
                notes.append("its token of OAuth 2 is not in the file; it is sent without one")
            } else if headers["Authorization"] == nil {
                headers["Authorization"] = "Bearer " + token
            }
        default: notes.append("its authorization of the kind \(kind.prefix(20)) is not made; it is sent without one")
        }
    }
}

/// How requests identify themselves: read once, though it may hold for all of a collection.
struct PostmanAuth: Sendable {
    /// `bearer`, `basic`; nil where none is named.
    let kind: String?
    private var values: [String: String] = [:]

    /// What requests are made of.
    private static let names: Set<String> = ["token", "username", "password", "key", "value", "in", "accessToken"]

    init(json: LooseJSON) {
        kind = json["type"]?.string
        guard let kind, let members = json[kind] else { return }
        // A list of keys and values, or in older exports an object.
        for item in members.items {
            if let name = item["key"]?.string { keep(item["value"], as: name) }
        }
        for (name, value) in members.members { keep(value, as: name) }
    }

    private mutating func keep(_ value: LooseJSON?, as name: String) {
        if PostmanAuth.names.contains(name) { values[name] = value?.scalar ?? "" }
    }

    /// A value as it stands, with its variables; empty where there is none.
    subscript(name: String) -> String { values[name] ?? "" }
}

/// The body of a request of a collection.
struct PostmanBody {
    private(set) var notes: [String] = []
    private let file: String

    init(file: String) { self.file = file }

    /// The bytes to send; a header that tells of them is set where none does.
    ///
    /// - Throws: `RecordedRequest.Refusal` when a variable has no value, or a file cannot be read.
    mutating func bytes(
        json: LooseJSON?, headers: inout Headers, filler: inout VariableFiller
    ) throws(RecordedRequest.Refusal) -> [UInt8] {
        guard let json, json.isObject, json["disabled"]?.word != "true", let mode = json["mode"]?.string else {
            return []
        }
        func call(type: String) { if headers["Content-Type"] == nil { headers["Content-Type"] = type } }
        switch mode {
        case "raw":
            guard let text = json["raw"]?.text else { return [] }
            if text.isRepaired { notes.append("its body holds half a character (a lone surrogate), sent as U+FFFD") }
            let types = [
                "json": "application/json", "xml": "application/xml", "html": "text/html",
                "javascript": "application/javascript", "text": "text/plain",
            ]
            let language = json["options"]?["raw"]?["language"]?.string
            if !text.bytes.isEmpty { call(type: language.flatMap { types[$0] } ?? "text/plain") }
            return try filler.fill(text.bytes[...])
        case "urlencoded":
            let pairs = try PostmanRequest.pairs(json: json["urlencoded"], filler: &filler)
            guard !pairs.isEmpty else { return [] }
            call(type: "application/x-www-form-urlencoded")
            return Array(
                pairs.map {
                    FormText.encoded(bytes: Array($0.key.utf8)) + "=" + FormText.encoded(bytes: Array($0.value.utf8))
                }
                .joined(separator: "&").utf8)
        case "formdata":
            let parts = try self.parts(json: json["formdata"], filler: &filler)
            guard !parts.isEmpty else { return [] }
            let body = MultipartBody(parts)
            // One that is given names no boundary, or another one.
            headers["Content-Type"] = body.contentType
            return body.bytes
        case "file":
            guard let name = json["file"]?["src"]?.string, !name.isEmpty else {
                notes.append("the file of its body is not named; it is sent without one")
                return []
            }
            call(type: CurlFormField.type(of: name))
            return try BodyFile.read(try filler.fill(name), beside: file)
        case "graphql":
            call(type: "application/json")
            let query = try PostmanRequest.text(json: json["graphql"]?["query"], filler: &filler)
            let variables = try PostmanRequest.text(json: json["graphql"]?["variables"], filler: &filler)
            var members: [String: JSON] = ["query": .string(query)]
            if let name = json["graphql"]?["operationName"]?.string { members["operationName"] = .string(name) }
            if variables.contains(where: { !$0.isWhitespace }) {
                guard let value = try? JSON(parsing: Array(variables.utf8)) else {
                    throw RecordedRequest.Refusal(reason: "the variables of its GraphQL query are no JSON")
                }
                members["variables"] = value
            }
            return JSON.object(members).encoded
        default:
            notes.append("its body of the kind \(mode.prefix(20)) is not known; it is sent without one")
            return []
        }
    }

    private mutating func parts(
        json: LooseJSON?, filler: inout VariableFiller
    ) throws(RecordedRequest.Refusal) -> [MultipartBody.Part] {
        var parts: [MultipartBody.Part] = []
        var size = 0
        for item in json?.items ?? [] where item["disabled"]?.word != "true" {
            let name = try PostmanRequest.text(json: item["key"], filler: &filler)
            let type = item["contentType"]?.string.flatMap { $0.isEmpty ? nil : $0 }
            guard item["type"]?.string == "file" else {
                let value = Array(try PostmanRequest.text(json: item["value"], filler: &filler).utf8)
                parts.append(MultipartBody.Part(name: name, contentType: type, content: value))
                continue
            }
            let source = item["src"]
            let names = source?.isArray == true ? source?.items.compactMap(\.string) ?? [] : [source?.string ?? ""]
            for each in names where !each.isEmpty {
                let content = try BodyFile.read(try filler.fill(each), beside: file)
                size += content.count
                guard size <= RecordedRequest.bodyLimit else {
                    throw RecordedRequest.Refusal(reason: "its body is too large")
                }
                let last = each.split(separator: "/").last.map(String.init) ?? each
                parts.append(
                    MultipartBody.Part(
                        name: name, fileName: last, contentType: type ?? CurlFormField.type(of: last), content: content)
                )
            }
            if names.allSatisfy(\.isEmpty) { notes.append("a file of its form is not named and is left out") }
        }
        return parts
    }
}
