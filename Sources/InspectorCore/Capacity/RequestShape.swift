// What one request takes of an instance, apart from waiting.

/// How long a request's external calls are, and how much it computes.
package struct RequestShape: Sendable, Equatable {
    /// Its calls one after the other, in seconds: what sync mode spends in them.
    package let calls: Double
    /// Its longest call, in seconds: what async and native spend in them.
    package let longest: Double
    /// What its view computes, in seconds of one core.
    package let busy: Double
    /// How many calls it makes.
    package let count: Int

    package init(calls: Double, longest: Double, busy: Double, count: Int) {
        self.calls = calls
        self.longest = longest
        self.busy = busy
        self.count = count
    }

    /// A request that took `time` seconds, spent as a model of the recorded app spends it (`RecordedShape`).
    ///
    /// - Parameter place: where it stands in its file; decides, with the seed, how uneven its calls are.
    package init(time: Double, model: RecordedModelOptions, place: Int) {
        let shape = RecordedShape(
            latency: UInt64(saturating: time * 1e9), calls: model.calls, percent: model.cpuPercent,
            seed: model.seed &+ UInt64(place))
        self.init(
            calls: Double(shape.shares.reduce(0, +)) / 1e6, longest: Double(shape.shares.max() ?? 0) / 1e6,
            busy: Double(shape.busy) / 1e9, count: shape.shares.count)
    }

    /// How long its calls hold it in `mode`, in seconds.
    func waiting(in mode: ExecutionMode) -> Double { mode == .sync ? calls : longest }
}
