// The open connections of a server: to be counted, and told when its time to stop is over.

internal import NIOCore
internal import Synchronization

/// The open connections of one server.
final class ConnectionBook: Sendable {
    private let channels = Mutex<[ObjectIdentifier: any Channel]>([:])

    /// How many are open.
    var count: Int { channels.withLock(\.count) }

    func add(_ channel: any Channel) { channels.withLock { $0[ObjectIdentifier(channel)] = channel } }

    func remove(_ channel: any Channel) { channels.withLock { $0[ObjectIdentifier(channel)] = nil } }

    /// Answers all that is still open with 503, and gives the requests that were not done.
    func halt() -> HaltEvent {
        let event = HaltEvent()
        for channel in channels.withLock({ Array($0.values) }) {
            channel.eventLoop.execute { channel.pipeline.fireUserInboundEventTriggered(event) }
        }
        return event
    }
}

/// Tells a connection that the server's time to stop is over.
final class HaltEvent: Sendable {
    private let state = Mutex<[RequestSummary]>([])

    /// The requests that were with the app then.
    var requests: [RequestSummary] { state.withLock { $0 } }

    func add(_ request: RequestSummary) { state.withLock { $0.append(request) } }
}
