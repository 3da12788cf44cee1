// The built program, run as a user would: in a real terminal by tmux, or with its output in a pipe.

import Foundation
import Glibc

/// What went wrong with the means of a test.
struct ProgramError: Error, CustomStringConvertible {
    let description: String
}

/// Runs commands, and waits for what they say.
enum Program {
    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    /// The program that was built with these tests, or the one that `INSPECTOR_PROGRAM` names: the release build, say.
    static let path =
        ProcessInfo.processInfo.environment["INSPECTOR_PROGRAM"].map { URL(fileURLWithPath: $0).path }
        ?? root.appendingPathComponent(".build/debug/inspector").path

    /// Waits until `condition` holds, for `seconds` at most; whether it came to hold.
    static func wait(seconds: Double = 60, for condition: () throws -> Bool) rethrows -> Bool {
        let limit = Date().addingTimeInterval(seconds)
        repeat {
            if try condition() { return true }
            var pause = timespec(tv_sec: 0, tv_nsec: 20_000_000)
            nanosleep(&pause, nil)
        } while Date() < limit
        return try condition()
    }

    /// Runs a command to its end.
    @discardableResult
    static func run(
        _ words: [String], environment: [String: String] = [:]
    ) throws -> (
        code: Int32, output: String, error: String
    ) {
        let child = try Child(words, environment: environment)
        let code = child.wait()
        return (code, child.output, child.error)
    }

    /// Copies a program to where it is to be run.
    ///
    /// By a process of its own: a descriptor of ours that is open for writing is inherited by the children that other
    /// tests start meanwhile, and a file that somebody may write cannot be run ("Text file busy").
    static func install(_ program: String, at path: String) throws {
        let result = try run(["install", "-m", "755", program, path])
        guard result.code == 0 else { throw ProgramError(description: "\(path): \(result.error)") }
    }

    /// Makes a script that can be run; by a process of its own, as `install` does.
    static func install(script: String, at path: String) throws {
        let result = try run(["bash", "-c", "printf '%s' \"$1\" > \"$2\" && chmod 755 \"$2\"", "script", script, path])
        guard result.code == 0 else { throw ProgramError(description: "\(path): \(result.error)") }
    }

    /// A folder of the test's own.
    static func makeFolder() throws -> URL {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("inspector-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return folder
    }

    /// The answer's body, or nil when there was none.
    static func fetch(_ url: String) throws -> String? {
        let answer = try run(["curl", "-s", "-m", "20", url])
        return answer.code == 0 ? answer.output : nil
    }
}

/// A child process with its output in files.
///
/// Foundation's `Process` is not used: it learns of a child's end by a socket that grandchildren inherit, and so waits
/// for ever for one that leaves a daemon behind, as tmux does.
final class Child {
    let pid: pid_t
    private let folder: URL
    private var code: Int32?

    init(_ words: [String], environment: [String: String] = [:]) throws {
        folder = try Program.makeFolder()
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        for (descriptor, name) in [(Int32(1), "output"), (Int32(2), "error")] {
            posix_spawn_file_actions_addopen(
                &actions, descriptor, folder.appendingPathComponent(name).path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        }
        let all = ProcessInfo.processInfo.environment.merging(environment) { _, new in new }
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        var variables: [UnsafeMutablePointer<CChar>?] = all.map { strdup("\($0)=\($1)") } + [nil]
        defer { for pointer in arguments + variables { free(pointer) } }
        // Test functions run on Dispatch's threads, which block most signals; a child would inherit that, and could not
        // be asked to stop.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        // Nor does it inherit what the tests themselves were started to ignore, under nohup say.
        var stops = sigset_t()
        sigemptyset(&stops)
        for signal in [SIGHUP, SIGINT, SIGQUIT, SIGTERM] { sigaddset(&stops, signal) }
        posix_spawnattr_setsigdefault(&attributes, &stops)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        var pid = pid_t()
        let failure = posix_spawnp(&pid, words[0], &actions, &attributes, &arguments, &variables)
        guard failure == 0 else { throw ProgramError(description: "\(words): \(String(cString: strerror(failure)))") }
        self.pid = pid
    }

    deinit {
        if code == nil {
            kill(pid, SIGKILL)
            _ = wait()
        }
        try? FileManager.default.removeItem(at: folder)
    }

    var output: String { read("output") }
    var error: String { read("error") }

    /// Whether it has not ended.
    var isRunning: Bool {
        if code != nil { return false }
        var status: Int32 = 0
        if waitpid(pid, &status, WNOHANG) == pid { code = Child.code(of: status) }
        return code == nil
    }

    /// Waits for its end; its exit code, or the number of the signal that ended it.
    func wait() -> Int32 {
        if let code { return code }
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        let code = Child.code(of: status)
        self.code = code
        return code
    }

    private static func code(of status: Int32) -> Int32 { status & 0x7F == 0 ? (status >> 8) & 0xFF : status & 0x7F }

    private func read(_ name: String) -> String {
        let data = (try? Data(contentsOf: folder.appendingPathComponent(name))) ?? Data()
        return String(decoding: data, as: UTF8.self)
    }
}

/// The built program, going on while the test looks at it.
final class RunningProgram {
    private let child: Child

    init(_ arguments: [String], environment: [String: String] = [:], path: String = Program.path) throws {
        child = try Child([path] + arguments, environment: environment)
    }

    deinit { if child.isRunning { _ = stop() } }

    var output: String { child.output + child.error }

    /// The address that it says it serves.
    func url() throws -> String {
        _ = Program.wait { output.contains(" on http") || !child.isRunning }
        guard let match = output.firstMatch(of: /http:\/\/[0-9.]+:[0-9]+/) else {
            throw ProgramError(description: "It said no address: \(output)")
        }
        return String(match.0)
    }

    /// Asks it to stop, and gives its exit code.
    func stop(_ signal: Int32 = SIGTERM) -> Int32 {
        kill(child.pid, signal)
        return child.wait()
    }

    /// Waits for its end.
    func wait() -> Int32 { child.wait() }
}

/// A real terminal with a shell in it.
final class Tmux {
    private let socket = "inspector-\(UUID().uuidString.prefix(8))"

    /// Starts a terminal of that size, with a shell whose prompt is `$ `.
    init(width: Int, height: Int) throws {
        try tmux([
            "-f", "/dev/null", "new-session", "-d", "-x", "\(width)", "-y", "\(height)", "bash --norc --noprofile",
        ])
        try type("PS1='$ '; export LC_ALL=C.UTF-8 SWIFT_BACKTRACE=enable=no; clear")
        guard try Program.wait(for: { try screen().hasPrefix("$") }) else {
            throw ProgramError(description: "tmux shows no prompt: \(try screen())")
        }
    }

    deinit { _ = try? tmux(["kill-server"]) }

    /// What stands on the screen.
    func screen() throws -> String { try tmux(["capture-pane", "-p"]) }

    /// What stands on the screen and above it, with the lines whole that the terminal broke at its width.
    func history() throws -> String { try tmux(["capture-pane", "-p", "-J", "-S", "-500"]) }

    /// Presses keys, one after another; after an escape with the pause that a person makes, for an escape and a key at once
    /// are that key with Alt.
    func press(_ keys: String...) throws {
        var waiting: [String] = []
        for key in keys {
            waiting.append(key)
            guard key == "Escape" else { continue }
            try tmux(["send-keys"] + waiting)
            waiting = []
            var pause = timespec(tv_sec: 0, tv_nsec: 150_000_000)
            nanosleep(&pause, nil)
        }
        if !waiting.isEmpty { try tmux(["send-keys"] + waiting) }
    }

    /// Pastes a text, with marks around it where the program has asked for them.
    func paste(_ text: String) throws {
        try tmux(["set-buffer", text])
        try tmux(["paste-buffer", "-p"])
    }

    /// Types a line and ends it.
    func type(_ text: String) throws {
        try tmux(["send-keys", "-l", text])
        try tmux(["send-keys", "Enter"])
    }

    func resize(_ width: Int, _ height: Int) throws {
        try tmux(["resize-window", "-x", "\(width)", "-y", "\(height)"])
    }

    /// Waits until the screen fulfils `condition`; what it shows then.
    func wait(seconds: Double = 60, _ what: String, _ condition: (String) -> Bool) throws -> String {
        guard try Program.wait(seconds: seconds, for: { condition(try screen()) }) else {
            throw ProgramError(description: "The screen never showed \(what). It shows:\n\(try screen())")
        }
        return try screen()
    }

    @discardableResult
    private func tmux(_ words: [String]) throws -> String {
        let result = try Program.run(["tmux", "-L", socket] + words)
        guard result.code == 0 else { throw ProgramError(description: "tmux \(words): \(result.error)") }
        return result.output
    }
}
