// Who a request is: its number, shared by all lanes that were given it, and the lane.

/// Tells one lane of the process from another.
public struct LaneID: Hashable, Sendable, Comparable {
    /// The lane's place in the order of their making, from 0.
    public let rawValue: UInt8

    /// Names the lane at this place.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Orders lanes by the order of their making.
    public static func < (left: LaneID, right: LaneID) -> Bool { left.rawValue < right.rawValue }
}

/// Names one request in one lane.
///
/// A request that was mirrored into several lanes has the same number in each, so that the same request can be found
/// on both sides.
public struct RequestID: Hashable, Sendable, CustomStringConvertible {
    /// Shared by the lanes that were given the same request; counts from 1.
    public let number: UInt64
    /// The lane that serves it.
    public let lane: LaneID

    /// Names request `number` in `lane`.
    public init(number: UInt64, lane: LaneID) {
        self.number = number
        self.lane = lane
    }

    /// The number as it stands on the screen: `#87`.
    public var description: String { "#\(number)" }
}
