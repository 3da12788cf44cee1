// Requests as files of other programs: Perfetto, OpenTelemetry, whatever reads HAR.

internal import Foundation
internal import InspectorCore

/// Writes requests that the dashboard shows.
struct TraceExport {
    private let model: Model
    private let source: any DashboardSource

    init(_ model: Model, _ source: any DashboardSource) {
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
        let suffix =
            switch choice.form {
            case .otlp: "otlp.json"
            case .har: "har"
            default: "trace.json"
            }
        guard let name = ScreenExport.freeName(stem, [suffix], in: folder) else {
            return "Nothing was written: \(folder) holds 999 exports. Move some away."
        }
        let path = "\(folder)/\(name).\(suffix)"
        do {
            var left = 0
            switch choice.form {
            case .har: left = try writeHAR(numbers, path)
            case .otlp:
                try write(OTLP.document(traces(numbers).flatMap(\.traces), app: model.app, offset: wallOffset), path)
            default: try write(ChromeTrace.document(traces(numbers)), path)
            }
            return "Written: \(name).\(suffix) in \(folder)."
                + (left > 0 ? " Of \(left) requests what was sent is no longer kept." : "")
        } catch let error as TrafficFileError {
            return "\(error)"
        } catch {
            return "\(path) could not be written: \(error.localizedDescription)"
        }
    }

    private func traces(_ numbers: [UInt64]) -> [(traces: [Trace], threadNames: [UInt32: String])] {
        model.lanes.map { lane in (numbers.compactMap { lane[$0] }, lane.trackNames) }
    }

    /// What is added to a recorded time to get ns since 1970.
    private var wallOffset: UInt64 { source.wallOffset }

    private func write(_ document: JSON, _ path: String) throws {
        guard
            FileManager.default.createFile(
                atPath: path, contents: Data(document.encoded), attributes: [.posixPermissions: 0o600])
        else { throw TrafficFileError(file: path, reason: "it could not be written") }
    }

    /// - Returns: how many requests could not be written.
    private func writeHAR(_ numbers: [UInt64], _ path: String) throws -> Int {
        let writer = try TrafficWriter(.har, path: path)
        let redaction = Redaction()
        var left = 0
        for number in numbers {
            // A lane's answer is the answer; the first lane that has one is taken.
            let exchanges = source.exchanges(of: number)
            guard let lane = model.lanes.first(where: { exchanges[$0.id]?.status != nil }), let trace = lane[number],
                let exchange = exchanges[lane.id],
                let request = try? exchange.recorded(trace, offset: wallOffset, redaction)
            else {
                left += 1
                continue
            }
            try writer.write(request)
        }
        try writer.finish()
        return left
    }
}
