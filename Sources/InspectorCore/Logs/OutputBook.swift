// What the process has printed and logged lately: lines with their time, and the request that they belong to.

internal import Synchronization

/// A line that the process printed or logged.
package struct OutputLine: Sendable, Equatable {
    /// By `MonotonicClock`, in ns.
    package let time: UInt64
    package let text: String
    /// Whether it came by stderr, or is logged as a warning or worse.
    package let isError: Bool
    /// The request whose code logged it; nil for what was printed: there only the time tells.
    package let request: RequestID?
    /// Whether it was logged, not printed.
    package let isLogged: Bool

    package init(time: UInt64, text: String, isError: Bool, request: RequestID? = nil, isLogged: Bool = false) {
        self.time = time
        self.text = text
        self.isError = isError
        self.request = request
        self.isLogged = isLogged
    }
}

/// Keeps the last lines.
///
/// Every function may be called from any thread.
package final class OutputBook: Sendable {
    private struct State {
        var lines: [OutputLine] = []
        var dropped = 0
        var count = 0
    }

    /// How many lines are kept at most.
    package static let limit = 2000

    private let state = Mutex(State())

    package init() {}

    /// The last lines, oldest first.
    package var lines: [OutputLine] { state.withLock { $0.lines } }

    /// How many lines there have been: tells whether there is something new.
    package var count: Int { state.withLock { $0.count } }

    /// How many lines had to be let go.
    package var dropped: Int { state.withLock { $0.dropped } }

    package func add(_ line: OutputLine) {
        state.withLock { state in
            state.count += 1
            state.lines.append(line)
            guard state.lines.count > OutputBook.limit else { return }
            state.dropped += OutputBook.limit / 2
            state.lines.removeFirst(OutputBook.limit / 2)
        }
    }
}
