// Every request that is over goes to a collector, in batches, while we serve: past one machine an existing backend keeps them.

internal import DequeModule
internal import OTLPMessages
internal import SwiftProtobuf
internal import Synchronization

/// Sends finished requests to a collector, on a thread of its own: nothing that serves ever waits for it.
///
/// All may be called from any thread.
package final class OTLPExporter: Sendable {
    /// Where it sends, and what.
    package struct Options: Sendable {
        /// Where batches are posted, with its path: `http://127.0.0.1:4318/v1/traces`.
        package var url: String
        /// Fields that each batch is sent with.
        package var headers = Headers()
        /// What is taken out of targets, labels and details.
        package var redaction = Redaction()
        /// How many spans may wait for the collector; what is beyond is counted as lost.
        var waitingSpans = 65_536
        /// How many spans make a batch at most, but for a request that has more by itself.
        var batchSpans = 2048
        /// How long what is not a whole batch waits for more, in seconds.
        var gathering: Double = 1
        /// The pause before the second try, in seconds; each next one is twice as long, 30 s at most.
        var firstPause: Double = 1
        /// How long a batch is tried again, in seconds; also the longest pause that a collector may ask for.
        var patience: Double = 300
        /// How long the end may take, in seconds.
        var farewell: Double = 3

        /// - Parameter server: the collector's address; `/v1/traces` is put behind it where it does not end so
        ///   (`OTLP exporter: OTEL_EXPORTER_OTLP_ENDPOINT`).
        package init(to server: RemoteTarget) {
            url = server.url.hasSuffix("/v1/traces") ? server.url : server.url + "/v1/traces"
        }
    }

    /// How it goes, for a screen.
    package struct Status: Sendable, Equatable {
        /// Requests that the collector has.
        package var sent = 0
        /// Requests that it will not get: it was away too long, or did not want them.
        package var lost = 0
        /// Spans that it has refused one by one (`OTLP 1.x: rejected_spans`).
        package var rejected = 0
        /// Requests that wait to be sent.
        package var waiting = 0
        /// Why the last batch was not taken, or not all of it; nil when it was.
        package var problem: String?

        package init() {}
    }

    private struct State {
        var queue = Deque<Trace>()
        var spans = 0
        var status = Status()
        /// When it has to be over, by the monotonic clock; nil while we serve.
        var end: UInt64?
    }

    private let options: Options
    private let app: String
    private let offset: UInt64
    private let collector: OTLPCollector
    private let state = Mutex(State())
    private let bell = Bell()
    private let ended = Bell()
    private let processorTime = Atomic<UInt64>(0)

    /// Starts the thread; nothing is sent before the first request.
    ///
    /// - Parameters:
    ///   - app: the service's name.
    ///   - offset: what is added to a time of the traces to get ns since 1970.
    /// - Throws: `ThreadError`.
    package init(options: Options, app: String, offset: UInt64 = MonotonicClock.wallOffset) throws(ThreadError) {
        self.options = options
        self.app = app
        self.offset = offset
        collector = OTLPCollector(url: options.url, headers: options.headers)
        do throws(ThreadError) {
            try OwnThread.start("otlp-export") { [self] in run() }
        } catch {
            collector.stop()
            throw error
        }
    }

    /// How it goes.
    package var status: Status { state.withLock { $0.status } }

    /// The processor time that its thread has used, in ns.
    package var threadTime: UInt64 { processorTime.load(ordering: .relaxed) }

    /// Takes a finished request.
    package func add(_ trace: Trace) {
        let isBatch = state.withLock { state in
            guard state.end == nil else { return false }
            let spans = trace.spans.count + 1
            guard state.spans + spans <= options.waitingSpans else {
                state.status.lost += 1
                return false
            }
            state.spans += spans
            state.queue.append(trace)
            state.status.waiting += 1
            return state.spans >= options.batchSpans
        }
        if isBatch { bell.ring() }
    }

    /// Sends what waits as far as the collector takes it at once, and ends the thread; the rest is counted as lost.
    package func stop() {
        state.withLock { state in
            guard state.end == nil else { return }
            state.end = MonotonicClock.now().addingSaturated(UInt64(saturating: options.farewell * 1e9))
        }
        bell.ring()
        // The collector's own limit is longer: who hangs is left.
        ended.wait(seconds: options.farewell)
        collector.stop()
        state.withLock { state in
            state.status.lost += state.status.waiting
            state.status.waiting = 0
        }
    }

    // MARK: The thread

    private func run() {
        while true {
            bell.wait(seconds: options.gathering)
            while let batch = nextBatch() {
                send(batch)
                processorTime.store(ProcessorTime.thread, ordering: .relaxed)
            }
            if state.withLock({ $0.end != nil }) {
                ended.ring()
                return
            }
        }
    }

    /// The oldest requests that wait; nil when none does, or the time is over.
    private func nextBatch() -> [Trace]? {
        state.withLock { state in
            if let end = state.end, MonotonicClock.now() >= end { return nil }
            var batch: [Trace] = []
            var spans = 0
            while let trace = state.queue.first, batch.isEmpty || spans + trace.spans.count < options.batchSpans {
                spans += trace.spans.count + 1
                batch.append(trace)
                state.queue.removeFirst()
            }
            state.spans -= spans
            return batch.isEmpty ? nil : batch
        }
    }

    /// Sends a batch until the collector has it, does not want it, or was away too long.
    private func send(_ batch: [Trace]) {
        guard
            let request = OTLPExportTraceServiceRequest(
                traces: batch, app: app, offset: offset, redaction: options.redaction),
            let message: [UInt8] = try? request.serializedBytes()
        else { return finish(batch, isTaken: false, problem: "a batch could not be written") }
        let limit = MonotonicClock.now().addingSaturated(UInt64(saturating: options.patience * 1e9))
        var pause = options.firstPause
        while true {
            switch collector.send(message) {
            case .taken(let rejected, let note):
                let words = rejected > 0 ? "\(rejected) spans were not taken" + (note.map { ": \($0)" } ?? "") : note
                return finish(batch, isTaken: true, rejected: rejected, problem: words)
            case .refused(let reason):
                return finish(batch, isTaken: false, problem: reason)
            case .later(let asked, let reason):
                // A part by chance: many who lost the same collector do not come back in the same moment.
                let wait = min(options.patience, max(asked ?? 0, pause * Double.random(in: 0.8...1.2)))
                let next = MonotonicClock.now().addingSaturated(UInt64(saturating: wait * 1e9))
                guard next < limit, rest(until: next, reason: reason) else {
                    return finish(batch, isTaken: false, problem: reason)
                }
                pause = min(30, pause * 2)
            }
        }
    }

    /// Waits; false when the end comes first.
    private func rest(until time: UInt64, reason: String) -> Bool {
        state.withLock { $0.status.problem = reason }
        while true {
            let now = MonotonicClock.now()
            guard now < time else { return true }
            if let end = state.withLock({ $0.end }), end < time { return false }
            bell.wait(seconds: Double(time - now) / 1e9)
        }
    }

    private func finish(_ batch: [Trace], isTaken: Bool, rejected: Int = 0, problem: String?) {
        state.withLock { state in
            // After the end they are counted as lost already, and what is said must not change.
            guard state.status.waiting >= batch.count else { return }
            state.status.waiting -= batch.count
            if isTaken { state.status.sent += batch.count } else { state.status.lost += batch.count }
            state.status.rejected = state.status.rejected.addingSaturated(rejected)
            state.status.problem = problem
        }
    }
}
