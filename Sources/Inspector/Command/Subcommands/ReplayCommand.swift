// `inspector replay`: recorded traffic in the dashboard, or to the end with a report.

internal import ArgumentParser
internal import InspectorCore

struct ReplayCommand: Subcommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Replay recorded traffic: in the dashboard, or --headless with a report.",
        discussion: """
            Reads HAR 1.2, GoReplay .gor and .gor.gz, access logs of the usual servers, vegeta targets, .http files, curl \
            commands, Postman collections and recordings of inspector, and stdin for -; which it is, is seen from what is \
            in the file. Several files are merged by \
            time. --headless sends the whole plan to one lane after the other: only that is a fair comparison.
            """)

    @Argument(help: "The traffic files; - is stdin.")
    var files: [String]

    @Option(help: "The app; the first unless named. `model` answers as was recorded.")
    var app: String?

    @Flag(help: "Without a dashboard: run to the end, print a report.")
    var headless = false

    @Option(help: "The report of --headless: text, json or html.")
    var report = ReportChoice.text

    @Option(help: "The file that the report is written to, instead of stdout (-).")
    var output: String?

    @Flag(help: "Exit with 3 also when the schedule was not kept or answers differ from the recorded ones.")
    var strict = false

    @Option(
        help: ArgumentHelp(
            "A server elsewhere that the traffic is sent to; beside the app's lanes only if --app or --mode is given. May be given more than once.",
            valueName: "name=url"))
    var to: [String] = []

    @OptionGroup var remote: RemoteArguments
    @OptionGroup var reading: ReadingArguments
    @OptionGroup var replay: ReplayArguments
    @OptionGroup var model: ModelArguments
    @OptionGroup var hosting: HostingOptions
    @OptionGroup var serve: ServeOptions

    func run(with runner: CommandRunner) throws {
        let options = serve.filled(from: runner.settings)
        let hosting = hosting.filled(from: runner.settings)
            .shown(isOnScreen: !headless && CommandRunner.hasScreen)
        guard headless || !CommandRunner.hasScreen || (report == .text && output == nil) else {
            throw UsageError(
                description: "--report and --output are of a run without a dashboard: add --headless to write a report."
            )
        }
        // Before the run: its report would have no place to go to.
        if let file = output, file != "-", !options.force, FileWriting.exists(file) {
            throw FileProblem(path: file, reason: "it is there already; nothing was sent. --force replaces it")
        }
        let lanes = try remote.lanes(to, allowRemote: options.allowRemote)
        for warning in RemoteArguments.warnings(lanes) { CommandRunner.say(warning) }
        let isHosting = lanes.targets.isEmpty || self.app != nil || self.hosting.namedMode != nil
        if isHosting {
            try RemoteArguments.refuseHostedNames(lanes)
        } else {
            try self.hosting.refuse()
            try ResourceCheck.forServing()
        }
        let app = isHosting ? try runner.choose(self.app, hosting: hosting) : nil
        var replay = self.replay.options(seed: hosting.seed)
        replay.redaction = options.secrets.redaction
        if app?.name == "model" { replay.model = self.model.options(seed: hosting.seed) }
        let traffic = try TrafficSource(
            files: files, options: replay, reading: reading.reading(seed: hosting.seed))
        for note in traffic.notes.prefix(20) { CommandRunner.say(note) }
        if traffic.notes.count > 20 {
            CommandRunner.say("and \(traffic.notes.count - 20) more remarks: inspector plan shows them")
        }
        if let words = traffic.cutWords { CommandRunner.say(words) }
        for problem in traffic.problems { CommandRunner.say(problem) }
        guard !traffic.plan.items.isEmpty else {
            // What ended the reading says enough.
            guard traffic.problems.isEmpty else { throw ExitCode(1) }
            throw TrafficFileError(
                file: traffic.name ?? "",
                reason: traffic.plan.entries > 0
                    ? "none of its \(traffic.plan.entries) entries is replayed: inspector plan says why"
                    : "it holds no request that can be replayed")
        }
        let host = try runner.makeHost(
            app, hosting: hosting, options: options, remotes: lanes, keepsLittle: headless)
        defer { CommandRunner.tell(CommandRunner.stop(host), onlyStuck: true) }
        let model = replay.model.map { $0.words(plan: traffic.plan) }
        if !headless, try runner.present(host, options: options, traffic: traffic, isReplay: true, about: model) {
            try judge(host.desk.replay?.outcomes.compactMap(\.unanswered) ?? [], isSaid: false)
            // What could be read was replayed; the rest of the file is still bad input.
            if !traffic.problems.isEmpty { throw ExitCode(1) }
            return
        }
        let run = ReplayRun(host: host, traffic: traffic, workerCounts: hosting.workerCounts, model: model)
        guard let result = try run.result() else { throw ExitCode(130) }
        try write(result, runner: runner)
        try judge(result.unanswered, isSaid: output == nil && report == .text)
        if !traffic.problems.isEmpty { throw ExitCode(1) }
        if strict, !result.scheduleKept || result.lanes.contains(where: { $0.differ > 0 || $0.failed > 0 }) {
            throw ExitCode(3)
        }
    }

    /// Ends with 3 where most requests got no answer: whatever the report says of times, nothing was measured.
    private func judge(_ unanswered: [String], isSaid: Bool) throws(ExitCode) {
        guard !unanswered.isEmpty else { return }
        if !isSaid { for sentence in unanswered { CommandRunner.say("the replay is not a success: \(sentence)") } }
        throw ExitCode(3)
    }

    private func write(_ result: ReplayResult, runner: CommandRunner) throws {
        let redaction = serve.secrets.filled(from: runner.settings).redaction
        let written = ReplayReport(result: result, redaction: redaction) { TimeText.short(nanoseconds: $0) }
        let text: String
        switch report {
        case .json: text = String(decoding: written.json.encoded, as: UTF8.self) + "\n"
        case .text: text = written.lines.map(\.madeVisible).joined(separator: "\n") + "\n"
        case .html: text = written.html
        }
        guard let file = output, file != "-" else {
            StandardStream.output.document(text: text)
            return
        }
        try FileWriting.write(Array(text.utf8), toNew: file, replacing: serve.force)
        CommandRunner.say("the report is in \(file)")
    }
}
