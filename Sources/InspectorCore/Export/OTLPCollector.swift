// A collector of OpenTelemetry: one batch is sent to it, and what it says of it is understood.

internal import AsyncHTTPClient
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import OTLPMessages
internal import SwiftProtobuf

/// Sends messages to a collector (`OTLP 1.x: OTLP/HTTP`, protobuf, gzip).
///
/// Used by one thread at a time, which waits for the answer; never by a loop's thread.
final class OTLPCollector: Sendable {
    /// What the collector made of a batch.
    enum Answer: Equatable {
        /// It has the batch, less `rejected` spans; `note` is what it says besides.
        case taken(rejected: Int, note: String?)
        /// It does not want the batch; sent again it would be the same.
        case refused(reason: String)
        /// Not now: worth another try, after `seconds` where it says so.
        case later(seconds: Double?, reason: String)
    }

    private let url: String
    private let headers: Headers
    private let group: MultiThreadedEventLoopGroup
    private let client: HTTPClient

    /// How long a batch may take until it is answered, in seconds (`OTLP exporter: OTEL_EXPORTER_OTLP_TIMEOUT`, its default).
    private static let seconds: Int64 = 10

    /// - Parameters:
    ///   - url: where batches are posted, with its path.
    ///   - headers: fields that each batch is sent with, besides its own.
    init(url: String, headers: Headers) {
        self.url = url
        self.headers = headers
        group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.httpVersion = .http1Only
        configuration.timeout.connect = .seconds(5)
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.connectionPool.idleTimeout = .seconds(5)
        configuration.tracing.tracer = nil
        client = HTTPClient(eventLoopGroupProvider: .shared(group), configuration: configuration)
        group.next().execute {
            ThreadRecord.name(name: "otlp-sender", track: ThreadRecord.track)
            SignalStacks.shared.useForEver()
        }
    }

    /// Closes the connections and ends the thread, in the background.
    func stop() {
        let group = group
        client.shutdown { _ in group.shutdownGracefully { _ in } }
    }

    /// Posts a message, and waits for the answer.
    func send(_ message: [UInt8]) -> Answer {
        let packed = Gzip.pack(message)
        var fields = HTTPHeaders(headers.fields.map { ($0.name, $0.value) })
        fields.replaceOrAdd(name: "Content-Type", value: "application/x-protobuf")
        fields.replaceOrAdd(name: "User-Agent", value: ProductVersion.text)
        if packed != nil { fields.replaceOrAdd(name: "Content-Encoding", value: "gzip") }
        do {
            let request = try HTTPClient.Request(
                url: url, method: .POST, headers: fields, body: .bytes(packed ?? message))
            // What a collector says is short; who says more is none.
            let answer = try client.execute(
                request: request, delegate: ResponseAccumulator(request: request, maxBodySize: 1024 * 1024),
                deadline: .now() + .seconds(Self.seconds)
            ).wait()
            let fields = Headers(answer.headers.map { Headers.Field($0.name, $0.value) })
            return Self.answer(
                status: Int(answer.status.code), headers: fields,
                body: answer.body.map { Array($0.readableBytesView) } ?? [], now: HTTPDate.now)
        } catch let error as HTTPClientError where error == .deadlineExceeded || error == .readTimeout {
            return .later(seconds: nil, reason: "it did not answer within \(Self.seconds) s")
        } catch let error as ResponseAccumulator.ResponseTooBigError {
            return .refused(reason: "its answer is larger than \(error.maxBodySize) bytes: this is no collector")
        } catch {
            let words = RemoteProblem(error, address: url, hadHead: false).message
            return .later(seconds: nil, reason: words.hasSuffix(".") ? String(words.dropLast()) : words)
        }
    }

    /// What an answer means (`OTLP 1.x: OTLP/HTTP Response`): only 429, 502, 503 and 504 are worth another try.
    static func answer(status: Int, headers: Headers, body: [UInt8], now: Int64) -> Answer {
        let isProtobuf = headers["Content-Type"].map { $0.lowercased().hasPrefix("application/x-protobuf") } ?? false
        if (200..<300).contains(status) {
            guard isProtobuf, !body.isEmpty else { return .taken(rejected: 0, note: nil) }
            guard let whole = try? OTLPExportTraceServiceResponse(serializedBytes: body) else {
                return .taken(rejected: 0, note: "its answer could not be read")
            }
            let part = whole.partialSuccess
            return .taken(
                rejected: Int(clamping: max(0, part.rejectedSpans)),
                note: part.errorMessage.isEmpty ? nil : Self.short(text: part.errorMessage))
        }
        let said =
            isProtobuf ? (try? OTLPRPCStatus(serializedBytes: body))?.message : String(decoding: body, as: UTF8.self)
        let words = said.map(Self.short(text:)).flatMap { $0.isEmpty ? nil : ": \($0)" } ?? ""
        let reason = "it answered \(status)\(words)"
        guard [429, 502, 503, 504].contains(status) else { return .refused(reason: reason) }
        return .later(seconds: headers["Retry-After"].flatMap { Self.pause($0, now: now) }, reason: reason)
    }

    /// What `Retry-After` asks for, in seconds from `now`, which counts from 1970 (`RFC 9110, 10.2.3`: seconds, or a date); nil for what is neither.
    static func pause(_ text: String, now: Int64) -> Double? {
        let text = text.trimmed
        if let seconds = UInt32(text) { return Double(seconds) }
        return HTTPDate.seconds(text: text).map { Double(max(0, $0.subtractingSaturated(now))) }
    }

    private static func short(text: String) -> String {
        let line = text.madeVisible.trimmed
        return line.count > 200 ? line.prefix(200) + "…" : line
    }
}
