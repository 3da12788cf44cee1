// Requests as files of other programs: Perfetto, OpenTelemetry, whatever reads HAR.

internal import Glibc
internal import InspectorCore

/// Writes requests that the dashboard shows.
struct TraceExport {
    private let model: Model
    private let source: any DashboardSource

    init(model: Model, source: any DashboardSource) {
        self.model = model
        self.source = source
    }

    /// Writes what was chosen into `folder`.
    ///
    /// - Returns: a sentence about what was written, or why not.
    func write(_ choice: ExportChoice, into folder: String) -> String {
        let numbers = choice.isAll ? model.numbers : model.current.map { [$0] } ?? []
        guard !numbers.isEmpty else { return "There is no request to export." }
        let stem = choice.isAll ? "inspector-requests" : "inspector-request-\(numbers[0])"
        do {
            let written: String?
            switch choice.form {
            case .har: written = try writeHAR(numbers, stem: stem, folder: folder)
            case .traces(let suffix):
                guard let form = TraceForms.form(file: "." + suffix) else { return "There is no form .\(suffix)." }
                let context = ExportContext(
                    app: model.known.app, offset: source.wallOffset, redaction: model.settings.redaction)
                let document = form.document(lanes: lanes(numbers: numbers), context: context)
                written = try ScreenExport.writeNew(stem, files: [(suffix, document.encoded)], into: folder).map {
                    name in
                    "Written: \(name).\(suffix) in \(folder)."
                }
            case .screen: return "The screen is not a request."
            }
            return written ?? "Nothing was written: \(folder) holds 999 exports. Move some away."
        } catch {
            return "\(error)"
        }
    }

    private func lanes(numbers: [UInt64]) -> [ExportedLane] {
        model.known.lanes.map { lane in
            ExportedLane(traces: numbers.compactMap { lane[$0] }, threadNames: lane.trackNames)
        }
    }

    /// - Returns: a sentence about what was written; nil when all names are taken.
    private func writeHAR(
        _ numbers: [UInt64], stem: String, folder: String
    ) throws(TrafficFileError) -> String? {
        for name in ScreenExport.names(stem: stem) {
            let path = "\(folder)/\(name).har"
            let writer: TrafficWriter
            do throws(TrafficFileError) { writer = try TrafficWriter(kind: .har, path: path) } catch {
                if FileWriting.exists(path) { continue }
                throw error
            }
            do throws(TrafficFileError) {
                let (gone, unread) = try fill(writer, numbers: numbers)
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
        _ writer: TrafficWriter, numbers: [UInt64]
    ) throws(TrafficFileError) -> (gone: Int, unread: Int) {
        var gone = 0
        var unread = 0
        for number in numbers {
            // A lane's answer is the answer; the first lane that has one is taken.
            let exchanges = source.exchanges(of: number)
            guard let lane = model.known.lanes.first(where: { exchanges[$0.id]?.status != nil }),
                let trace = lane[number],
                let exchange = exchanges[lane.id]
            else {
                gone += 1
                continue
            }
            guard
                let request = try? exchange.recorded(
                    trace: trace, offset: source.wallOffset, redaction: model.settings.redaction)
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
