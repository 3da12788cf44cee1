// The traffic that a run has at hand: files named on the command line, or the one that comes with the program.

internal import Foundation
internal import InspectorCore

/// Files to replay, looked through once.
struct TrafficSource {
    /// Their names, for the screen; nil when none is at hand.
    let name: String?
    /// What was found in them.
    let indexes: [TrafficIndex]
    /// How they are replayed.
    let options: ReplayOptions
    /// Sentences about what could not be read.
    let problems: [String]
    /// What will be sent.
    let plan: Plan

    /// Reads files that the user named.
    ///
    /// - Throws: `TrafficFileError` when nothing can be read of one of them.
    init(
        files: [String], options: ReplayOptions, reading: TrafficReading = TrafficReading()
    ) throws(TrafficFileError) {
        var indexes: [TrafficIndex] = []
        for file in files {
            // A copied binary has it as well; a file of that name that is there is meant first.
            if file == TrafficSource.ownName, !FileManager.default.fileExists(atPath: file),
                let own = TrafficSource.own()
            {
                indexes.append(own)
            } else {
                indexes.append(try TrafficIndex(path: file, reading: reading))
            }
        }
        self.init(indexes: indexes, name: files.joined(separator: " "), options: options)
    }

    private init(indexes: [TrafficIndex], name: String?, options: ReplayOptions) {
        self.indexes = indexes
        self.name = name
        self.options = options
        problems = indexes.compactMap { $0.failure?.description }
        plan = Plan(indexes: indexes, options: options)
    }

    /// Nothing at hand.
    static var none: TrafficSource { TrafficSource(indexes: [], name: nil, options: ReplayOptions()) }

    /// What the traffic is called that comes with the program.
    static let ownName = "morning.har"

    /// The traffic that comes with the program: beside the installed binary, in the checkout it was built in, or in the
    /// binary itself.
    static func own() -> TrafficIndex? {
        if let path = find(ownName) { return try? TrafficIndex(path: path) }
        return try? TrafficIndex(bytes: TrafficBytes(bytes: PackageResources.morning_har, name: ownName))
    }

    /// That traffic, where it asks for something that `app` has.
    static func atHand(for app: KnownApp) -> TrafficSource {
        guard let index = own(), let first = index.entries.first, let request = try? index.request(first),
            app.hasRoute(request.method, target: request.target)
        else { return none }
        return TrafficSource(indexes: [index], name: ownName, options: ReplayOptions())
    }

    /// What kinds of file they are.
    var format: String {
        var names: [String] = []
        for index in indexes where !names.contains(index.formatName) { names.append(index.formatName) }
        return names.joined(separator: ", ")
    }

    /// A sentence about pauses that are cut; nil when none is.
    var cutWords: String? {
        let (count, time) = plan.cutGaps
        guard count > 0, let most = options.maxGap else { return nil }
        return "\(count) pause\(count == 1 ? "" : "s") of more than \(TimeText.short(nanoseconds: most)) "
            + "\(count == 1 ? "is" : "are") cut to that, \(TimeText.short(nanoseconds: time)) in all: --max-gap none keeps them"
    }

    /// Sentences about what was not taken, or with a change.
    var notes: [String] {
        // The plan's own remarks first: they are of what was asked for, and there are few.
        plan.ownNotes.map(\.description)
            + indexes.flatMap { index in
                let more = index.moreNotes > 0 ? ["\(index.file): and \(index.moreNotes) more remarks"] : []
                return index.notes.map { "\(index.file): \($0)" } + more
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
