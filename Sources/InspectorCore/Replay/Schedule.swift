// From the plan's time to the clock's: an absolute schedule that can be paused, sped up and moved, and never drifts.

/// Where a replay is, as a value that knows no clock.
///
/// A request is due at a moment that follows from where the schedule was set last, never from when another one was sent:
/// a late wake-up makes one request late, and no other.
struct Schedule: Sendable, Equatable {
    /// The moment at which `plan` was set, by `MonotonicClock`.
    private(set) var clock: UInt64
    /// The plan's own time at that moment, in ns.
    private(set) var plan: UInt64
    /// 2 is twice as fast as the plan.
    private(set) var speed: Double
    private(set) var isPaused = false

    /// The speeds that there are: what is asked for beyond them is held to them.
    static let speeds = 0.001...1000.0

    init(startingAt clock: UInt64, speed: Double = 1) {
        self.clock = clock
        plan = 0
        self.speed = Schedule.held(speed: speed) ?? 1
    }

    /// The nearest speed that there is; nil for what is not a number.
    private static func held(speed: Double) -> Double? {
        speed.isNaN ? nil : max(speeds.lowerBound, min(speeds.upperBound, speed))
    }

    /// The plan's time at a moment.
    func time(at now: UInt64) -> UInt64 {
        guard !isPaused, now > clock else { return plan }
        return plan.addingSaturated(UInt64(saturating: Double(now - clock) * speed))
    }

    /// When something is due that stands at `time` in the plan; nil while it is paused.
    func due(time: UInt64) -> UInt64? {
        guard !isPaused else { return nil }
        guard time > plan else {
            return clock.subtractingSaturated(UInt64(saturating: Double(plan - time) / speed))
        }
        return clock.addingSaturated(UInt64(saturating: Double(time - plan) / speed))
    }

    mutating func pause(at now: UInt64) {
        plan = time(at: now)
        clock = now
        isPaused = true
    }

    mutating func goOn(at now: UInt64) {
        guard isPaused else { return }
        clock = now
        isPaused = false
    }

    mutating func setSpeed(_ speed: Double, at now: UInt64) {
        plan = time(at: now)
        clock = max(clock, now)
        self.speed = Schedule.held(speed: speed) ?? self.speed
    }

    /// Goes to another place in the plan.
    mutating func seek(to time: UInt64, at now: UInt64) {
        plan = time
        clock = now
    }
}
