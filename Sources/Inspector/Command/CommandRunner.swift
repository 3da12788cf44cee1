// From the words on the command line to a run, and to an exit code: 0 done, 1 bad input, 2 wrong use.

internal import ArgumentParser
internal import CInspectorSystem
internal import Foundation
internal import Glibc
internal import InspectorCore
internal import Logging

/// Runs the command.
struct CommandRunner {
    private let factories: [AppFactory]
    private let sink: LogSink
    private let settings: Settings
    /// What is wrong with the settings file.
    private let problems: [String]

    static let names = ["run", "replay", "plan", "record", "open", "convert", "apps", "help"]

    static func run(_ arguments: [String], hosting factories: [AppFactory]) -> Never {
        CrashGuard.catchStopSignals()
        raiseOpenFiles()
        cs_bound_heap(Int32(ProcessInfo.processInfo.activeProcessorCount) + 2, 1 << 20)
        let sink = LogSink { TaskContext.current?.call.log.summary.id }
        LoggingSystem.bootstrap { RequestLogHandler(label: $0, sink: sink) }
        let (settings, problems) = Settings.read(Settings.path(ProcessInfo.processInfo.environment))
        let runner = CommandRunner(factories: factories, sink: sink, settings: settings, problems: problems)
        runner.run(arguments)
    }

    /// As many open files as the system allows: each connection is one, and the usual 1024 are soon used up.
    private static func raiseOpenFiles() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    private func run(_ arguments: [String]) -> Never {
        var arguments = arguments
        // Without a subcommand it is `run`, said here: the library's own default makes of a mistyped word an
        // "unexpected argument", which helps nobody.
        if let first = arguments.first {
            if !CommandRunner.names.contains(first), first != "--help", first != "-h", first != "--version" {
                arguments.insert("run", at: 0)
            }
        } else {
            arguments = ["run"]
        }
        do {
            let command = try InspectorCommand.parseAsRoot(arguments)
            switch command {
            case let command as RunCommand: try serve(command)
            case let command as ReplayCommand: try replay(command)
            case let command as PlanCommand: try plan(command)
            case let command as RecordCommand: try record(command)
            case let command as OpenCommand: try open(command)
            case let command as ConvertCommand: try convert(command)
            case is AppsCommand: Self.list(HostedApp.all(factories, isDeadly: true))
            default:
                var command = command
                try command.run()
            }
            Self.finish(0)
        } catch let error as UsageError {
            Self.say(error.description)
            Self.finish(2)
        } catch let error as ExitCode {
            Self.finish(error.rawValue)
        } catch let error where Self.isOwn(error) {
            Self.say("\(error)")
            Self.finish(1)
        } catch {
            let text = InspectorCommand.fullMessage(for: error)
            let isHelp = InspectorCommand.exitCode(for: error) == .success
            if isHelp { print(text) } else { StandardStream.error.lines(text.components(separatedBy: "\n")) }
            // The library's own code for wrong use is 64.
            Self.finish(isHelp ? 0 : 2)
        }
    }

    private static func isOwn(_ error: any Error) -> Bool {
        error is ListenError || error is TrafficFileError || error is AppProblems || error is ThreadError
    }

    private static func say(_ text: String) {
        StandardStream.error.line("inspector: " + text)
    }

    /// What became of the requests: on the error stream, for the other may be read by a program.
    private static func tell(_ report: StopReport, onlyStuck: Bool = false) {
        for line in onlyStuck && report.stuck.isEmpty ? [] : report.lines { say(line) }
    }

    private static func finish(_ code: Int32) -> Never {
        fflush(nil)
        exit(code)
    }

    // MARK: Subcommands

    private func serve(_ command: RunCommand) throws {
        let options = command.serve.filled(from: settings)
        let app = try choose(command.app, options)
        let host = try makeHost(app, options, isInspecting: !command.noInspect)
        defer { Self.tell(host.stop()) }
        if try !command.headless && !command.noInspect
            && present(host, options, TrafficSource.atHand(), isReplay: false)
        {
            return
        }
        try Headless(host, isQuiet: command.quiet).run()
    }

    private func replay(_ command: ReplayCommand) throws {
        let options = command.serve.filled(from: settings)
        let app = try choose(command.app, options)
        var replay = command.replay.options(seed: options.seed)
        if app.name == "model" { replay.model = command.model.options(seed: options.seed) }
        let traffic = try TrafficSource(files: command.files, options: replay)
        for note in traffic.notes.prefix(20) { Self.say(note) }
        if traffic.notes.count > 20 {
            Self.say("and \(traffic.notes.count - 20) more remarks: inspector plan shows them")
        }
        if let words = traffic.cutWords { Self.say(words) }
        for problem in traffic.problems { Self.say(problem) }
        guard !traffic.plan.items.isEmpty else {
            // What ended the reading says enough.
            guard traffic.problems.isEmpty else { throw ExitCode(1) }
            throw TrafficFileError(
                file: traffic.name ?? "",
                reason: traffic.plan.entries > 0
                    ? "none of its \(traffic.plan.entries) entries is replayed: inspector plan says why"
                    : "it holds no request that can be replayed")
        }
        let host = try makeHost(app, options, keepsLittle: command.headless)
        defer { Self.tell(host.stop(), onlyStuck: true) }
        let model = replay.model.map { $0.words(traffic.plan) }
        if !command.headless {
            if try present(host, options, traffic, isReplay: true, about: model) {
                // What could be read was replayed; the rest of the file is still bad input.
                if !traffic.problems.isEmpty { throw ExitCode(1) }
                return
            }
        }
        let run = ReplayRun(host, traffic, workerCounts: options.workerCounts, model: model)
        guard let result = try run.result() else { throw ExitCode(130) }
        try write(result, command)
        if !traffic.problems.isEmpty { throw ExitCode(1) }
        if command.strict, !result.scheduleKept || result.lanes.contains(where: { $0.differ > 0 || $0.failed > 0 }) {
            throw ExitCode(3)
        }
    }

    private func write(_ result: ReplayResult, _ command: ReplayCommand) throws {
        let report = ReplayReport(result) { TimeText.short($0) }
        let text: String
        switch command.report {
        case .json: text = String(decoding: report.json.encoded, as: UTF8.self) + "\n"
        case .text: text = report.lines.map(\.madeVisible).joined(separator: "\n") + "\n"
        case .html: text = report.html
        }
        guard let file = command.output else {
            print(text, terminator: "")
            return
        }
        do { try Data(text.utf8).write(to: URL(fileURLWithPath: file)) } catch {
            throw TrafficFileError(file: file, reason: "the report cannot be written (\(error.localizedDescription))")
        }
    }

    private func plan(_ command: PlanCommand) throws {
        let apps = HostedApp.all(factories)
        let app = try choose(command.app, among: apps)
        let traffic = try TrafficSource(files: command.files, options: command.replay.options(seed: command.seed))
        for line in PlanReport(traffic, app).lines { print(line) }
        if !traffic.problems.isEmpty { throw ExitCode(1) }
    }

    private func convert(_ command: ConvertCommand) throws {
        if command.output.hasSuffix(".trace.json") || command.output.hasSuffix(".otlp.json") {
            try convertTraces(command)
            return
        }
        guard let kind = TrafficWriter.Kind(file: command.output) else {
            throw UsageError(
                description:
                    "\(command.output): its name ends in no kind that can be written: .har, .gor, .vegeta.json, "
                    + ".jsonl; of a recording also .trace.json and .otlp.json.")
        }
        let traffic = try TrafficSource(files: [command.input], options: ReplayOptions())
        for note in traffic.notes { Self.say(note) }
        for problem in traffic.problems { Self.say(problem) }
        let writer = try TrafficWriter(kind, path: command.output)
        var written = 0
        for item in traffic.plan.items {
            let request: RecordedRequest
            do throws(RecordedRequest.Refusal) { request = try traffic.plan.request(item) } catch {
                throw TrafficFileError(file: command.input, reason: error.reason)
            }
            try writer.write(request)
            written += 1
        }
        try writer.finish()
        for (what, count) in writer.left.sorted(by: { $0.key < $1.key }) { Self.say("\(count) times: \(what)") }
        let left = traffic.plan.entries - written
        print("\(command.output): \(written) requests" + (left > 0 ? ", \(left) entries left out" : ""))
        if !traffic.problems.isEmpty { throw ExitCode(1) }
    }

    /// A recording's traces for Perfetto or OpenTelemetry.
    private func convertTraces(_ command: ConvertCommand) throws {
        let recording = try OpenedRecording(path: command.input)
        for note in recording.notes.prefix(20) { Self.say("\(command.input): \(note)") }
        let isOTLP = command.output.hasSuffix(".otlp.json")
        let traces = recording.lanes.flatMap(\.traces)
        let document =
            isOTLP
            ? OTLP.document(traces, app: recording.app, offset: recording.clock)
            : ChromeTrace.document(recording.lanes.map { ($0.traces, $0.threadNames) })
        guard !FileManager.default.fileExists(atPath: command.output) else {
            throw TrafficFileError(file: command.output, reason: "it is there already; nothing was written")
        }
        guard
            FileManager.default.createFile(
                atPath: command.output, contents: Data(document.encoded), attributes: [.posixPermissions: 0o600])
        else { throw TrafficFileError(file: command.output, reason: "it cannot be made") }
        print("\(command.output): \(traces.count) requests")
    }

    private func makeHost(
        _ app: HostedApp, _ options: ServeOptions, keepsLittle: Bool = false, isInspecting: Bool = true
    ) throws -> Host {
        for problem in problems { Self.say(problem) }
        ThreadRecord.name("main", track: ThreadRecord.track)
        SignalStacks.shared.useForEver()
        return try CrashGuard.keepingResizesHere {
            let host = try Host(
                app, options, keepsLittle: keepsLittle && options.record == nil, isInspecting: isInspecting)
            if let recorder = options.recorder {
                do { try host.record(recorder) } catch {
                    _ = host.stop()
                    throw error
                }
            }
            return host
        }
    }

    private func record(_ command: RecordCommand) throws {
        var options = command.serve.filled(from: settings)
        options.record = command.file
        let host = try makeHost(choose(command.app, options), options)
        try Headless(host, isQuiet: command.quiet).run()
        Self.tell(host.stop())
        if let status = host.recorder?.status {
            print(
                "\(command.file): \(status.written) requests" + (status.lost > 0 ? ", \(status.lost) lost" : "")
                    + (status.problem.map { " (\($0))" } ?? ""))
        }
    }

    private func open(_ command: OpenCommand) throws {
        let recording = try OpenedRecording(path: command.file)
        for note in recording.notes.prefix(20) { Self.say("\(command.file): \(note)") }
        let source = OpenedSource(recording)
        guard isatty(1) == 1 else {
            for lane in recording.lanes { for trace in lane.traces { print(Headless.line(for: trace)) } }
            return
        }
        ThreadRecord.name("main", track: ThreadRecord.track)
        let isShown = try show { book in
            Console(opening: source, book, usesMouse: command.mouse || settings.usesMouse, problems: problems)
        }
        if !isShown { for lane in recording.lanes { for trace in lane.traces { print(Headless.line(for: trace)) } } }
    }

    /// The dashboard where there is a terminal for it; false where there is none.
    private func present(
        _ host: Host, _ options: ServeOptions, _ traffic: TrafficSource, isReplay: Bool, about: String? = nil
    ) throws -> Bool {
        guard isatty(1) == 1 else { return false }
        return try show(replayAtOnce: isReplay) { book in
            Console(
                host, traffic: traffic, book, usesMouse: options.mouse, problems: problems + [about].compactMap { $0 })
        }
    }

    /// Shows a console until it is left; false when the terminal cannot be drawn on, which is said.
    private func show(replayAtOnce: Bool = false, _ make: (OutputBook) throws -> Console) throws -> Bool {
        let book = OutputBook()
        let caught = CrashGuard.keepingResizesHere { CaughtOutput(book: book) }
        sink.use(book)
        defer { sink.use(nil) }
        let environment = ProcessInfo.processInfo.environment
        let colors = Terminal.Colors(asks: settings.asksForGround(environment)) { count, isLight in
            settings.choice(colors: count, environment, isLight: isLight)
        }
        var terminal: Terminal
        do throws(TerminalRefusal) { terminal = try Terminal.open(caught: caught, colors) } catch {
            caught?.end()
            Self.say(error.reason + " Plain lines follow.")
            return false
        }
        do {
            var console = try make(book)
            console.run(on: &terminal, settings.characters, replayAtOnce: replayAtOnce)
        } catch {
            _ = consume terminal
            caught?.end()
            throw error
        }
        _ = consume terminal
        caught?.end()
        return true
    }

    private static func list(_ apps: [HostedApp]) {
        for app in apps {
            print(app.name)
            for route in app.routes {
                print("  \(route.methods.joined(separator: ",")) \(route.rule)")
            }
        }
    }

    private func choose(_ name: String?, _ options: ServeOptions) throws(UsageError) -> HostedApp {
        try choose(name, among: HostedApp.all(factories, isDeadly: options.deadly))
    }

    private func choose(_ name: String?, among apps: [HostedApp]) throws(UsageError) -> HostedApp {
        guard let name else {
            guard let first = apps.first else { throw UsageError(description: "No app is hosted by this program.") }
            return first
        }
        if let app = apps.first(where: { $0.name == name }) { return app }
        func nearest(_ names: [String]) -> String {
            names.sorted { (EditDistance.between($0, name), $0) < (EditDistance.between($1, name), $1) }
                .joined(separator: ", ")
        }
        throw UsageError(
            description: "There is no app or subcommand “\(name)”. Apps: \(nearest(apps.map(\.name))). "
                + "Subcommands: \(nearest(CommandRunner.names)).")
    }
}

/// Wrong use of the command, said in a sentence.
///
/// Exit code 2.
struct UsageError: Error, CustomStringConvertible {
    let description: String
}
