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
        _ response: Response, keepsAlive: Bool, isHead: Bool, isOld: Bool, _ allocator: ByteBufferAllocator
    ) -> ByteBuffer {
        // A stream that never starts (HEAD) has the head it would have had.
        let length = response.stream.map(\.length) ?? response.body.count
        let hasBody = !isHead && response.mayHaveBody
        let size = 512 + (hasBody ? response.body.count : 0)
        guard size <= AnswerWriter.kept else {
            var buffer = allocator.buffer(capacity: size)
            AnswerWriter.write(response, length, hasBody, keepsAlive, isOld, &buffer)
            return buffer
        }
        // Cleared while the last answer is still on its way, it becomes another one.
        scratch.clear(minimumCapacity: 512)
        AnswerWriter.write(response, length, hasBody, keepsAlive, isOld, &scratch)
        return scratch
    }

    /// The head of a stream.
    func head(
        _ response: Response, _ framing: ResponseHead.Framing, keepsAlive: Bool, isOld: Bool,
        _ allocator: ByteBufferAllocator
    ) -> ByteBuffer {
        var buffer = allocator.buffer(capacity: 512)
        ResponseHead.write(response, framing, keepsAlive: keepsAlive, isOld: isOld, into: &buffer)
        return buffer
    }

    /// A piece of a stream; it may be empty, which would end a body in chunks if it were said.
    func piece(_ bytes: [UInt8], isChunked: Bool, _ allocator: ByteBufferAllocator) -> ByteBuffer {
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
    func end(isChunked: Bool, _ allocator: ByteBufferAllocator) -> ByteBuffer {
        isChunked ? allocator.buffer(string: "0\r\n\r\n") : ByteBuffer()
    }

    private static func write(
        _ response: Response, _ length: Int?, _ hasBody: Bool, _ keepsAlive: Bool, _ isOld: Bool,
        _ buffer: inout ByteBuffer
    ) {
        ResponseHead.write(
            response, length.map { .length($0) } ?? .connection, keepsAlive: keepsAlive, isOld: isOld, into: &buffer)
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

    init(_ inFlight: InFlight, _ pipe: StreamPipe, _ response: Response) {
        self.inFlight = inFlight
        self.pipe = pipe
        self.response = response
        length = response.stream?.length
    }

    /// Whether `count` more bytes are within the length that the client was told.
    func fits(_ count: Int) -> Bool { length.map { sent + count <= $0 } ?? true }
}
