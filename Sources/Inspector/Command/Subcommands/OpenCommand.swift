// `inspector open`: a recording in the dashboard.

internal import ArgumentParser
internal import Glibc
internal import InspectorCore

struct OpenCommand: Subcommand {
    static let configuration = CommandConfiguration(
        commandName: "open",
        abstract: "Open a recording in the dashboard: play, pause, step, seek; nothing is served.")

    @Argument(help: "The recording; more are shown beside it, as if all had begun together.")
    var files: [String]

    /// More lanes than these have no room on any screen.
    private static let limit = 4

    @Flag(help: "Let the mouse select, scroll and drag.")
    var mouse = false

    @OptionGroup var secrets: SecretOptions

    func run(with runner: CommandRunner) throws {
        guard files.count <= OpenCommand.limit else {
            throw UsageError(
                description: "\(files.count) recordings are too many: \(OpenCommand.limit) are shown beside each other."
            )
        }
        let recordings = try files.map { file in
            let recording = try OpenedRecording(path: file)
            for note in recording.firstNotes { CommandRunner.say("\(file): \(note)") }
            return recording
        }
        guard let first = recordings.first else { return }
        let source = OpenedSource(first: first, others: Array(recordings.dropFirst()))
        func list() {
            for lane in recordings.flatMap(\.lanes) {
                StandardStream.output.lines(texts: lane.traces.map(Headless.line))
            }
        }
        guard isatty(1) == 1 else {
            list()
            return
        }
        ThreadRecord.name(name: "main", track: ThreadRecord.track)
        CrashGuard.noteStops()
        let isShown = try runner.show { book in
            Console(
                opening: source, book: book, usesMouse: mouse || runner.settings.usesMouse,
                redaction: secrets.filled(from: runner.settings).redaction, problems: runner.problems)
        }
        if !isShown { list() }
    }
}
