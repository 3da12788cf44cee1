// The table of subcommands. A new one is a file beside this one, and a line here.

internal import ArgumentParser
internal import InspectorCore

/// A subcommand: what it takes on the command line, and what it does.
protocol Subcommand: ParsableCommand {
    /// Does it.
    ///
    /// - Throws: an error whose description is a sentence, or the exit code.
    func run(with runner: CommandRunner) throws
}

struct InspectorCommand: ParsableCommand {
    /// All subcommands, in the order of the help; the first is meant when none is named.
    static var all: [any Subcommand.Type] {
        [
            RunCommand.self,
            WatchCommand.self,
            ReplayCommand.self,
            PlanCommand.self,
            RecordCommand.self,
            OpenCommand.self,
            ConvertCommand.self,
            CapacityCommand.self,
            AppsCommand.self,
            UpstreamCommand.self,
            FlaskExtensionCommand.self,
        ]
    }

    /// What they are called; `help` is the library's.
    static var names: [String] { all.compactMap { $0.configuration.commandName } + ["help"] }

    static let configuration = CommandConfiguration(
        commandName: "inspector",
        abstract: "Shows what happens to each request of an app: its hooks, threads, loops and external calls.",
        discussion: "Without a subcommand: run.",
        version: ProductVersion.number,
        subcommands: all.map { $0 as any ParsableCommand.Type })
}
