// One entry of a HAR, as far as a replay needs it.

internal import Foundation

/// `log.entries[]` (HAR 1.2).
///
/// Only what is needed is read, and whatever its answer, its timings and its cache hold never costs the request.
struct HAREntry {
    /// The text of one header or parameter; a few exporters write `[name, value]`.
    struct Field {
        let name: String
        let value: LooseJSON.Text
        var fileName: String?
        var contentType: String?

        init?(json: LooseJSON) {
            if json.isArray {
                let items = json.items
                guard let name = items.first?.scalar else { return nil }
                self.name = name
                value = items.dropFirst().first.map(Field.text) ?? LooseJSON.Text()
            } else {
                guard let name = json["name"]?.scalar else { return nil }
                self.name = name
                value = json["value"].map(Field.text) ?? LooseJSON.Text()
                fileName = json["fileName"]?.string
                contentType = json["contentType"]?.string
            }
        }

        init(name: String, value: LooseJSON) {
            self.name = name
            self.value = Field.text(json: value)
        }

        private static func text(json: LooseJSON) -> LooseJSON.Text {
            json.text ?? LooseJSON.Text(bytes: Array((json.scalar ?? "").utf8))
        }
    }

    private let started: LooseJSON?
    private let response: [String: LooseJSON]
    /// The recorded status, 0 for a request that failed then; nil where none stands.
    private let status: Int?
    private let timings: LooseJSON?
    private let resourceType: String?
    private let method: LooseJSON?
    private let url: LooseJSON?
    private let headers: LooseJSON?
    private let bodySize: LooseJSON?
    private let post: HARBody?
    private let file: String

    /// Nil when it is not an entry: it has no request.
    ///
    /// - Parameter file: the HAR, beside which files with bodies lie.
    init?(bytes: [UInt8], file: String) {
        var members: [String: LooseJSON] = [:]
        for (name, value) in LooseJSON(bytes).members { members[name] = value }
        guard let request = members["request"], request.isObject else { return nil }
        started = members["startedDateTime"]
        var answer: [String: LooseJSON] = [:]
        for (name, value) in members["response"]?.members ?? [] { answer[name] = value }
        response = answer
        status = answer["status"]?.number.map { Int(saturating: $0) }
        timings = members["timings"]
        resourceType = members["_resourceType"]?.string
        self.file = file
        var parts: [String: LooseJSON] = [:]
        for (name, value) in request.members { parts[name] = value }
        method = parts["method"]
        url = parts["url"]
        headers = parts["headers"]
        bodySize = parts["bodySize"]
        post = parts["postData"].flatMap { $0.isNull ? nil : HARBody(json: $0) }
    }

    /// Why the entry is not replayed, or nil.
    var reasonToSkip: String? {
        if resourceType == "websocket" || status == 101 { return RecordedRequest.webSocketReason }
        if method?.string?.uppercased() == "CONNECT" { return "CONNECT asks a proxy, not an app" }
        return nil
    }

    /// The request, and what is taken with a change.
    ///
    /// - Parameter isPlanned: only what a plan needs is read; of the answer that is what may be said of it.
    /// - Throws: `RecordedRequest.Refusal`.
    func request(
        place: String, isPlanned: Bool = false
    ) throws(RecordedRequest.Refusal) -> (request: RecordedRequest, notes: [String]) {
        var notes: [String] = []
        guard let url = url?.text else { throw RecordedRequest.Refusal(reason: "its request has no address") }
        if url.isRepaired { notes.append("its address holds half a character (a lone surrogate), sent as U+FFFD") }
        if method?.string == nil { notes.append("it has no method; GET is taken") }
        var time: UInt64?
        if let started, !started.isNull, started.string != "" {
            time = started.string.flatMap(HARTime.parse)
            if time == nil { notes.append("its time \((started.scalar ?? "").prefix(40)) cannot be read") }
        }
        var sent = Headers(fields(of: headers, notes: &notes))
        let isChunked = sent["Transfer-Encoding"]?.lowercased().contains("chunked") ?? false
        let body = try post?.bytes(headers: &sent, file: file, notes: &notes) ?? []
        if body.isEmpty, post == nil, sent["Content-Length"] == nil {
            if let size = bodySize?.number, size > 0 {
                notes.append("its body of \(UInt64(saturating: size)) bytes was not recorded; it is sent without one")
            } else if isChunked {
                notes.append("its body came in chunks and was not recorded; it is sent without one")
            }
        }
        if status == 0 { notes.append("it failed when it was recorded; there is no answer to compare with") }
        let request = try RecordedRequest(
            method: method?.string ?? "GET", url: HAREntry.address(bytes: url.bytes), headers: sent, body: body,
            time: time,
            place: place, response: answer(isPlanned: isPlanned, notes: &notes))
        return (request, notes)
    }

    /// Bytes that are not UTF-8 stay the bytes they are: encoded, as they would be on a request line.
    private static func address(bytes: [UInt8]) -> String {
        if let text = String(validating: bytes, as: UTF8.self) { return text }
        let digits = Array("0123456789ABCDEF".utf8)
        let encoded = bytes.flatMap { $0 < 128 ? [$0] : [0x25, digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        return String(decoding: encoded, as: UTF8.self)
    }

    /// Headers as an array of names and values, or as an object.
    private func fields(of json: LooseJSON?, notes: inout [String]) -> [Headers.Field] {
        guard let json, !json.isNull else { return [] }
        var fields: [Headers.Field] = []
        func take(_ field: Field) {
            // What begins with a colon is the request line of HTTP/2.
            guard !field.name.hasPrefix(":") else { return }
            if field.value.isRepaired {
                notes.append("the header \(field.name) holds half a character (a lone surrogate), sent as U+FFFD")
            }
            fields.append(Headers.Field(field.name, field.value.string))
        }
        for (name, value) in json.members { take(Field(name: name, value: value)) }
        for item in json.items {
            guard let field = Field(json: item) else {
                notes.append("a header is left out: it has no name")
                continue
            }
            take(field)
        }
        if !json.isObject, !json.isArray { notes.append("its headers are neither a list nor an object; none is sent") }
        return fields
    }

    /// What it was answered with; a request that failed then (status 0) was not.
    private func answer(isPlanned: Bool, notes: inout [String]) -> RecordedResponse? {
        guard let status, (100...599).contains(status) else { return nil }
        let content = response["content"]
        let attached = content?["_file"]?.string.flatMap { $0.isEmpty ? nil : $0 }
        if isPlanned {
            if let attached, (try? BodyFile.size(name: attached, beside: file)) == nil {
                notes.append("its answer's body cannot be read: \(attached); it is not compared with")
            }
            return RecordedResponse(status: status)
        }
        // Of an answer what can be used is taken, without a word about the rest.
        var ignored: [String] = []
        // Chrome writes a header that came several times as lines of one value.
        var headers = Headers(
            fields(of: response["headers"], notes: &ignored).flatMap { field in
                guard field.value.utf8.contains(10) else { return [field] }
                return field.value.split(whereSeparator: \.isNewline).map { Headers.Field(field.name, String($0)) }
            })
        // The text in a HAR is decoded already.
        headers["Content-Encoding"] = nil
        var body: [UInt8]?
        if let text = content?["text"]?.text, !(text.bytes.isEmpty && attached != nil) {
            let isEncoded = content?["encoding"]?.string?.lowercased() == "base64"
            body = (isEncoded ? Data(base64Encoded: text.string).map(Array.init) : nil) ?? text.bytes
            // Half a character was not what was answered.
            if text.isRepaired { body = nil }
        } else if let attached {
            body = try? BodyFile.read(attached, beside: file)
        }
        let size = content?["size"]?.number.flatMap { $0 >= 0 && $0 < 1e15 ? Int(saturating: $0) : nil }
        let wait = timings?["wait"]?.number.flatMap { $0 < 1e9 ? UInt64(nanoseconds: $0, unit: 1e6) : nil }
        return RecordedResponse(status: status, headers: headers, body: body, size: size, duration: wait)
    }
}
