// `inspector upstream`: the simulated API alone, for apps that run elsewhere.

internal import ArgumentParser
internal import CInspectorSystem
internal import Foundation
internal import InspectorCore

struct UpstreamCommand: Subcommand {
    static let configuration = CommandConfiguration(
        commandName: "upstream",
        abstract: "Serve the simulated API that the demo apps call, for an app that runs elsewhere.",
        discussion: """
            /city/<name> answers after 180 to 240 ms, /delay/<ms> after that time, /status/<code> with that status, \
            /flaky/<percent> with 503 for that share of the calls, /hang never. The same call of the same request takes \
            as long for every server that is asked, by the traceparent that it passes on.
            """)

    @Option(help: "The port to listen on; 0 takes any free one.", transform: { try OptionRanges.port.read($0) })
    var port = 9101

    @Option(help: "Decides the latencies.", transform: { try OptionRanges.seed.read($0) })
    var seed: UInt64 = 1

    @Option(
        help: "What every answer is kept back by, in whole milliseconds. (default: 0s)",
        transform: { try OptionRanges.latency.read($0) })
    var latency: UInt64 = 0

    @Option(
        help: "How many of a hundred calls are answered with 503 instead.",
        transform: { try OptionRanges.percent.read($0) })
    var failures = 0

    func run(with runner: CommandRunner) throws {
        CrashGuard.noteStops()
        cs_line_buffer_stdout()
        let upstream = try SimulatedUpstream(
            seed: seed, port: port,
            settings: UpstreamSettings(addedMilliseconds: Int(latency / 1_000_000), failurePercent: failures))
        defer { upstream.stop() }
        StandardStream.output.line(text: upstream.url)
        while CrashGuard.stopSignal == nil { usleep(20_000) }
    }
}
