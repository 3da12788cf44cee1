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
}

/// The bounded log between the threads that serve requests and the one that reads.
///
/// A request takes room in chunks as it grows. When there is none as it begins, the whole request is lost and counted;
/// a part of one never is. `hasNews` and the room are the only things requests share.
package final class EventLog: Sendable {
    private struct News {
        var logs: [RequestLog] = []
        var lost: [LaneID: LostCount] = [:]
        var isStopped = false
        /// How often in a row the reader found nothing.
        var quietReads = 0
        /// Whether the reader sleeps without a tick: then the next news wakes it.
        var isAsleep = false
    }

    /// How many quiet reads make the reader sleep without a tick.
    private static let quiet = 25

    /// How many events may wait for the reader, ends that are still to come included.
    package let capacity: Int

    private let room: Atomic<Int>
    private let news = Mutex(News())
    private let bell = Bell()

    /// Makes a log in which `capacity` events of 48 bytes may wait.
    package init(capacity: Int = 524_288) {
        self.capacity = max(capacity, RequestLog.chunk)
        self.room = Atomic(max(capacity, RequestLog.chunk))
    }

    /// Begins the recording of a request.
    package func open(_ summary: RequestSummary) -> RequestLog {
        RequestLog(summary: summary, log: self, isRecording: take(RequestLog.chunk, isEssential: false))
    }

    /// Begins the recording of a request of which nothing is to be kept: the simulated API's own, for example.
    package static func unrecorded(_ summary: RequestSummary) -> RequestLog {
        RequestLog(summary: summary, log: nowhere, isRecording: false)
    }

    private static let nowhere = EventLog(capacity: 0)

    /// Waits until much has gathered, `seconds` have gone by or the log was stopped, then hands each request that has
    /// news, and what it has, to `body`.
    ///
    /// Only one thread may read.
    ///
    /// - Returns: whether the log goes on; false once it was stopped and everything was handed out.
    package func read(waiting seconds: Double, _ body: (RequestLog, RequestLog.Taken) -> Void) -> Bool {
        // In an idle program a tick would only cost; the news that ends the quiet rings, and no other does.
        let isQuiet = news.withLock { news in
            news.isAsleep = news.quietReads >= EventLog.quiet && news.logs.isEmpty && !news.isStopped
            return news.isAsleep
        }
        bell.wait(seconds: isQuiet ? max(seconds, 1) : seconds)
        let (logs, isStopped) = news.withLock { news in
            let logs = news.logs
            news.logs = []
            news.quietReads = logs.isEmpty ? min(news.quietReads + 1, EventLog.quiet) : 0
            news.isAsleep = false
            return (logs, news.isStopped)
        }
        for log in logs { body(log, log.take()) }
        return !isStopped
    }

    /// What was lost, lane by lane.
    package var lost: [LaneID: LostCount] { news.withLock { $0.lost } }

    /// Lets the reader end.
    package func stop() {
        news.withLock { $0.isStopped = true }
        bell.ring()
    }

    func hasNews(_ log: RequestLog) {
        let isAsleep = news.withLock { news in
            news.logs.append(log)
            defer { news.isAsleep = false }
            return news.isAsleep
        }
        if isAsleep { bell.ring() }
    }

    func countLost(_ summary: RequestSummary, status: Int, time: UInt64) {
        guard self !== EventLog.nowhere else { return }
        news.withLock { news in
            news.lost[summary.id.lane, default: LostCount()].requests += 1
            if status >= 500 { news.lost[summary.id.lane, default: LostCount()].failures += 1 }
            news.lost[summary.id.lane, default: LostCount()].lastTime = time
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
