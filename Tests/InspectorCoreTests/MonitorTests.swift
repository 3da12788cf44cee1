// A value behind a lock, and threads that wait for its changes.

import Testing

@testable import InspectorCore

@Suite struct MonitorTests {
    @Test("no change is lost, however many threads make them, and who waits sees the last")
    func counts() throws {
        let count = Monitor(0)
        for thread in 0..<4 {
            try OwnThread.start("adds-\(thread)") {
                for _ in 0..<1000 { count.withLock { $0 += 1 } }
                count.broadcast()
            }
        }
        let limit = MonotonicClock.now() + 20_000_000_000
        let total = count.wait(
            for: { count -> Int? in count == 4000 || MonotonicClock.now() >= limit ? count : nil },
            until: { _ in limit })
        #expect(total == 4000)
    }

    @Test("who waits looks again at the moment that it names, without a signal")
    func limits() {
        let begin = MonotonicClock.now()
        let looks = Monitor(0)
        let last = looks.wait(
            for: { looks -> Int? in
                looks += 1
                return MonotonicClock.now() >= begin + 10_000_000 ? looks : nil
            }, until: { begin + UInt64($0) * 5_000_000 })
        // Twice on a machine that slept through the first moment, else three times.
        #expect(last >= 2)
        #expect(MonotonicClock.now() >= begin + 10_000_000)
    }

    @Test("a bell that rang before the wait is heard once")
    func bell() {
        let bell = Bell()
        bell.ring()
        bell.ring()
        #expect(bell.wait(seconds: 5))
        #expect(!bell.wait(seconds: 0.01))
    }
}
