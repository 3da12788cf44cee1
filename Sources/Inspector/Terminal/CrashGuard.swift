// Puts the terminal back however the process ends: a trap, a stack overflow, `abort`, `exit` in a view.
// The only user of `crash.h`, whose state is one for each file that uses it.

internal import CInspectorSystem
internal import InspectorCore

/// Guards the terminal while the screen is up.
enum CrashGuard {
    /// Notes SIGINT, SIGTERM and SIGHUP from now on, for `stopSignal`.
    static func catchStopSignals() {
        cs_watch_crashes { ThreadRecord.existing }
        cs_catch_stop_signals()
    }

    /// The signal that asked the process to stop, or nil.
    static var stopSignal: Int32? {
        let number = cs_stop_signal()
        return number == 0 ? nil : number
    }

    /// Keeps the modes of `terminal`, a descriptor; false when it has none.
    static func arm(terminal: Int32, caught: CaughtOutput?) -> Bool {
        caught?.onErrorBytes { bytes in cs_keep_error_tail(bytes.baseAddress, bytes.count) }
        return cs_arm_guard(terminal, caught?.savedOutput ?? -1, caught?.savedError ?? -1, caught?.errorPipe ?? -1)
    }

    /// False once another thread has given the terminal back because the process goes down: nothing may be drawn then.
    static var isArmed: Bool { cs_guard_is_armed() }

    /// Says that a frame is about to be drawn, so that a thread that goes down meanwhile waits for its end; false when
    /// the screen is no longer ours.
    static func beginDrawing() -> Bool { cs_begin_drawing() }

    /// The frame is drawn.
    static func endDrawing() { cs_end_drawing() }

    /// The terminal is as it was.
    static func disarm() { cs_disarm_guard() }

    /// Keeps resizes from the threads that are started until `body` returns.
    static func keepingResizesHere<Result>(_ body: () throws -> Result) rethrows -> Result {
        cs_block_resize_signal(true)
        defer { cs_block_resize_signal(false) }
        return try body()
    }
}
