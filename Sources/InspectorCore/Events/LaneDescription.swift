// What a lane is: who it is told by, what it is called, and who runs what it serves.

/// Who runs what a lane serves.
public enum LaneKind: Hashable, Sendable {
    /// An app of this process, under one mode.
    case hosted(ExecutionMode)
    /// A server in another process, to which requests are sent.
    case remote(url: String)
    /// A service of which only telemetry is known; its requests are sent by others.
    case watched(service: String)
}

/// Identifies a lane and says what it is, as it was when a request was accepted.
///
/// The `id` alone decides which lane is meant. The name is for people, and two lanes may have the same mode.
public struct LaneDescription: Hashable, Sendable {
    /// The same as long as the process lives.
    public let id: LaneID
    /// What screens and reports call it: a mode, or the name that the user gave.
    public let name: String
    /// Who runs what it serves.
    public let kind: LaneKind
    /// How the functions of its app are run; nil for a lane that is not ours.
    ///
    /// Kept beside the kind: each request asks for it.
    public let mode: ExecutionMode?

    /// Describes a lane.
    ///
    /// - Parameter name: nil for the usual one: the mode of a hosted lane, the URL or the service of another.
    public init(id: LaneID, kind: LaneKind, name: String? = nil) {
        self.id = id
        self.kind = kind
        self.name = name ?? LaneDescription.usualName(of: kind)
        switch kind {
        case .hosted(let mode): self.mode = mode
        case .remote, .watched: mode = nil
        }
    }

    /// Whether it is a server in another process, of whose threads and routes nothing is known.
    package var isRemote: Bool { if case .remote = kind { true } else { false } }

    /// Whether its requests come as spans, and nothing is sent to it.
    package var isWatched: Bool { if case .watched = kind { true } else { false } }

    /// Whether its app is one of this process.
    package var isHosted: Bool { if case .hosted = kind { true } else { false } }

    /// This lane with each text that a user or a server wrote changed: the name, the URL, the service.
    package func changingTexts(change: (String) -> String) -> LaneDescription {
        let changed: LaneKind =
            switch kind {
            case .hosted: kind
            case .remote(let url): .remote(url: change(url))
            case .watched(let service): .watched(service: change(service))
            }
        return LaneDescription(id: id, kind: changed, name: change(name))
    }

    private static func usualName(of kind: LaneKind) -> String {
        switch kind {
        case .hosted(let mode): mode.rawValue
        case .remote(let url): url
        case .watched(let service): service
        }
    }

    /// The lane that others are compared with: `wanted` if it is among them, else the first sync one, because that is what
    /// most people run today, else the first; nil for no lanes.
    public static func base(among lanes: [LaneDescription], wanted: LaneID? = nil) -> LaneDescription? {
        lanes.first { $0.id == wanted } ?? lanes.first { $0.mode == .sync } ?? lanes.first
    }
}
