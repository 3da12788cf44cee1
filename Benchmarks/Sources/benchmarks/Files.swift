// Traffic files: how fast and in how much memory they are read.

import BenchKit
import Foundation
import Glibc

/// A HAR of 100 MB read, beside Python's json; one of 1 GB replayed.
func measureHAR(_ places: Places, _ table: inout Table) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("bench-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let small = folder.appendingPathComponent("small.har").path
    try writeHAR(small, megabytes: 100, bodyBytes: 16_000)
    let size = Double((try? FileManager.default.attributesOfItem(atPath: small)[.size] as? Int) ?? 0)
    var memory: [Double] = []
    var peerMemory: [Double] = []
    let pairs = try Pairs.measure(
        {
            let (time, most) = try Child.run([places.built + "/bench-app", "plan", small])
            memory.append(most)
            return size / time
        },
        {
            let (time, most) = try Child.run([
                "/usr/bin/env", "python3", "-c", "import json,sys;json.load(open(sys.argv[1]))", small,
            ])
            peerMemory.append(most)
            return size / time
        })
    table.add(
        Row(
            "HAR of 100 MB planned ÷ Python's json.load", pairs, unit: Unit.bytesPerSecond,
            note: "in \(Unit.bytes(Pairs.median(memory))), Python in \(Unit.bytes(Pairs.median(peerMemory)))"))
    let large = folder.appendingPathComponent("large.har").path
    try writeHAR(large, megabytes: 1000, bodyBytes: 100_000)
    let (time, most) = try Child.run(
        [places.built + "/bench-app", "replay", large, "--headless", "--mode", "native", "--rate", "1000/s"])
    table.add(
        Row(
            "HAR of 1 GB replayed", Unit.bytes(most), bar: "< 64 MB", isReached: most < 64e6,
            note: "in \(Unit.nanoseconds(time * 1e9)), 1,000 requests a second"))
}

/// A `.http` file of 5,000 requests with a variable, planned: it was read again for each of them once.
func measureHTTPFile(_ places: Places, _ table: inout Table) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("bench-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("many.http").path
    let text = "@host = http://localhost\n" + (0..<5000).map { "###\nGET {{host}}/hello?n=\($0)\n" }.joined()
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    var times: [Double] = []
    for _ in 0..<5 {
        let (time, _) = try Child.run([places.built + "/bench-app", "plan", path])
        times.append(time)
    }
    let time = Pairs.median(times)
    table.add(
        Row(
            ".http of 5,000 requests planned", Unit.nanoseconds(time * 1e9), bar: "< 500 ms", isReached: time < 0.5,
            note: "\(text.utf8.count / 1000) kB"))
}

/// A HAR as a browser saves one: requests of a page that is loaded again and again.
private func writeHAR(_ path: String, megabytes: Int, bodyBytes: Int) throws {
    guard let file = fopen(path, "w") else { throw BenchError(description: "\(path) cannot be made") }
    defer { fclose(file) }
    func write(_ text: String) { fputs(text, file) }
    write("{\"log\":{\"version\":\"1.2\",\"creator\":{\"name\":\"bench\",\"version\":\"1\"},\"entries\":[\n")
    let body = String(repeating: "All work and no play makes \\\"Jack\\\" a dull boy.\\n", count: bodyBytes / 48)
    var written = 0
    var number = 0
    while written < megabytes * 1_000_000 {
        let millisecond = String(format: "%03d", number % 1000)
        let second = String(format: "%02d:%02d:%02d", number / 3_600_000, number / 60_000 % 60, number / 1000 % 60)
        let entry =
            (number == 0 ? "" : ",\n")
            + "{\"startedDateTime\":\"2026-01-01T\(second).\(millisecond)Z\",\"time\":12.5,\"request\":{\"method\":\"GET\","
            + "\"url\":\"http://localhost/hello?n=\(number)\",\"httpVersion\":\"HTTP/1.1\",\"headers\":["
            + "{\"name\":\"Host\",\"value\":\"localhost\"},{\"name\":\"Accept\",\"value\":\"text/html\"}],\"queryString\":[],"
            + "\"cookies\":[],\"headersSize\":-1,\"bodySize\":0},\"response\":{\"status\":200,\"statusText\":\"OK\","
            + "\"httpVersion\":\"HTTP/1.1\",\"headers\":[{\"name\":\"Content-Type\",\"value\":\"text/html\"}],\"cookies\":[],"
            + "\"content\":{\"size\":\(bodyBytes),\"mimeType\":\"text/html\",\"text\":\"\(body)\"},\"redirectURL\":\"\","
            + "\"headersSize\":-1,\"bodySize\":\(bodyBytes)},\"cache\":{},\"timings\":{\"send\":0,\"wait\":12,\"receive\":0.5}}"
        write(entry)
        written += entry.utf8.count
        number += 1
    }
    write("]}}\n")
}
