// What is due next in a simulation.

internal import HeapModule

/// A moment and what comes then.
struct TimedWork: Comparable {
    /// In seconds, or a processor's virtual time.
    let time: Double
    /// A request's place, and in the two low bits which part of it.
    let what: UInt32

    static func < (left: TimedWork, right: TimedWork) -> Bool { left.time < right.time }
    static func == (left: TimedWork, right: TimedWork) -> Bool { left.time == right.time }
}
