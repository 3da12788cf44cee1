// The traffic file that a run has at hand: named on the command line, or the one that comes with the program.

internal import Foundation
internal import InspectorCore

/// A file to replay, read once.
struct TrafficSource {
    /// Its name, for the screen; nil when none is at hand.
    let name: String?
    /// What will be sent.
    let plan: Result<Plan, TrafficFileError>
    /// A sentence about what could not be read, or nil.
    let problem: String?

    /// Reads a file that the user named.
    init(file: String) {
        name = file
        do {
            let recording = try HAR.read(file)
            plan = .success(Plan(recording))
            problem = recording.failure?.description
        } catch {
            plan = .failure(error)
            problem = error.description
        }
    }

    /// The file that comes with the program: beside the installed binary, or in the checkout it was built in.
    init() {
        guard let path = TrafficSource.find("morning.har") else {
            name = nil
            plan = .failure(TrafficFileError(file: "morning.har", reason: "it is not installed with this program"))
            problem = nil
            return
        }
        let source = TrafficSource(file: path)
        name = "morning.har"
        plan = source.plan
        problem = source.problem
    }

    /// Whether nothing at all could be read.
    var isUnusable: Bool {
        switch plan {
        case .success(let plan): plan.items.isEmpty && problem != nil
        case .failure: true
        }
    }

    /// `bin/inspector` has its files in `share/inspector/traffic`; a build lies somewhere under its checkout.
    ///
    /// The package's own bundle is not asked: it traps when it is not where it was built.
    static func find(_ file: String) -> String? {
        let binary = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        var folder = URL(fileURLWithPath: binary).deletingLastPathComponent()
        let installed = folder.deletingLastPathComponent().appendingPathComponent("share/inspector/traffic/\(file)")
        if FileManager.default.fileExists(atPath: installed.path) { return installed.path }
        for _ in 0..<6 {
            let built = folder.appendingPathComponent("demo-apps/traffic/\(file)")
            if FileManager.default.fileExists(atPath: built.path) { return built.path }
            folder = folder.deletingLastPathComponent()
        }
        return nil
    }
}
