// `inspector record`: serves without a screen, and records.

internal import ArgumentParser
internal import InspectorCore

struct RecordCommand: Subcommand {
    static let configuration = CommandConfiguration(
        commandName: "record", abstract: "Serve without a screen, and record requests, answers and their lifecycle.")

    @Argument(help: "The file; it may not be there yet.")
    var file: String

    @Option(help: "The app; the first unless named.")
    var app: String?

    @Flag(help: "Print no line for a request.")
    var quiet = false

    @OptionGroup var hosting: HostingOptions
    @OptionGroup var serve: ServeOptions

    func run(with runner: CommandRunner) throws {
        var options = serve.filled(from: runner.settings)
        options.record = file
        let hosting = hosting.filled(from: runner.settings)
        let host = try runner.makeHost(
            runner.choose(app, hosting: hosting), hosting: hosting, options: options)
        try Headless(host: host, isQuiet: quiet).run()
        CommandRunner.tell(CommandRunner.stop(host))
        guard let status = host.recording?.status else { return }
        StandardStream.output.line(
            text: "\(file): \(status.written) requests" + (status.lost > 0 ? ", \(status.lost) lost" : "")
                + (status.problem.map { " (\($0))" } ?? ""))
        // Requests were answered all the same; but who asked for a recording has not got one.
        if status.lost > 0 { throw ExitCode(1) }
    }
}
