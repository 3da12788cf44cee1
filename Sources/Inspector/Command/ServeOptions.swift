// How an app is served, as `run` and `replay` take it.

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

/// What is taken out of all that is written, exported and copied.
struct SecretOptions: ParsableArguments {
    @Option(
        help: "A name whose value is a secret too: of a header, a field, a member of JSON. May be given more than once."
    )
    var redact: [String] = []

    @Flag(help: "Keep passwords, tokens and cookies in what is recorded, exported and copied.")
    var noRedact = false

    var redaction: Redaction { Redaction(isOn: !noRedact, names: redact) }

    /// These options, with the names of the settings file.
    func filled(from settings: Settings) -> SecretOptions {
        var options = self
        options.redact += settings.redact
        return options
    }

    func validate() throws {
        for name in redact where !Redaction.isName(name) {
            throw ValidationError("--redact \(name): a name has a letter or a digit.")
        }
    }
}

/// Options of serving.
struct ServeOptions: ParsableArguments {
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

    @Option(
        help: "The port to listen on; 0 takes any free one. Unless named: 8080, or the next free one.",
        transform: { try OptionRanges.port.read($0) })
    var port: Int?

    @Option(help: "The address to listen on.")
    var host = "127.0.0.1"

    @Flag(help: "Listen beyond this machine, where --host says so: whoever reaches the address can use the app.")
    var expose = false

    @Option(
        help: "A host name that requests may name, besides localhost and 127.0.0.1. May be given more than once.")
    var allowHost: [String] = []

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

    @Option(help: "Record what is served into this file; it may not be there yet.")
    var record: String?

    @OptionGroup var secrets: SecretOptions

    @Flag(help: "Replace files that are there: the recording's, a report's.")
    var force = false

    @Option(
        help: "How large a file of the recording becomes before the next is begun, in MB. (default: 100)",
        transform: { try OptionRanges.recordSize.read($0) })
    var recordSize = 100

    @Option(
        help: "How much all files of the recording may take, in MB; the oldest are deleted. (default: 1024)",
        transform: { try OptionRanges.recordTotal.read($0) })
    var recordTotal = 1024

    @OptionGroup var export: ExportArguments

    @Flag(help: "Send to servers on other machines too. Every request, burst and replay goes to them for real.")
    var allowRemote = false

    @Flag(help: "Let the mouse select, scroll and drag; with shift the terminal still selects text.")
    var mouse = false

    /// Whether only this machine can reach the address.
    var isLoopback: Bool { OwnAddress.isLoopback(host) }

    /// The names that are answered to; nil for any: who listens beyond this machine is called by many.
    var hosts: HostHeaderRule? { isLoopback || !allowHost.isEmpty ? HostHeaderRule(more: allowHost) : nil }

    /// What is open to whom; nil while nobody but this machine can reach it.
    var exposure: String? {
        guard !isLoopback else { return nil }
        return "Listening on \(host): whoever reaches it can use the app, its hooks and its upstream with it"
            + (testing ? ", and read every request's trace (--testing)" : "")
            + ". There is no TLS and no password; the lanes' own ports and the dashboard stay on this machine."
    }

    var workers: Int { namedWorkers?.counts.first ?? 4 }
    /// All pool sizes that are to be tried.
    var workerCounts: [Int] { namedWorkers?.counts ?? [4] }
    var modes: [ExecutionMode] { (namedMode ?? .async).modes }
    /// The mode that answers first: async where both are served, because it is the subject.
    var firstMode: ExecutionMode { modes.contains(.async) ? .async : modes[0] }

    /// These options, with what the settings file says where the command line names nothing.
    func filled(from settings: Settings) -> ServeOptions {
        var options = self
        options.namedMode = namedMode ?? settings.mode
        options.namedWorkers = namedWorkers ?? settings.workers.map { WorkersArgument([$0]) }
        options.mouse = mouse || settings.usesMouse
        options.secrets = secrets.filled(from: settings)
        return options
    }

    /// These options for a dashboard: sync and async side by side, unless something else was asked for.
    func shown(isOnScreen: Bool) -> ServeOptions {
        var options = self
        if isOnScreen, namedMode == nil { options.namedMode = .both }
        return options
    }

    /// Refuses what is said of an app where none is hosted: it would be overlooked.
    ///
    /// - Throws: `UsageError`.
    func refuseHosting() throws(UsageError) {
        let said = [
            ("--mode", namedMode != nil), ("--workers", namedWorkers != nil), ("--upstream", upstream != nil),
            ("--sub-threads", subThreads != nil), ("--deadly", deadly),
        ].filter(\.1).map(\.0)
        guard let first = said.first else { return }
        throw UsageError(
            description: "\(first) is said of an app, and only servers elsewhere are watched here. "
                + "inspector run APP --beside NAME=URL shows both.")
    }

    /// How what is served is recorded, if it is.
    var recorder: Recorder.Options? {
        record.map { path in
            var options = Recorder.Options(path: path)
            options.redaction = secrets.redaction
            options.fileLimit = recordSize * 1024 * 1024
            options.totalLimit = recordTotal * 1024 * 1024
            return options
        }
    }

    func validate() throws {
        guard recordTotal >= recordSize else {
            throw ValidationError(
                "--record-size \(recordSize), --record-total \(recordTotal): the total is no less than one file.")
        }
        guard isLoopback || expose else {
            throw ValidationError(
                "--host \(host) would let whoever reaches this machine use the app. Add --expose if that is meant.")
        }
        if let upstream, !upstream.hasPrefix("http://"), !upstream.hasPrefix("https://") {
            throw ValidationError("--upstream \(upstream): an address begins with http:// or https://.")
        }
    }
}
