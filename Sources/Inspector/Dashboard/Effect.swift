// What the world is asked to do about a key: by whoever serves, and by whoever holds the terminal.

package import InspectorCore

/// Something that has to be done outside the model.
package enum Effect: Sendable, Equatable {
    case host(HostEffect)
    case console(ConsoleEffect)

    /// Whether the lanes on the screen are others afterwards, or are described in another way.
    package var changesLanes: Bool {
        guard case .host(let effect) = self else { return false }
        switch effect {
        case .setMode, .show, .showOthersAgain, .showFocused, .setFocus, .setWorkers, .clear: return true
        case .setMirrorsUnsafe, .setService, .burst, .ask, .startReplay, .stopReplay, .pauseReplay, .stepReplay,
            .seekReplay, .speedReplay, .resend, .send, .note:
            return false
        }
    }
}

/// Something that lanes and replays are asked for.
package enum HostEffect: Sendable, Equatable {
    case setMode(ExecutionMode)
    /// Shows a hosted lane for each of these modes beside each other, and the lanes that are not ours.
    case show([ExecutionMode])
    /// Shows what was beside the focused lane before it was shown alone; where that never was, hosted lanes of these modes.
    case showOthersAgain([ExecutionMode])
    /// Shows the lane that answers the address, alone.
    case showFocused
    case setFocus(Int)
    case setWorkers(Int)
    /// Drops the requests that are over, and all numbers.
    case clear
    case setMirrorsUnsafe(Bool)
    case setService(UpstreamSettings)
    /// 32 requests at once for that path; nil for the one that the app shows itself with.
    case burst(String?)
    /// A request for each of these paths, all at once.
    case ask([String])
    /// From its beginning, or where most of its requests are.
    case startReplay(atBusyPart: Bool)
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
    /// Keeps what was noted of a request in the recording, if one is made.
    case note(UInt64, isMarked: Bool, comment: String)
}

/// Something that the terminal and the user's files are asked for.
package enum ConsoleEffect: Sendable, Equatable {
    /// Gives a text to the terminal's clipboard.
    case copy(String)
    /// Writes the screen or requests into files.
    case export(ExportChoice)
    /// Looks for traffic files, and opens the list of them.
    case listFiles
    /// Looks into the file that is chosen in the list.
    case describeFile
    /// Replays a file from now on, and at once.
    case replayFile(String)
    /// Stops the export that runs.
    case stopExport
    case setMouse(Bool)
    case quit
}
