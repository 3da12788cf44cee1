import Synchronization
import Testing

@testable import InspectorCore

struct WorkerPoolTests {
    /// Where so many threads meet: nobody goes on before all are there.
    private final class Meeting: Sendable {
        private let bells: [Bell]
        private let count = Atomic<Int>(0)
        private let met = Atomic<Int>(0)
        let isOver = Bell()

        init(of count: Int) { bells = (0..<count).map { _ in Bell() } }

        /// How many saw all the others.
        var whoMet: Int { met.load(ordering: .sequentiallyConsistent) }

        func attend() {
            let place = count.add(1, ordering: .sequentiallyConsistent).oldValue
            if place == bells.count - 1 { for bell in bells { bell.ring() } }
            guard bells[place].wait(seconds: 20) else { return }
            if met.add(1, ordering: .sequentiallyConsistent).newValue == bells.count { isOver.ring() }
        }
    }

    /// Keeps one worker busy until `release` rings.
    private func hold(_ pool: WorkerPool) -> (isHeld: Bell, release: Bell) {
        let (isHeld, release) = (Bell(), Bell())
        let isTaken = pool.submit(
            .block {
                isHeld.ring()
                release.wait()
            })
        #expect(isTaken)
        return (isHeld, release)
    }

    @Test("as much runs at once as there are workers, though one wakes the next")
    func runsAtOnce() {
        let pool = WorkerPool(name: "worker", workers: 4, tracks: TrackRegistry())
        defer { pool.stop() }
        for round in 0..<300 {
            let meeting = Meeting(of: 4)
            for _ in 0..<4 { #expect(pool.submit(.block { meeting.attend() })) }
            #expect(meeting.isOver.wait(seconds: 20), "round \(round): \(meeting.whoMet) of 4 ran at once")
            guard meeting.whoMet == 4 else { return }
        }
    }

    @Test("what a busy worker leaves is taken by another while it is busy")
    func leavesNothing() {
        let pool = WorkerPool(name: "worker", workers: 2, tracks: TrackRegistry())
        defer { pool.stop() }
        for round in 0..<300 {
            let isDone = Bell()
            let (isHeld, release) = hold(pool)
            if round.isMultiple(of: 2) { isHeld.wait() }
            #expect(pool.submit(.block { isDone.ring() }))
            #expect(isDone.wait(seconds: 20), "round \(round): nobody took it")
            release.ring()
        }
    }

    @Test("what many threads submit is all run, and what waits has its turn in order", arguments: [1, 3])
    func runsAll(workers: Int) throws {
        let pool = WorkerPool(name: "worker", workers: workers, tracks: TrackRegistry())
        defer { pool.stop() }
        let (threads, each) = (4, 2000)
        let isDone = Bell()
        let seen = Mutex<[[Int]]>(Array(repeating: [], count: threads))
        let count = Atomic<Int>(0)
        for thread in 0..<threads {
            try OwnThread.start("submits-\(thread)", track: ThreadRecord.newTrack(), stackBytes: 1 << 20) {
                for number in 0..<each {
                    _ = pool.submit(
                        .block {
                            seen.withLock { $0[thread].append(number) }
                            let ran = count.add(1, ordering: .sequentiallyConsistent).newValue
                            if ran == threads * each { isDone.ring() }
                        })
                }
            }
        }
        #expect(isDone.wait(seconds: 60))
        let orders = seen.withLock { $0 }
        #expect(orders.allSatisfy { Set($0).count == each })
        // With several workers two that were taken in order may overtake each other.
        if workers == 1 { #expect(orders.allSatisfy { $0 == Array(0..<each) }) }
    }

    @Test("a pool made smaller or larger serves on with as many as it was told")
    func resizes() {
        let pool = WorkerPool(name: "worker", workers: 4, tracks: TrackRegistry())
        defer { pool.stop() }
        for workers in [1, 6, 2, 5, 3, 4] {
            pool.resize(to: workers)
            let meeting = Meeting(of: workers)
            for _ in 0..<workers { #expect(pool.submit(.block { meeting.attend() })) }
            #expect(meeting.isOver.wait(seconds: 20), "\(meeting.whoMet) of \(workers) ran at once")
        }
        #expect(pool.load.workers == 4)
    }

    @Test("past its capacity a pool refuses, and once stopped it runs what it took and takes nothing more")
    func refuses() {
        let pool = WorkerPool(name: "worker", workers: 1, tracks: TrackRegistry(), capacity: 2)
        let isDone = Bell()
        let (isHeld, release) = hold(pool)
        isHeld.wait()
        #expect(pool.submit(.block {}))
        #expect(pool.submit(.block { isDone.ring() }))
        #expect(!pool.submit(.block {}))
        pool.stop()
        release.ring()
        #expect(isDone.wait(seconds: 20))
        #expect(!pool.submit(.block {}))
    }
}
