// Records each run of a coroutine by its loop. One observer for each call.

internal import CInspectorSystem

/// Sees every poll of one call's tasks.
package struct PollObserver: Sendable {
    private let log: RequestLog
    private let parent: SpanID
    /// The address of the function's name, bytes that are never freed; 0 for none.
    private let function: UInt
    /// The function whose polls they are.
    package let label: Label

    package init(log: RequestLog, parent: SpanID, function: Label) {
        self.log = log
        self.parent = parent
        self.function = UInt(bitPattern: function.immortalText)
        label = function
    }

    /// Whether anything is recorded.
    package var isObserving: Bool { log.isRecording }

    /// Runs `job` by `body`, and records the poll.
    ///
    /// - Parameters:
    ///   - since: when the job became ready; the time from then on is *scheduled* time.
    ///   - hold: what the loop ran between two moments, where that is known.
    package func observe(
        _ job: UnownedJob, since: UInt64, hold: (UInt64, UInt64) -> LoopHold? = { _, _ in nil }, body: () -> Void
    ) {
        let function = UnsafePointer<CChar>(bitPattern: self.function)
        guard log.isRecording else {
            let before = ThreadRecord.enter(request: log.summary.id.number, function: function)
            body()
            ThreadRecord.leave(before)
            return
        }
        let task = cs_task_number(unsafeBitCast(job, to: UnsafeRawPointer.self))
        let begin = MonotonicClock.now()
        let isLate = begin.subtractingSaturated(since) >= LoopWatch.threshold
        let held = isLate ? hold(since, begin) : nil
        let span = log.begin(
            .poll, label: held?.function ?? .none, parent: parent, value: Int64(clamping: begin &- min(since, begin)),
            flags: task == 0 ? [.noTask] : [], task: UInt32(truncatingIfNeeded: task), at: begin)
        let before = ThreadRecord.enter(request: log.summary.id.number, function: function)
        ThreadRecord.runs(readySince: since, body: body)
        ThreadRecord.leave(before)
        log.end(
            .poll, span: span, value: held?.request?.packed ?? 0, task: UInt32(truncatingIfNeeded: task))
    }
}

/// The task that runs this code.
package enum CurrentTask {
    /// Its unique number, never given twice; 0 outside tasks.
    package static var number: UInt64 {
        withUnsafeCurrentTask { task in
            guard let task else { return 0 }
            return cs_task_number(unsafeBitCast(task, to: UnsafeRawPointer.self))
        }
    }

    /// As it stands in events.
    package static var short: UInt32 { UInt32(truncatingIfNeeded: number) }
}
