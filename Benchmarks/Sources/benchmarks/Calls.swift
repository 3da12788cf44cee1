// Views that wait: five calls of 200 ms, 32 requests of them at once, 10,000 requests pending.

import BenchKit
import Foundation
import Glibc

/// All rows of calls.
func measureCalls(_ places: Places, _ table: inout Table) throws {
    try places.prepare()
    let api = try Program([places.built + "/nio-peer", "PORT"])
    defer { api.stop() }
    let upstream = ["--upstream", "http://127.0.0.1:\(api.port)"]
    let environment = ["API": "http://127.0.0.1:\(api.port)"]
    let native = try Program(places.app(["--quiet", "--mode", "native"] + upstream))
    defer { native.stop() }
    let async = try Program(places.app(["--quiet", "--mode", "async"] + upstream))
    defer { async.stop() }
    let quart = try Program(places.hypercorn, environment: environment, folder: places.peers)
    defer { quart.stop() }
    let flask = try Program(places.gunicorn, environment: environment, folder: places.peers)
    defer { flask.stop() }
    func one(_ port: Int) throws -> Double {
        let socket = try Socket(port: port)
        return try nanoseconds(of: 1) { try expect(socket.get("/five")) }
    }
    for (name, ours, peer, peerName) in [("native", native, quart, "Quart"), ("async", async, flask, "Flask")] {
        _ = try one(ours.port)
        _ = try one(peer.port)
        let pairs = try Pairs.measure({ try one(ours.port) }, { try one(peer.port) })
        table.add(
            Row(
                "5 calls of 200 ms gathered, \(name) ÷ \(peerName)", pairs, unit: Unit.nanoseconds, most: 204e6,
                bar: "≤ 204 ms"))
    }
    func many(_ port: Int) throws -> Double {
        let sockets = try (0..<32).map { _ in try Socket(port: port) }
        return try nanoseconds(of: 1) {
            for socket in sockets { socket.send("/five") }
            for socket in sockets { try expect(socket.read()) }
        }
    }
    _ = try many(native.port)
    _ = try many(quart.port)
    let pairs = try Pairs.measure({ try many(native.port) }, { try many(quart.port) })
    table.add(
        Row(
            "32 × 5 calls at once, native ÷ Quart", pairs, unit: Unit.nanoseconds, most: 240e6, bar: "≤ 240 ms",
            note: "until the last answer"))
}

/// Lets this process, and those it starts, have as many open files as they may; how many that is.
@discardableResult
func allowManyFiles() -> Int {
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    limit.rlim_cur = limit.rlim_max
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    return Int(limit.rlim_max)
}

/// 10,000 requests that wait at once.
func measurePending(_ places: Places, _ table: inout Table) throws {
    try places.prepare()
    let count = min(10_000, allowManyFiles() - 200)
    func bytesOfEach(_ program: Program) throws -> Double {
        defer { program.stop() }
        let before = program.memory
        let begin = now()
        var sockets: [Socket] = []
        for _ in 0..<count {
            let socket = try Socket(port: program.port)
            socket.send("/pending")
            sockets.append(socket)
        }
        guard now() - begin < 15_000_000_000 else {
            throw BenchError(description: "\(count) connections took longer than the views wait")
        }
        // The last ones are read; the first have 20 s from their own beginning.
        usleep(2_000_000)
        let each = (program.memory - before) / Double(count)
        for socket in sockets { try expect(socket.read()) }
        // None can have been answered before it had waited 20 s: all of them were pending when the memory was read.
        guard now() - begin >= 20_000_000_000 else { throw BenchError(description: "they did not wait") }
        return each
    }
    let ours = try bytesOfEach(Program(places.app(["--quiet", "--mode", "native"])))
    let peer = try bytesOfEach(Program(places.hypercorn, folder: places.peers))
    table.add(
        Row(
            "\(count) requests pending at once, native", Unit.bytes(ours) + " each", peer: Unit.bytes(peer) + " each",
            bar: "≤ 20 kB", isReached: count >= 10_000 && ours <= 20_000, note: "the peer is Quart; all were answered"))
}

func expect(_ answer: String) throws {
    guard answer.hasPrefix("HTTP/1.1 200") else {
        throw BenchError(description: "an answer was \(answer.prefix(60))")
    }
}
