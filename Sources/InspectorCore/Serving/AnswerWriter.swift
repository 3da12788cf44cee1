// Answers as bytes: one buffer for a whole one, and one for each piece of a stream.

internal import NIOCore

/// Makes the bytes of a connection's answers.
///
/// It keeps its buffer from one answer to the next: written out, it is free again, and nothing has to be allocated.
struct AnswerWriter {
    private var scratch = ByteBuffer()

    /// How large a buffer is kept, in bytes.
    private static let kept = 16 * 1024

    /// Head and body at once.
    mutating func whole(
        response: Response, keepsAlive: Bool, isHead: Bool, isOld: Bool, allocator: ByteBufferAllocator
    ) -> ByteBuffer {
        // A stream that never starts (HEAD) has the head it would have had.
        let length = response.stream.map(\.length) ?? response.body.count
        let hasBody = !isHead && response.mayHaveBody
        let size = 512 + (hasBody ? response.body.count : 0)
        guard size <= AnswerWriter.kept else {
            var buffer = allocator.buffer(capacity: size)
            AnswerWriter.write(
                response, length: length, hasBody: hasBody, keepsAlive: keepsAlive, isOld: isOld, into: &buffer)
            return buffer
        }
        // Cleared while the last answer is still on its way, it becomes another one.
        scratch.clear(minimumCapacity: 512)
        AnswerWriter.write(
            response, length: length, hasBody: hasBody, keepsAlive: keepsAlive, isOld: isOld, into: &scratch)
        return scratch
    }

    /// The head of a stream.
    func head(
        response: Response, framing: ResponseHead.Framing, keepsAlive: Bool, isOld: Bool,
        allocator: ByteBufferAllocator
    ) -> ByteBuffer {
        var buffer = allocator.buffer(capacity: 512)
        ResponseHead.write(response, framing: framing, keepsAlive: keepsAlive, isOld: isOld, into: &buffer)
        return buffer
    }

    /// A piece of a stream; it may be empty, which would end a body in chunks if it were said.
    func piece(bytes: [UInt8], isChunked: Bool, allocator: ByteBufferAllocator) -> ByteBuffer {
        guard isChunked else { return allocator.buffer(bytes: bytes) }
        guard !bytes.isEmpty else { return ByteBuffer() }
        var buffer = allocator.buffer(capacity: bytes.count + 20)
        buffer.writeString(String(bytes.count, radix: 16))
        buffer.writeStaticString("\r\n")
        buffer.writeBytes(bytes)
        buffer.writeStaticString("\r\n")
        return buffer
    }

    /// The end of a stream.
    func end(isChunked: Bool, allocator: ByteBufferAllocator) -> ByteBuffer {
        isChunked ? allocator.buffer(string: "0\r\n\r\n") : ByteBuffer()
    }

    private static func write(
        _ response: Response, length: Int?, hasBody: Bool, keepsAlive: Bool, isOld: Bool,
        into buffer: inout ByteBuffer
    ) {
        ResponseHead.write(
            response, framing: length.map { .length($0) } ?? .connection, keepsAlive: keepsAlive, isOld: isOld,
            into: &buffer)
        if hasBody { buffer.writeBytes(response.body) }
    }
}

/// A response whose body is on its way.
///
/// Used on its connection's event loop only.
final class OutgoingStream {
    let inFlight: InFlight
    let pipe: StreamPipe
    let response: Response
    let length: Int?
    var isHeadSent = false
    var isChunked = false
    var sent = 0

    var log: RequestLog { inFlight.log }

    init(inFlight: InFlight, pipe: StreamPipe, response: Response) {
        self.inFlight = inFlight
        self.pipe = pipe
        self.response = response
        length = response.stream?.length
    }

    /// Whether `count` more bytes are within the length that the client was told.
    func fits(_ count: Int) -> Bool { length.map { sent + count <= $0 } ?? true }
}
