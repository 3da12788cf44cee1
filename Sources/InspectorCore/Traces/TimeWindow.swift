// Over which time the numbers of a screen are taken.

/// The time that percentiles, counts and shares are of: it ends now.
package enum TimeWindow: Int, Sendable, CaseIterable {
    case tenSeconds
    case minute
    case tenMinutes
    /// Since the start, or since the numbers were cleared.
    case all

    /// How long it is, in s; nil where it has no begin of its own.
    package var seconds: UInt64? {
        switch self {
        case .tenSeconds: 10
        case .minute: 60
        case .tenMinutes: 600
        case .all: nil
        }
    }

    /// As it stands beside numbers: `1m`.
    package var words: String {
        switch self {
        case .tenSeconds: "10s"
        case .minute: "1m"
        case .tenMinutes: "10m"
        case .all: "all"
        }
    }

    /// As a sentence has it.
    package var phrase: String {
        switch self {
        case .tenSeconds: "the last 10 seconds"
        case .minute: "the last minute"
        case .tenMinutes: "the last 10 minutes"
        case .all: "all the time since the start, or since c cleared it"
        }
    }

    /// The next longer one; after the longest the shortest.
    package var next: TimeWindow { TimeWindow(rawValue: rawValue + 1) ?? .tenSeconds }
}
