// Where finished requests are sent while a run goes on, as all that serves takes it.

internal import ArgumentParser
internal import Foundation
internal import InspectorCore

/// Where spans are taken, as `--otlp` names it.
enum ReceiverPort: ExpressibleByArgument, Equatable {
    case off
    case port(Int)

    /// Where exporters send unless they are told otherwise (`OTLP exporter: OTEL_EXPORTER_OTLP_ENDPOINT`).
    static let usual = 4318

    init?(argument: String) {
        if argument == "off" {
            self = .off
        } else if let port = Int(argument), (0...65_535).contains(port) {
            self = .port(port)
        } else {
            return nil
        }
    }
}

/// The collector that gets every finished request.
struct ExportArguments: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Send every finished request to an OpenTelemetry collector: OTLP over HTTP, as http://127.0.0.1:4318.",
            valueName: "url"))
    var exportOtlp: String?

    @Option(
        help: ArgumentHelp(
            "Where servers elsewhere send their OpenTelemetry spans: a port of this machine, or off. (default: 4318, where there are such servers)",
            valueName: "port|off"))
    var otlp: ReceiverPort?

    /// What is sent where; nil where nothing is.
    ///
    /// - Parameters:
    ///   - allowRemote: whether the collector may be on another machine.
    ///   - environment: `OTEL_EXPORTER_OTLP_HEADERS` and `OTEL_EXPORTER_OTLP_TRACES_HEADERS` are fields to send, as every
    ///     exporter of OpenTelemetry takes them: `key=value,key=value`, values percent-encoded.
    /// - Throws: `UsageError`.
    func options(
        allowRemote: Bool, redaction: Redaction, environment: [String: String]
    ) throws(UsageError) -> OTLPExporter.Options? {
        guard let exportOtlp else { return nil }
        let target: RemoteTarget
        do throws(RemoteTargetError) { target = try RemoteTarget(reading: exportOtlp) } catch {
            throw UsageError(description: "--export-otlp: \(error.description)")
        }
        guard target.isLoopback || allowRemote else {
            throw UsageError(
                description:
                    "--export-otlp: \(target.url) is not on this machine. Every finished request would be sent "
                    + "there, without the secrets that are known; add --allow-remote if that is meant.")
        }
        var options = OTLPExporter.Options(to: target)
        options.redaction = redaction
        for name in ["OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_TRACES_HEADERS"] {
            for pair in (environment[name] ?? "").split(separator: ",") {
                let parts = pair.split(separator: "=", maxSplits: 1)
                let key = parts.first.map { $0.trimmingCharacters(in: .whitespaces) } ?? ""
                let value = parts.count == 2 ? parts[1].trimmingCharacters(in: .whitespaces) : ""
                guard parts.count == 2, let plain = value.removingPercentEncoding,
                    ReplayArguments.problem(name: key, value: plain) == nil
                else {
                    // Its value may be a key: it is not shown.
                    throw UsageError(
                        description: "\(name): write fields as NAME=VALUE, with a comma between two; "
                            + "\(key.isEmpty ? "one" : key.madeVisible) is not written so.")
                }
                options.headers.add(key, plain)
            }
        }
        return options
    }
}
