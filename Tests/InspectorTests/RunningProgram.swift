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
    /// The program that was built with these tests.
    static let path = root.appendingPathComponent(".build/debug/inspector").path

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
    static func run(_ words: [String], environment: [String: String] = [:], in folder: String? = nil) throws -> (
        code: Int32, output: String, error: String
    ) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = words
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { _, new in new }
        if let folder { process.currentDirectoryURL = URL(fileURLWithPath: folder) }
        let output = Pipe()
        let error = Pipe()
        process.standardOutput = output
        process.standardError = error
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let said = output.fileHandleForReading.readDataToEndOfFile()
        let complained = error.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: said, as: UTF8.self), String(decoding: complained, as: UTF8.self))
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

/// A program that goes on while the test looks at it.
final class RunningProgram {
    let process = Process()
    private let folder: URL
    private let log: URL

    /// Starts it with its output in a file.
    init(_ arguments: [String], in folder: String? = nil) throws {
        self.folder = try Program.makeFolder()
        log = self.folder.appendingPathComponent("output")
        try Data().write(to: log)
        let handle = try FileHandle(forWritingTo: log)
        process.executableURL = URL(fileURLWithPath: Program.path)
        process.arguments = arguments
        process.standardOutput = handle
        process.standardError = handle
        process.standardInput = FileHandle.nullDevice
        if let folder { process.currentDirectoryURL = URL(fileURLWithPath: folder) }
        try process.run()
    }

    deinit {
        if process.isRunning { process.terminate() }
        process.waitUntilExit()
        try? FileManager.default.removeItem(at: folder)
    }

    var output: String { (try? String(contentsOf: log, encoding: .utf8)) ?? "" }

    /// The address that it says it serves.
    func url() throws -> String {
        _ = Program.wait { self.output.contains(" on http") || !self.process.isRunning }
        guard let match = output.firstMatch(of: /http:\/\/[0-9.]+:[0-9]+/) else {
            throw ProgramError(description: "It said no address: \(output)")
        }
        return String(match.0)
    }

    /// Asks it to stop, and gives its exit code.
    func stop(_ signal: Int32 = SIGTERM) -> Int32 {
        kill(process.processIdentifier, signal)
        process.waitUntilExit()
        return process.terminationStatus
    }
}

/// A real terminal with a shell in it.
final class Tmux {
    private let socket = "inspector-\(UUID().uuidString.prefix(8))"

    /// Starts a terminal of that size, with a shell whose prompt is `$ `.
    init(width: Int, height: Int) throws {
        try tmux(["-f", "/dev/null", "new-session", "-d", "-x", "\(width)", "-y", "\(height)", "bash --norc --noprofile"])
        try type("PS1='$ '; export LC_ALL=C.UTF-8 SWIFT_BACKTRACE=enable=no; clear")
        guard try Program.wait(for: { try screen().hasPrefix("$") }) else {
            throw ProgramError(description: "tmux shows no prompt: \(try screen())")
        }
    }

    deinit { _ = try? tmux(["kill-server"]) }

    /// What stands on the screen.
    func screen() throws -> String { try tmux(["capture-pane", "-p"]) }

    /// What stands on the screen and above it.
    func history() throws -> String { try tmux(["capture-pane", "-p", "-S", "-500"]) }

    func press(_ keys: String...) throws { try tmux(["send-keys"] + keys) }

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
