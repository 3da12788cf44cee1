// How far a replay has come, for a screen.

/// A replay at one moment.
package struct ReplayProgress: Sendable, Equatable {
    package var name = ""
    package var planned = 0
    /// The lanes that it is sent to.
    package var lanes: [LaneID] = []
    /// Sent to every lane.
    package var sent = 0
    /// Due, and not sent yet.
    package var queued = 0
    /// Sent more than `Sender.lateness` after they were due.
    package var late = 0
    /// The longest such delay, in ns.
    package var maxLag: UInt64 = 0
    /// Sent, and not answered by every lane yet.
    package var inFlight = 0
    /// Answered by every lane, whatever the status.
    package var done = 0
    /// To which some lane gave no answer at all.
    package var failed = 0
    /// Left out because too many were in flight.
    package var dropped = 0
    /// Answered by some lane otherwise than recorded.
    package var differ = 0
    package var isStopped = false
    package var isPaused = false
    package var speed = 1.0
    /// The plan's time, in ns, and its length.
    package var time: UInt64 = 0
    package var length: UInt64 = 0
    /// Whether nothing more will be sent.
    package var isSent = false

    package init() {}

    /// The speed that `factor` times the present one comes to: there is a slowest and a fastest.
    package func speed(times factor: Double) -> Double {
        max(Schedule.speeds.lowerBound, min(Schedule.speeds.upperBound, speed * factor))
    }

    /// Whether nothing more will happen.
    package var isOver: Bool { (isStopped || isSent) && inFlight == 0 }
}
