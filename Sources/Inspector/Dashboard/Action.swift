// What a key means, and what the world is asked to do about it.

package import InspectorCore

/// Something the user wants.
package enum Action: Sendable, Equatable {
    case toggleMode
    case toggleNative
    case toggleSideBySide
    case burst
    case replay
    case freeze
    case up
    case down
    case pageUp
    case pageDown
    case first
    case last
    case open
    case zoom
    case back
    case threads
    case findings
    case statistics
    case filter
    case toggleFilter
    case moreWorkers
    case fewerWorkers
    case mirrorUnsafe
    case output
    case help
    case quit
}

/// Something that has to be done outside the model.
package enum Effect: Sendable, Equatable {
    case setMode(ExecutionMode)
    case setSideBySide(Bool)
    case setFocus(Int)
    case setWorkers(Int)
    case setMirrorsUnsafe(Bool)
    case burst
    case startReplay
    case stopReplay
    case quit

    /// Whether the lanes on the screen are others afterwards, or have another mode.
    package var changesLanes: Bool {
        switch self {
        case .setMode, .setSideBySide, .setFocus, .setWorkers: true
        default: false
        }
    }
}
