// A server elsewhere as a lane: what passing a request on costs beside what people put in between today, and whether bodies
// without an end stay in bounded memory.

import BenchKit
import Foundation

/// All rows of lanes to servers elsewhere.
func measureProxies(_ places: Places, _ table: inout Table) throws {
    try places.prepare()
    let direct = try Program([places.built + "/nio-peer", "PORT"])
    defer { direct.stop() }
    let lane = try Program(places.lane(to: direct.port))
    defer { lane.stop() }
    func pairs(_ peer: Int, times: Int = 9) throws -> Pairs {
        func load(_ port: Int) throws -> Double { try Load.wrk("http://127.0.0.1:\(port)/hello") }
        for port in [lane.port, peer] { _ = try load(port) }
        return try Pairs.measure(times: times, { try load(lane.port) }, { try load(peer) })
    }
    table.add(
        Row(
            "hello through a lane ÷ direct", try pairs(direct.port), unit: Unit.perSecond,
            note: "the server is NIO alone"))
    let nginx = try Nginx(places, to: direct.port)
    defer { nginx.program.stop() }
    table.add(
        Row(
            "hello through a lane ÷ through nginx", try pairs(nginx.program.port), unit: Unit.perSecond, bar: "≥ 0.5",
            note: "nginx with one process, connections kept, no log", reached: { $0 >= 0.5 }))
    try places.prepareMitmproxy()
    let mitmdump = try Program([
        places.mitmproxy + "/bin/mitmdump", "-q", "--mode", "reverse:http://127.0.0.1:\(direct.port)", "--listen-host",
        "127.0.0.1", "-p", "PORT", "--set", "flow_detail=0", "--set", "confdir=" + places.mitmproxy + "/conf",
    ])
    defer { mitmdump.stop() }
    table.add(
        Row(
            "hello through a lane ÷ through mitmdump", try pairs(mitmdump.port), unit: Unit.perSecond, bar: "≥ 20",
            reached: { $0 >= 20 }))
    try measureLanePending(places, &table)
    try measureBodies(places, &table)
}

/// Ten thousand requests at once with a server elsewhere.
private func measureLanePending(_ places: Places, _ table: inout Table) throws {
    let server = try Program(places.app(["--quiet", "--mode", "native"]))
    defer { server.stop() }
    let lane = try Program(places.lane(to: server.port))
    defer { lane.stop() }
    let count = min(10_000, (allowManyFiles() - 400) / 2)
    let before = lane.memory
    let begin = now()
    var sockets: [Socket] = []
    for _ in 0..<count {
        let socket = try Socket(port: lane.port)
        socket.send("/pending")
        sockets.append(socket)
    }
    usleep(2_000_000)
    let sent = Double(now() - begin) / 1e9
    let each = (lane.memory - before) / Double(count)
    for socket in sockets { try expect(socket.read()) }
    guard now() - begin >= 20_000_000_000, sent < 20 else {
        throw BenchError(description: "they were not all pending at once: sending took \(sent) s")
    }
    table.add(
        Row(
            "\(count) requests pending through a lane", Unit.bytes(each) + " each", bar: "≤ 60 kB",
            isReached: each <= 60_000,
            note: "two connections each; all were answered"))
}

/// Bodies of 5 GB in both directions, and events for ever.
private func measureBodies(_ places: Places, _ table: inout Table) throws {
    let server = try Program([places.environment + "/bin/python", places.peers + "/bodies.py", "PORT"])
    defer { server.stop() }
    let lane = try Program(places.lane(to: server.port))
    defer { lane.stop() }
    let size = 5_000_000_000
    let ways = [
        ("a body of 5 GB from the server", "curl -s '\(lane.url("/source/\(size)"))' | wc -c", "\(size)"),
        (
            "a body of 5 GB to the server",
            "head -c \(size) /dev/zero | curl -s -X POST -H 'Expect:' -T - '\(lane.url("/sink"))'", "\(size)"
        ),
        ("events for ever, 15 s of them", "curl -s -N --max-time 15 '\(lane.url("/events"))' | wc -c", ""),
    ]
    for (name, command, expected) in ways {
        let before = lane.memory
        let watch = MemoryWatch(lane)
        let begin = now()
        let said = try Program.run(["/bin/bash", "-c", command]).trimmingCharacters(in: .whitespacesAndNewlines)
        let seconds = Double(now() - begin) / 1e9
        let growth = watch.stop() - before
        guard expected.isEmpty || said == expected else { throw BenchError(description: "\(name): \(said) bytes") }
        let bytes = Double(said) ?? 0
        table.add(
            Row(
                name, Unit.bytes(max(0, growth)) + " more", bar: "≤ 32 MB", isReached: growth <= 32_000_000,
                note: "\(Unit.bytes(bytes / seconds)) a second"))
    }
}

/// Looks ten times a second how much memory a program has.
private final class MemoryWatch: @unchecked Sendable {
    /// Guards the rest.
    private let lock = NSLock()
    private var most: Double = 0
    private var isOver = false
    private let ended = DispatchSemaphore(value: 0)

    init(_ program: Program) {
        let id = program.id
        let thread = Thread { [self] in
            while !lock.withLock({ isOver }) {
                let memory = Program.memory(of: id)
                lock.withLock { most = max(most, memory) }
                usleep(100_000)
            }
            ended.signal()
        }
        thread.start()
    }

    /// The most that it had, in bytes.
    func stop() -> Double {
        lock.withLock { isOver = true }
        ended.wait()
        return lock.withLock { most }
    }
}

/// nginx as a proxy, with a folder of its own.
private struct Nginx {
    let program: Program

    init(_ places: Places, to port: Int) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("nginx-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let own = try Program.freePort()
        let kinds = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        let text = """
            daemon off; worker_processes 1; pid \(folder)/pid; error_log \(folder)/error.log;
            events { worker_connections 4096; }
            http {
                \(kinds.map { "\($0)_temp_path \(folder)/\($0);" }.joined(separator: " "))
                access_log off;
                upstream far { server 127.0.0.1:\(port); keepalive 64; }
                server {
                    listen 127.0.0.1:\(own);
                    keepalive_requests 1000000;
                    location / { proxy_pass http://far; proxy_http_version 1.1; proxy_set_header Connection ""; }
                }
            }
            """
        try text.write(toFile: folder + "/nginx.conf", atomically: true, encoding: .utf8)
        program = try Program(
            [try places.nginx(), "-e", folder + "/error.log", "-c", folder + "/nginx.conf"], port: own)
    }
}
