// Requests as files of other programs: Perfetto, OpenTelemetry, whatever reads HAR.

internal import Glibc
internal import InspectorCore

/// Writes requests that the dashboard shows; may be used on any thread.
struct TraceExport: Sendable {
    private let model: Model
    private let choice: ExportChoice
    private let wallOffset: UInt64
    private let exchanges: @Sendable (UInt64) -> [LaneID: Exchange]
    /// The requests that are written.
    let numbers: [UInt64]

    init(_ choice: ExportChoice, model: Model, source: any DashboardSource) {
        self.choice = choice
        self.model = model
        wallOffset = source.wallOffset
        exchanges = source.exchangeReader
        numbers = choice.isAll ? model.numbers : model.current.map { [$0] } ?? []
    }

    /// Writes what was chosen into `folder`.
    ///
    /// - Parameter goesOn: asked before each request; nothing is left of what was begun when it says no.
    /// - Returns: a sentence about what was written, or why not.
    func write(into folder: String, goesOn: () -> Bool = { true }) -> String {
        guard !numbers.isEmpty else { return "There is no request to export." }
        let stem = choice.isAll ? "inspector-requests" : "inspector-request-\(numbers[0])"
        do {
            let written: String?
            switch choice.form {
            case .recording: written = try writeRecording(stem: stem, folder: folder, goesOn: goesOn)
            case .har: written = try writeHAR(numbers, stem: stem, folder: folder, goesOn: goesOn)
            case .traces(let suffix):
                guard let form = TraceForms.form(file: "." + suffix) else { return "There is no form .\(suffix)." }
                let context = ExportContext(
                    app: model.known.app, offset: wallOffset, redaction: model.settings.redaction)
                guard
                    let document = form.document(lanes: lanes(numbers: numbers), context: context, goesOn: goesOn)
                else { throw Stopped() }
                written = try ScreenExport.writeNew(stem, files: [(suffix, document.encoded)], into: folder).map {
                    name in
                    "Written: \(name).\(suffix) in \(folder)."
                }
            case .screen: return "The screen is not a request."
            }
            return written ?? "Nothing was written: \(folder) holds 999 exports. Move some away."
        } catch is Stopped {
            return "The export was stopped; nothing was written."
        } catch {
            return "\(error)"
        }
    }

    /// The user wants no more of it.
    private struct Stopped: Error {}

    private func lanes(numbers: [UInt64]) -> [ExportedLane] {
        model.known.lanes.map { lane in
            ExportedLane(traces: numbers.compactMap { lane[$0] }, threadNames: lane.trackNames)
        }
    }

    /// Writes what is kept as a recording, as if it had been made all along.
    ///
    /// - Returns: a sentence about what was written; nil when all names are taken.
    private func writeRecording(stem: String, folder: String, goesOn: () -> Bool) throws -> String? {
        guard let name = ScreenExport.names(stem: stem).first(where: { !FileWriting.exists("\(folder)/\($0).jsonl") })
        else { return nil }
        let path = "\(folder)/\(name).jsonl"
        var options = Recorder.Options(path: path)
        options.redaction = model.settings.redaction
        // One file, however large: it is what is kept now, and ends.
        options.fileLimit = .max
        options.totalLimit = .max
        let lanes = Dictionary(model.known.lanes.map { ($0.id, $0) }) { first, _ in first }
        let recorder = try Recorder(
            options: options, app: model.known.app, offset: wallOffset, workers: { lanes[$0]?.load?.workers },
            threadName: { lanes[$0]?.trackNames[$1] })
        var sent = 0
        var pending = 0
        for number in numbers {
            guard goesOn() else {
                recorder.stop()
                unlink(path)
                throw Stopped()
            }
            let exchanges = exchanges(number)
            for lane in model.known.lanes {
                guard let trace = lane[number] else { continue }
                // A recording holds what is over.
                guard trace.done != nil else {
                    pending += 1
                    continue
                }
                recorder.record(trace, exchange: exchanges[lane.id])
                sent += 1
                while recorder.status.written + recorder.status.lost + 200 < sent { usleep(2000) }
            }
            if let note = model.notes[number] {
                recorder.note(RecordedNote(number: number, isMarked: note.isMarked, comment: note.comment))
            }
        }
        while recorder.status.written + recorder.status.lost < sent { usleep(2000) }
        recorder.stop()
        let status = recorder.status
        return "Written: \(name).jsonl in \(folder)."
            + (pending > 0 ? " \(pending) that still go on are not in it." : "")
            + (status.lost > 0 ? " \(status.lost) could not be written: \(status.problem ?? "no room")." : "")
    }

    /// - Returns: a sentence about what was written; nil when all names are taken.
    private func writeHAR(
        _ numbers: [UInt64], stem: String, folder: String, goesOn: () -> Bool
    ) throws -> String? {
        for name in ScreenExport.names(stem: stem) {
            let path = "\(folder)/\(name).har"
            let writer: TrafficWriter
            do throws(TrafficFileError) { writer = try TrafficWriter(kind: .har, path: path) } catch {
                if FileWriting.exists(path) { continue }
                throw error
            }
            do {
                let (gone, unread) = try fill(writer, numbers: numbers, goesOn: goesOn)
                return "Written: \(name).har in \(folder)."
                    + (gone > 0 ? " \(gone) requests were skipped: their bodies are gone." : "")
                    + (unread > 0 ? " \(unread) were left out: their bodies could not be read for secrets." : "")
            } catch {
                // It would be taken for a whole one.
                unlink(path)
                throw error
            }
        }
        return nil
    }

    /// - Returns: of how many requests what was sent is gone, and how many cannot be handed around.
    private func fill(
        _ writer: TrafficWriter, numbers: [UInt64], goesOn: () -> Bool
    ) throws -> (gone: Int, unread: Int) {
        var gone = 0
        var unread = 0
        for number in numbers {
            // A lane's answer is the answer; the first lane that has one is taken.
            guard goesOn() else { throw Stopped() }
            let exchanges = exchanges(number)
            guard let lane = model.known.lanes.first(where: { exchanges[$0.id]?.status != nil }),
                let trace = lane[number],
                let exchange = exchanges[lane.id]
            else {
                gone += 1
                continue
            }
            guard
                let request = try? exchange.recorded(
                    trace: trace, offset: wallOffset, redaction: model.settings.redaction)
            else {
                unread += 1
                continue
            }
            try writer.write(request)
        }
        try writer.finish()
        return (gone, unread)
    }
}
