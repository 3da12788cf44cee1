// What is wrong outside: descriptors that run out, clients of the tool slowhttptest, a clock that is set.

import BenchKit
import Foundation
import Glibc

/// A server that may open few files takes connections again once some are closed.
@MainActor func exhaust() throws {
    print("descriptors used up")
    let server = try Program(
        [program, "run", "hardship", "--headless", "--quiet", "--mode", "native", "--port", "PORT"],
        environment: ["SOAK_OPEN_FILES": "120"])
    defer { server.stop() }
    do {
        let sockets = (0..<300).compactMap { _ in try? Socket(port: server.port) }
        usleep(300_000)
        check(sockets.count > 120 && server.isRunning, "more connections than descriptors do not end it")
    }
    let limit = now() + 10_000_000_000
    var answered = false
    while now() < limit, !answered {
        answered = (try? Socket(port: server.port).get("/hello"))?.hasPrefix("HTTP/1.1 200") ?? false
        usleep(50_000)
    }
    check(answered, "it answers again when they are closed")
}

/// A thousand clients each of slow heads, slow bodies and slow reading, as the tool for it sends them: others are
/// answered meanwhile, and the slow ones are ended by the server.
@MainActor func slowTools() throws {
    print("slowhttptest")
    let server = try Program(
        [program, "run", "hardship", "--headless", "--quiet", "--mode", "native", "--port", "PORT"])
    defer { server.stop() }
    let before = server.descriptors
    let attacks = [
        (["-H"], "/hello", "slow heads"), (["-B", "-s", "100000"], "/upload", "slow bodies"),
        (["-X", "-w", "10", "-y", "20", "-z", "32", "-n", "5"], "/large", "slow reading"),
    ]
    // The server gives a head half a minute, a body as long and its rate, and a minute to who does not read.
    let group = DispatchGroup()
    let told = Tally()
    for (options, path, name) in attacks {
        group.enter()
        let url = server.url(path)
        Thread.detachNewThread {
            defer { group.leave() }
            let command = ["slowhttptest", "-c", "1000", "-r", "500", "-i", "5", "-l", "90", "-p", "3", "-u", url]
            // The tool draws a page every few seconds, with escape sequences between the words.
            let output = (try? Program.run(command + options)) ?? ""
            let pages = output.replacing(/\x1b\[[0-9;]*[A-Za-z]/, with: "").matches(of: /service available: +(YES|NO)/)
            // One every five seconds; it ends by itself when the server has ended all of its connections.
            if pages.count >= 2 { told.count("\(name): ran") }
            // Until it has asked for the first time it says NO.
            if pages.drop(while: { $0.1 == "NO" }).allSatisfy({ $0.1 == "YES" }) { told.count("\(name): available") }
        }
    }
    usleep(5_000_000)
    let most = server.descriptors
    check(most > 2500, "three thousand slow connections were there: \(most) descriptors")
    // Asked of the server: a slow reader notices a reset only when it has read what came before it.
    let limit = now() + 75_000_000_000
    while server.descriptors > before + 10, now() < limit { usleep(200_000) }
    let left = server.descriptors
    check(left <= before + 10, "the server ended them all: \(before) descriptors before, \(left) after")
    group.wait()
    for (_, _, name) in attacks {
        check(told["\(name): ran"] == 1, "\(name): the tool ran to its end")
        check(told["\(name): available"] == 1, "\(name): all the time others were answered within 3 s")
    }
    check((try? Socket(port: server.port).get("/hello"))?.hasPrefix("HTTP/1.1 200") ?? false, "it goes on")
}

/// The clock is set a day forward and two days back while requests run: they take as long as they do, and what was
/// recorded stands in its order.
@MainActor func clockJumps(_ upstream: BadUpstream) throws {
    print("a clock that is set")
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("soak-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    guard let library = Program.library("faketime/libfaketimeMT.so.1") else {
        check(false, "libfaketime is there to set the clock of one program")
        return
    }
    let clock = folder + "/clock"
    let recording = folder + "/recording.jsonl"
    func set(_ offset: String) throws { try offset.write(toFile: clock, atomically: true, encoding: .utf8) }
    try set("+0")
    // By way of env: the library sets a variable in the first process that loads it, after which Swift no longer finds
    // the arguments, because it looks for them beside the environment.
    let server = try Program(
        [
            "/usr/bin/env", program, "record", "--app", "hardship", "--mode", "async", "--port", "PORT", "--upstream",
            "http://127.0.0.1:\(upstream.port)", recording,
        ],
        environment: [
            "LD_PRELOAD": library, "FAKETIME_TIMESTAMP_FILE": clock, "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        ])
    defer { server.stop() }
    let idle = try Socket(port: server.port)
    _ = try idle.get("/hello")
    var dates: Set<String> = []
    var longest: UInt64 = 0
    var failed = 0
    let count = 120
    for number in 0..<count {
        if number % 10 == 5 { try set(["+1d", "-2d", "+0", "+30d", "-1h"][number / 10 % 5]) }
        let begin = now()
        let answer = (try? Socket(port: server.port).get(["/wait", "/api", "/hello"][number % 3])) ?? ""
        longest = max(longest, now() - begin)
        if !answer.hasPrefix("HTTP/1.1 200") { failed += 1 }
        if let date = answer.firstMatch(of: /Date: \w+, (\d+ \w+)/) { dates.insert(String(date.1)) }
        usleep(20_000)
    }
    check(dates.count >= 4, "the program saw the clock jump: \(dates.sorted().joined(separator: ", "))")
    check(failed == 0, "each of \(count) requests was answered")
    check(longest < 1_000_000_000, "none took longer for it: the longest \(longest / 1_000_000) ms")
    check(try idle.get("/hello").hasPrefix("HTTP/1.1 200"), "a connection from before is still open")
    check(try server.terminate(within: 8) < 5, "it ends as it should")
    let text = (try? String(contentsOfFile: recording, encoding: .utf8)) ?? ""
    let requests = text.split(separator: "\n").compactMap { line -> (id: Int, time: Int)? in
        let object = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
        guard object?["type"] as? String == "request", let id = object?["id"] as? Int,
            let time = object?["time"] as? Int
        else { return nil }
        return (id, time)
    }
    let times = requests.sorted { $0.id < $1.id }.map(\.time)
    check(
        times.count >= count && times == times.sorted(),
        "\(times.count) requests are recorded, each later than the one before")
}
