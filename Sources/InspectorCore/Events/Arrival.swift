// When a request's client began, which is before its server read anything.

/// How a request came to be read as late as it was: the phase *arriving*, which ends with its acceptance.
///
/// A server sees a request when its loop reads it. What a client waits before that (a loop that runs another request, an
/// earlier request on the same connection) is a part of the response as the client sees it.
package struct Arrival: Sendable, Equatable {
    /// Who says when it began, and so how exact that is.
    package enum Witness: UInt8, Sendable, CaseIterable {
        /// Our own sender, by this clock: exact.
        case sender
        /// The operating system, which notes when a socket was last given bytes: as exact as `tolerance` says.
        case system
        /// The connection: it was read, and waited for the request before it. Exact from its reading on.
        case connection
        /// Nobody. It may have come at any time since its loop last looked: `began` is the earliest, and nothing is
        /// counted.
        case nobody

        /// Its name as it stands in events; made once, for it is recorded with each request that we send.
        var label: Label { Witness.labels[Int(rawValue)] }

        private static let labels = allCases.map { Label("\($0)") }
    }

    package var witness: Witness
    /// By `MonotonicClock`, in ns.
    package var began: UInt64
    /// How far `began` may be from the truth, in ns, either way.
    package var tolerance: UInt64
    /// What the loop ran meanwhile, where it is known.
    package var hold: LoopHold?

    package init(_ witness: Witness, began: UInt64, tolerance: UInt64 = 0, hold: LoopHold? = nil) {
        self.witness = witness
        self.began = began
        self.tolerance = tolerance
        self.hold = hold
    }

    /// When the request's time begins: nil where that is its acceptance, for nobody knows of an earlier one.
    package var counted: UInt64? { witness == .nobody ? nil : began }
}

/// One run of a request's code that kept an event loop from everything else.
package struct LoopHold: Sendable, Equatable {
    /// By `MonotonicClock`, in ns.
    package var begin: UInt64
    package var end: UInt64
    /// Whose code it was; nil where it was no request's.
    package var request: RequestID?
    /// Which function of the app; `.none` between functions.
    package var function: Label

    package init(begin: UInt64, end: UInt64, request: RequestID?, function: Label) {
        self.begin = begin
        self.end = end
        self.request = request
        self.function = function
    }

    /// In ns.
    package var length: UInt64 { end.subtractingSaturated(begin) }
}

extension RequestID {
    /// The request as the value of an event: a lane's number above, the request's own 48 bits below.
    package var packed: Int64 { Int64(lane.rawValue) << 48 | Int64(number & 0xFFFF_FFFF_FFFF) }

    /// Reads what `packed` made; nil for none.
    package init?(packed: Int64) {
        guard packed > 0, packed >> 56 == 0 else { return nil }
        self.init(
            number: UInt64(packed) & 0xFFFF_FFFF_FFFF, lane: LaneID(rawValue: UInt8(truncatingIfNeeded: packed >> 48)))
    }
}
