// A service of which only telemetry is known, as a lane: others send its requests, and nothing is sent to it.

internal import Synchronization

/// A lane whose requests come as spans.
///
/// May be used from any thread.
package final class WatchedLane: ServingLane {
    package let id: LaneID
    private let names: Mutex<(service: String, title: String)>
    let toldTracks = TrackRegistry()
    private let share = Mutex(ToldShare())

    /// - Parameter service: `service.name`.
    init(id: LaneID, service: String, title: String) {
        self.id = id
        names = Mutex((service, title))
    }

    package var description: LaneDescription {
        names.withLock { LaneDescription(id: id, kind: .watched(service: $0.service), name: $0.title) }
    }

    package var tracks: TrackRegistry? { toldTracks.known.isEmpty ? nil : toldTracks }
    package var takesRequests: Bool { false }

    package var toldOneIn: Int { share.withLock { $0.oneIn(at: MonotonicClock.now()) } }

    /// Takes the counters of one of the service's processes.
    func count(instance: String, requests: UInt64, detailed: UInt64) {
        share.withLock {
            $0.add(instance: instance, requests: requests, detailed: detailed, at: MonotonicClock.now())
        }
    }

    /// Gives it the name of the service that it shows from now on.
    func name(service: String, title: String) { names.withLock { $0 = (service, title) } }

    package func respond(
        to request: IncomingRequest, on place: ServingLoop, reply: @escaping @Sendable (DispatchResult) -> Void
    ) -> InFlight {
        NobodyAsked.respond(to: request, lane: description, reply: reply)
    }

    package func numbered(request: IncomingRequest) -> IncomingRequest { request }
    package func stop() {}
}

/// The lanes of the services that tell of themselves, made as they come.
///
/// May be used from any thread.
package final class WatchedLanes: Sendable {
    private struct State {
        var lanes: [String: WatchedLane] = [:]
        /// Waits for the first service.
        var spare: WatchedLane?
        /// Those that nobody has put on the screen yet.
        var new: [WatchedLane] = []
        var refused: Set<String> = []
    }

    /// How many services are shown: more find no room beside each other.
    private static let most = 8
    /// Numbers from here on are those of services: hosted lanes and servers are numbered from 0.
    private static let first: UInt8 = 128

    private let state = Mutex(State())
    private let taken: [String]

    /// - Parameter taken: names of other lanes; a service that has one of them is told apart.
    package init(taken: [String] = []) { self.taken = taken }

    /// A lane for the first service that tells something: a screen needs one.
    package func makeSpare() -> WatchedLane {
        state.withLock { state in
            let lane = WatchedLane(
                id: WatchedLanes.id(place: state.lanes.count), service: "", title: "no service yet")
            state.spare = lane
            return lane
        }
    }

    /// The lanes made since it was asked last.
    package func takeNew() -> [WatchedLane] {
        state.withLock { state in
            defer { state.new = [] }
            return state.new
        }
    }

    /// How many services are not shown because there are too many.
    package var refused: Int { state.withLock { $0.refused.count } }

    /// The lane of a service; nil where there are too many.
    func lane(of service: String) -> WatchedLane? {
        state.withLock { state in
            if let known = state.lanes[service] { return known }
            guard state.lanes.count < WatchedLanes.most else {
                if state.refused.count < 1000 { state.refused.insert(service) }
                return nil
            }
            let title =
                service.isEmpty ? "a service" : taken.contains(service) ? "\(service), asked by others" : service
            if let spare = state.spare {
                state.spare = nil
                spare.name(service: service, title: title)
                state.lanes[service] = spare
                return spare
            }
            let lane = WatchedLane(id: WatchedLanes.id(place: state.lanes.count), service: service, title: title)
            state.lanes[service] = lane
            state.new.append(lane)
            return lane
        }
    }

    /// The lane of a service, where it has one.
    func known(service: String) -> WatchedLane? { state.withLock { $0.lanes[service] } }

    func tracks(of id: LaneID) -> TrackRegistry? {
        state.withLock { state in state.lanes.values.first { $0.id == id }?.toldTracks }
    }

    private static func id(place: Int) -> LaneID { LaneID(rawValue: first + UInt8(clamping: min(place, most))) }
}
