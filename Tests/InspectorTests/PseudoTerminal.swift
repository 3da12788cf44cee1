// A terminal made of two descriptors: the test is the terminal, and sees and sends each byte itself.

import Foundation
import Glibc

/// A terminal with a program in it.
final class PseudoTerminal {
    /// What the terminal answers when it is asked.
    struct Answers {
        /// The colour of its ground (OSC 11); nil when it does not know the question.
        var ground: String?
        /// Whether it says what it is (DA1), as all do.
        var attributes = true
    }

    let pid: pid_t
    private let master: Int32
    private let width: Int
    private let height: Int
    private var code: Int32?
    private var answers: Answers
    private var asked = 0
    /// All that the program has written.
    private(set) var output: [UInt8] = []
    /// Whether what the program writes is taken: else the line fills and it has to wait.
    var isReading = true

    /// Starts a program whose terminal it is: the leader of its session, in the foreground.
    ///
    /// - Parameter environment: what is set, or with nil taken away.
    init(
        _ words: [String], environment: [String: String?] = [:], answers: Answers = Answers(), width: Int = 100,
        height: Int = 30
    ) throws {
        self.answers = answers
        master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)
        guard master >= 0 else { throw ProgramError(description: "no pseudo terminal: \(errno)") }
        // TIOCSPTLCK and TIOCGPTN, which are macros that Swift does not import.
        var locked: Int32 = 0
        var number: UInt32 = 0
        guard ioctl(master, 0x4004_5431, &locked) == 0, ioctl(master, 0x8004_5430, &number) == 0 else {
            throw ProgramError(description: "the pseudo terminal has no other end: \(errno)")
        }
        self.width = width
        self.height = height
        var size = winsize(ws_row: UInt16(height), ws_col: UInt16(width), ws_xpixel: 0, ws_ypixel: 0)
        _ = ioctl(master, UInt(TIOCSWINSZ), &size)
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        // The first terminal that the leader of a session opens becomes that session's.
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/pts/\(number)", O_RDWR, 0)
        posix_spawn_file_actions_adddup2(&actions, 0, 1)
        posix_spawn_file_actions_adddup2(&actions, 0, 2)
        var all = ProcessInfo.processInfo.environment
        for name in ["COLORFGBG", "NO_COLOR", "LINES", "COLUMNS", "TERMINFO", "TMUX", "STY"] { all[name] = nil }
        all["TERM"] = "xterm-256color"
        all["LC_ALL"] = "C.UTF-8"
        all["HOME"] = "/nowhere"
        all["XDG_CONFIG_HOME"] = "/nowhere"
        all["SWIFT_BACKTRACE"] = "enable=no"
        for (name, value) in environment { all[name] = value }
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        var variables: [UnsafeMutablePointer<CChar>?] = all.map { strdup("\($0)=\($1)") } + [nil]
        defer { for pointer in arguments + variables { free(pointer) } }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        // POSIX_SPAWN_SETSID, a GNU extension.
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK) | 0x80)
        var pid = pid_t()
        let failure = posix_spawnp(&pid, words[0], &actions, &attributes, &arguments, &variables)
        guard failure == 0 else {
            close(master)
            throw ProgramError(description: "\(words): \(String(cString: strerror(failure)))")
        }
        self.pid = pid
    }

    deinit {
        if code == nil {
            kill(pid, SIGKILL)
            var status: Int32 = 0
            while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        }
        if !isClosed { close(master) }
    }

    private var isClosed = false

    /// Closes the terminal, as its window is closed.
    func hangUp() {
        isClosed = true
        isReading = false
        close(master)
    }

    /// What the program has written, as text.
    var text: String { String(decoding: output, as: UTF8.self) }

    /// What it wrote after the last time that `mark` was called.
    var news: String { String(decoding: output[marked...], as: UTF8.self) }

    private var marked = 0

    func mark() {
        pump()
        marked = output.count
    }

    /// Sends bytes to the program, as typed.
    func send(_ text: String) throws {
        var bytes = Array(text.utf8)[...]
        guard
            Program.wait(for: {
                while !bytes.isEmpty {
                    let count = bytes.withUnsafeBytes { write(master, $0.baseAddress, $0.count) }
                    guard count > 0 else { break }
                    bytes = bytes.dropFirst(count)
                }
                pump()
                return bytes.isEmpty
            })
        else { throw ProgramError(description: "The program takes no more: \(bytes.count) bytes are left.") }
    }

    /// Takes what the program has written, and answers what it asks.
    func pump() {
        guard isReading else { return }
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(master, &buffer, buffer.count)
            guard count > 0 else { break }
            output += buffer[..<count]
        }
        let questions = text.components(separatedBy: "\u{1B}[c").count - 1
        while asked < questions {
            asked += 1
            var reply = ""
            if let ground = answers.ground { reply += "\u{1B}]11;\(ground)\u{1B}\\" }
            if answers.attributes { reply += "\u{1B}[?62;22c" }
            let bytes = Array(reply.utf8)
            _ = bytes.withUnsafeBytes { write(master, $0.baseAddress, $0.count) }
        }
    }

    /// Waits until the program has written something.
    func wait(_ what: String, for condition: (PseudoTerminal) -> Bool) throws {
        let isThere = Program.wait {
            pump()
            return condition(self)
        }
        guard isThere else { throw ProgramError(description: "Never seen: \(what). Written:\n\(text.suffix(3000))") }
    }

    /// Waits until the program has written `part` since the last mark.
    ///
    /// What stands there already is not written again, so the size changes now and then: after that all is.
    func sees(_ part: String) throws {
        var turns = 0
        try wait(part) { terminal in
            if terminal.news.contains(part) || PseudoTerminal.plain(terminal.output[terminal.marked...]).contains(part)
            {
                return true
            }
            turns += 1
            if turns % 15 == 0 { terminal.resize(width: turns % 2 == 0 ? width : width + 1) }
            return false
        }
    }

    private func resize(width: Int) {
        var size = winsize(ws_row: UInt16(height), ws_col: UInt16(width), ws_xpixel: 0, ws_ypixel: 0)
        _ = ioctl(master, UInt(TIOCSWINSZ), &size)
    }

    /// The text without the control sequences in it.
    private static func plain(_ bytes: ArraySlice<UInt8>) -> String {
        var kept: [UInt8] = []
        var rest = bytes
        while let byte = rest.popFirst() {
            guard byte == 27 else {
                kept.append(byte)
                continue
            }
            guard rest.popFirst() == UInt8(ascii: "[") else {
                rest = rest.dropFirst()
                continue
            }
            while let next = rest.popFirst(), !(0x40...0x7E).contains(next) {}
        }
        return String(decoding: kept, as: UTF8.self)
    }

    /// Whether the program goes on.
    var isRunning: Bool {
        if code != nil { return false }
        var status: Int32 = 0
        guard waitpid(pid, &status, WNOHANG) == pid else { return true }
        code = status & 0x7F == 0 ? (status >> 8) & 0xFF : status & 0x7F
        pump()
        return false
    }

    /// Its exit code, or the number of the signal that ended it, once it has ended; nil when it does not end.
    func end(seconds: Double = 30) -> Int32? {
        _ = Program.wait(seconds: seconds) {
            pump()
            return !isRunning
        }
        return code
    }
}
