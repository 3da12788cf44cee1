// Hello over loopback under wrk: this program in its modes, watched and not, and the peers.

import BenchKit
import Foundation

/// Load by wrk: 32 connections, for a second.
enum Load {
    /// Answers a second.
    ///
    /// - Throws: `BenchError`, also when an answer was none of 2xx.
    static func wrk(_ url: String, seconds: Int = 1, connections: Int = 32) throws -> Double {
        let text = try Program.run(["wrk", "-t1", "-c\(connections)", "-d\(seconds)", url])
        guard !text.contains("Non-2xx"),
            let line = text.split(separator: "\n").first(where: { $0.contains("Requests/sec:") }),
            let rate = line.split(separator: " ").last.flatMap({ Double($0) })
        else { throw BenchError(description: "wrk on \(url): \(text)") }
        return rate
    }

    /// How many requests wrk made.
    static func count(_ url: String, seconds: Int) throws -> Int {
        let text = try Program.run(["wrk", "-t1", "-c32", "-d\(seconds)", url])
        let line = text.split(separator: "\n").first { $0.contains(" requests in ") }
        return line?.split(separator: " ").first.flatMap { Int($0) } ?? 0
    }
}

/// The program with its dashboard open, in a terminal of tmux's.
final class DashboardProgram {
    let port: Int
    private let socket = "inspector-bench-\(ProcessInfo.processInfo.processIdentifier)"

    init(_ places: Places) throws {
        port = try Program.freePort()
        try Child.run([
            "tmux", "-L", socket, "-f", "/dev/null", "new-session", "-d", "-x", "200", "-y", "50",
            "LC_ALL=C.UTF-8 exec \(places.built)/bench-app run --mode native --port \(port)",
        ])
        try Program.wait(for: port, "/hello", "the dashboard")
    }

    /// What stands on its first line two seconds after a load has begun, with single spaces.
    func headUnderLoad() -> String {
        let url = "http://127.0.0.1:\(port)/hello"
        let load = Thread { _ = try? Load.wrk(url, seconds: 4) }
        load.start()
        sleep(2)
        let text = (try? Program.run(["tmux", "-L", socket, "capture-pane", "-p"])) ?? ""
        while !load.isFinished { usleep(10_000) }
        return text.split(separator: "\n").first?.split(separator: " ").joined(separator: " ") ?? ""
    }

    func stop() { _ = try? Child.run(["tmux", "-L", socket, "kill-server"]) }
}

/// All rows of hello.
func measureHello(_ places: Places, _ table: inout Table) throws {
    try places.prepare()
    let bare = try Program(places.app(["--no-inspect", "--mode", "native"]))
    defer { bare.stop() }
    let native = try Program(places.app(["--quiet", "--mode", "native"]))
    defer { native.stop() }
    func pairs(
        _ ours: Int, _ peer: Int, _ path: String = "/hello", _ peerPath: String = "/hello", times: Int = 9
    ) throws -> Pairs {
        func load(_ port: Int, _ path: String) throws -> Double { try Load.wrk("http://127.0.0.1:\(port)\(path)") }
        // Once without counting: threads that start, memory that is asked for the first time.
        _ = try Load.wrk("http://127.0.0.1:\(ours)\(path)", seconds: 1)
        _ = try Load.wrk("http://127.0.0.1:\(peer)\(peerPath)", seconds: 1)
        return try Pairs.measure(times: times, { try load(ours, path) }, { try load(peer, peerPath) })
    }
    let nio = try Program([places.built + "/nio-peer", "PORT"])
    defer { nio.stop() }
    let nioPairs = try pairs(bare.port, nio.port)
    table.add(
        Row(
            "hello, native, not inspected ÷ NIO alone", nioPairs, unit: Unit.perSecond,
            note: "what the framework adds to sockets and parser"))
    let hummingbird = try Program([places.built + "/hummingbird-peer", "PORT"])
    defer { hummingbird.stop() }
    let ceiling = Pairs.median(nioPairs.peers)
    // More pairs where a few hundredths decide: one pair is off by a tenth.
    let humming = try pairs(native.port, hummingbird.port, times: 21)
    table.add(
        Row(
            "hello, native, inspected ÷ Hummingbird", humming, unit: Unit.perSecond, bar: "≥ 1.3",
            note: "NIO alone ÷ Hummingbird, the most there is to be had, is here about "
                + Table.digits(ceiling / Pairs.median(humming.peers)), reached: { $0 >= 1.3 }))
    table.add(
        Row(
            "hello, native, inspected ÷ not inspected", try pairs(native.port, bare.port, times: 21),
            unit: Unit.perSecond, bar: "≥ 0.95", reached: { $0 >= 0.95 }))
    for mode in ["sync", "async"] {
        let inspected = try Program(places.app(["--quiet", "--mode", mode]))
        defer { inspected.stop() }
        let not = try Program(places.app(["--no-inspect", "--mode", mode]))
        defer { not.stop() }
        table.add(
            Row(
                "hello, \(mode), inspected ÷ not inspected", try pairs(inspected.port, not.port, times: 21),
                unit: Unit.perSecond, bar: "≥ 0.95", reached: { $0 >= 0.95 }))
    }
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("bench-\(UUID().uuidString).jsonl").path
    defer { try? FileManager.default.removeItem(atPath: file) }
    let recorded = try Program(places.app(["--quiet", "--mode", "native", "--record", file, "--record-total", "200"]))
    defer {
        recorded.stop()
        for number in 1...40 {
            try? FileManager.default.removeItem(
                atPath: file.replacingOccurrences(of: ".jsonl", with: "-\(number).jsonl"))
        }
    }
    table.add(
        Row(
            "hello, native, recorded to disk ÷ not inspected", try pairs(recorded.port, bare.port),
            unit: Unit.perSecond,
            note: "every request in detail, with head and body"))
    recorded.stop()
    let dashboard = try DashboardProgram(places)
    let open = try pairs(dashboard.port, bare.port)
    let head = dashboard.headUnderLoad()
    dashboard.stop()
    table.add(
        Row(
            "hello, native, dashboard open ÷ not inspected", open, unit: Unit.perSecond,
            note: head.isEmpty ? "" : "its head under the load: \(head)"))
    let flask = try Program(places.gunicorn, folder: places.peers)
    defer { flask.stop() }
    let async = try Program(places.app(["--quiet", "--mode", "async"]))
    defer { async.stop() }
    table.add(
        Row(
            "hello, async, inspected ÷ Flask async", try pairs(async.port, flask.port, "/hello", "/hello-async"),
            unit: Unit.perSecond, bar: "≥ 10", reached: { $0 >= 10 }))
    table.add(
        Row(
            "five async functions, inspected ÷ Flask", try pairs(async.port, flask.port, "/hooks", "/hooks"),
            unit: Unit.perSecond, bar: "≥ 10", reached: { $0 >= 10 }))
    let sync = try Program(places.app(["--quiet", "--mode", "sync"]))
    defer { sync.stop() }
    table.add(
        Row("hello, sync, inspected ÷ Flask sync", try pairs(sync.port, flask.port), unit: Unit.perSecond))
    let quart = try Program(places.hypercorn, folder: places.peers)
    defer { quart.stop() }
    table.add(
        Row("hello, native, inspected ÷ Quart", try pairs(native.port, quart.port), unit: Unit.perSecond))
}

/// The first answer after the start, and memory over a million requests.
func measureProcess(_ places: Places, _ table: inout Table) throws {
    try places.prepare()
    let starts = try Pairs.measure(
        { try nanoseconds(of: 1) { try Program(places.app(["--quiet", "--mode", "native"])).stop() } },
        { try nanoseconds(of: 1) { try Program(places.gunicorn, folder: places.peers).stop() } })
    table.add(
        Row(
            "start until the first answer, and stop ÷ Flask", starts, unit: Unit.nanoseconds,
            note: "both with 20 ms between two tries"))
    let program = try Program(places.app(["--quiet", "--mode", "native"]))
    defer { program.stop() }
    var done = 0
    func load(_ count: Int, seconds: Double) throws {
        let begin = now()
        let before = done
        while done - before < count || Double(now() - begin) < seconds * 1e9 {
            let more = try Load.count(program.url("/hello"), seconds: 3)
            guard more > 0 else { throw BenchError(description: "no request was answered") }
            done += more
        }
    }
    // A thousand a second are kept in detail: by then it has as many of them as it may keep, ten thousand, and as many
    // that it is about to forget.
    try load(1_000_000, seconds: 25)
    let (early, first) = (program.memory, done)
    try load(first, seconds: 0)
    let growth = program.memory / max(1, early)
    table.add(
        Row(
            "memory after \(done / 1000),000 requests", Unit.bytes(program.memory), peer: Unit.bytes(early),
            bar: "flat", isReached: growth <= 1.05,
            note: "the peer is the same process after \(first / 1000),000: \(Table.digits(growth)) of it"))
}
