// A long run of everything that goes wrong at once, against the program as it is shipped; at its end the counts have
// to be equal, and nothing may have grown.
//
//     soak [SECONDS]
//
// With 0 only what lasts a fixed time is run: descriptors, slowhttptest, the clock.

import BenchKit
import Foundation
import Glibc

var limit = rlimit()
getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
limit.rlim_cur = limit.rlim_max
setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
signal(SIGPIPE, SIG_IGN)

let seconds = CommandLine.arguments.dropFirst().first.flatMap { Double($0) } ?? 540
let program = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
    .appendingPathComponent("bench-app").path
var failures: [String] = []

@MainActor func check(_ holds: Bool, _ sentence: String) {
    print((holds ? "  ok      " : "  FAILED  ") + sentence)
    fflush(nil)
    if !holds { failures.append(sentence) }
}

/// What the app counts of itself.
func counts(_ port: Int) -> (begun: Int, torn: Int)? {
    guard let socket = try? Socket(port: port), let answer = try? socket.get("/counts"),
        let body = answer.components(separatedBy: "\r\n\r\n").last,
        let object = try? JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Int],
        let begun = object["begun"], let torn = object["torn"]
    else { return nil }
    return (begun, torn)
}

/// Waits until every request that began was torn down, but for the one that asks.
func settled(_ port: Int) -> (begun: Int, torn: Int)? {
    let limit = now() + 45_000_000_000
    var last: (begun: Int, torn: Int)?
    while now() < limit {
        last = counts(port)
        if let last, last.begun == last.torn + 1 { return last }
        usleep(100_000)
    }
    return last
}

/// As many connections at once as descriptors allow, up to ten thousand; every second one asks for something.
@MainActor func crowd(_ port: Int) -> (opened: Int, answered: Int, asked: Int) {
    let count = min(10_000, Int(limit.rlim_max) - 500)
    var sockets: [Socket] = []
    for _ in 0..<count { if let socket = try? Socket(port: port) { sockets.append(socket) } }
    var asked = 0
    for (number, socket) in sockets.enumerated() where number % 2 == 0 {
        socket.send("/hello")
        asked += 1
    }
    var answered = 0
    for (number, socket) in sockets.enumerated() where number % 2 == 0 {
        if socket.read().hasPrefix("HTTP/1.1 200") { answered += 1 }
    }
    return (sockets.count, answered, asked)
}

/// What the program said as it ended: its own counts of requests, and the app's.
func report(
    _ file: String
) -> (line: String, served: Int, answered: Int, gone: Int, halted: Int, begun: Int, torn: Int)? {
    let text = (try? String(contentsOfFile: file, encoding: .utf8)) ?? ""
    func number(before words: String, in line: String) -> Int {
        line.components(separatedBy: words).first?.split(whereSeparator: { !$0.isNumber }).last.flatMap { Int($0) } ?? 0
    }
    guard let line = text.split(separator: "\n").first(where: { $0.contains(" requests: ") }).map(String.init),
        let app = text.split(separator: "\n").last(where: { $0.hasPrefix("soak: begun") }).map(String.init)
    else { return nil }
    let words = app.split(separator: " ")
    return (
        line, number(before: " requests: ", in: line), number(before: " answered", in: line),
        line.contains("clients had gone") ? number(before: " whose clients", in: line) : 0,
        line.contains("told 503") ? number(before: " told 503", in: line) : 0,
        words.count > 2 ? Int(words[2]) ?? -1 : -1, words.count > 4 ? Int(words[4]) ?? -2 : -2
    )
}

/// One mode: load in rounds, each of which ends with everything as it was.
@MainActor func soak(_ mode: String, for seconds: Double, _ upstream: BadUpstream) throws {
    print("\(mode), \(Int(seconds)) s")
    let errors = FileManager.default.temporaryDirectory.appendingPathComponent("soak-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: errors) }
    let server = try Program(
        [
            program, "run", "hardship", "--headless", "--quiet", "--mode", mode, "--workers", "8", "--port", "PORT",
            "--upstream", "http://127.0.0.1:\(upstream.port)",
        ], errors: errors)
    defer { server.stop() }
    // Pools grow as they are needed, up to their size: what is more than that afterwards has leaked.
    let crowded = (0..<64).compactMap { _ in try? Socket(port: server.port) }
    for socket in crowded { socket.send("/slow") }
    for socket in crowded { _ = socket.read() }
    let end = now() + UInt64(seconds * 1e9)
    var memories: [Double] = []
    var threads: [Int] = []
    var round = 0
    let tally = Tally()
    while now() < end || round < 3 {
        round += 1
        Client.run(on: server.port, threadsOfEach: 3, until: min(end, now() + 12_000_000_000), tally)
        let (opened, answered, asked) = crowd(server.port)
        if answered != asked || opened < 9000 {
            check(false, "round \(round): of \(opened) connections \(answered) of \(asked) were answered")
        }
        guard let counts = settled(server.port) else {
            check(false, "round \(round): the server no longer says its counts")
            return
        }
        if counts.begun != counts.torn + 1 {
            check(false, "round \(round): \(counts.begun) begun, \(counts.torn) torn down")
        }
        memories.append(server.memory)
        threads.append(server.threads)
        if round > 40 { break }
    }
    print("  clients: \(tally.words)")
    print("  memory after each round, in MB: \(memories.map { "\(Int($0 / 1e6))" }.joined(separator: " "))")
    check(tally["pipelined requests not answered"] == 0, "every pipelined request was answered")
    check(tally["half closed, and not answered"] == 0, "a client that closes its side is answered")
    // In the first third the stores fill up: traces, heads and bodies, as many as are kept.
    let third = max(1, memories.count / 3)
    let middle = memories.dropFirst(third).prefix(third).max() ?? 1
    let last = memories.suffix(third).min() ?? 1
    check(
        last <= middle * 1.1 || memories.count < 9,
        "memory is flat once the stores are full: \(Int(middle / 1e6)) MB, and \(Int(last / 1e6)) MB at the end")
    check(
        (threads.last ?? 0) <= (threads.first ?? 0) + 2,
        "threads are as many as they were: \(threads.first ?? 0) after the first round, \(threads.last ?? 0) at the end"
    )
    // SIGTERM, with everything going on and views that never return.
    let stuck = (0..<5).compactMap { _ in try? Socket(port: server.port) }
    for socket in stuck { socket.send("/stuck") }
    let pending = (0..<50).compactMap { _ in try? Socket(port: server.port) }
    for socket in pending { socket.send("/pending") }
    usleep(500_000)
    let port = server.port
    Thread.detachNewThread { Client.run(on: port, threadsOfEach: 2, until: now() + 2_000_000_000, Tally()) }
    usleep(1_000_000)
    let took = try server.terminate(within: 8)
    check(took < 5, "after SIGTERM it ended within 5 s: \((took * 100).rounded() / 100) s")
    let told = (stuck + pending).count { $0.read().hasPrefix("HTTP/1.1 ") }
    check(
        told == stuck.count + pending.count,
        "each request in flight was answered or told 503: \(told) of \(stuck.count + pending.count)")
    guard let end = report(errors) else {
        check(false, "it said what became of its requests")
        return
    }
    print("  \(end.line)")
    check(
        end.served == end.answered + end.gone + end.halted,
        "requests in = answered + gone + told 503: \(end.served) = \(end.answered) + \(end.gone) + \(end.halted)")
    check(
        end.begun - end.torn <= end.halted && end.torn <= end.begun,
        "every teardown ran once, but for what was named as not done: \(end.begun) begun, \(end.torn) torn down, \(end.halted) named"
    )
}

do {
    let upstream = try BadUpstream()
    defer { upstream.stop() }
    try exhaust()
    try slowTools()
    try clockJumps(upstream)
    for mode in seconds > 0 ? ["native", "async", "sync"] : [] { try soak(mode, for: seconds / 3, upstream) }
} catch { check(false, "\(error)") }
print(failures.isEmpty ? "All equal, nothing grown." : "\(failures.count) failed.")
exit(failures.isEmpty ? 0 : 1)
