// The subcommands that read traffic files: replay, plan, convert.

internal import ArgumentParser
internal import Foundation
internal import Glibc
internal import InspectorCore

extension CommandRunner {
    func replay(_ command: ReplayCommand) throws {
        let options = command.serve.filled(from: settings)
        // Before the run: its report would have no place to go to.
        if let file = command.output, file != "-", !options.force, FileWriting.exists(file) {
            throw FileProblem(path: file, reason: "it is there already; nothing was sent. --force replaces it")
        }
        let app = try choose(command.app, options)
        var replay = command.replay.options(seed: options.seed)
        replay.redaction = options.secrets.redaction
        if app.name == "model" { replay.model = command.model.options(seed: options.seed) }
        let traffic = try TrafficSource(
            files: command.files, options: replay, reading: command.reading.reading(seed: options.seed))
        for note in traffic.notes.prefix(20) { Self.say(note) }
        if traffic.notes.count > 20 {
            Self.say("and \(traffic.notes.count - 20) more remarks: inspector plan shows them")
        }
        if let words = traffic.cutWords { Self.say(words) }
        for problem in traffic.problems { Self.say(problem) }
        guard !traffic.plan.items.isEmpty else {
            // What ended the reading says enough.
            guard traffic.problems.isEmpty else { throw ExitCode(1) }
            throw TrafficFileError(
                file: traffic.name ?? "",
                reason: traffic.plan.entries > 0
                    ? "none of its \(traffic.plan.entries) entries is replayed: inspector plan says why"
                    : "it holds no request that can be replayed")
        }
        let host = try makeHost(app, options, keepsLittle: command.headless)
        defer { Self.tell(Self.stop(host), onlyStuck: true) }
        let model = replay.model.map { $0.words(traffic.plan) }
        if !command.headless, try present(host, options, traffic, isReplay: true, about: model) {
            try judge(host.desk.replay?.outcomes.compactMap(\.unanswered) ?? [], isSaid: false)
            // What could be read was replayed; the rest of the file is still bad input.
            if !traffic.problems.isEmpty { throw ExitCode(1) }
            return
        }
        let run = ReplayRun(host, traffic, workerCounts: options.workerCounts, model: model)
        guard let result = try run.result() else { throw ExitCode(130) }
        try write(result, command)
        try judge(result.unanswered, isSaid: command.output == nil && command.report == .text)
        if !traffic.problems.isEmpty { throw ExitCode(1) }
        if command.strict, !result.scheduleKept || result.lanes.contains(where: { $0.differ > 0 || $0.failed > 0 }) {
            throw ExitCode(3)
        }
    }

    /// Ends with 3 where most requests got no answer: whatever the report says of times, nothing was measured.
    private func judge(_ unanswered: [String], isSaid: Bool) throws(ExitCode) {
        guard !unanswered.isEmpty else { return }
        if !isSaid { for sentence in unanswered { Self.say("the replay is no success: \(sentence)") } }
        throw ExitCode(3)
    }

    private func write(_ result: ReplayResult, _ command: ReplayCommand) throws {
        let redaction = command.serve.secrets.filled(from: settings).redaction
        let report = ReplayReport(result, redaction: redaction) { TimeText.short($0) }
        let text: String
        switch command.report {
        case .json: text = String(decoding: report.json.encoded, as: UTF8.self) + "\n"
        case .text: text = report.lines.map(\.madeVisible).joined(separator: "\n") + "\n"
        case .html: text = report.html
        }
        guard let file = command.output, file != "-" else {
            StandardStream.output.document(text)
            return
        }
        try FileWriting.write(Array(text.utf8), toNew: file, replacing: command.serve.force)
    }

    func plan(_ command: PlanCommand) throws {
        let app = try choose(command.app, among: apps())
        let traffic = try TrafficSource(
            files: command.files, options: command.replay.options(seed: command.seed),
            reading: command.reading.reading(seed: command.seed))
        StandardStream.output.lines(PlanReport(traffic, app).lines)
        if !traffic.problems.isEmpty { throw ExitCode(1) }
    }

    func convert(_ command: ConvertCommand) throws {
        let isTraces = command.output.hasSuffix(".trace.json") || command.output.hasSuffix(".otlp.json")
        guard isTraces || TrafficWriter.Kind(file: command.output) != nil else {
            throw UsageError(
                description:
                    "\(command.output): its name ends in no kind that can be written: .har, .gor, .vegeta.json, "
                    + ".jsonl; of a recording also .trace.json and .otlp.json.")
        }
        if FileWriting.exists(command.output), !command.force {
            throw FileProblem(
                path: command.output, reason: "it is there already; nothing was written. --force replaces it")
        }
        if isTraces { try convertTraces(command) } else { try convertTraffic(command) }
    }

    private func convertTraffic(_ command: ConvertCommand) throws {
        guard let kind = TrafficWriter.Kind(file: command.output) else { return }
        let traffic = try TrafficSource(
            files: [command.input], options: ReplayOptions(), reading: command.reading.reading(seed: command.seed))
        for note in traffic.notes { Self.say(note) }
        for problem in traffic.problems { Self.say(problem) }
        // Under another name until it is whole: a file that is replaced is replaced by a complete one, and one that is cut
        // short by a signal or a full disk is taken away.
        let part = "\(command.output).part-\(getpid())"
        // The user's own file is written as it is, unless names are given.
        let redaction = command.secrets.redact.isEmpty ? nil : command.secrets.filled(from: settings).redaction
        var written = 0
        do {
            let writer = try TrafficWriter(kind, path: part)
            CrashGuard.setUnfinished(part)
            defer { CrashGuard.setUnfinished(nil) }
            for item in traffic.plan.items {
                var request: RecordedRequest
                do throws(RecordedRequest.Refusal) { request = try traffic.plan.request(item) } catch {
                    throw TrafficFileError(file: command.input, reason: error.reason)
                }
                do throws(RecordedRequest.Refusal) { request = try redaction?.request(request) ?? request } catch {
                    Self.say("\(request.place): left out, \(error.reason)")
                    continue
                }
                try writer.write(request)
                written += 1
            }
            try writer.finish()
            try FileWriting.move(part, toNew: command.output, replacing: command.force)
            for (what, count) in writer.left.sorted(by: { $0.key < $1.key }) { Self.say("\(count) times: \(what)") }
        } catch {
            unlink(part)
            // The user knows it by the name that it was to have.
            if let error = error as? TrafficFileError, error.file == part {
                throw TrafficFileError(file: command.output, reason: error.reason)
            }
            throw error
        }
        let left = traffic.plan.entries - written
        StandardStream.output.line(
            "\(command.output): \(written) requests" + (left > 0 ? ", \(left) entries left out" : ""))
        if !traffic.problems.isEmpty { throw ExitCode(1) }
    }

    /// A recording's traces for Perfetto or OpenTelemetry.
    private func convertTraces(_ command: ConvertCommand) throws {
        let recording = try OpenedRecording(path: command.input)
        for note in recording.firstNotes { Self.say("\(command.input): \(note)") }
        let isOTLP = command.output.hasSuffix(".otlp.json")
        let redaction = command.secrets.filled(from: settings).redaction
        let traces = recording.lanes.flatMap(\.traces)
        let document =
            isOTLP
            ? OTLP.document(traces, app: recording.app, offset: recording.clock, redaction: redaction)
            : ChromeTrace.document(recording.lanes.map { ($0.traces, $0.threadNames) }, redaction: redaction)
        try FileWriting.write(document.encoded, toNew: command.output, replacing: command.force)
        StandardStream.output.line("\(command.output): \(traces.count) requests")
    }
}
