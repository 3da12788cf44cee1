// `inspector capacity`: how many workers and instances a load needs.

internal import ArgumentParser
internal import InspectorCore

struct CapacityCommand: Subcommand {
    static let configuration = CommandConfiguration(
        commandName: "capacity",
        abstract: "Say how many workers and instances a load needs, in each mode, by simulation of recorded traffic.",
        discussion: """
            Reads what replay reads. Each recorded request becomes a request of a model: so many external calls, so much \
            CPU. Instances with workers and cores serve them in a simulation; the answer is the fewest instances that meet \
            the target, with the error of the simulation and of the recording. docs/capacity.md says how, and when it is \
            refused.
            """)

    @Argument(help: "The traffic files; - is stdin.")
    var files: [String]

    @Option(
        help: "Decides what is drawn by chance. (default: 1)", transform: { try OptionRanges.seed.read($0) })
    var seed: UInt64 = 1

    @Option(help: "The report: text or json.")
    var report = ReportChoice.text

    @Option(help: "The file that the report is written to, instead of stdout (-).")
    var output: String?

    @Flag(help: "Replace files that are there already.")
    var force = false

    @Flag(help: "Also replay its busiest part here, to each mode, and say how far the simulation is off: a minute.")
    var check = false

    @Flag(help: "Exit with 3 where a mode cannot meet the target, or the plan is withheld.")
    var strict = false

    @Option(help: "Choose requests by what is recorded: \"method:GET path:/shop/* not status:5xx\".")
    var filter: String?

    @OptionGroup var capacity: CapacityArguments
    @OptionGroup var model: ModelArguments
    @OptionGroup var reading: ReadingArguments

    func validate() throws {
        if report == .html { throw ValidationError("--report html: a plan is written as text or json.") }
        if let filter {
            do throws(FilterError) { _ = try Filter(filter) } catch { throw ValidationError("--filter: \(error).") }
        }
    }

    func run(with runner: CommandRunner) throws {
        for file in [output, capacity.saveCosts].compactMap({ $0 }) where file != "-" && !force {
            if FileWriting.exists(file) {
                throw FileProblem(path: file, reason: "it is there already; nothing was planned. --force replaces it")
            }
        }
        var options = ReplayOptions()
        options.seed = seed
        options.filter = filter.flatMap { try? Filter($0) }
        options.model = model.options(seed: seed)
        let traffic = try TrafficSource(files: files, options: options, reading: reading.reading(seed: seed))
        for note in traffic.notes.prefix(20) { CommandRunner.say(note) }
        if let words = traffic.cutWords { CommandRunner.say(words) }
        for problem in traffic.problems { CommandRunner.say(problem) }
        guard !traffic.plan.items.isEmpty else {
            guard traffic.problems.isEmpty else { throw ExitCode(1) }
            throw TrafficFileError(file: traffic.name ?? "", reason: "it holds no request that can be planned for")
        }
        CrashGuard.noteStops()
        let run = CapacityRun(traffic: traffic, arguments: capacity, model: model.options(seed: seed))
        let isStopped = { CrashGuard.stopSignal != nil }
        var answer: CapacityAnswer
        do {
            answer = try run.question(progress: CapacityCommand.status, isStopped: isStopped)
            if answer.withheld == nil {
                let costs = CapacityCostsDesk(runner: runner, arguments: capacity, force: force)
                try costs.find(for: &answer, traffic: traffic, model: model.options(seed: seed), checks: check)
            }
            if answer.withheld == nil {
                try run.plan(&answer, progress: { CapacityCommand.status("planning \($0)") }, isStopped: isStopped)
            }
        } catch is CapacitySearch.Stopped {
            CapacityCommand.status("")
            throw ExitCode(130)
        }
        CapacityCommand.status("")
        try write(answer)
        if !traffic.problems.isEmpty { throw ExitCode(1) }
        if strict, !answer.isMet { throw ExitCode(3) }
    }

    /// A line that the next one replaces, where there is somebody to read it.
    static func status(_ text: String) {
        if CommandRunner.hasErrorScreen { StandardStream.error.status(text: text) }
    }

    private func write(_ answer: CapacityAnswer) throws {
        let text: String
        if report == .json {
            text = String(decoding: answer.json.encoded, as: UTF8.self) + "\n"
        } else {
            let lines = answer.lines { TimeText.short(nanoseconds: $0) }
            text = lines.map(\.madeVisible).joined(separator: "\n") + "\n"
        }
        guard let file = output, file != "-" else {
            StandardStream.output.document(text: text)
            return
        }
        try FileWriting.write(Array(text.utf8), toNew: file, replacing: force)
        CommandRunner.say("the report is in \(file)")
    }
}
