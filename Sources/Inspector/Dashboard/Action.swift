// What a key means, and what the world is asked to do about it.

package import InspectorCore

/// Something the user wants.
package enum Action: Sendable, Equatable, CaseIterable {
    case toggleMode
    case toggleNative
    case toggleSideBySide
    case burst
    case replay
    case pause
    case stepOne
    case seekBack
    case seekForward
    case halfSpeed
    case doubleSpeed
    case resend
    case edit
    case freeze
    case slower
    case faster
    case earlier
    case later
    case up
    case down
    case pageUp
    case pageDown
    case first
    case last
    case open
    case back
    case zoomIn
    case zoomOut
    case zoomWhole
    case leaveQueueOut
    case nextPanel
    case details
    case threads
    case findings
    case statistics
    case output
    case filter
    case toggleFilter
    case axis
    case moreWorkers
    case fewerWorkers
    case service
    case mirrorUnsafe
    case copy
    case export
    case toggleMouse
    case palette
    case help
    case quit
}

extension Action {
    /// Whether it can be done while a recording is open, and nothing is served.
    var isOfRecording: Bool {
        switch self {
        case .toggleMode, .toggleNative, .toggleSideBySide, .burst, .replay, .resend, .edit, .moreWorkers,
            .fewerWorkers,
            .service, .mirrorUnsafe, .stepOne:
            false
        default: true
        }
    }
}

/// Something that has to be done outside the model.
package enum Effect: Sendable, Equatable {
    case setMode(ExecutionMode)
    /// Shows a lane for each of these modes beside each other; one of them alone when there is only one.
    case show([ExecutionMode])
    case setFocus(Int)
    case setWorkers(Int)
    case setMirrorsUnsafe(Bool)
    case setService(UpstreamSettings)
    case burst
    case startReplay
    case stopReplay
    case pauseReplay
    case stepReplay
    /// Goes by a part of the whole, to either side.
    case seekReplay(Double)
    /// Times as fast as now.
    case speedReplay(Double)
    /// Sends the request of that number again, to every lane on the screen.
    case resend(UInt64)
    /// Sends a request that was written by hand, to every lane on the screen.
    case send(RequestDraft)
    /// Gives a text to the terminal's clipboard.
    case copy(String)
    /// Writes the screen or requests into files.
    case export(ExportChoice)
    case setMouse(Bool)
    case quit

    /// Whether the lanes on the screen are others afterwards, or have another mode.
    package var changesLanes: Bool {
        switch self {
        case .setMode, .show, .setFocus, .setWorkers: true
        default: false
        }
    }
}
