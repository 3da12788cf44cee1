// What reads bytes that strangers wrote, each with what has to hold afterwards; a trap is seen by itself. Also a part of the
// tests, which give each a few hundred inputs.

import Foundation

@testable import InspectorCore

/// The parsers of the library.
enum FuzzParsers {
    /// Says what is wrong with what came of an input; nil when nothing is.
    typealias Check = @Sendable ([UInt8]) -> String?

    /// Each by its name: to add one, add a line here, its name to the Makefile's FUZZ_TARGETS, and a folder of inputs to
    /// begin with to `Benchmarks/corpus`.
    static let all: [String: Check] = [
        "traffic": traffic,
        "logs": logs,
        "requests": requests,
        "recording": recording,
        "filter": filter,
        "json": json,
        "redaction": redaction,
    ]

    // MARK: Traffic files

    /// A traffic file of the kind that the first byte names.
    static func traffic(_ bytes: [UInt8]) -> String? {
        let names = ["a.har", "a.gor", "access.log", "a.jsonl", "a.http", "targets.txt", "a.json"]
        return plan(bytes.dropFirst(), name: names[Int(bytes.first ?? 0) % names.count], TrafficReading())
    }

    /// A log: the first line is the form of its lines, or empty to find it out.
    static func logs(_ bytes: [UInt8]) -> String? {
        let form = bytes.prefix { $0 != 10 }
        var reading = TrafficReading()
        if !form.isEmpty { reading.logFormat = String(decoding: form, as: UTF8.self) }
        return plan(bytes.dropFirst(form.count + 1), name: "access.log", reading)
    }

    /// Requests as people write them, of the kind that the first byte names.
    static func requests(_ bytes: [UInt8]) -> String? {
        let names = ["a.http", "a.rest", "a.sh", "curl.txt", "a.postman_collection.json", "targets.txt"]
        var reading = TrafficReading()
        reading.environment = "dev"
        reading.seed = 7
        return plan(bytes.dropFirst(), name: names[Int(bytes.first ?? 0) % names.count], reading)
    }

    /// Finds the requests of a file, plans them and reads each.
    private static func plan(_ bytes: ArraySlice<UInt8>, name: String, _ reading: TrafficReading) -> String? {
        guard let index = try? TrafficIndex(bytes: TrafficBytes(bytes: Array(bytes), name: name), reading: reading)
        else { return nil }
        let plan = Plan(indexes: [index])
        let skipped = plan.skipped.values.reduce(0, +)
        guard plan.entries == plan.items.count + skipped else {
            return "\(plan.entries) entries are \(plan.items.count) planned and \(skipped) skipped ones"
        }
        for item in plan.items.prefix(200) {
            guard let request = try? plan.request(item) else { continue }
            guard !request.target.utf8.contains(where: { $0 <= 0x20 || $0 >= 0x7F }) else {
                return "a target that would break a request's line: \(request.target.debugDescription)"
            }
            guard request.time ?? 0 <= .lastMoment else { return "a time beyond the last moment" }
        }
        return nil
    }

    // MARK: Recordings

    /// A recording, opened with its lifecycle.
    static func recording(_ bytes: [UInt8]) -> String? {
        guard let opened = try? OpenedRecording(bytes: TrafficBytes(bytes: bytes, name: "a.jsonl")) else { return nil }
        for lane in opened.lanes {
            for trace in lane.traces.prefix(50) {
                guard trace.spans.allSatisfy({ ($0.end ?? $0.begin) >= $0.begin && $0.begin <= .lastMoment }) else {
                    return "a span that ends before it begins, or begins too late"
                }
                let numbers = trace.spans.map(\.id.rawValue)
                guard zip(numbers, numbers.dropFirst()).allSatisfy({ $0 < $1 }) else { return "two spans of a number" }
                guard let again = Trace(json: trace.json), again.spans.count == trace.spans.count else {
                    return "a trace that cannot be read as it was written"
                }
                let path = CriticalPath(trace: trace, until: opened.range.upperBound)
                let end = max(trace.summary.accepted, trace.done ?? opened.range.upperBound)
                guard path.steps.map(\.length).sumSaturated() == end - trace.summary.accepted else {
                    return "a critical path that is not as long as its request"
                }
                _ = opened.exchange(trace.id)
            }
        }
        _ = OTLP.document(traces: opened.lanes.flatMap(\.traces), app: opened.app, offset: opened.clock)
        _ = ChromeTrace.document(lanes: opened.lanes.map { ($0.traces, $0.threadNames) })
        return nil
    }

    // MARK: Texts

    /// A filter, and a request that it is asked about.
    static func filter(_ bytes: [UInt8]) -> String? {
        let text = String(decoding: bytes, as: UTF8.self)
        do throws(FilterError) {
            _ = try Filter(text).matches(subject)
            return nil
        } catch {
            return (0...text.count).contains(error.position) ? nil : "a fault beyond the text, at \(error.position)"
        }
    }

    private static let subject: TraceSubject = {
        let log = EventLog()
        var fold = TraceFold()
        let id = RequestID(number: 1, lane: LaneID(rawValue: 0))
        let request = log.open(RequestSummary(id: id, mode: .async, method: "GET", target: "/oslo?a=1", accepted: 1))
        request.instant(.accepted, at: 1)
        request.end(.await, span: request.begin(.await, label: request.own(text: "GET api/oslo"), at: 2), at: 5)
        request.finish(status: 404, at: 9)
        _ = log.read(waiting: 0) { fold.apply($0) }
        let trace = fold[id] ?? Trace(summary: request.summary)
        return TraceSubject(trace: trace, threadNames: [1: "worker-1"], now: 10)
    }()

    /// JSON: what is read is written, and read as the same.
    static func json(_ bytes: [UInt8]) -> String? {
        guard let value = try? JSON(parsing: bytes) else { return nil }
        let written = value.encoded
        guard let again = try? JSON(parsing: written) else { return "what was written cannot be read" }
        return again == value && again.encoded == written ? nil : "what was written is read as something else"
    }

    /// A message with a secret in it, beside whatever the input is: the secret does not come through.
    static func redaction(_ bytes: [UInt8]) -> String? {
        let planted = "pL4nted-s3cret-0f-f0rty"
        let input = Array(bytes.dropFirst())
        let text = String(decoding: input, as: UTF8.self)
        // libFuzzer learns what is compared with, and would plant it itself.
        guard !text.contains(planted) else { return nil }
        let member = String(decoding: JSON.string(text).encoded, as: UTF8.self)
        let type: String
        var body: [UInt8]
        switch (bytes.first ?? 0) % 6 {
        case 0:
            type = "application/json"
            body = Array("{\"note\":\(member),\"password\":\"\(planted)\"}".utf8)
        case 1:
            type = "application/json"
            body = Array("[{\"password\":[\"\(planted)\"],\(member):1}]".utf8)
        case 2:
            type = "application/x-www-form-urlencoded"
            body = input + Array("&password=\(planted)".utf8)
        case 3:
            // No part of a document that cannot be read is kept.
            type = "application/json"
            body = Array("{\"password\":\"\(planted)\",".utf8) + input
        case 4:
            type = "multipart/form-data; boundary=B"
            body =
                Array("--B\r\nContent-Disposition: form-data; name=\"password\"\r\n\r\n\(planted)\r\n--B\r\n".utf8)
                + input
        default:
            type = ""
            body = input
        }
        let headers: Headers = ["Content-Type": type, "Authorization": "Bearer \(planted)", "X-Note": text]
        for length in [body.count, body.count + 5, nil] {
            let clean = Redaction.standard.message(headers: headers, body: body, length: length)
            if String(decoding: clean.body, as: UTF8.self).contains(planted) {
                return "a secret in a body of type \(type), \(length ?? -1) bytes long"
            }
            if clean.headers.fields.contains(where: { $0.value.contains(planted) }) { return "a secret in a header" }
        }
        _ = Redaction.standard.text(text: text)
        return nil
    }
}
