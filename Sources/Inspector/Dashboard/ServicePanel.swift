// The two knobs of the simulated API, in the line above the key bar.

package import InspectorCore

/// Which knob is turned.
package struct ServicePanel: Sendable, Equatable {
    /// The knobs, from left to right.
    package enum Knob: Sendable {
        case latency
        case failures
    }

    /// Steps of the added latency, in ms.
    static let latencies = [0, 20, 50, 100, 200, 500, 1000, 2000, 5000]
    /// Steps of the failure rate, in percent.
    static let failures = [0, 1, 2, 5, 10, 20, 50, 100]

    package var knob = Knob.latency

    package init() {}

    /// The settings one step further up or down.
    func turned(settings: UpstreamSettings, by step: Int) -> UpstreamSettings {
        var settings = settings
        switch knob {
        case .latency:
            settings.addedMilliseconds = ServicePanel.next(
                after: settings.addedMilliseconds, by: step, in: ServicePanel.latencies)
        case .failures:
            settings.failurePercent = ServicePanel.next(
                after: settings.failurePercent, by: step, in: ServicePanel.failures)
        }
        return settings
    }

    private static func next(after value: Int, by step: Int, in steps: [Int]) -> Int {
        step > 0 ? steps.first { $0 > value } ?? value : steps.last { $0 < value } ?? value
    }
}

extension UpstreamSettings {
    /// What is changed by it: `API +200ms, 5% fail`; `API as it was` when nothing is.
    package var words: String {
        var parts: [String] = []
        if addedMilliseconds > 0 { parts.append("+\(addedMilliseconds)ms") }
        if failurePercent > 0 { parts.append("\(failurePercent)% fail") }
        return parts.isEmpty ? "API as it was" : "API " + parts.joined(separator: ", ")
    }
}
