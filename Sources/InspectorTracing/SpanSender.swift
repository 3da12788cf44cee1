// Sends what has ended and what is open, from an event loop of its own: an app that blocks its threads is the one to see.

internal import AsyncHTTPClient
internal import DequeModule
internal import Foundation
internal import NIOConcurrencyHelpers
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import OTLPMessages
internal import SwiftProtobuf
internal import Synchronization

/// Keeps spans and sends them as OTLP over HTTP, every 50 ms.
///
/// May be used from any thread.
final class SpanSender: Sendable {
    private struct State {
        var open: [UInt64: InspectorSpan] = [:]
        var done: Deque<InspectorSpan> = []
        var lost = 0
        var isSending = false
        /// Whether somebody takes the spans; until the first attempt that is taken for granted.
        var isHeard = true
        /// When the next attempt is made, where nobody takes them, on the monotonic clock.
        var next: UInt64 = 0
        var failures = 0
    }

    private static let every = TimeAmount.milliseconds(50)
    /// An open span is told of when it is so old, and again after so long, in ns.
    private static let young: UInt64 = 5_000_000
    private static let again: UInt64 = 1_000_000_000
    /// How many spans are kept, and sent in one message.
    private static let room = 20_000
    private static let batch = 2_000

    private let url: String
    private let resource: OTLPResource
    private let group: MultiThreadedEventLoopGroup
    private let client: HTTPClient
    private let state = Mutex(State())

    init(service: String, endpoint: String) {
        url = (endpoint.hasSuffix("/") ? String(endpoint.dropLast()) : endpoint) + "/v1/traces"
        resource = SpanSender.resource(service: service)
        group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        var configuration = HTTPClient.Configuration()
        // A span for each message that carries spans would never end.
        configuration.tracing.tracer = nil
        configuration.redirectConfiguration = .disallow
        configuration.timeout = HTTPClient.Configuration.Timeout(connect: .seconds(2), read: .seconds(2))
        client = HTTPClient(eventLoopGroupProvider: .shared(group), configuration: configuration)
        // As long as the process lives, as the tracer does.
        group.next().scheduleRepeatedTask(initialDelay: Self.every, delay: Self.every) { [weak self] task in
            guard let self else { return task.cancel() }
            self.send()
        }
    }

    deinit {
        let group = group
        client.shutdown { _ in group.shutdownGracefully { _ in } }
    }

    private static func resource(service: String) -> OTLPResource {
        func pair(_ name: String, _ attribute: OTLPAnyValue.OneOf_Value) -> OTLPKeyValue {
            var pair = OTLPKeyValue()
            pair.key = name
            pair.value.value = attribute
            return pair
        }
        let process = ProcessInfo.processInfo.processIdentifier
        var resource = OTLPResource()
        resource.attributes = [
            pair("service.name", .stringValue(service)),
            pair("service.instance.id", .stringValue("\(process)-\(UInt32.random(in: .min ... .max))")),
            pair("process.pid", .intValue(Int64(process))),
            pair("telemetry.sdk.name", .stringValue("inspector-tracing")),
            pair("telemetry.sdk.language", .stringValue("swift")),
            pair("inspector.clock.offset", .intValue(Int64(clamping: SpanClock.offset))),
        ]
        if let boot = SpanClock.boot { resource.attributes.append(pair("inspector.boot.id", .stringValue(boot))) }
        return resource
    }

    func begin(_ span: InspectorSpan) {
        state.withLock { if $0.open.count < Self.room { $0.open[span.identity.span] = span } }
    }

    func end(_ span: InspectorSpan) {
        state.withLock { state in
            state.open[span.identity.span] = nil
            if state.done.count < Self.room { state.done.append(span) } else { state.lost += 1 }
        }
    }

    func open(span: UInt64) -> InspectorSpan? { state.withLock { $0.open[span] } }

    /// Sends what there is, and waits for its answer so long at most, in seconds.
    func flush(waiting seconds: Double) {
        guard !group.next().inEventLoop else { return send() }
        let lock = ConditionLock(value: 0)
        group.next().execute {
            self.send {
                lock.lock()
                lock.unlock(withValue: 1)
            }
        }
        if lock.lock(whenValue: 1, timeoutSeconds: seconds) { lock.unlock() }
    }

    /// Sends one message, if there is something to tell and none is on its way.
    ///
    /// Runs on the sender's loop, and on no other thread.
    private func send(then: @escaping @Sendable () -> Void = {}) {
        group.next().preconditionInEventLoop()
        let now = SpanClock.monotonic
        let (spans, lost) = state.withLock { state -> ([InspectorSpan], Int) in
            guard !state.isSending, state.isHeard || now >= state.next else { return ([], 0) }
            var spans: [InspectorSpan] = []
            while spans.count < Self.batch, let span = state.done.popFirst() { spans.append(span) }
            for span in state.open.values where spans.count < 2 * Self.batch {
                if span.isDue(at: now, young: Self.young, again: Self.again) { spans.append(span) }
            }
            state.isSending = !spans.isEmpty
            return (spans, state.lost)
        }
        guard !spans.isEmpty, let request = try? request(spans: spans, lost: lost) else {
            if !spans.isEmpty { state.withLock { $0.isSending = false } }
            return then()
        }
        client.execute(request: request).whenComplete { [self] result in
            let isTaken = if case .success(let answer) = result { answer.status.code < 500 } else { false }
            settle(spans: spans, isTaken: isTaken)
            then()
        }
    }

    private func request(spans: [InspectorSpan], lost: Int) throws -> HTTPClient.Request {
        var export = OTLPExportTraceServiceRequest()
        var part = OTLPResourceSpans()
        part.resource = resource
        if lost > 0 {
            var pair = OTLPKeyValue()
            pair.key = "inspector.lost"
            pair.value.intValue = Int64(lost)
            part.resource.attributes.append(pair)
        }
        var scope = OTLPScopeSpans()
        scope.scope.name = "inspector-tracing"
        scope.spans = spans.map(\.message)
        part.scopeSpans = [scope]
        export.resourceSpans = [part]
        let bytes: Data = try export.serializedBytes()
        return try HTTPClient.Request(
            url: url, method: .POST, headers: ["Content-Type": "application/x-protobuf"], body: .data(bytes))
    }

    private func settle(spans: [InspectorSpan], isTaken: Bool) {
        let now = SpanClock.monotonic
        state.withLock { state in
            state.isSending = false
            state.isHeard = isTaken
            guard !isTaken else {
                state.failures = 0
                return
            }
            // Nobody is there: what has ended is let go, or the memory of an app that nobody watches would grow.
            state.lost += spans.count { !$0.isRecording } + state.done.count
            state.done.removeAll()
            state.failures = min(state.failures + 1, 3)
            state.next = now &+ 250_000_000 << UInt64(state.failures)
        }
        if !isTaken { for span in spans { span.forgetTold() } }
    }
}
