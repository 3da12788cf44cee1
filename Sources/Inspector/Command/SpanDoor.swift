// Where servers elsewhere send what they did meanwhile: OTLP on a port of this machine.

internal import InspectorCore

/// Takes the spans of a run's servers elsewhere, and joins them to its requests.
///
/// Used by the main thread only.
final class SpanDoor {
    /// Told of each request that goes out.
    let join = SpanJoin()
    /// Where spans are taken; nil where they are not.
    private(set) var url: String?
    /// A sentence when they cannot be.
    private(set) var note: String?
    /// What was sent here are no requests of the run.
    private(set) var servers: [HTTPServer] = []

    /// The services whose requests others send.
    let watched: WatchedLanes
    private var services: ServiceJoin?

    /// How many spans were not shown: they were no spans, or there was no room for them, or for their request.
    var leftOut: Int {
        let counts = join.counts
        return counts.rejected + counts.unknown + (services?.refused ?? 0)
    }

    /// Nil where nothing elsewhere is watched, or no spans are wanted.
    init?(for remotes: RemoteLanes, hasApp: Bool, asked: ReceiverPort?) {
        guard !remotes.targets.isEmpty || !hasApp, asked != .off else { return nil }
        watched = WatchedLanes(taken: remotes.targets.map(\.name))
    }

    /// Listens; says so where it cannot.
    ///
    /// - Parameters:
    ///   - lanes: all lanes of the run.
    ///   - numbers: what requests are numbered by that were not sent from here.
    func open(
        asked: ReceiverPort?, lanes: [any ServingLane], numbers: RequestNumbers, reader: TraceReader, loops: ServerLoops
    ) {
        let port = if case .port(let port) = asked { port } else { ReceiverPort.usual }
        let told = Dictionary(lanes.compactMap { $0 as? RemoteLane }.map { ($0.id, $0.toldTracks) }) { first, _ in first
        }
        let services = ServiceJoin(lanes: watched, numbers: numbers)
        self.services = services
        let receiver = OTLPReceiver(reader: reader, join: join, services: (services, watched)) { told[$0] }
        // As the protocol's own servers have it (OTLP 1.x recommends 64 MiB).
        var limits = Limits()
        limits.body = 64 * 1024 * 1024
        // An export is answered as soon as it is read: one that is still coming is not worth a wait at the end.
        limits.stopSeconds = 0.5
        do throws(ListenError) {
            let server = try HTTPServer.start(
                port: port, responder: receiver, loops: loops, limits: limits, hosts: HostHeaderRule())
            servers = [server]
            reader.takesSpans()
            url = server.url
            // Exporters name localhost, which may be this first.
            if let other = try? HTTPServer.start(
                host: "::1", port: server.port, responder: receiver, loops: loops, limits: limits,
                hosts: HostHeaderRule())
            {
                servers.append(other)
            }
        } catch {
            note = "No spans are taken: port \(port) is in use; --otlp names another."
        }
    }
}
