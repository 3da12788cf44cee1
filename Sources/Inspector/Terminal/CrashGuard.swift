// Puts the terminal back however the process ends: a trap, a stack overflow, `abort`, `exit` in a view.
// The work is done in C (`crash.h`); here lies the one state, where a handler finds it without a lock.

internal import CInspectorSystem
internal import InspectorCore

/// Guards the terminal while the screen is up.
enum CrashGuard {
    /// Made before any handler is set, and never freed.
    ///
    /// Unchecked by the compiler: what several threads touch in it is touched by atomic operations in C, or written
    /// before a handler can run.
    nonisolated(unsafe) private static let state: UnsafeMutablePointer<cs_guard> = {
        let state = UnsafeMutablePointer<cs_guard>.allocate(capacity: 1)
        state.initialize(to: cs_guard())
        state.pointee.terminal = -1
        state.pointee.saved_output = -1
        state.pointee.saved_error = -1
        state.pointee.error_pipe = -1
        return state
    }()

    /// From now on SIGINT, SIGTERM, SIGHUP and SIGQUIT end the process at once, until `noteStops`: a command that reads
    /// a file has nothing to end in order, and must not wait for the file.
    static func catchStopSignals() {
        _ = ThreadRecord.current
        cs_watch_crashes(
            state, { ThreadRecord.existing }, { number, _, _ in cs_handle_crash(CrashGuard.state, number) })
        cs_catch_stop_signals { number in cs_handle_stop(CrashGuard.state, number) }
    }

    /// From now on the first of these signals is noted, for `stopSignal`; the second one still ends the process.
    static func noteStops() { cs_note_stops(state) }

    /// Names a file that is worth nothing before its end: a signal that ends the process takes it away.
    ///
    /// Main thread only.
    static func setUnfinished(_ path: String?) { cs_set_unfinished(state, path) }

    /// The signal that asked the process to stop, or nil.
    static var stopSignal: Int32? {
        let number = cs_stop_signal(state)
        return number == 0 ? nil : number
    }

    /// Asks the process to stop, as the signal would: for what the terminal tells by a key, or by being gone.
    static func stop(by number: Int32) { cs_note_stop(state, number) }

    /// Notes from now on that the process shall be suspended, or was continued, for `takePause` and `takeContinuation`.
    static func catchPauses() {
        cs_catch_pauses { number in cs_note_pause(CrashGuard.state, number) }
    }

    /// Leaves suspensions to the system again.
    static func releasePauses() { cs_release_pauses() }

    /// Whether somebody has asked for a suspension since the last call.
    static func takePause() -> Bool { cs_take_pause(state) }

    /// Whether a suspension or a continuation waits to be taken.
    static var hasPause: Bool { cs_has_pause(state) }

    /// Whether the process has gone on after a suspension since the last call.
    static func takeContinuation() -> Bool { cs_take_continuation(state) }

    /// Says that the terminal is the shell's for now, so that nothing is written to it even when the process goes down.
    static func setAway(_ isAway: Bool) { cs_set_away(state, isAway) }

    /// Gives the terminal the modes back that it had when the guard was armed.
    static func restoreModes() { cs_set_modes(state.pointee.terminal, &state.pointee.modes) }

    /// Keeps the modes of `terminal`, a descriptor; false when it has none.
    static func arm(terminal: Int32, caught: CaughtOutput?) -> Bool {
        caught?.onErrors(
            begin: { cs_begin_taking_errors(CrashGuard.state) },
            end: { bytes in cs_end_taking_errors(CrashGuard.state, bytes.baseAddress, bytes.count) })
        return cs_arm_guard(
            state, terminal, caught?.savedOutput ?? -1, caught?.savedError ?? -1, caught?.errorPipe ?? -1,
            { cs_handle_exit(CrashGuard.state) }, { cs_await_others(CrashGuard.state) })
    }

    /// False once another thread has given the terminal back because the process goes down: nothing may be drawn then.
    static var isArmed: Bool { cs_guard_is_armed(state) }

    /// Says that a frame is about to be drawn, so that a thread that goes down meanwhile waits for its end; false when
    /// the screen is no longer ours.
    static func beginDrawing() -> Bool { cs_begin_drawing(state) }

    /// The frame is drawn.
    static func endDrawing() { cs_end_drawing(state) }

    /// The terminal is as it was.
    static func disarm() { cs_disarm_guard(state) }

    /// Keeps resizes from the threads that are started until `body` returns.
    static func keepingResizesHere<Result>(_ body: () throws -> Result) rethrows -> Result {
        cs_block_resize_signal(true)
        defer { cs_block_resize_signal(false) }
        return try body()
    }
}
