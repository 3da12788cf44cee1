// Which moment the screens show. One value: what cannot be at once cannot be said.

/// The moment that is shown.
package indirect enum ShownMoment: Sendable, Equatable {
    /// Now, as it goes on.
    case live
    /// The moment at which the picture was held; collecting goes on behind it.
    case held
    /// A moment before that.
    case stepping(Transport)
    /// One request is played again; afterwards `before` is shown.
    case slowMotion(Transport, before: ShownMoment)
    /// A moment of a recording that is open.
    case recording(file: String, Transport)
}

extension Model {
    /// Which moment is shown, and whether it moves; nil while that is the newest one that was taken.
    ///
    /// Setting it steps back, and setting it to nil comes forward again to where the picture was held; a recording always
    /// has one.
    package var transport: Transport? {
        get {
            switch moment {
            case .live, .held: nil
            case .stepping(let transport), .slowMotion(let transport, _), .recording(_, let transport): transport
            }
        }
        set {
            switch moment {
            // Also called with what it was: `transport?.step()` may write nil back.
            case .live: if let newValue { moment = .stepping(newValue) }
            case .held, .stepping: moment = newValue.map { .stepping($0) } ?? .held
            case .slowMotion(_, let before): moment = newValue.map { .slowMotion($0, before: before) } ?? before
            case .recording(let file, _): if let newValue { moment = .recording(file: file, newValue) }
            }
        }
    }

    /// Whether the picture is held still, or shows another moment.
    package var isFrozen: Bool { moment != .live }

    /// The recording that is open, when nothing is served.
    package var recording: String? {
        switch moment {
        case .recording(let file, _): file
        case .slowMotion(_, before: .recording(let file, _)): file
        case .live, .held, .stepping, .slowMotion: nil
        }
    }
}
