// One entry of a HAR, as far as a replay needs it.

internal import Foundation

/// `log.entries[]` (HAR 1.2).
///
/// Everything that real exporters leave out is optional.
struct HAREntry: Decodable {
    struct Request: Decodable {
        let method: String
        let url: String
        let headers: [Field]?
        let postData: PostData?
    }

    struct Response: Decodable {
        let status: Int?
    }

    /// A header or a parameter; a few exporters write `[name, value]`.
    struct Field: Decodable {
        let name: String
        let value: String

        private enum Key: String, CodingKey {
            case name
            case value
        }

        init(from decoder: any Decoder) throws {
            if let container = try? decoder.container(keyedBy: Key.self) {
                name = try container.decode(String.self, forKey: .name)
                value = try container.decodeIfPresent(String.self, forKey: .value) ?? ""
            } else {
                var container = try decoder.unkeyedContainer()
                name = try container.decode(String.self)
                value = try container.decode(String.self)
            }
        }
    }

    struct PostData: Decodable {
        let mimeType: String?
        let text: String?
        let params: [Field]?
        let encoding: String?
    }

    let startedDateTime: String?
    let request: Request
    let response: Response?
    let _resourceType: String?

    /// Why the entry is not replayed, or nil.
    var reasonToSkip: String? {
        if _resourceType == "websocket" || response?.status == 101 { return "a WebSocket is no request to replay" }
        if request.method.uppercased() == "CONNECT" { return "CONNECT asks a proxy, not an app" }
        return nil
    }

    /// What is taken with a change.
    var oddities: [String] {
        var notes: [String] = []
        if let text = startedDateTime, HARTime.parse(text) == nil { notes.append("its time \(text) cannot be read") }
        let isMultipart = request.postData?.mimeType?.lowercased().hasPrefix("multipart/") ?? false
        if isMultipart, request.postData?.text == nil, request.postData?.params != nil {
            notes.append("its multipart body is given as parameters only; it is sent as a form")
        }
        return notes
    }

    /// - Throws: `RecordedRequest.Refusal`.
    func request(place: String) throws(RecordedRequest.Refusal) -> RecordedRequest {
        var fields: [Headers.Field] = []
        for field in request.headers ?? [] where !field.name.hasPrefix(":") {
            fields.append(Headers.Field(field.name, field.value))
        }
        var headers = Headers(fields)
        let body = body(&headers)
        let status = response?.status.flatMap { (100...599).contains($0) ? $0 : nil }
        return try RecordedRequest(
            method: request.method, url: request.url, headers: headers, body: body,
            time: startedDateTime.flatMap(HARTime.parse), place: place, status: status)
    }

    private func body(_ headers: inout Headers) -> [UInt8] {
        guard let post = request.postData else { return [] }
        // The text in a HAR is decoded already.
        headers["Content-Encoding"] = nil
        if let text = post.text, !text.isEmpty {
            if headers["Content-Type"] == nil, let type = post.mimeType, !type.isEmpty {
                headers["Content-Type"] = type
            }
            if post.encoding == "base64", let data = Data(base64Encoded: text) { return Array(data) }
            return Array(text.utf8)
        }
        guard let params = post.params, !params.isEmpty else { return [] }
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        var allowed = CharacterSet.alphanumerics
        allowed.insert(charactersIn: "-._~")
        let pairs = params.map { param in
            [param.name, param.value]
                .map { $0.addingPercentEncoding(withAllowedCharacters: allowed) ?? "" }
                .joined(separator: "=")
        }
        return Array(pairs.joined(separator: "&").utf8)
    }
}

/// ISO 8601 as HAR files have it: any number of fraction digits, `Z` or an offset.
enum HARTime {
    /// Nanoseconds since 1970, or nil when `text` is no such time.
    static func parse(_ text: String) -> UInt64? {
        // yyyy-mm-ddThh:mm:ss[.fraction](Z|±hh:mm|±hhmm)
        let bytes = Array(text.utf8)
        func number(_ start: Int, _ count: Int) -> Int? {
            guard start + count <= bytes.count else { return nil }
            return bytes[start..<(start + count)].reduce(Int?(0)) { sum, byte in
                guard let sum, (0x30...0x39).contains(byte) else { return nil }
                return sum * 10 + Int(byte - 0x30)
            }
        }
        guard bytes.count >= 20, let year = number(0, 4), let month = number(5, 2), let day = number(8, 2),
            let hour = number(11, 2), let minute = number(14, 2), let second = number(17, 2),
            (1970...2200).contains(year), (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60,
            second <= 60
        else { return nil }
        var place = 19
        var fraction: UInt64 = 0
        if bytes[place] == 0x2E {
            place += 1
            var scale: UInt64 = 100_000_000
            while place < bytes.count, (0x30...0x39).contains(bytes[place]) {
                fraction += UInt64(bytes[place] - 0x30) * scale
                scale /= 10
                place += 1
            }
        }
        guard place < bytes.count else { return nil }
        var offset = 0
        switch bytes[place] {
        case 0x5A, 0x7A: break
        case 0x2B, 0x2D:
            let colon = place + 3 < bytes.count && bytes[place + 3] == 0x3A ? 1 : 0
            guard let hours = number(place + 1, 2), let minutes = number(place + 3 + colon, 2) else { return nil }
            offset = (hours * 60 + minutes) * 60 * (bytes[place] == 0x2D ? -1 : 1)
        default: return nil
        }
        let seconds = days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - offset
        return seconds < 0 ? nil : UInt64(seconds) * 1_000_000_000 + fraction
    }

    /// Days since 1970 of a date of the Gregorian calendar.
    private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
        // Years begin in March, so that the leap day is the last of its year.
        let year = month <= 2 ? year - 1 : year
        let month = month <= 2 ? month + 9 : month - 3
        return year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day - 1 - 719_468
    }
}
