// What servers elsewhere tell: how many spans are taken a second and in how much memory, and what telling costs a Flask.

import BenchKit
import Foundation

@testable import InspectorCore

/// Exports of a hundred requests with ten spans each, as a Flask with the extension sends them, in protobuf.
private struct Exports {
    static let requests = 100
    static let spansOfOne = 10

    private var body: [UInt8] = []
    /// Where each span's trace id stands: it is another one in each export.
    private var places: [Int] = []

    init() {
        var spans: [UInt8] = []
        for request in 0..<Self.requests {
            for place in 0..<Self.spansOfOne {
                var span: [UInt8] = []
                Self.add(&span, field: 1, bytes: [UInt8](repeating: 0, count: 16))
                let id = UInt64(request * Self.spansOfOne + place + 1)
                Self.add(&span, field: 2, bytes: Self.bytes(id))
                if place > 0 { Self.add(&span, field: 4, bytes: Self.bytes(id - UInt64(place))) }
                Self.add(&span, field: 5, bytes: Array((place == 0 ? "GET /city/<name>" : "before_request auth").utf8))
                span += [0x30, place == 0 ? 2 : 1]
                for (field, time) in [(7, place), (8, place + 3)] {
                    span.append(UInt8(field << 3 | 1))
                    let at = 1_790_000_000_000_000_000 + UInt64(request * 1_000_000 + time * 20_000)
                    span += Self.bytes(at).reversed()
                }
                let attributes = [
                    ("inspector.kind", place == 0 ? "request" : "before_request"), ("inspector.scope", "app"),
                    ("http.request.method", "GET"), ("url.path", "/city/oslo"),
                    ("thread.id", "\(140_000 + request % 8)"),
                    ("thread.name", "ThreadPoolExecutor-0_\(request % 8)"),
                ]
                for (name, value) in attributes {
                    var pair: [UInt8] = []
                    Self.add(&pair, field: 1, bytes: Array(name.utf8))
                    var text: [UInt8] = []
                    Self.add(&text, field: 1, bytes: Array(value.utf8))
                    Self.add(&pair, field: 2, bytes: text)
                    Self.add(&span, field: 9, bytes: pair)
                }
                var whole: [UInt8] = []
                Self.add(&whole, field: 2, bytes: span)
                spans += whole
            }
        }
        var part: [UInt8] = []
        Self.add(&part, field: 2, bytes: spans)
        Self.add(&body, field: 1, bytes: part)
        // A trace id of zeros is found by what stands before it.
        for place in body.indices.dropLast(18)
        where body[place] == 0x0A && body[place + 1] == 16 && body[place + 2] == 0 && body[place + 17] == 0 {
            places.append(place + 2)
        }
    }

    /// The next export: each request in a trace of its own.
    mutating func next(_ number: Int) -> [UInt8] {
        for (index, place) in places.enumerated() {
            let trace = UInt64(number) * UInt64(Self.requests) + UInt64(index / Self.spansOfOne) + 1
            for (offset, byte) in Self.bytes(trace).enumerated() { body[place + 8 + offset] = byte }
        }
        return body
    }

    var isWhole: Bool { places.count == Self.requests * Self.spansOfOne }

    private static func bytes(_ number: UInt64) -> [UInt8] { withUnsafeBytes(of: number.bigEndian) { Array($0) } }

    private static func add(_ bytes: inout [UInt8], field: UInt8, bytes content: [UInt8]) {
        bytes.append(field << 3 | 2)
        var length = content.count
        while length >= 0x80 {
            bytes.append(UInt8(length & 0x7F | 0x80))
            length >>= 7
        }
        bytes.append(UInt8(length))
        bytes += content
    }
}

/// Spans through the receiver: decoded, joined, made traces of requests that others sent.
func measureSpans(_ table: inout Table) throws {
    var exports = Exports()
    guard exports.isWhole else { throw BenchError(description: "the exports of the bench are broken") }
    let reader = try TraceReader(log: EventLog())
    defer { reader.stop() }
    let lanes = WatchedLanes()
    let receiver = OTLPReceiver(
        reader: reader, join: SpanJoin(), services: (ServiceJoin(lanes: lanes, numbers: RequestNumbers()), lanes)
    ) { _ in nil }
    let each = Exports.requests * Exports.spansOfOne
    var number = 0
    func take(_ count: Int) throws -> Double {
        let begin = now()
        for _ in 0..<(count / each) {
            let answer = receiver.answer(
                IncomingRequest(
                    method: "POST", target: "/v1/traces", headers: ["Content-Type": "application/x-protobuf"],
                    body: exports.next(number)))
            guard answer.status == 200 else { throw BenchError(description: "an export was answered \(answer.status)") }
            number += 1
        }
        return Double(count) / (Double(now() - begin) / 1e9)
    }
    _ = try take(200_000)
    let speeds = try (0..<5).map { _ in try take(200_000) }.sorted()
    table.add(
        Row(
            "OTLP: spans taken, decoded, joined and assembled", Unit.perSecond(speeds[2]), bar: "≥ 100,000 /s",
            isReached: speeds[2] >= 100_000, note: "on one thread, protobuf, six attributes each"))
    let before = Program.memory(of: ProcessInfo.processInfo.processIdentifier)
    _ = try take(10_000_000)
    let growth = Program.memory(of: ProcessInfo.processInfo.processIdentifier) - before
    table.add(
        Row(
            "OTLP: memory after 10 M spans more", Unit.bytes(max(0, growth)) + " more", bar: "flat: ≤ 32 MB",
            isReached: growth <= 32_000_000, note: "\(Unit.bytes(before)) before"))
}

/// The Flask extension: hello under gunicorn's gthread, told to a dashboard, against the same app alone.
func measureExtension(_ places: Places, _ table: inout Table) throws {
    try places.prepare()
    let port = try Program.freePort()
    let dashboard = try Program(
        [
            places.built + "/bench-app", "watch", "--headless", "--quiet", "--port", "PORT", "--otlp", "\(port)",
        ], path: "/")
    defer { dashboard.stop() }
    let root = URL(fileURLWithPath: places.peers).deletingLastPathComponent().deletingLastPathComponent()
    func flask(_ rate: String?) throws -> Program {
        var environment = ["PYTHONDONTWRITEBYTECODE": "1"]
        var command = places.gunicorn
        if let rate {
            environment["PYTHONPATH"] = root.appendingPathComponent("Extensions/flask").path
            environment["INSPECTOR_APP"] = "peers:flask_app"
            environment["INSPECTOR_ENDPOINT"] = "http://127.0.0.1:\(port)"
            environment["INSPECTOR_RATE"] = rate
            command[command.count - 1] = "inspector_flask:create_app()"
        }
        return try Program(command, environment: environment, folder: places.peers)
    }
    let bare = try flask(nil)
    defer { bare.stop() }
    for (name, rate, bar) in [("at its usual rate", "200", 0.75), ("every request in detail", "all", 0)] {
        let told = try flask(rate)
        defer { told.stop() }
        for (path, word) in [("/hello", "sync"), ("/hello-async", "async")] {
            func load(_ port: Int) throws -> Double { try Load.wrk("http://127.0.0.1:\(port)\(path)") }
            for port in [told.port, bare.port] { _ = try load(port) }
            let pairs = try Pairs.measure(times: 7, { try load(told.port) }, { try load(bare.port) })
            table.add(
                Row(
                    "Flask with the extension ÷ alone, hello \(word)", pairs, unit: Unit.perSecond,
                    bar: bar > 0 && word == "sync" ? "≥ 0.75" : "", note: "gthread, \(name), a dashboard that listens",
                    reached: bar > 0 && word == "sync" ? { $0 >= bar } : nil))
        }
    }
}
