// How late a loop was, and because of what, in a few words.

internal import InspectorCore

extension LoopWatch.Lag {
    /// From so many ns on a loop's lag harms its requests: a tenth of what a person notices.
    private static let harm: UInt64 = 10_000_000

    /// Whether it is long enough to be warned of.
    var isHarmful: Bool { longest >= LoopWatch.Lag.harm }

    /// `lag 78ms #12 blocks-loop`, over the last two seconds.
    func words(isASCII: Bool) -> String {
        guard longest > 0 else { return "lag under 1ms" }
        let time = "lag " + TimeText.short(nanoseconds: longest, isASCII: isASCII)
        guard isHarmful, let hold, let request = hold.request else { return time }
        return "\(time) \(request) \(hold.function.text.madeVisible)"
    }
}
