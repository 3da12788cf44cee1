// The line to the terminal: its modes, and bytes in both directions. Nothing here waits for a terminal that takes nothing.

internal import CInspectorSystem
internal import CNcurses
internal import Glibc
internal import InspectorCore

/// The terminal as a device, for the main thread only.
///
/// It is opened anew, so that its not blocking is nobody else's: the shell's descriptors are left as they are.
final class TerminalLine {
    let descriptor: Int32
    /// What has not been taken yet.
    private var waiting: [UInt8] = []
    private var written = 0
    /// Whether it is ours now, and no longer the shell's.
    private(set) var isOurs = false

    /// Opens the terminal that the process belongs to; nil with the reason in `errno` when there is none.
    init?() {
        descriptor = open("/dev/tty", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)
        if descriptor < 0 { return nil }
    }

    deinit { close(descriptor) }

    /// Rows and columns now, or 24 and 80 where the terminal does not say.
    var size: (rows: Int32, columns: Int32) {
        var rows: Int32 = 24
        var columns: Int32 = 80
        _ = cn_size(descriptor, &rows, &columns)
        // Frames have no more; a terminal that says so is not a terminal.
        return (min(rows, 1000), min(columns, 1000))
    }

    /// Takes the keys as they come.
    func take() -> Bool {
        isOurs = cn_take_keys(descriptor)
        return isOurs
    }

    /// Gives the terminal's modes back.
    func giveBack() {
        guard isOurs else { return }
        isOurs = false
        CrashGuard.restoreModes()
    }

    /// Leaves the terminal as it is: somebody else has set its modes meanwhile.
    func leave() { isOurs = false }

    /// Whether all that was written has been taken.
    var isIdle: Bool { waiting.isEmpty }

    /// Writes `bytes` as far as the terminal takes them now; the rest goes with the next `flush`.
    func write(_ bytes: [UInt8]) {
        waiting += bytes
        flush()
    }

    func write(_ text: String) { write(Array(text.utf8)) }

    /// Writes what waits, as far as the terminal takes it now.
    ///
    /// A terminal that is gone asks the process to stop.
    func flush() {
        while written < waiting.count {
            guard CrashGuard.beginDrawing() else {
                discard()
                return
            }
            let count = waiting.withUnsafeBytes { buffer in
                Glibc.write(descriptor, buffer.baseAddress?.advanced(by: written), buffer.count - written)
            }
            let failure = errno
            CrashGuard.endDrawing()
            if count > 0 {
                written += count
            } else if count < 0, failure == EINTR {
                continue
            } else if count < 0, failure == EAGAIN {
                return
            } else {
                discard()
                CrashGuard.stop(by: SIGHUP)
                return
            }
        }
        discard()
    }

    /// Writes what waits, for so long at most; whether all was taken.
    func flush(within milliseconds: Int) -> Bool {
        let limit = MonotonicClock.now().addingSaturated(UInt64(max(0, milliseconds)) * 1_000_000)
        flush()
        while !isIdle {
            let now = MonotonicClock.now()
            guard now < limit else { return false }
            var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            _ = poll(&ready, 1, Int32(clamping: (limit - now) / 1_000_000 + 1))
            flush()
        }
        return true
    }

    private func discard() {
        waiting.removeAll(keepingCapacity: waiting.count < 1_000_000)
        written = 0
    }

    /// Waits until bytes have come, `milliseconds` at most, or a signal; writes what waits meanwhile.
    func wait(milliseconds: Int) {
        var ready = pollfd(fd: descriptor, events: Int16(isIdle ? POLLIN : POLLIN | POLLOUT), revents: 0)
        _ = poll(&ready, 1, Int32(clamping: milliseconds))
        if !isIdle { flush() }
    }

    /// What has come, 64 kB at most; empty when nothing has.
    ///
    /// A terminal that is gone asks the process to stop.
    func read() -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while bytes.count < 65_536 {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count > 0 {
                bytes += buffer[..<count]
                continue
            }
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EAGAIN { break }
            // The end, or an error. In the background it says only that we may not read.
            if isInForeground { CrashGuard.stop(by: SIGHUP) }
            break
        }
        return bytes
    }

    /// Whether the process may use the terminal: it is not in the background.
    var isInForeground: Bool { cs_is_in_foreground(descriptor) }
}
