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

    /// Why a response may not be sent: a status that is none, or CR, LF or NUL in a field.
    static func problem(in response: Response) -> String? {
        // 1xx are not answers; an app has no use for them.
        guard (200...599).contains(response.status) else { return "\(response.status) is no status of an answer" }
        let bad = response.headers.fields.first { field in
            field.name.isEmpty || isBroken(field.name) || isBroken(field.value)
        }
        return bad.map { "the header \(String($0.name.unicodeScalars.filter { $0.value >= 32 })) holds a line break" }
    }

    private static func isBroken(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { $0.contains { $0 == 13 || $0 == 10 || $0 == 0 } }
    }

    /// Writes the head of `response`, which has no `problem`.
    ///
    /// - Parameters:
    ///   - isOld: whether the client speaks HTTP/1.0, where a connection ends with its answer unless both sides say
    ///     otherwise (RFC 9112, 9.3).
    static func write(
        _ response: Response, _ framing: Framing, keepsAlive: Bool, isOld: Bool, into buffer: inout ByteBuffer
    ) {
        var size = 512
        for field in response.headers.fields { size += field.name.utf8.count + field.value.utf8.count + 4 }
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: size) { memory in
            var head = HeadBytes(memory)
            head.put("HTTP/1.1 ")
            head.put(status(response.status))
            head.put("\r\n")
            var hasDate = false
            for field in response.headers.fields {
                switch field.name.utf8.count {
                // Framing is the server's.
                case 14 where Headers.same(field.name, "content-length"),
                    17 where Headers.same(field.name, "transfer-encoding"),
                    10 where Headers.same(field.name, "connection"):
                    continue
                case 4 where Headers.same(field.name, "date"): hasDate = true
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

    private static func status(_ code: Int) -> String {
        code == 200 ? "200 OK" : "\(code) \(HTTPResponseStatus(statusCode: code).reasonPhrase)"
    }
}

/// Text written one after the other into memory that is large enough; what does not fit is left out.
private struct HeadBytes {
    private let memory: UnsafeMutableRawBufferPointer
    private(set) var count = 0

    init(_ memory: UnsafeMutableRawBufferPointer) { self.memory = memory }

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
            if state.second != second { state = (second, "Date: \(HTTPDate.text(second))\r\n") }
            return state.text
        }
    }
}
