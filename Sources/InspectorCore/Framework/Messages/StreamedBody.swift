// Bodies that are produced while they are sent (`Flask: streaming`, Server-Sent Events).

internal import Foundation

typealias StreamFunction = RegisteredFunction<ResponseWriter, Void>

/// A body that a function writes piece by piece.
struct StreamedBody: Sendable {
    /// Who writes it; nil where it comes from another process.
    let function: StreamFunction?
    /// Whether the request's context lives until the body is written, and teardown runs after it
    /// (`Flask: stream_with_context`).
    var keepsContext = false
    /// How many bytes it will be, when that is known.
    var length: Int?
}

/// Takes the pieces of a streamed body.
///
/// Writing waits while the client is slower than the function: a sync function holds its thread, an async one is
/// suspended. Once the client has gone, writing throws `ClientDisconnected`.
public final class ResponseWriter: Sendable {
    let pipe: StreamPipe
    private let log: RequestLog

    init(pipe: StreamPipe, log: RequestLog) {
        self.pipe = pipe
        self.log = log
    }

    /// Sends a piece; waits on this thread while the client is slower.
    ///
    /// - Throws: `ClientDisconnected` when there is nobody to send it to.
    public func write(_ bytes: [UInt8]) throws {
        note(bytes)
        if try pipe.offer(bytes) { return }
        guard TaskContext.current?.call.blocksItsOwnConsumer != true else { throw WouldNeverFinish() }
        let span = log.begin(.blocked, label: Label("the client to read"), parent: TaskContext.current?.span ?? .none)
        pipe.waitForRoom()
        log.end(.blocked, span: span)
    }

    /// Sends a piece of text.
    ///
    /// - Throws: `ClientDisconnected` when there is nobody to send it to.
    public func write(_ text: String) throws { try write(Array(text.utf8)) }

    /// Sends a piece; is suspended while the client is slower.
    ///
    /// - Throws: `ClientDisconnected` when there is nobody to send it to; `CancellationError` when cancelled.
    public func write(_ bytes: [UInt8]) async throws {
        try Task.checkCancellation()
        note(bytes)
        if try pipe.offer(bytes) { return }
        let context = TaskContext.current
        let begin = MonotonicClock.now()
        let span = log.begin(
            .await, label: Label("the client to read"), parent: context?.span ?? .none,
            value: Int64(AwaitKind.other.rawValue), task: CurrentTask.short, at: begin)
        await pipe.room()
        log.end(.await, span: span, task: CurrentTask.short, at: ThreadRecord.waitEnd(after: begin))
    }

    /// Sends a piece of text.
    ///
    /// - Throws: `ClientDisconnected` when there is nobody to send it to; `CancellationError` when cancelled.
    public func write(_ text: String) async throws { try await write(Array(text.utf8)) }

    private func note(_ bytes: [UInt8]) {
        log.instant(
            .streamChunk, parent: TaskContext.current?.span ?? .none, value: Int64(bytes.count),
            flags: Request.current == nil ? [] : [.hasRequestContext], task: CurrentTask.short)
    }
}

/// The client closed its connection before the answer was complete.
///
/// A stream's function sees it when it writes; teardown is given it when `AppOptions.cancelsWhenClientGoes` is on.
public struct ClientDisconnected: KindedError, CustomStringConvertible {
    /// An error of the system.
    public var kind: ErrorKind { .osError }
    /// A sentence.
    public var description: String { "The client closed its connection before the answer was complete." }

    /// Makes one.
    public init() {}
}

/// A blocking call on an event loop whose end only that loop could bring about.
public struct WouldNeverFinish: KindedError, CustomStringConvertible {
    /// A runtime error.
    public var kind: ErrorKind { .runtimeError }
    /// What was called, and what to do instead.
    public var description: String {
        "This blocking call would never finish: it waits on the event loop that it is called on. Await the async form "
            + "instead: in an async function, `try await`."
    }
}

extension Response {
    /// Answers with a body that a sync function writes piece by piece.
    ///
    /// It runs after the after hooks and after teardown, without the request's context, as the body of a Flask
    /// generator does; `streamWithContext` changes that. An error before the first piece is the server's bare 500; a
    /// later one cuts the connection. It never starts for HEAD.
    ///
    /// - Parameter length: how many bytes it will be, if that is known; the client is told.
    public static func stream(
        contentType: String = "text/html; charset=utf-8", status: Int = 200, headers: Headers = [:],
        length: Int? = nil, _ body: @escaping @Sendable (ResponseWriter) throws -> Void
    ) -> Response {
        make(
            StreamFunction(name: streamName, scope: Label("request"), sync: body, async: nil), contentType: contentType,
            status: status, headers: headers,
            length: length)
    }

    /// As the sync form, with an async function; beyond Flask, where an async generator cannot be returned.
    public static func stream(
        contentType: String = "text/html; charset=utf-8", status: Int = 200, headers: Headers = [:],
        length: Int? = nil, _ body: @escaping @Sendable (ResponseWriter) async throws -> Void
    ) -> Response {
        make(
            StreamFunction(name: streamName, scope: Label("request"), sync: nil, async: body), contentType: contentType,
            status: status, headers: headers,
            length: length)
    }

    /// Answers with the pieces of a sequence, taken as they are sent.
    public static func stream<Pieces: Sequence & Sendable>(
        pieces: Pieces, contentType: String = "text/html; charset=utf-8", status: Int = 200, headers: Headers = [:]
    ) -> Response where Pieces.Element == String {
        stream(contentType: contentType, status: status, headers: headers) { writer in
            for piece in pieces { try writer.write(piece) }
        }
    }

    /// Answers with Server-Sent Events that a sync function sends.
    public static func events(
        headers: Headers = [:], _ body: @escaping @Sendable (EventWriter) throws -> Void
    ) -> Response {
        stream(contentType: "text/event-stream", headers: eventHeaders(headers: headers)) { writer in
            try body(EventWriter(writer: writer))
        }
    }

    /// Answers with Server-Sent Events that an async function sends.
    public static func events(
        headers: Headers = [:], _ body: @escaping @Sendable (EventWriter) async throws -> Void
    ) -> Response {
        stream(contentType: "text/event-stream", headers: eventHeaders(headers: headers)) { writer in
            try await body(EventWriter(writer: writer))
        }
    }

    private static let streamName = Label("stream")

    private static func make(
        _ function: StreamFunction, contentType: String, status: Int, headers: Headers, length: Int?
    ) -> Response {
        Response(
            content: .stream(StreamedBody(function: function, length: length)), status: status,
            contentType: contentType, headers: headers)
    }

    private static func eventHeaders(headers: Headers) -> Headers {
        var headers = headers
        headers["Cache-Control"] = headers["Cache-Control"] ?? "no-cache"
        return headers
    }
}

/// Keeps the request's context while the body is streamed: `Request.current`, `g` and the session can be used, and
/// teardown runs once, after the last piece (`Flask: stream_with_context`, as in 2.0 to 3.1.1 and 3.2).
public func streamWithContext(_ response: Response) -> Response {
    guard case .stream(var stream) = response.content else { return response }
    var kept = response
    stream.keepsContext = true
    kept.content = .stream(stream)
    return kept
}

/// One event of a stream of Server-Sent Events (HTML, 9.2).
public struct ServerSentEvent: Sendable {
    /// What it carries; each line of it becomes a `data` line.
    public var data: String
    /// Its type; the client's `message` unless given.
    public var event: String?
    /// What the client says it saw last when it connects again.
    public var id: String?
    /// How long the client waits before it connects again, in ms.
    public var retry: Int?

    /// Makes an event.
    public init(_ data: String, event: String? = nil, id: String? = nil, retry: Int? = nil) {
        self.data = data
        self.event = event
        self.id = id
        self.retry = retry
    }

    /// As it is sent.
    ///
    /// Line breaks in `event` and `id` are dropped: they would begin another field. So are NULs: with one in it an id is
    /// ignored by the client.
    var text: String {
        func line(text: String) -> String {
            String(text.unicodeScalars.filter { $0 != "\n" && $0 != "\r" && $0 != "\0" })
        }
        var text = ""
        if let event { text += "event: \(line(text: event))\n" }
        if let id { text += "id: \(line(text: id))\n" }
        if let retry { text += "retry: \(retry)\n" }
        let bytes = Array(data.utf8)
        var place = 0
        while place <= bytes.count {
            let line = bytes[place...].prefix { $0 != 10 && $0 != 13 }
            text += "data: " + String(decoding: line, as: UTF8.self) + "\n"
            place = bytes[line.endIndex...].starts(with: [13, 10]) ? line.endIndex + 2 : line.endIndex + 1
        }
        return text + "\n"
    }
}

/// Sends Server-Sent Events.
public final class EventWriter: Sendable {
    private let writer: ResponseWriter

    init(writer: ResponseWriter) { self.writer = writer }

    /// Sends `event`; see `ResponseWriter.write`.
    public func send(_ event: ServerSentEvent) throws { try writer.write(event.text) }

    /// Sends `event`; see `ResponseWriter.write`.
    public func send(_ event: ServerSentEvent) async throws { try await writer.write(event.text) }

    /// Sends an event that holds only `data`.
    public func send(_ data: String, event: String? = nil, id: String? = nil) throws {
        try send(ServerSentEvent(data, event: event, id: id))
    }

    /// Sends an event that holds only `data`.
    public func send(_ data: String, event: String? = nil, id: String? = nil) async throws {
        try await send(ServerSentEvent(data, event: event, id: id))
    }
}
