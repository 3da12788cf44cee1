// A response's head as it goes out: framing, connection, date.

internal import NIOCore
internal import NIOHTTP1
internal import Synchronization

/// Makes heads.
enum ResponseHead {
    /// How the end of a body is known.
    enum Framing {
        /// By its length, in bytes.
        case length(Int)
        /// By its last chunk.
        case chunked
        /// By the end of the connection: for a client that knows no chunks.
        case connection
    }

    /// Why a response may not be sent: a status that is none, a field's name that is not a token, a control character in its
    /// value (RFC 9110, 5.1 and 5.5; `gunicorn: http/wsgi.py process_headers`).
    ///
    /// Sent as it is, the field would be two, another answer, or a command to the terminal that shows it.
    static func problem(in response: Response) -> String? {
        // 1xx are not answers; an app has no use for them.
        guard (200...599).contains(response.status) else { return "\(response.status) is not a status of an answer" }
        for field in response.headers.fields {
            guard isToken(field.name) else {
                return "\"\(field.name.madeVisible.prefix(80))\" cannot be the name of a header: a name has letters, "
                    + "digits and !#$%&'*+-.^_`|~"
            }
            guard isValue(field.value) else {
                return "the header \(field.name) holds a control character: \(field.value.madeVisible.prefix(80))"
            }
        }
        return nil
    }

    private static func isToken(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { bytes in
            for byte in bytes where !byte.isOfToken { return false }
            return !bytes.isEmpty
        }
    }

    /// Whether it holds no control but tabs.
    ///
    /// What is not ASCII is sent as UTF-8, as it is read from requests.
    private static func isValue(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { bytes in
            for byte in bytes where byte < 0x20 && byte != 0x09 || byte == 0x7F { return false }
            return true
        }
    }

    /// Writes the head of `response`, which has no `problem`.
    ///
    /// - Parameters:
    ///   - isOld: whether the client speaks HTTP/1.0, where a connection ends with its answer unless both sides say
    ///     otherwise (RFC 9112, 9.3).
    static func write(
        _ response: Response, framing: Framing, keepsAlive: Bool, isOld: Bool, into buffer: inout ByteBuffer
    ) {
        var size = 512
        for field in response.headers.fields { size += field.name.utf8.count + field.value.utf8.count + 4 }
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: size) { memory in
            var head = HeadBytes(memory: memory)
            head.put("HTTP/1.1 ")
            head.put(status(code: response.status))
            head.put("\r\n")
            var hasDate = false
            for field in response.headers.fields {
                switch field.name.utf8.count {
                // Framing is the server's.
                case 14 where Headers.same(left: field.name, right: "content-length"),
                    17 where Headers.same(left: field.name, right: "transfer-encoding"),
                    10 where Headers.same(left: field.name, right: "connection"):
                    continue
                case 4 where Headers.same(left: field.name, right: "date"): hasDate = true
                default: break
                }
                head.put(field.name)
                head.put(": ")
                head.put(field.value)
                head.put("\r\n")
            }
            if !hasDate { head.put(ResponseDate.shared.line()) }
            switch framing {
            case .length(let length) where response.mayHaveBody:
                head.put("Content-Length: ")
                head.put(String(length))
                head.put("\r\n")
            case .chunked: head.put("Transfer-Encoding: chunked\r\n")
            case .length, .connection: break
            }
            if !keepsAlive {
                head.put("Connection: close\r\n")
            } else if isOld {
                head.put("Connection: keep-alive\r\n")
            }
            head.put("\r\n")
            return head.count
        }
    }

    private static func status(code: Int) -> String {
        code == 200 ? "200 OK" : "\(code) \(HTTPResponseStatus(statusCode: code).reasonPhrase)"
    }
}

/// Text written one after the other into memory that is large enough; what does not fit is left out.
private struct HeadBytes {
    private let memory: UnsafeMutableRawBufferPointer
    private(set) var count = 0

    init(memory: UnsafeMutableRawBufferPointer) { self.memory = memory }

    mutating func put(_ text: StaticString) {
        put(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    mutating func put(_ text: String) {
        var text = text
        text.withUTF8 { put(UnsafeRawBufferPointer($0)) }
    }

    private mutating func put(_ bytes: UnsafeRawBufferPointer) {
        guard count + bytes.count <= memory.count else { return }
        UnsafeMutableRawBufferPointer(rebasing: memory[count...]).copyMemory(from: bytes)
        count += bytes.count
    }
}

/// The date of responses, made once a second.
private final class ResponseDate: Sendable {
    static let shared = ResponseDate()

    private let state = Mutex<(second: Int64, text: String)>((0, ""))

    /// The field, with its line's end.
    func line() -> String {
        let second = HTTPDate.now
        return state.withLock { state in
            if state.second != second { state = (second, "Date: \(HTTPDate.text(seconds: second))\r\n") }
            return state.text
        }
    }
}
