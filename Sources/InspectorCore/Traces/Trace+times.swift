// The times of a request: one definition of each, for screens, findings, statistics, verdicts and exports.

extension Span {
    /// Whether it is a call: something was waited for that another program does, and its request waited with it.
    ///
    /// What outlived its request (leaked) is not part of it.
    package var isCall: Bool { kind.isWait && awaitKind.isCall && !flags.contains(.leaked) }

    /// Whether something was waited for in it, and its request waited with it.
    package var isOwnWait: Bool { kind.isWait && !flags.contains(.leaked) }
}

extension Trace {
    /// How long it waited for a worker, until `now` if it still does, in ns; 0 where it needs none.
    package func queue(until now: UInt64) -> UInt64 {
        var sum: UInt64 = 0
        for index in spans.indices where spans[index].kind == .queued {
            sum = sum.addingSaturated(spans[index].duration(until: now))
        }
        return sum
    }

    /// From the moment at which a worker took it to its answer, or to `now`, in ns: its time less the queue.
    package func service(until now: UInt64) -> UInt64 {
        duration(until: now).subtractingSaturated(queue(until: now))
    }

    /// How long it held a worker, in ns; 0 where it never had one.
    package func heldTime(until now: UInt64) -> UInt64 {
        workerHeld(until: now).map { $0.end.subtractingSaturated($0.begin) } ?? 0
    }

    /// How long its hooks took, added up, in ns.
    package func hookTime(until now: UInt64) -> UInt64 {
        var sum: UInt64 = 0
        for index in spans.indices where spans[index].kind.isHook {
            sum = sum.addingSaturated(spans[index].duration(until: now))
        }
        return sum
    }

    /// How many waits it had.
    package var waitCount: Int {
        var count = 0
        for index in spans.indices where spans[index].isOwnWait { count += 1 }
        return count
    }
}
