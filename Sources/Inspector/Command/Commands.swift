// The subcommands as the argument parser sees them.

internal import ArgumentParser

struct InspectorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspector",
        abstract: "Shows what happens to each request of an app: its hooks, threads, loops and external calls.",
        discussion: "Without a subcommand: run.",
        version: "0.1.0",
        subcommands: [RunCommand.self, ReplayCommand.self, AppsCommand.self])
}

struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Open the dashboard on an app.")

    @Argument(help: "The app; `inspector apps` lists them. The first unless named.")
    var app: String?

    @Flag(help: "Print plain lines, even on a terminal.")
    var headless = false

    @OptionGroup var serve: ServeOptions
}

struct ReplayCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay", abstract: "Open the dashboard and replay recorded traffic (HAR 1.2) at its own pace.")

    @Argument(help: "The traffic file.")
    var file: String

    @Option(help: "The app; the first unless named.")
    var app: String?

    @Flag(help: "Print plain lines and end with the replay.")
    var headless = false

    @OptionGroup var serve: ServeOptions
}

struct AppsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apps", abstract: "List the apps and their routes.")
}
