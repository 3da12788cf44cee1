// Where the user is: which screen, which request, how far a list is scrolled.

package import InspectorCore

/// A screen of the dashboard.
package enum ScreenName: Sendable, Equatable, CaseIterable {
    case lanes
    case waterfall
    case details
    case threads
    case findings
    case statistics
    case help
    case output
}

/// Where the user is, and how it is to look.
package struct Navigation: Sendable {
    /// Where a list of requests begins its bars.
    package enum Axis: Sendable {
        /// Each where its own client began, so that what is to be compared is under one another.
        case sending
        /// On the clock: who waited for whom.
        case clock
    }

    /// The screens that are open, the one on top last.
    package var screens: [ScreenName] = [.lanes]
    /// The request's number; nil while the newest is followed.
    package var selected: UInt64?
    /// In which row of the list the selected one is, as the frame on the screen has it: it stays there by itself; nil where
    /// nothing was drawn yet.
    package var row: Int?
    package var order = ListOrder()
    package var columnsShown = ListColumn.usual
    /// Whether only requests with a mark or a comment are shown.
    package var onlyMarked = false
    /// Two requests that are compared, or the first of them.
    package var compared: ComparedRequests?
    /// The step of the tour; nil while there is none.
    package var tour: Int?
    /// The question that was asked; 0 for none.
    package var question = 0
    /// What is searched for in the help.
    package var helpSearch = ""
    package var routes = RoutesView()
    /// The request whose waterfall is open; closing it leaves the selection as it was.
    package var opened: UInt64?
    package var waterfall = WaterfallView()
    /// The axis that was chosen; nil for the usual one (`Model.axis`).
    package var axis: Axis?
    /// How far back the list's clock reaches, in ns, as the user chose; nil for what fits.
    package var reach: UInt64?
    /// What percentiles, counts and shares are taken over.
    package var window = TimeWindow.minute
    /// How far back the bars of threads reach, in ns.
    package var threadsReach: UInt64 = 2_000_000_000
    /// Which finding is selected, as an index.
    package var finding = 0
    /// How far a list is scrolled, in rows.
    package var scroll = 0
    /// How many rows a page has, for scrolling; set when a frame is made.
    package var page = 10
    /// How many columns the terminal has, for the cursor's step.
    package var columns = 100

    package init() {}
}

/// What the user chose for the whole session.
package struct DashboardSettings: Sendable {
    /// What is taken out of what is copied and exported.
    package var redaction = Redaction.standard
    package var glyphs: Glyphs = .unicode
    /// Whether the mouse selects and scrolls.
    package var usesMouse = false

    package init() {}
}
