// `inspector convert`: traffic as another kind of file.

internal import ArgumentParser
internal import Glibc
internal import InspectorCore

struct ConvertCommand: Subcommand {
    static let configuration = CommandConfiguration(
        commandName: "convert",
        abstract:
            "Write traffic as another kind of file, by the suffix: \(suffixes); .jsonl is a recording. A recording is also "
            + "written as \(traceSuffixes).")

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

    func run(with runner: CommandRunner) throws {
        let form = TraceForms.form(file: output)
        let kind = TrafficWriter.Kind(file: output)
        guard form != nil || kind != nil else {
            throw UsageError(
                description: "\(output): its name ends in none of \(ConvertCommand.suffixes); of a recording also in "
                    + "none of \(ConvertCommand.traceSuffixes).")
        }
        if FileWriting.exists(output), !force {
            throw FileProblem(
                path: output, reason: "it is there already; nothing was written. --force replaces it")
        }
        if let form {
            try convertTraces(form, runner: runner)
        } else if kind == .recording, RecordingCopy.isRecording(input) {
            try copyRecording(runner: runner)
        } else if let kind {
            try convertTraffic(kind, runner: runner)
        }
    }

    private static let suffixes = TrafficWriter.Kind.allCases.map(\.suffix).sorted().joined(separator: ", ")
    private static let traceSuffixes = TraceForms.all.map { "." + $0.suffix }.joined(separator: ", ")

    private func convertTraffic(_ kind: TrafficWriter.Kind, runner: CommandRunner) throws {
        let traffic = try TrafficSource(
            files: [input], options: ReplayOptions(), reading: reading.reading(seed: seed))
        for note in traffic.notes { CommandRunner.say(note) }
        for problem in traffic.problems { CommandRunner.say(problem) }
        // The user's own file is written as it is, unless names are given.
        let redaction = secrets.redact.isEmpty ? nil : secrets.filled(from: runner.settings).redaction
        var written = 0
        let unheld = try whole { part in
            let writer = try TrafficWriter(kind: kind, path: part)
            for item in traffic.plan.items {
                var request: RecordedRequest
                do throws(RecordedRequest.Refusal) { request = try traffic.plan.request(item) } catch {
                    throw TrafficFileError(file: input, reason: error.reason)
                }
                do throws(RecordedRequest.Refusal) { request = try redaction?.request(request) ?? request } catch {
                    CommandRunner.say("\(request.place): left out, \(error.reason)")
                    continue
                }
                try writer.write(request)
                written += 1
            }
            try writer.finish()
            return writer.left
        }
        for (what, count) in unheld.sorted(by: { $0.key < $1.key }) { CommandRunner.say("\(count) times: \(what)") }
        let left = traffic.plan.entries - written
        StandardStream.output.line(
            text: "\(output): \(written) requests" + (left > 0 ? ", \(left) entries left out" : ""))
        if !traffic.problems.isEmpty { throw ExitCode(1) }
    }

    /// A recording as a recording, lifecycle and all.
    private func copyRecording(runner: CommandRunner) throws {
        let redaction = secrets.redact.isEmpty ? nil : secrets.filled(from: runner.settings).redaction
        let copy = try whole { try RecordingCopy(of: input, to: $0, redaction: redaction) }
        for note in copy.notes.prefix(20) { CommandRunner.say("\(input): \(note)") }
        if copy.notes.count > 20 { CommandRunner.say("and \(copy.notes.count - 20) more lines were left out") }
        StandardStream.output.line(
            text: "\(output): \(copy.requests) requests, with what is recorded of their lives"
                + (copy.notes.isEmpty ? "" : ", \(copy.notes.count) lines left out"))
    }

    /// Writes the output by `body`, under another name until it is whole: a file that is replaced is replaced by a complete
    /// one, and one that is cut short by a signal or a full disk is taken away.
    private func whole<Result>(_ body: (_ part: String) throws -> Result) throws -> Result {
        let part = "\(output).part-\(getpid())"
        do {
            CrashGuard.setUnfinished(part)
            defer { CrashGuard.setUnfinished(nil) }
            let result = try body(part)
            try FileWriting.move(part, toNew: output, replacing: force)
            return result
        } catch {
            unlink(part)
            // The user knows it by the name that it was to have.
            if let error = error as? TrafficFileError, error.file == part {
                throw TrafficFileError(file: output, reason: error.reason)
            }
            throw error
        }
    }

    /// A recording's traces for Perfetto or OpenTelemetry.
    private func convertTraces(_ form: any TraceForm.Type, runner: CommandRunner) throws {
        let recording = try OpenedRecording(path: input)
        for note in recording.firstNotes { CommandRunner.say("\(input): \(note)") }
        let redaction = secrets.filled(from: runner.settings).redaction
        let document = form.document(
            lanes: recording.lanes.map { ExportedLane(traces: $0.traces, threadNames: $0.threadNames) },
            context: ExportContext(app: recording.app, offset: recording.clock, redaction: redaction))
        try FileWriting.write(document.encoded, toNew: output, replacing: force)
        StandardStream.output.line(text: "\(output): \(recording.lanes.reduce(0) { $0 + $1.traces.count }) requests")
    }
}
