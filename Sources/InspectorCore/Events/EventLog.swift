// All recording of a process, bounded: how much may wait for the reader, which requests have news, what was lost.

internal import Glibc
internal import Synchronization

/// What the log could not record, counted exactly.
package struct LostCount: Sendable, Equatable {
    package var requests = 0
    /// Those of them that were answered with 500 or above.
    package var failures = 0
    /// When one was last lost, by `MonotonicClock`.
    package var lastTime: UInt64 = 0

    package init() {}

    /// What was lost since another count of the same lane.
    package func since(_ before: LostCount) -> LostCount {
        var count = self
        count.requests = max(0, requests - before.requests)
        count.failures = max(0, failures - before.failures)
        return count
    }
}

/// The bounded log between the threads that serve requests and the one that reads.
///
/// A request takes room in chunks as it grows. When there is none as it begins, the whole request is lost and counted;
/// a part of one never is. Threads that serve meet in nothing but the room's counter: what they hand over lies in a
/// shard of their own, which the reader empties in bulk. Past a number of requests a second only one in so many is
/// kept in detail; the others are counted.
package final class EventLog: Sendable {
    /// What the reader is given at a time.
    package struct Batch {
        /// Requests with news, and what they have.
        package var requests: [(log: RequestLog, taken: RequestLog.Taken)] = []
        /// Requests without detail that began.
        package var begun = BeginCounts()
        /// Requests without detail that ended, as each shard had them.
        package var ended: [[ThinEnd]] = []

        /// Whether nothing came.
        package var isEmpty: Bool { requests.isEmpty && begun.isEmpty && ended.isEmpty }
    }

    /// What the threads of one shard hand over: each thread has one, and shares it with few others.
    private final class Shard: Sendable {
        struct State {
            var news: [RequestLog] = []
            var begun = BeginCounts()
            var ended: [ThinEnd] = []
            /// How many requests began, with detail or without.
            var opened = 0
            var thin = 0
            /// Shards are made one after the other and lie side by side: without this, two threads would write to the
            /// same line of the processors' caches.
            private let apart = InlineArray<16, UInt64>(repeating: 0)
        }

        let state = Mutex(State())

        var hasNews: Bool { state.withLock { !$0.news.isEmpty || !$0.ended.isEmpty || $0.opened > 0 } }
    }

    /// What only the reader changes.
    private struct Reading {
        /// How often in a row it found nothing.
        var quietReads = 0
        var thinning: Thinning?
        /// Emptied lists, for the shards to fill again: growing would cost the threads that record.
        var spare: [[ThinEnd]] = []
    }

    /// How many quiet reads make the reader sleep without a tick.
    private static let quiet = 25
    private static let shardCount = 16

    /// How many events may wait for the reader, ends that are still to come included.
    package let capacity: Int
    /// What the recording costs.
    package let cost = OwnCost()

    private let room: Atomic<Int>
    private let shards: [Shard]
    private let factor = Atomic<Int>(1)
    /// How many want every request in detail: a recording, a replay.
    private let keepers = Atomic<Int>(0)
    private let isStopped = Atomic<Bool>(false)
    /// Whether the reader sleeps without a tick: then the next news wakes it.
    private let isAsleep = Atomic<Bool>(false)
    private let reading: Mutex<Reading>
    private let lostCounts = Mutex<[LaneID: LostCount]>([:])
    private let bell = Bell()

    /// Makes a log in which `capacity` events of 48 bytes may wait.
    ///
    /// - Parameter detailed: how many requests a second are kept in detail; nil for all.
    package init(capacity: Int = 524_288, detailed: Int? = nil) {
        self.capacity = max(capacity, RequestLog.chunk)
        self.room = Atomic(max(capacity, RequestLog.chunk))
        shards = (0..<(capacity > 0 ? EventLog.shardCount : 1)).map { _ in Shard() }
        reading = Mutex(
            Reading(thinning: detailed.map { Thinning(perSecond: $0, now: MonotonicClock.now()) }))
    }

    /// Begins the recording of a request.
    package func open(_ summary: RequestSummary) -> RequestLog {
        let factor = factor.load(ordering: .relaxed)
        // By its number: a request that several lanes are given has detail in all of them or in none.
        let isThin = factor > 1 && summary.id.number % UInt64(factor) != 0 && keepers.load(ordering: .relaxed) == 0
        if isThin { return openThin(summary) }
        shard.state.withLock { $0.opened += 1 }
        return RequestLog(
            summary: summary, log: self, depth: take(RequestLog.chunk, isEssential: false) ? .full : .lost)
    }

    /// Begins a request without detail.
    func openThin(_ summary: RequestSummary) -> RequestLog {
        shard.state.withLock { state in
            state.opened += 1
            state.thin += 1
            state.begun.count(lane: summary.id.lane, mode: summary.mode)
        }
        wakeReader()
        return RequestLog(summary: summary, log: self, depth: .thin)
    }

    /// Begins the recording of a request of which nothing is to be kept: the simulated API's own, for example.
    package static func unrecorded(summary: RequestSummary) -> RequestLog {
        RequestLog(summary: summary, log: nowhere, depth: .unrecorded)
    }

    private static let nowhere = EventLog(capacity: 0)

    /// One request in so many is kept in detail just now.
    package var thinning: Int { keepers.load(ordering: .relaxed) > 0 ? 1 : factor.load(ordering: .relaxed) }

    /// Keeps every request in detail until as many `endKeeping` have followed.
    package func keepAll() { keepers.add(1, ordering: .relaxed) }

    package func endKeeping() { keepers.subtract(1, ordering: .relaxed) }

    /// Waits until much has gathered, `seconds` have gone by or the log was stopped, then hands all that came to
    /// `body`.
    ///
    /// Only one thread may read.
    ///
    /// - Returns: whether the log goes on; false once it was stopped and everything was handed out.
    package func read(waiting seconds: Double, body: (Batch) -> Void) -> Bool {
        // In an idle program a tick would only cost; the news that ends the quiet rings, and no other does.
        if reading.withLock({ $0.quietReads >= EventLog.quiet }) {
            isAsleep.store(true, ordering: .sequentiallyConsistent)
            // What came before that has rung nothing.
            let hasNews = shards.contains(where: \.hasNews)
            if !hasNews, !isStopped.load(ordering: .sequentiallyConsistent) { bell.wait(seconds: max(seconds, 1)) }
            isAsleep.store(false, ordering: .sequentiallyConsistent)
        } else {
            bell.wait(seconds: seconds)
        }
        let isStopped = isStopped.load(ordering: .sequentiallyConsistent)
        var batch = Batch()
        var opened = 0
        var thin = 0
        for shard in shards where shard.hasNews {
            let spare = reading.withLock { $0.spare.popLast() } ?? []
            let state = shard.state.withLock { state in
                let taken = state
                state = Shard.State()
                state.ended = spare
                return taken
            }
            opened += state.opened
            thin += state.thin
            batch.begun.add(state.begun)
            if !state.ended.isEmpty { batch.ended.append(state.ended) }
            batch.requests += state.news.map { ($0, $0.take()) }
        }
        reading.withLock { reading in
            reading.quietReads = batch.isEmpty ? min(reading.quietReads + 1, EventLog.quiet) : 0
            if let factor = reading.thinning?.saw(opened, at: MonotonicClock.now()) {
                self.factor.store(factor, ordering: .relaxed)
            }
        }
        if !batch.isEmpty { body(batch) }
        keepForLater(&batch.ended)
        cost.count(
            events: batch.requests.reduce(0) { $0 + $1.taken.events.count }, requests: opened - thin,
            thin: thin, readerTime: ProcessorTime.thread)
        return !isStopped
    }

    /// Empties `lists` for the shards, or lets them go when all is quiet.
    private func keepForLater(_ lists: inout [[ThinEnd]]) {
        for place in lists.indices { lists[place].removeAll(keepingCapacity: true) }
        reading.withLock { $0.spare = $0.quietReads > 0 ? [] : lists }
        lists = []
    }

    /// What was lost, lane by lane.
    package var lost: [LaneID: LostCount] { lostCounts.withLock(\.self) }

    /// Lets the reader end.
    package func stop() {
        isStopped.store(true, ordering: .sequentiallyConsistent)
        bell.ring()
    }

    private var shard: Shard { shards[Int(ThreadRecord.track) % shards.count] }

    func hasNews(_ log: RequestLog) {
        shard.state.withLock { $0.news.append(log) }
        wakeReader()
    }

    /// A request without detail ended.
    func ended(_ end: ThinEnd) {
        shard.state.withLock { $0.ended.append(end) }
        wakeReader()
    }

    private func wakeReader() {
        guard isAsleep.load(ordering: .sequentiallyConsistent),
            isAsleep.exchange(false, ordering: .sequentiallyConsistent)
        else { return }
        bell.ring()
    }

    func countLost(summary: RequestSummary, status: Int, time: UInt64) {
        lostCounts.withLock { lost in
            lost[summary.id.lane, default: LostCount()].requests += 1
            if status >= 500 { lost[summary.id.lane, default: LostCount()].failures += 1 }
            lost[summary.id.lane, default: LostCount()].lastTime = time
        }
    }

    /// Takes room for `count` events.
    ///
    /// What is essential may go below zero: it is bounded by the requests in flight.
    func take(_ count: Int, isEssential: Bool) -> Bool {
        let left = room.subtract(count, ordering: .relaxed).newValue
        if left < capacity / 2, left + count >= capacity / 2 { bell.ring() }
        if left >= 0 || isEssential { return true }
        room.add(count, ordering: .relaxed)
        return false
    }

    func giveBack(_ count: Int) {
        room.add(count, ordering: .relaxed)
    }
}
