// The same run without a terminal: one plain line for each finished request.

internal import CInspectorSystem
internal import Foundation
internal import Glibc
internal import InspectorCore
internal import Synchronization

/// Prints what happens until a signal asks to stop, or a replay is over.
struct Headless {
    private let host: Host
    private let isQuiet: Bool

    /// - Parameter isQuiet: whether no line is printed for a request.
    init(host: Host, isQuiet: Bool = false) {
        self.host = host
        self.isQuiet = isQuiet
    }

    /// Serves until SIGINT, SIGTERM or SIGHUP.
    func run() throws {
        cs_line_buffer_stdout()
        if let note = host.portNote { StandardStream.output.line(text: "inspector: \(note)") }
        StandardStream.output.line(text: "inspector: \(host.name) on \(host.url)")
        if let url = host.spansURL { StandardStream.output.line(text: "inspector: spans are taken on \(url)") }
        if !isQuiet {
            host.keepAll()
            host.reader.onAnswer { trace in StandardStream.output.line(text: Headless.line(for: trace)) }
        }
        var problem: String?
        while CrashGuard.stopSignal == nil {
            let now = host.exporter?.status.problem
            if let now, now != problem { CommandRunner.say("the collector: \(now)") }
            problem = now
            host.adoptServices()
            // A hosted view may await the main actor, whose queue this thread has to drain.
            _ = RunLoop.main.run(mode: .default, before: Date())
            usleep(20_000)
        }
    }

    /// `#87 async GET /dashboard 200 251ms queue 12ms view /dashboard`.
    static func line(for trace: Trace) -> String {
        let queued = trace.queue(until: trace.done ?? 0)
        var parts = [
            trace.id.description, trace.summary.lane.name.madeVisible, trace.summary.method.madeVisible,
            trace.summary.target.madeVisible, trace.status.map { "\($0)" } ?? "-",
            TimeText.short(nanoseconds: trace.response(until: trace.done ?? 0)),
            "queue \(TimeText.short(nanoseconds: queued))",
        ]
        let error = trace.moments.first { $0.kind == .unhandled || $0.kind == .propagate }
        if let error { parts.append("error \(error.label.madeVisible): \(error.detail.madeVisible)") }
        if trace.moments.contains(where: { $0.kind == .clientGone }) { parts.append("client gone") }
        return parts.joined(separator: " ")
    }
}
