// The subcommands as the argument parser sees them.

internal import ArgumentParser

struct InspectorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspector",
        abstract: "Shows what happens to each request of an app: its hooks, threads, loops and external calls.",
        discussion: "Without a subcommand: run.",
        version: ProductVersion.number,
        subcommands: [
            RunCommand.self, ReplayCommand.self, PlanCommand.self, RecordCommand.self, OpenCommand.self,
            ConvertCommand.self, AppsCommand.self,
        ])
}

struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Open the dashboard on an app.")

    @Argument(help: "The app; `inspector apps` lists them. The first unless named.")
    var app: String?

    @Flag(help: "Print plain lines, even on a terminal.")
    var headless = false

    @Flag(help: "Print no line for a request.")
    var quiet = false

    @Flag(help: "Serve without looking, and without a screen: for measuring what the inspection costs.")
    var noInspect = false

    @OptionGroup var serve: ServeOptions
}

struct ReplayCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Replay recorded traffic: in the dashboard, or --headless with a report.",
        discussion: """
            Reads HAR 1.2, GoReplay .gor and .gor.gz, access logs of the usual servers, vegeta targets, .http files, curl \
            commands, Postman collections and recordings of inspector, and stdin for -; which it is, is seen from what is \
            in the file. Several files are merged by \
            time. --headless runs the lanes one after the other in alternating blocks: only that is a fair comparison.
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

    @OptionGroup var reading: ReadingArguments
    @OptionGroup var replay: ReplayArguments
    @OptionGroup var model: ModelArguments
    @OptionGroup var serve: ServeOptions
}

struct PlanCommand: ParsableCommand {
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
}

struct RecordCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "record", abstract: "Serve without a screen, and record requests, answers and their lifecycle.")

    @Argument(help: "The file; it may not be there yet.")
    var file: String

    @Option(help: "The app; the first unless named.")
    var app: String?

    @Flag(help: "Print no line for a request.")
    var quiet = false

    @OptionGroup var serve: ServeOptions
}

struct OpenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "open",
        abstract: "Open a recording in the dashboard: play, pause, step, seek; nothing is served.")

    @Argument(help: "The recording.")
    var file: String

    @Flag(help: "Let the mouse select, scroll and drag.")
    var mouse = false

    @OptionGroup var secrets: SecretOptions
}

struct ConvertCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "convert",
        abstract:
            "Write traffic as another kind of file, by the suffix: .har, .gor, .vegeta.json, .jsonl (a recording); "
            + "a recording also as .trace.json (Perfetto) and .otlp.json.")

    @Argument(help: "The traffic file; its kind is seen from what is in it.")
    var input: String

    @Argument(help: "The file to make; it may not be there yet, unless --force.")
    var output: String

    @Option(
        help: "Decides what random variables of .http files become. (default: 1)",
        transform: { try OptionRanges.seed.read($0) })
    var seed: UInt64 = 1

    @OptionGroup var reading: ReadingArguments

    @OptionGroup var secrets: SecretOptions

    @Flag(help: "Replace the file that is there, once the new one is whole.")
    var force = false
}

struct AppsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apps", abstract: "List the apps and their routes.")
}
