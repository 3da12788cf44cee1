// Whether the system gives what serving needs, asked before anything is started: libraries that are refused a thread or
// a descriptor as they start end the process without a word that helps.

internal import Glibc
internal import InspectorCore

/// Too few threads or descriptors, in a sentence.
struct ResourceProblem: Error, CustomStringConvertible {
    let description: String
}

/// Asks the system for threads and descriptors, and gives them back.
enum ResourceCheck {
    /// What apps and servers begin with.
    ///
    /// Event loops, clients, readers, the sender, the recorder, the runtime's own pool, the
    /// first workers of three lanes. More workers are started as they are needed, and who lacks one is answered 503.
    private static let threads = 48
    /// Loops with their timers and wake-ups, ports, caught streams, and a few connections.
    private static let descriptors = 64

    /// Looks whether apps can be made and served.
    ///
    /// - Throws: `ResourceProblem`, with what is missing and what to do.
    static func forServing() throws(ResourceProblem) {
        let openable = openable(count: descriptors)
        guard openable >= descriptors else {
            throw ResourceProblem(
                description:
                    "The system lets this process open \(openable) more files and connections; \(descriptors) are "
                    + "needed. Raise the limit that `ulimit -n` shows.")
        }
        let startable = startable(count: threads)
        guard startable >= threads else {
            throw ResourceProblem(
                description:
                    "The system gives this process \(startable) more threads; \(threads) are needed. Raise the "
                    + "limit that `ulimit -u` shows, or the memory that `ulimit -v` shows; in a container, its limit of processes."
            )
        }
    }

    /// How many descriptors can be opened, up to `count`.
    private static func openable(count: Int) -> Int {
        var opened: [Int32] = []
        defer { for descriptor in opened { close(descriptor) } }
        while opened.count < count {
            let descriptor = Glibc.open("/dev/null", O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { break }
            opened.append(descriptor)
        }
        return opened.count
    }

    /// How many threads can be started, up to `count`: all at once, as they will be.
    private static func startable(count: Int) -> Int {
        let gate = Gate()
        var started = 0
        while started < count {
            do throws(ThreadError) { try OwnThread.start("check") { gate.pass() } } catch { break }
            started += 1
        }
        gate.open(waitingFor: started)
        return started
    }

    /// Where threads wait until all have been started, and are waited for until all have passed.
    private final class Gate: Sendable {
        private struct State: Sendable {
            var isOpen = false
            var passed = 0
        }

        private let state = Monitor(State())

        func pass() {
            state.wait { state -> Void? in
                guard state.isOpen else { return nil }
                state.passed += 1
                return ()
            }
            state.broadcast()
        }

        func open(waitingFor count: Int) {
            state.withLock { $0.isOpen = true }
            state.broadcast()
            state.wait { state -> Void? in state.passed < count ? nil : () }
        }
    }
}
