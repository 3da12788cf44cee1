// stdout and stderr while the screen is up: a line that went to the terminal would tear the picture.

internal import CInspectorSystem
internal import Glibc
internal import Synchronization

/// Catches what is printed, puts its lines into a book, and gives the streams back.
package final class CaughtOutput: Sendable {
    private struct State {
        var isOver = false
        var errorListener: ErrorListener?
    }

    private struct ErrorListener: Sendable {
        var begin: @Sendable () -> Bool
        var end: @Sendable (UnsafeRawBufferPointer) -> Void
    }

    /// Where stdout and stderr went before.
    package let savedOutput: Int32
    package let savedError: Int32
    /// Where what is printed can be read.
    package let errorPipe: Int32

    private let book: OutputBook
    private let outputPipe: Int32
    private let state = Mutex(State())
    private let ended = [Bell(), Bell()]

    /// Takes both streams.
    ///
    /// - Returns: nil when the system has no descriptors or threads left; nothing is changed then.
    package init?(book: OutputBook) {
        self.book = book
        var pipes: [[Int32]] = [[-1, -1], [-1, -1]]
        guard pipe(&pipes[0]) == 0, pipe(&pipes[1]) == 0 else { return nil }
        savedOutput = dup(1)
        savedError = dup(2)
        guard savedOutput >= 0, savedError >= 0 else { return nil }
        outputPipe = pipes[0][0]
        errorPipe = pipes[1][0]
        cs_flush_output()
        dup2(pipes[0][1], 1)
        dup2(pipes[1][1], 2)
        close(pipes[0][1])
        close(pipes[1][1])
        for descriptor in [savedOutput, savedError, outputPipe, errorPipe] {
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        }
        cs_line_buffer_stdout()
        do throws(ThreadError) {
            try OwnThread.start("stdout-reader") { [self] in read(outputPipe, isError: false, ended: ended[0]) }
            try OwnThread.start("stderr-reader") { [self] in read(errorPipe, isError: true, ended: ended[1]) }
        } catch {
            giveBack()
            return nil
        }
    }

    /// Hands over what comes by stderr as it comes, on the reader's thread.
    ///
    /// - Parameters:
    ///   - begin: called before bytes are taken out of the pipe. False leaves them there, and no more are taken: somebody
    ///     else reads them.
    ///   - end: called with what was taken, also when that is nothing.
    package func onErrors(
        begin: @escaping @Sendable () -> Bool, end: @escaping @Sendable (UnsafeRawBufferPointer) -> Void
    ) {
        state.withLock { $0.errorListener = ErrorListener(begin: begin, end: end) }
    }

    /// Gives the streams back and prints what was caught and logged, so that nothing is lost.
    ///
    /// - Parameter isHurried: whether the process was asked to end, and must not wait for a terminal that takes nothing.
    package func end(isHurried: Bool = false) {
        let isFirst = state.withLock { state in
            defer { state.isOver = true }
            return !state.isOver
        }
        guard isFirst else { return }
        cs_flush_output()
        giveBack()
        if isHurried { StandardStream.hurry() }
        // With the writing ends gone the readers see the end.
        for bell in ended { bell.wait(seconds: 1) }
        if book.dropped > 0 { StandardStream.output.line(text: "… \(book.dropped) earlier lines were printed") }
        for line in book.lines { (line.isError ? StandardStream.error : .output).line(text: line.text) }
    }

    private func giveBack() {
        dup2(savedOutput, 1)
        dup2(savedError, 2)
    }

    private func read(_ descriptor: Int32, isError: Bool, ended: Bell) {
        var buffer = [UInt8](repeating: 0, count: 4096)
        var rest: [UInt8] = []
        while true {
            // The wait comes before the listener is asked: what it does between its two calls has to be short.
            var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            if poll(&ready, 1, -1) < 0, errno == EINTR { continue }
            let listener = isError ? state.withLock { $0.errorListener } : nil
            if let listener, !listener.begin() { break }
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            let error = errno
            if let listener {
                buffer.withUnsafeBytes { listener.end(UnsafeRawBufferPointer(rebasing: $0[..<max(0, count)])) }
            }
            if count < 0, error == EINTR { continue }
            if count <= 0 { break }
            rest += buffer[..<count]
            while let end = rest.firstIndex(of: 10) {
                keep(rest[..<end], isError: isError)
                rest = Array(rest[(end + 1)...])
            }
            if rest.count > 8192 {
                keep(rest[...], isError: isError)
                rest = []
            }
        }
        if !rest.isEmpty { keep(rest[...], isError: isError) }
        ended.ring()
    }

    private func keep(_ bytes: ArraySlice<UInt8>, isError: Bool) {
        // Windows' line ends are no part of a line.
        let line = bytes.last == 13 ? bytes.dropLast() : bytes
        book.add(OutputLine(time: MonotonicClock.now(), text: String(showing: line), isError: isError))
    }
}
