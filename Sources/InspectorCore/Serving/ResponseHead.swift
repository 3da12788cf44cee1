// A response's head as it goes out: framing, connection, date.

internal import Glibc
internal import NIOHTTP1
internal import Synchronization

/// Makes heads.
enum ResponseHead {
    /// The name of a field that may not be sent: a name or value with CR, LF or NUL in it.
    static func badField(in response: Response) -> String? {
        response.headers.fields.first { field in
            field.name.isEmpty || (field.name + field.value).utf8.contains { $0 == 13 || $0 == 10 || $0 == 0 }
        }.map { field in
            String(field.name.unicodeScalars.filter { $0.value >= 32 })
        }
    }

    static func mayHaveBody(_ status: Int) -> Bool { status >= 200 && status != 204 && status != 304 }

    static func make(_ response: Response, keepsAlive: Bool) -> HTTPResponseHead {
        var headers = HTTPHeaders()
        for field in response.headers.fields {
            switch field.name.lowercased() {
            case "content-length", "transfer-encoding", "connection": break
            default: headers.add(name: field.name, value: field.value)
            }
        }
        if !headers.contains(name: "Date") { headers.add(name: "Date", value: HTTPDate.shared.now()) }
        if mayHaveBody(response.status) { headers.add(name: "Content-Length", value: String(response.body.count)) }
        headers.add(name: "Connection", value: keepsAlive ? "keep-alive" : "close")
        return HTTPResponseHead(
            version: .http1_1, status: HTTPResponseStatus(statusCode: response.status), headers: headers)
    }
}

/// The date of responses (RFC 9110, 5.6.7), made once a second.
private final class HTTPDate: Sendable {
    static let shared = HTTPDate()

    private let state = Mutex<(second: Int, text: String)>((0, ""))

    func now() -> String {
        var seconds = time(nil)
        return state.withLock { state in
            if state.second == seconds { return state.text }
            var parts = tm()
            gmtime_r(&seconds, &parts)
            let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
            let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
            func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
            let day = days[Int(parts.tm_wday) % 7]
            let month = months[Int(parts.tm_mon) % 12]
            let clock = "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))"
            state = (seconds, "\(day), \(two(parts.tm_mday)) \(month) \(1900 + parts.tm_year) \(clock) GMT")
            return state.text
        }
    }
}
