// A program in Python that a test talks to: a real server, or a reader by the standard's own messages.

import Foundation

@testable import InspectorCore

/// One of the programs of `Tests/Peers`, run by the Python that `make setup-test` sets up.
final class PeerProgram {
    private let child: Child

    /// The folder of that Python's own programs.
    static let programs = Program.root.appendingPathComponent(".build/python/bin")

    /// Starts `Tests/Peers/SCRIPT`.
    init(_ script: String, _ arguments: [String]) throws {
        let python = Self.programs.appendingPathComponent("python").path
        guard FileManager.default.isExecutableFile(atPath: python) else {
            throw ProgramError(description: "\(python) is missing: run make setup-test.")
        }
        child = try Child([python, Program.root.appendingPathComponent("Tests/Peers/\(script)").path] + arguments)
    }

    /// The port, which it says first.
    func port() throws -> Int {
        _ = Program.wait { child.output.contains("\n") || !child.isRunning }
        guard let port = child.output.split(separator: "\n").first.flatMap({ Int($0) }) else {
            throw ProgramError(description: "It said no port: \(child.output)\(child.error)")
        }
        return port
    }

    /// What it has told since, a line of JSON each.
    var told: [JSON] {
        child.output.split(separator: "\n").dropFirst().compactMap { try? JSON(parsing: Array($0.utf8)) }
    }
}
