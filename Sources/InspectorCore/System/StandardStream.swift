// The process's own output and error stream: the one place that writes to them, so that nothing goes round the door for
// text, and nothing that is lost goes unmentioned.

internal import CInspectorSystem
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
    package func line(_ text: String) {
        write(text.safe(for: .log) + "\n")
    }

    /// Writes lines, each as `line` does.
    package func lines(_ texts: [String]) {
        write(texts.map { $0.safe(for: .log) + "\n" }.joined())
    }

    /// Writes a document that has gone through the door piece by piece as it was made: JSON, HTML.
    package func document(_ text: String) { write(text) }

    /// Writes over the line that stands on the terminal, without ending it; an empty text wipes it.
    package func status(_ text: String) {
        write("\r" + (text.isEmpty ? "" : text.safe(for: .terminal)) + "\u{1B}[K")
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
        StandardStream.problems.withLock { known in
            if known[rawValue] == nil { known[rawValue] = problem }
        }
    }
}
