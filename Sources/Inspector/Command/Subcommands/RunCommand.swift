// `inspector run`: the dashboard on an app.

internal import ArgumentParser
internal import InspectorCore

struct RunCommand: Subcommand {
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

    @Option(
        help: ArgumentHelp(
            "A server elsewhere that becomes a lane beside the app's. May be given more than once.",
            valueName: "name=url"))
    var beside: [String] = []

    @OptionGroup var remote: RemoteArguments
    @OptionGroup var hosting: HostingOptions
    @OptionGroup var serve: ServeOptions

    func run(with runner: CommandRunner) throws {
        let options = serve.filled(from: runner.settings)
        let hosting = hosting.filled(from: runner.settings).shown(
            isOnScreen: !headless && !noInspect && CommandRunner.hasScreen)
        let app = try runner.choose(self.app, hosting: hosting)
        let lanes = try remote.lanes(beside, allowRemote: options.allowRemote)
        try RemoteArguments.refuseHostedNames(lanes)
        for warning in RemoteArguments.warnings(lanes) { CommandRunner.say(warning) }
        let host = try runner.makeHost(
            app, hosting: hosting, options: options, remotes: lanes, isInspecting: !noInspect)
        defer { CommandRunner.tell(CommandRunner.stop(host)) }
        if try !headless && !noInspect
            && runner.present(host, options: options, traffic: TrafficSource.atHand(for: app), isReplay: false)
        {
            return
        }
        try Headless(host: host, isQuiet: quiet).run()
    }
}
