// `inspector plan`: what a replay would do.

internal import ArgumentParser
internal import InspectorCore

struct PlanCommand: Subcommand {
    static let configuration = CommandConfiguration(
        commandName: "plan", abstract: "Say what a replay would do, without doing it.")

    @Argument(help: "The traffic files; - is stdin.")
    var files: [String]

    @Option(help: "The app whose routes are asked; the first unless named.")
    var app: String?

    @Option(
        help: "Decides which requests --sample takes, and what random variables of .http files become. (default: 1)",
        transform: { try OptionRanges.seed.read($0) })
    var seed: UInt64 = 1

    @OptionGroup var reading: ReadingArguments
    @OptionGroup var replay: ReplayArguments

    func run(with runner: CommandRunner) throws {
        let app = try runner.choose(self.app, among: runner.apps())
        let traffic = try TrafficSource(
            files: files, options: replay.options(seed: seed),
            reading: reading.reading(seed: seed))
        StandardStream.output.lines(texts: PlanReport(traffic: traffic, app: app).lines)
        if !traffic.problems.isEmpty { throw ExitCode(1) }
    }
}
