// A response's head as it goes out: framing, connection, date.

internal import NIOHTTP1
internal import Synchronization

/// Makes heads.
enum ResponseHead {
    /// Why a response may not be sent: a status that is none, or CR, LF or NUL in a field.
    static func problem(in response: Response) -> String? {
        // 1xx are not answers; an app has no use for them.
        guard (200...599).contains(response.status) else { return "\(response.status) is no status of an answer" }
        let bad = response.headers.fields.first { field in
            field.name.isEmpty || (field.name + field.value).utf8.contains { $0 == 13 || $0 == 10 || $0 == 0 }
        }
        return bad.map { "the header \(String($0.name.unicodeScalars.filter { $0.value >= 32 })) holds a line break" }
    }

    /// - Parameter length: of the body, in bytes; nil when it is not known.
    static func make(_ response: Response, length: Int?, keepsAlive: Bool) -> HTTPResponseHead {
        var headers = HTTPHeaders()
        for field in response.headers.fields {
            switch field.name.lowercased() {
            case "content-length", "transfer-encoding", "connection": break
            default: headers.add(name: field.name, value: field.value)
            }
        }
        if !headers.contains(name: "Date") { headers.add(name: "Date", value: ResponseDate.shared.now()) }
        if response.mayHaveBody, let length { headers.add(name: "Content-Length", value: String(length)) }
        headers.add(name: "Connection", value: keepsAlive ? "keep-alive" : "close")
        return HTTPResponseHead(
            version: .http1_1, status: HTTPResponseStatus(statusCode: response.status), headers: headers)
    }
}

/// The date of responses, made once a second.
private final class ResponseDate: Sendable {
    static let shared = ResponseDate()

    private let state = Mutex<(second: Int64, text: String)>((0, ""))

    func now() -> String {
        let second = HTTPDate.now
        return state.withLock { state in
            if state.second != second { state = (second, HTTPDate.text(second)) }
            return state.text
        }
    }
}
