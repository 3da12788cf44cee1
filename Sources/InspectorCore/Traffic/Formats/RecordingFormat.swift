// This project's own recording: JSON lines, a header and then requests, answers and traces. docs/recording-format.md.

internal import Foundation

/// A recording, read as traffic: its requests and their answers.
struct RecordingFormat: TrafficFormat {
    let name = "recording of inspector"
    let unit = "line"
    static var encoder: (any TrafficEncoder.Type)? { RecordingEncoder.self }

    static func reader(for head: TrafficHead, reading: TrafficReading) -> Self? {
        guard head.first == 0x7B, let first = head.lines.first else { return nil }
        return (try? JSON(parsing: first))?["inspector"] != nil ? Self() : nil
    }

    private static let traceEnd = Array("\"type\":\"trace\"}".utf8)

    func scan(_ bytes: TrafficBytes, into index: inout TrafficIndexBuilder) throws {
        var window = ByteWindow(bytes: bytes)
        var places: [Int: Int] = [:]
        var offset = 0
        var number = 0
        while let (range, next) = window.line(at: offset, limit: 128 * 1024 * 1024) {
            let isLast = next >= bytes.count
            offset = next
            number += 1
            guard !range.isEmpty else { continue }
            // Nine tenths of a recording are traces: as our writer ends them, they are known without being parsed.
            if range.count > Self.traceEnd.count,
                bytes.read((range.upperBound - Self.traceEnd.count)..<range.upperBound) == Self.traceEnd
            {
                continue
            }
            guard let line = try? JSON(parsing: bytes.read(range)) else {
                // Cut off while it was written: that line is lost, and no other.
                if isLast {
                    index.note(number, reason: "the file ends within this line; it is left out")
                } else {
                    index.skip(number, reason: "it is not JSON")
                }
                continue
            }
            switch line["type"]?.string {
            case "header":
                guard line["inspector"]?.int == RecordingLine.version else {
                    throw JSONFault(
                        offset: range.lowerBound,
                        reason: "this recording is of version \(line["inspector"]?.int ?? 0); only "
                            + "\(RecordingLine.version) can be read")
                }
            case "request":
                do throws(RecordedRequest.Refusal) {
                    let request = try RecordingLine.request(line, response: nil, place: index.place(number: number))
                    // Lanes that were given the same request are one request.
                    if let id = line["id"]?.int {
                        guard places[id] == nil else { continue }
                        places[id] = index.entries.count
                    }
                    index.add(TrafficEntry(number: number, range: range, time: request.time), request: request)
                } catch {
                    index.skip(number, reason: error.reason)
                }
            case "response":
                guard let id = line["id"]?.int, let place = places[id] else { continue }
                index.change(at: place) { entry in
                    guard entry.responseLength == 0 else { return }
                    entry.responseOffset = range.lowerBound
                    entry.responseLength = range.count
                }
            case "lost":
                let words = RecordingLine.lost(line: line).counted(one: "request was", many: "requests were")
                index.note(number, reason: words + " not recorded here: the disk was too slow")
            default: break
            }
        }
    }

    func request(_ entry: TrafficEntry, in bytes: TrafficBytes) throws(RecordedRequest.Refusal) -> RecordedRequest {
        guard let line = try? JSON(parsing: bytes.read(entry.range)) else {
            throw RecordedRequest.Refusal(reason: "it is not a request any more: the file has changed")
        }
        var response: RecordedResponse?
        if entry.responseLength > 0 {
            let end = entry.responseOffset + entry.responseLength
            response = (try? JSON(parsing: bytes.read(entry.responseOffset..<end))).flatMap(RecordingLine.response)
        }
        return try RecordingLine.request(line, response: response, place: "line \(entry.number)")
    }
}

/// The lines of a recording.
package enum RecordingLine {
    /// The version of the form.
    package static let version = 1

    /// A body as JSON: text where it is UTF-8, else base64.
    static func body(bytes: [UInt8]) -> [String: JSON] {
        if bytes.isEmpty { return [:] }
        if let text = String(validating: bytes, as: UTF8.self) { return ["body": .string(text)] }
        return ["body64": .string(Data(bytes).base64EncodedString())]
    }

    static func body(of line: JSON) -> [UInt8]? {
        if let text = line["body"]?.string { return Array(text.utf8) }
        if let text = line["body64"]?.string { return Data(base64Encoded: text).map(Array.init) }
        return nil
    }

    static func headers(headers: Headers) -> JSON {
        .array(headers.fields.map { .array([.string($0.name), .string($0.value)]) })
    }

    static func headers(of line: JSON) -> Headers {
        Headers(
            (line["headers"]?.items ?? []).compactMap { pair in
                // What was taken out was not sent so.
                guard let name = pair[0]?.string, let value = pair[1]?.string, value != Redaction.mark else {
                    return nil
                }
                return Headers.Field(name, value)
            })
    }

    static func request(
        _ line: JSON, response: RecordedResponse?, place: String
    ) throws(RecordedRequest.Refusal) -> RecordedRequest {
        guard let method = line["method"]?.string, let target = line["target"]?.string else {
            throw RecordedRequest.Refusal(reason: "it has no method or no target")
        }
        guard line["cut"] == nil else {
            throw RecordedRequest.Refusal(reason: "only a part of its body was recorded")
        }
        let body = body(of: line) ?? []
        guard !Redaction.isWhole(body) else { throw RecordedRequest.Refusal(reason: Redaction.bodyReason) }
        return try RecordedRequest(
            method: method, url: target, headers: headers(of: line), body: body,
            time: line["time"]?.nearest.map { UInt64(clamping: $0) }, place: place, response: response)
    }

    /// How many requests a line of type `lost` stands for.
    static func lost(line: JSON) -> Int { max(0, line["requests"]?.nearest ?? 0) }

    static func response(line: JSON) -> RecordedResponse? {
        guard let status = line["status"]?.int, (100...599).contains(status) else { return nil }
        let body = body(of: line)
        // What was taken out cannot be compared.
        let isWhole = line["cut"] == nil && line["streamed"] == nil && !Redaction.isWhole(body ?? [])
        return RecordedResponse(
            status: status, headers: headers(of: line), body: isWhole ? body ?? [] : nil, size: line["size"]?.nearest,
            duration: line["duration"]?.nearest.map { UInt64(clamping: $0) })
    }
}
