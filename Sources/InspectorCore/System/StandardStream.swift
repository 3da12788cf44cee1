// The process's own output and error stream: the one place that writes to them, so that nothing goes round the door for
// text, and nothing that is lost goes unmentioned.

internal import CInspectorSystem
internal import Glibc
internal import Synchronization

/// stdout or stderr.
///
/// Every function may be called from any thread. Writing never traps: a pipe that is closed, a disk that is full and a
/// terminal that is gone are problems to be told, and `problem` keeps the first one.
package enum StandardStream: Int32, Sendable {
    case output = 1
    case error = 2

    private static let problems = Mutex<[Int32: String]>([:])

    /// Why something could not be written to it; nil while all was.
    package var problem: String? { StandardStream.problems.withLock { $0[rawValue] } }

    /// Writes a line; what could drive a terminal is made visible.
    package func line(text: String) {
        write(wiped + text.safe(for: .log) + "\n")
    }

    /// Writes lines, each as `line` does.
    package func lines(texts: [String]) {
        write(wiped + texts.map { $0.safe(for: .log) + "\n" }.joined())
    }

    /// Writes a document that has gone through the door piece by piece as it was made: JSON, HTML.
    package func document(text: String) { write(text) }

    /// Writes over the line that stands on the terminal, without ending it; an empty text wipes it.
    package func status(text: String) {
        StandardStream.statuses.withLock { if text.isEmpty { $0.remove(rawValue) } else { $0.insert(rawValue) } }
        write("\r" + (text.isEmpty ? "" : text.safe(for: .terminal)) + "\u{1B}[K")
    }

    /// The streams on which a status stands.
    private static let statuses = Mutex<Set<Int32>>([])

    /// What wipes a status away, or nothing: a line would else begin behind it.
    private var wiped: String {
        StandardStream.statuses.withLock { $0.remove(rawValue) } == nil ? "" : "\r\u{1B}[K"
    }

    private struct Hurry {
        var isOn = false
        /// The streams that take nothing.
        var left: Set<Int32> = []
    }

    private static let haste = Mutex(Hurry())

    /// From now on a terminal that takes nothing gets nothing more: the process was asked to end, and would wait for it.
    package static func hurry() {
        haste.withLock { $0.isOn = true }
        for stream in [StandardStream.output, .error] { cs_write_without_waiting(stream.rawValue) }
    }

    /// Puts `/dev/null` in the place of a stream whose other end is gone: a terminal that was closed, a pipe that nobody
    /// reads.
    ///
    /// Before servers are stopped: an event loop that is asked for work after its end says so on stderr, and the library
    /// traps where that cannot be written.
    package static func letGo() {
        for stream in [StandardStream.output, .error] {
            var state = pollfd(fd: stream.rawValue, events: Int16(POLLOUT), revents: 0)
            _ = poll(&state, 1, 0)
            let isGone =
                state.revents & Int16(POLLERR | POLLHUP | POLLNVAL) != 0
                || fcntl(stream.rawValue, F_GETFL) & O_ACCMODE == O_RDONLY
            guard isGone || (stream == .error && stream.problem != nil) else { continue }
            // Who closes a terminal knows that nothing more will stand on it.
            if isGone, !stream.isDevice { stream.note("its other end is gone") }
            let nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC)
            guard nowhere >= 0 else { continue }
            dup2(nowhere, stream.rawValue)
            close(nowhere)
        }
    }

    /// Whether it is a terminal, or another device.
    private var isDevice: Bool {
        var status = stat()
        return fstat(rawValue, &status) == 0 && status.st_mode & S_IFMT == S_IFCHR
    }

    private func note(_ problem: String) {
        StandardStream.problems.withLock { known in
            if known[rawValue] == nil { known[rawValue] = problem }
        }
    }

    private func write(_ text: String) {
        let (isHurried, isLeft) = StandardStream.haste.withLock { ($0.isOn, $0.left.contains(rawValue)) }
        // Each line would wait for itself.
        if isLeft { return }
        // What was printed by others comes first, where it was printed first.
        if self == .output { cs_flush_output() }
        let patience: Int32? = isHurried ? 200 : nil
        guard let problem = FileWriting.write(Array(text.utf8)[...], to: rawValue, patience: patience).problem
        else { return }
        if isHurried {
            StandardStream.haste.withLock { _ = $0.left.insert(rawValue) }
            return
        }
        note(problem)
    }
}
