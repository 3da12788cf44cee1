// What the inspection itself costs: measured, so that it can stand on the screen.

internal import Synchronization

/// Counts what the inspection does, and knows what each costs on this machine.
///
/// Every function may be called from any thread.
package final class OwnCost: Sendable {
    /// All that was counted up to some moment.
    package struct Sample: Sendable {
        /// The processor time of recording, reading, writing and drawing, in ns.
        package var own: UInt64
        /// The processor time of the whole process, in ns.
        package var process: UInt64
        /// By `MonotonicClock`.
        package var time: UInt64

        /// Of a process that serves little the inspection is most of what there is, which says nothing of what it costs those
        /// who are served: all else has to use so much, in ns.
        private static let least: UInt64 = 250_000_000

        /// Which part of the process's time was the inspection's since `earlier`; nil when too little was served to tell.
        package func part(since earlier: Sample) -> Double? {
            let own = own > earlier.own ? own - earlier.own : 0
            let whole = process > earlier.process ? process - earlier.process : 0
            guard whole.subtractingSaturated(own) > Sample.least else { return nil }
            return min(1, Double(own) / Double(whole))
        }
    }

    private let events = Atomic<Int>(0)
    private let requests = Atomic<Int>(0)
    private let thinRequests = Atomic<Int>(0)
    private let readerTime = Atomic<UInt64>(0)
    /// Of one event, and of the share of a request itself, with detail or without, in hundredths of ns.
    private let eventCost = Atomic<Int>(0)
    private let requestCost = Atomic<Int>(0)
    private let thinCost = Atomic<Int>(0)

    package init() {}

    /// What one event costs where it is recorded, in ns.
    package var nanosecondsOfEvent: Double { Double(eventCost.load(ordering: .relaxed)) / 100 }

    /// How many events were recorded.
    package var eventCount: Int { events.load(ordering: .relaxed) }

    func count(events: Int, requests: Int, thin: Int, readerTime: UInt64) {
        self.events.add(events, ordering: .relaxed)
        thinRequests.add(thin, ordering: .relaxed)
        self.requests.add(requests, ordering: .relaxed)
        self.readerTime.store(readerTime, ordering: .relaxed)
    }

    /// All that was counted until now.
    ///
    /// - Parameter others: the processor time of other threads of the inspection: recorder, screen.
    package func sample(others: UInt64) -> Sample {
        let recording =
            events.load(ordering: .relaxed) * eventCost.load(ordering: .relaxed)
            + requests.load(ordering: .relaxed) * requestCost.load(ordering: .relaxed)
            + thinRequests.load(ordering: .relaxed) * thinCost.load(ordering: .relaxed)
        return Sample(
            own: UInt64(max(0, recording / 100)) + readerTime.load(ordering: .relaxed) + others,
            process: ProcessorTime.process, time: MonotonicClock.now())
    }

    /// Measures, on this machine, what is counted later: a fraction of a millisecond.
    func calibrate() {
        let rounds = 64
        let log = EventLog(capacity: 4 * RequestLog.chunk)
        /// The median of what `body` takes: what interrupts one round says nothing of the others.
        func median(body: (RequestSummary) -> RequestLog) -> Int {
            let times = (0..<rounds).map { round in
                let summary = RequestSummary(
                    id: RequestID(number: UInt64(round), lane: LaneID(rawValue: 0)), mode: .native, method: "GET",
                    target: "/", accepted: 1)
                let begin = MonotonicClock.now()
                let request = body(summary)
                let end = MonotonicClock.now()
                // The reader's own time is counted by its thread's clock.
                _ = request.take()
                return end - begin
            }
            return Int(times.sorted()[rounds / 2])
        }
        let bare = median { summary in
            let request = log.open(summary)
            request.finish(status: 200)
            return request
        }
        let full = median { summary in
            let request = log.open(summary)
            for _ in 0..<8 { request.end(.poll, span: request.begin(.poll)) }
            request.finish(status: 200)
            return request
        }
        let thin = median { summary in
            let request = log.openThin(summary)
            request.finish(status: 200)
            return request
        }
        _ = log.read(waiting: 0) { _ in }
        eventCost.store(max(0, full - bare) * 100 / 16, ordering: .relaxed)
        requestCost.store(bare * 100, ordering: .relaxed)
        thinCost.store(thin * 100, ordering: .relaxed)
    }
}
