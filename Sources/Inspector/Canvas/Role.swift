// What a cell means. A theme turns roles into colours; no meaning is carried by colour alone.

internal import InspectorCore

/// The meaning of a cell.
public enum Role: UInt8, Sendable, CaseIterable {
    /// Ordinary text.
    case text
    /// Text that says less.
    case faint
    /// Text that says more.
    case strong
    /// The frame of a panel.
    case border
    /// The title of a panel, and of the screen.
    case title
    /// The title of the panel that has the focus.
    case focus
    /// The row that is selected.
    case selected
    /// A key in the key bar.
    case key
    /// A good state: running, answered.
    case good
    /// Something to look at.
    case warning
    /// Something wrong.
    case bad
    /// A bar's piece: no worker was free.
    case queued
    /// A bar's piece: a hook ran.
    case hook
    /// A bar's piece: the view ran.
    case running
    /// A bar's piece: a coroutine was suspended.
    case awaiting
    /// A bar's piece: a thread was blocked.
    case blocked
    /// A bar's piece: an error handler ran.
    case failing
    /// A bar's piece: a teardown ran.
    case teardown
    /// A thread of its own for one call.
    case subThread
    /// The cursor that reads times off, and the moment that is shown.
    case cursor
    /// What runs at the moment that is shown.
    case lit
    /// Something that was changed by hand, on a time axis.
    case mark
    /// A lane whose functions run sync: its title, its sparklines, its rows of numbers.
    case laneSync
    /// A lane whose functions run async, on sub-threads.
    case laneAsync
    /// A lane whose async functions run on the connections' own loops.
    case laneNative
    /// A lane that is not hosted here.
    case laneOther
    /// The services that the asked one calls, in a waterfall over several: the first, the second, the third.
    case serviceOne
    case serviceTwo
    case serviceThree
}

extension Role {
    /// The hue of a service in a waterfall over several: 0 is the one that was asked, and has none.
    static func of(service: Int) -> Role {
        service == 0 ? .faint : [.serviceOne, .serviceTwo, .serviceThree][(service - 1) % 3]
    }

    /// The hue of a lane, the same wherever it is named.
    static func of(lane: LaneDescription) -> Role {
        switch lane.mode {
        case .sync: .laneSync
        case .async: .laneAsync
        case .native: .laneNative
        case nil: .laneOther
        }
    }
}
