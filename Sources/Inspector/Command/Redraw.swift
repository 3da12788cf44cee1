// When the picture is made anew: what is not news costs nothing, and what is never waits.

internal import InspectorCore

/// Decides, turn by turn, whether what is known is taken anew and whether a frame is drawn.
///
/// A value: it is told what there is, and asked.
struct Redraw {
    /// What there is at one turn of the loop.
    struct Turn {
        /// By `MonotonicClock`.
        var now: UInt64
        /// The fold's version.
        var version: Int
        /// How many lines were printed until now.
        var lines: Int
        /// Whether something on the screen changes by itself: a request goes on, or threads have just run.
        var isMoving: Bool
    }

    /// What a frame was made of, as far as the next one may differ from it.
    private struct Look: Equatable {
        let taken: UInt64
        let width: Int
        let height: Int
        let replay: ReplayProgress?
        let transport: Transport?
    }

    /// After so long without news, fewer turns will do; in ns.
    private static let quiet: UInt64 = 3_000_000_000
    /// How long rates go down after the last news: they are of the last minute; in ns.
    private static let settling: UInt64 = 65_000_000_000
    private static let second: UInt64 = 1_000_000_000

    private var version: Int?
    private var lines = 0
    /// When something happened last.
    private var moved: UInt64 = 0
    /// When what is known was taken last.
    private var taken: UInt64 = 0
    private var drawn: Look?
    /// Whether a key was pressed since the last frame.
    private var isPressed = false

    /// A key was pressed, or the terminal has another size: the next frame is drawn whatever it shows.
    mutating func press() {
        isPressed = true
        version = nil
    }

    /// Whether nothing has happened for a while.
    func isQuiet(at now: UInt64) -> Bool { now > moved.addingSaturated(Redraw.quiet) }

    /// Whether what is known has to be taken: something happened, something goes on and grows, or a second is over, after
    /// which the rates are others.
    mutating func wantsModel(_ turn: Turn) -> Bool {
        if turn.version != version || turn.isMoving || turn.lines != lines { moved = turn.now }
        lines = turn.lines
        let isSettled = turn.now > moved.addingSaturated(Redraw.settling)
        guard moved == turn.now || (!isSettled && turn.now > taken.addingSaturated(Redraw.second)) else { return false }
        version = turn.version
        taken = turn.now
        return true
    }

    /// Whether a frame of that size would differ from the one on the screen.
    func wantsFrame(width: Int, height: Int, model: Model) -> Bool {
        isPressed || drawn != look(width, height: height, model: model)
    }

    /// A frame was given to the terminal.
    mutating func drew(width: Int, height: Int, model: Model) {
        drawn = look(width, height: height, model: model)
        isPressed = false
    }

    private func look(_ width: Int, height: Int, model: Model) -> Look {
        Look(taken: taken, width: width, height: height, replay: model.known.replay, transport: model.transport)
    }
}
