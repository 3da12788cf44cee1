// What the machine's cores did, and for whom.

internal import Foundation
internal import Glibc

/// How long the cores were busy since the machine started, by `/proc/stat`.
///
/// May be read on any thread. A tick of the system (10 ms, mostly) is its finest unit.
package struct MachineTimes: Sendable, Equatable {
    /// Time in which a core ran something, in ns of one core, for everybody.
    private let busy: UInt64
    /// Time in which a core wanted to run and the machine under this one did not let it.
    private let stolen: UInt64
    /// What this process had of it.
    private let own: UInt64
    /// By `MonotonicClock`.
    private let moment: UInt64

    /// Reads it; nil where there is no such file, or nothing is counted in it.
    package init?() {
        guard let text = try? String(contentsOfFile: "/proc/stat", encoding: .utf8),
            let line = text.split(separator: "\n").first, line.hasPrefix("cpu ")
        else { return nil }
        let ticks = line.split(separator: " ").dropFirst().compactMap { UInt64($0) }
        let perSecond = UInt64(clamping: sysconf(Int32(_SC_CLK_TCK)))
        guard ticks.count >= 8, perSecond > 0, ticks.contains(where: { $0 > 0 }) else { return nil }
        func time(_ ticks: UInt64) -> UInt64 { ticks.multipliedSaturated(by: 1_000_000_000 / perSecond) }
        // user, nice, system, idle, iowait, irq, softirq, steal.
        busy = time([0, 1, 2, 5, 6].reduce(0) { $0.addingSaturated(ticks[$1]) })
        stolen = time(ticks[7])
        own = ProcessorTime.process
        moment = MonotonicClock.now()
    }

    /// Cores that others used since `earlier`, and cores that the machine under this one took, on average.
    package func cores(since earlier: MachineTimes) -> (others: Double, stolen: Double) {
        let length = Double(max(1, moment.subtractingSaturated(earlier.moment)))
        let all = busy.subtractingSaturated(earlier.busy)
        let others = all.subtractingSaturated(own.subtractingSaturated(earlier.own))
        return (Double(others) / length, Double(stolen.subtractingSaturated(earlier.stolen)) / length)
    }
}

/// Processor time of the threads of this process, by what they are called.
package enum ThreadTimes {
    /// Threads that live now: the name without its number, and what all of that name have used, in ns.
    package static func read() -> [String: UInt64] {
        let folder = "/proc/self/task"
        let threads = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        var times: [String: UInt64] = [:]
        for thread in threads {
            // One that ends meanwhile has no files any more.
            guard let name = try? String(contentsOfFile: "\(folder)/\(thread)/comm", encoding: .utf8),
                let text = try? String(contentsOfFile: "\(folder)/\(thread)/schedstat", encoding: .utf8),
                let time = text.split(separator: " ").first.flatMap({ UInt64($0) })
            else { continue }
            let role = String(name.prefix { !$0.isNumber && !$0.isNewline })
            times[role] = (times[role] ?? 0).addingSaturated(time)
        }
        return times
    }
}
