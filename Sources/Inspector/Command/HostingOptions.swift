// How an app is hosted, as `run`, `record` and `replay` take it.

internal import ArgumentParser
internal import InspectorCore

/// The modes that `--mode` names.
enum ModeChoice: String, CaseIterable, ExpressibleByArgument {
    case sync
    case async
    case native
    case both
    case all

    var modes: [ExecutionMode] {
        switch self {
        case .sync: [.sync]
        case .async: [.async]
        case .native: [.native]
        case .both: [.sync, .async]
        case .all: [.sync, .async, .native]
        }
    }
}

/// The threads of async functions that `--sub-threads` names.
enum SubThreadChoice: String, CaseIterable, ExpressibleByArgument {
    case call
    case request
    case kept

    var policy: SubThreadPolicy {
        switch self {
        case .call: .perCall
        case .request: .perRequest
        case .kept: .pool(kept: 64)
        }
    }
}

/// Options of an app that is hosted here.
struct HostingOptions: ParsableArguments {
    @Option(
        name: .customLong("mode"),
        help:
            "How functions run: sync, async, native, both (sync and async side by side) or all. (default: both in a dashboard, else async)"
    )
    var namedMode: ModeChoice?

    @Option(
        name: .customLong("workers"),
        help: "Worker threads of each lane, 1 to 512; replay --headless tries several: 2,4,8. (default: 4)",
        transform: { try WorkersArgument(reading: $0) })
    var namedWorkers: WorkersArgument?

    @Option(help: "The URL of the external API that the app calls, instead of the simulated one.")
    var upstream: String?

    @Option(
        help: "Decides the latencies of the simulated API. (default: 1)", transform: { try OptionRanges.seed.read($0) })
    var seed: UInt64 = 1

    @Flag(help: "Also serve routes that end the process, where the app has some.")
    var deadly = false

    @Option(
        help: "The thread of an async function: a new one for each call, one for each request, or kept ones.")
    var subThreads: SubThreadChoice?

    @Flag(help: "Hand out traces to test clients (TestClient(server:)): whoever reaches the address can read them.")
    var testing = false

    var workers: Int { namedWorkers?.counts.first ?? 4 }
    /// All pool sizes that are to be tried.
    var workerCounts: [Int] { namedWorkers?.counts ?? [4] }
    var modes: [ExecutionMode] { (namedMode ?? .async).modes }
    /// The mode that answers first: async where both are served, because it is the subject.
    var firstMode: ExecutionMode { modes.contains(.async) ? .async : modes[0] }

    /// These options, with what the settings file says where the command line names nothing.
    func filled(from settings: Settings) -> HostingOptions {
        var options = self
        options.namedMode = namedMode ?? settings.mode
        options.namedWorkers = namedWorkers ?? settings.workers.map { WorkersArgument([$0]) }
        return options
    }

    /// These options for a dashboard: sync and async side by side, unless something else was asked for.
    func shown(isOnScreen: Bool) -> HostingOptions {
        var options = self
        if isOnScreen, namedMode == nil { options.namedMode = .both }
        return options
    }

    /// Refuses what is said of an app where none is hosted: it would be overlooked.
    ///
    /// - Throws: `UsageError`.
    func refuse() throws(UsageError) {
        let said = [
            ("--mode", namedMode != nil), ("--workers", namedWorkers != nil), ("--upstream", upstream != nil),
            ("--sub-threads", subThreads != nil), ("--deadly", deadly), ("--testing", testing),
        ].filter(\.1).map(\.0)
        guard let first = said.first else { return }
        throw UsageError(
            description: "\(first) is said of an app, and only servers elsewhere are watched here. "
                + "inspector run APP --beside NAME=URL shows both.")
    }

    func validate() throws {
        if let upstream, !upstream.hasPrefix("http://"), !upstream.hasPrefix("https://") {
            throw ValidationError("--upstream \(upstream): an address begins with http:// or https://.")
        }
    }
}
