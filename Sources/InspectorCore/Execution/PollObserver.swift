// Records each run of a coroutine by its loop. One observer for each call, used by the loop's own thread only.

internal import CInspectorSystem

/// Sees every poll of one call's tasks.
///
/// `@unchecked Sendable`: used only by the thread of the loop that owns it.
package final class PollObserver: @unchecked Sendable {
    private let log: RequestLog
    private let parent: SpanID
    private let function: UnsafePointer<CChar>?

    package init(log: RequestLog, parent: SpanID, function: Label) {
        self.log = log
        self.parent = parent
        self.function = function.immortalText
    }

    /// Whether anything is recorded.
    package var isObserving: Bool { log.isRecording }

    /// Runs `job` by `body`, and records the poll.
    ///
    /// - Parameter since: when the job became ready; the time from then on is *scheduled* time.
    package func observe(_ job: UnownedJob, since: UInt64, _ body: () -> Void) {
        guard log.isRecording else {
            let before = ThreadRecord.enter(request: log.summary.id.number, function: function)
            body()
            ThreadRecord.leave(before)
            return
        }
        let task = cs_task_number(unsafeBitCast(job, to: UnsafeRawPointer.self))
        let begin = MonotonicClock.now()
        let span = log.begin(
            .poll, parent: parent, value: Int64(clamping: begin &- min(since, begin)),
            flags: task == 0 ? [.noTask] : [], task: UInt32(truncatingIfNeeded: task), at: begin)
        let before = ThreadRecord.enter(request: log.summary.id.number, function: function)
        body()
        ThreadRecord.leave(before)
        log.end(.poll, span, task: UInt32(truncatingIfNeeded: task))
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
