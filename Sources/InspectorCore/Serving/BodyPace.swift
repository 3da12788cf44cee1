// Whether a request's body comes, and comes fast enough.

/// How fast a client sends a body.
///
/// Asked over the whole of it alone, a client could send all but its last byte at once, and then keep what it sent in
/// memory for hours.
struct BodyPace {
    /// When the body was announced.
    private let began: UInt64
    /// How much of it had come when it last came fast enough, and when that was.
    private var bytes = 0
    private var since: UInt64
    /// Whether all of it has to come within a time: not where it is passed on as it comes, and holds no memory.
    private let hasEnd: Bool

    init(now: UInt64, hasEnd: Bool = true) {
        began = now
        since = now
        self.hasEnd = hasEnd
    }

    /// Notes that nothing was read until `now` since whoever takes the body had no room.
    mutating func rested(now: UInt64) { since = now }

    /// Notes that `bytes` of it have come until `now`; why it is waited for no longer, if it is not.
    mutating func problem(bytes: Int, now: UInt64, limits: Limits) -> String? {
        func seconds(since time: UInt64) -> Double { now > time ? Double(now - time) / 1e9 : 0 }
        if hasEnd, seconds(since: began) > limits.bodySeconds {
            return "The request's body did not come within \(Int(saturating: limits.bodySeconds)) seconds."
        }
        let paused = seconds(since: since)
        if bytes > self.bytes, Double(bytes - self.bytes) >= limits.bodyRate * paused {
            self.bytes = bytes
            since = now
            return nil
        }
        guard paused > limits.bodyIdleSeconds else { return nil }
        return "The request's body came too slowly: less than \(Int(saturating: limits.bodyRate)) bytes a second for "
            + "\(Int(saturating: limits.bodyIdleSeconds)) seconds."
    }
}
