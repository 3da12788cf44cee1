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
        let headers: [Field]?
        let content: Content?
    }

    struct Content: Decodable {
        let text: String?
        let encoding: String?
        let size: Double?
    }

    struct Timings: Decodable {
        let wait: Double?
    }

    /// A header or a parameter; a few exporters write `[name, value]`.
    struct Field: Decodable {
        let name: String
        let value: String
        let fileName: String?
        let contentType: String?

        private enum Key: String, CodingKey {
            case name
            case value
            case fileName
            case contentType
        }

        init(from decoder: any Decoder) throws {
            if let container = try? decoder.container(keyedBy: Key.self) {
                name = try container.decode(String.self, forKey: .name)
                value = try container.decodeIfPresent(String.self, forKey: .value) ?? ""
                fileName = try container.decodeIfPresent(String.self, forKey: .fileName)
                contentType = try container.decodeIfPresent(String.self, forKey: .contentType)
            } else {
                var container = try decoder.unkeyedContainer()
                name = try container.decode(String.self)
                value = try container.decode(String.self)
                fileName = nil
                contentType = nil
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
    let timings: Timings?
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
        if let post = request.postData {
            if post.text == nil, isMultipart { notes.append("its multipart body is built anew from its parameters") }
            if post.encoding == "base64", let text = post.text, Data(base64Encoded: text) == nil {
                notes.append("its body is said to be base64 and is not; it is sent as text")
            }
            let header = request.headers?.first { $0.name.lowercased() == "content-type" }?.value
            if let type = post.mimeType, !type.isEmpty, let header, HAREntry.media(type) != HAREntry.media(header) {
                notes.append("its body is called \(type) and its header says \(header); the header holds")
            }
        }
        if response?.status == 0 { notes.append("it failed when it was recorded; there is no answer to compare with") }
        return notes
    }

    private static func media(_ type: String) -> String {
        type.prefix { $0 != ";" }.trimmingCharacters(in: .whitespaces).lowercased()
    }

    private var isMultipart: Bool { request.postData?.mimeType?.lowercased().hasPrefix("multipart/") ?? false }

    /// - Throws: `RecordedRequest.Refusal`.
    func request(place: String) throws(RecordedRequest.Refusal) -> RecordedRequest {
        var fields: [Headers.Field] = []
        for field in request.headers ?? [] where !field.name.hasPrefix(":") {
            fields.append(Headers.Field(field.name, field.value))
        }
        var headers = Headers(fields)
        let body = body(&headers)
        return try RecordedRequest(
            method: request.method, url: request.url, headers: headers, body: body,
            time: startedDateTime.flatMap(HARTime.parse), place: place, response: recordedResponse)
    }

    /// What it was answered with; a request that failed then (status 0) was not.
    private var recordedResponse: RecordedResponse? {
        guard let response, let status = response.status, (100...599).contains(status) else { return nil }
        var fields: [Headers.Field] = []
        for field in response.headers ?? [] where !field.name.hasPrefix(":") {
            fields.append(Headers.Field(field.name, field.value))
        }
        var headers = Headers(fields)
        // The text in a HAR is decoded already.
        headers["Content-Encoding"] = nil
        var body: [UInt8]?
        if let text = response.content?.text {
            let isEncoded = response.content?.encoding == "base64"
            body = (isEncoded ? Data(base64Encoded: text).map(Array.init) : nil) ?? Array(text.utf8)
        }
        let size = response.content?.size.flatMap { $0 >= 0 && $0 < 1e15 ? Int($0) : nil }
        let wait = timings?.wait.flatMap { $0 >= 0 && $0 < 1e9 ? UInt64($0 * 1e6) : nil }
        return RecordedResponse(status: status, headers: headers, body: body, size: size, duration: wait)
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
        if isMultipart { return multipart(params, &headers) }
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

extension HAREntry {
    /// A multipart body out of its parameters (RFC 7578), with a boundary that none of them holds.
    private func multipart(_ params: [Field], _ headers: inout Headers) -> [UInt8] {
        var number = 0
        var boundary = ""
        repeat {
            boundary = "inspector-boundary-\(number)"
            number += 1
        } while params.contains { $0.value.contains(boundary) }
        func quoted(_ text: String) -> String {
            text.replacingOccurrences(of: "\"", with: "%22").replacingOccurrences(of: "\r", with: "%0D")
                .replacingOccurrences(of: "\n", with: "%0A")
        }
        var body: [UInt8] = []
        for param in params {
            var head = "--\(boundary)\r\nContent-Disposition: form-data; name=\"\(quoted(param.name))\""
            if let file = param.fileName { head += "; filename=\"\(quoted(file))\"" }
            head += "\r\n"
            var value = Array(param.value.utf8)
            var type = param.contentType
            // A file's content stands as a data URL (RFC 2397).
            if param.value.hasPrefix("data:"), let comma = param.value.firstIndex(of: ",") {
                let kind = param.value[param.value.index(param.value.startIndex, offsetBy: 5)..<comma]
                let text = String(param.value[param.value.index(after: comma)...])
                if kind.hasSuffix(";base64"), let data = Data(base64Encoded: text) { value = Array(data) }
                type = type ?? kind.split(separator: ";").first.map(String.init)
            }
            if let type { head += "Content-Type: \(quoted(type))\r\n" }
            body += Array((head + "\r\n").utf8) + value + [13, 10]
        }
        headers["Content-Type"] = "multipart/form-data; boundary=\(boundary)"
        return body + Array("--\(boundary)--\r\n".utf8)
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

    /// The time as HAR files have it, in UTC with all nine digits.
    static func text(_ nanoseconds: UInt64) -> String {
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let seconds = Int(nanoseconds / 1_000_000_000)
        let date = date(seconds / 86_400)
        let rest = seconds % 86_400
        let fraction = "\(nanoseconds % 1_000_000_000)"
        return
            "\(date.year)-\(two(date.month))-\(two(date.day))T\(two(rest / 3600)):\(two(rest / 60 % 60)):\(two(rest % 60))."
            + String(repeating: "0", count: 9 - fraction.count) + fraction + "Z"
    }

    /// The date of the Gregorian calendar that is so many days after 1970.
    private static func date(_ days: Int) -> (year: Int, month: Int, day: Int) {
        let days = days + 719_468
        let era = days / 146_097
        let dayOfEra = days % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let month = (5 * dayOfYear + 2) / 153
        let isLate = month >= 10
        return (
            yearOfEra + era * 400 + (isLate ? 1 : 0), isLate ? month - 9 : month + 3,
            dayOfYear - (153 * month + 2) / 5 + 1
        )
    }

    /// Days since 1970 of a date of the Gregorian calendar.
    static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
        // Years begin in March, so that the leap day is the last of its year.
        let year = month <= 2 ? year - 1 : year
        let month = month <= 2 ? month + 9 : month - 3
        return year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day - 1 - 719_468
    }
}
