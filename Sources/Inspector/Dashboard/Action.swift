// What a key means.

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
    case window
    case clear
    case output
    case filter
    case toggleFilter
    case axis
    case sortBefore
    case sortAfter
    case invertOrder
    case columns
    case mark
    case questions
    case tour
    case files
    case copyBody
    case onlyMarked
    case comment
    case compare
    case nextHit
    case hitBefore
    case halfPageUp
    case halfPageDown
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
            .fewerWorkers, .service, .mirrorUnsafe, .stepOne, .clear, .files:
            false
        // Each is named, so that a new action has to be decided on.
        case .pause, .seekBack, .seekForward, .halfSpeed, .doubleSpeed, .freeze, .slower, .faster, .earlier, .later,
            .up, .down, .pageUp, .pageDown, .first, .last, .open, .back, .zoomIn, .zoomOut, .zoomWhole, .leaveQueueOut,
            .nextPanel, .details, .threads, .findings, .statistics, .window, .output, .filter, .toggleFilter, .axis,
            .sortBefore, .sortAfter, .invertOrder, .columns, .mark, .questions, .tour, .copyBody, .onlyMarked, .comment,
            .compare,
            .nextHit,
            .hitBefore,
            .halfPageUp, .halfPageDown, .copy, .export, .toggleMouse, .palette, .help, .quit:
            true
        }
    }
}
