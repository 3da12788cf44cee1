// `inspector watch`: the dashboard on servers that run elsewhere.

internal import ArgumentParser
internal import InspectorCore

struct WatchCommand: Subcommand {
    static let configuration = CommandConfiguration(
        commandName: "watch",
        abstract: "Open the dashboard on servers that run elsewhere: each is a lane.",
        discussion: """
            inspector watch sync=http://127.0.0.1:9201 async=http://127.0.0.1:9202 listens on 8080, answers by the first \
            server, and gives each safe request to the others too. Bursts, replays and what is sent again go to all of \
            them. docs/watch.md has more.
            """)

    @Argument(
        help: ArgumentHelp(
            "The servers. Without one, the services are shown that send their spans here, whoever asks them.",
            valueName: "name=url"))
    var servers: [String] = []

    @Flag(help: "Print plain lines, even on a terminal.")
    var headless = false

    @Flag(help: "Print no line for a request.")
    var quiet = false

    @OptionGroup var remote: RemoteArguments
    /// Refused with a sentence that says where they belong.
    @OptionGroup(visibility: .hidden) var hosting: HostingOptions
    @OptionGroup var serve: ServeOptions

    func run(with runner: CommandRunner) throws {
        try hosting.refuse()
        let options = serve.filled(from: runner.settings)
        let lanes = try remote.lanes(servers, allowRemote: options.allowRemote)
        guard !lanes.targets.isEmpty || options.export.otlp != .off else {
            throw UsageError(description: "Nothing is watched: name a server, or take spans (without --otlp off).")
        }
        try ResourceCheck.forServing()
        for warning in RemoteArguments.warnings(lanes) { CommandRunner.say(warning) }
        let host = try runner.makeHost(nil, hosting: hosting, options: options, remotes: lanes)
        defer { CommandRunner.tell(CommandRunner.stop(host)) }
        if try !headless
            && runner.present(host, options: options, traffic: .none, isReplay: false)
        {
            return
        }
        try Headless(host: host, isQuiet: quiet).run()
    }
}
