// The open connections of a server: to be counted, and told when its time to stop is over.

internal import NIOCore
internal import Synchronization

/// What became of the requests of connections.
///
/// Each that was given to an app is answered, told 503 as the server stopped, or its client had gone.
package struct RequestCounts: Sendable, Equatable {
    /// Given to an app.
    package var served = 0
    /// Answered, to the last byte.
    package var answered = 0
    /// Their clients went before the last byte was written, or stopped reading.
    package var gone = 0
    /// Told 503, because they were not done when the server's time to stop was over.
    package var halted = 0
    /// Refused before an app saw them: no HTTP, too large, too slow, of another host.
    package var refused = 0

    package init(served: Int = 0, answered: Int = 0) {
        self.served = served
        self.answered = answered
    }

    /// Those of which nothing is known yet.
    package var open: Int { served - answered - gone - halted }

    package static func += (left: inout RequestCounts, right: RequestCounts) {
        left.served += right.served
        left.answered += right.answered
        left.gone += right.gone
        left.halted += right.halted
        left.refused += right.refused
    }
}

/// The open connections of one server.
final class ConnectionBook: Sendable {
    private struct State {
        var channels: [ObjectIdentifier: any Channel] = [:]
        var counts = RequestCounts()
        /// Of connections that were told to end and are still open: on a busy machine the end may outlive the report.
        var ending: [ObjectIdentifier: RequestCounts] = [:]
    }

    /// What the bodies that come over these connections, and over others of the process, hold.
    let memory: RequestMemory
    private let state = Mutex(State())

    init(memory: RequestMemory = RequestMemory()) { self.memory = memory }

    /// How many are open.
    var count: Int { state.withLock(\.channels.count) }

    /// What became of the requests of connections that are closed, or were told to end.
    var counts: RequestCounts {
        state.withLock { state in
            var counts = state.counts
            for ending in state.ending.values { counts += ending }
            return counts
        }
    }

    func add(_ channel: any Channel) { state.withLock { $0.channels[ObjectIdentifier(channel)] = channel } }

    func remove(_ channel: any Channel, counts: RequestCounts) {
        state.withLock { state in
            state.channels[ObjectIdentifier(channel)] = nil
            state.ending[ObjectIdentifier(channel)] = nil
            state.counts += counts
        }
    }

    /// What became of the requests of a connection that was told to end, as far as it has come.
    func end(_ channel: any Channel, counts: RequestCounts) {
        state.withLock { state in
            guard state.channels[ObjectIdentifier(channel)] != nil else { return }
            state.ending[ObjectIdentifier(channel)] = counts
        }
    }

    /// Answers all that is still open with 503, and gives the requests that were not done.
    func halt() -> HaltEvent {
        let channels = state.withLock { Array($0.channels.values) }
        let event = HaltEvent(connections: channels.count)
        for channel in channels {
            channel.eventLoop.execute {
                channel.pipeline.fireUserInboundEventTriggered(event)
                event.heard()
            }
        }
        return event
    }
}

/// Tells a connection that the server's time to stop is over.
final class HaltEvent: Sendable {
    private struct State {
        var requests: [RequestSummary] = []
        /// How many have still to hear of it.
        var left: Int
    }

    private let state: Mutex<State>
    private let all = Bell()

    init(connections: Int) {
        state = Mutex(State(left: connections))
        if connections == 0 { all.ring() }
    }

    /// The requests that were with the app then.
    var requests: [RequestSummary] { state.withLock(\.requests) }

    func add(_ request: RequestSummary) { state.withLock { $0.requests.append(request) } }

    /// One more connection has heard of it.
    fileprivate func heard() {
        let isLast = state.withLock { state in
            state.left -= 1
            return state.left == 0
        }
        if isLast { all.ring() }
    }

    /// Waits until each connection has heard of it, `seconds` at the most: a loop may run an app's code just now.
    func wait(seconds: Double) { _ = all.wait(seconds: seconds) }
}
