// vegeta's targets as JSON, one a line.

internal import Foundation

/// Targets as JSON (vegeta: lib/targets.go).
struct VegetaJSONFormat: TrafficFormat {
    let name = "vegeta targets (JSON)"
    let unit = "line"
    static var encoder: (any TrafficEncoder.Type)? { VegetaEncoder.self }

    private static let lineLimit = 128 * 1024 * 1024

    static func reader(for head: TrafficHead, reading: TrafficReading) -> Self? {
        guard head.first == 0x7B, let first = head.lines.first else { return nil }
        // One that is broken may stand first.
        let isList = isTarget(first) || (isBroken(first) && head.lines.dropFirst().contains(where: isTarget))
        return isList ? Self() : nil
    }

    private static func isTarget(_ line: [UInt8]) -> Bool {
        let members = LooseJSON(line).members
        func isText(_ name: String) -> Bool { members.contains { $0.name == name && $0.value.isText } }
        // A line of a log may hold a method and an address too, and the status that a target cannot have.
        let isLog = members.contains { ["status", "log", "time", "ts"].contains($0.name) }
        return isText("url") && !isLog && (isText("method") || members.count == 1)
    }

    /// Whether a line is an object with nothing but members that a target has.
    private static func isBroken(_ line: [UInt8]) -> Bool {
        let names = ["method", "url", "header", "body"]
        return line.last(where: { $0 != 32 && $0 != 9 }) == 0x7D
            && LooseJSON(line).members.allSatisfy { names.contains($0.name) }
    }

    func scan(_ bytes: TrafficBytes, into index: inout TrafficIndexBuilder) throws {
        var window = ByteWindow(bytes: bytes)
        var offset = bytes.read(0..<3) == [0xEF, 0xBB, 0xBF] ? 3 : 0
        var number = 0
        while let (range, next) = window.line(at: offset, limit: Self.lineLimit) {
            let size = next - offset
            offset = next
            number += 1
            guard size <= Self.lineLimit else {
                index.skip(number, reason: "its target is too large", detail: "\(size) bytes")
                continue
            }
            let text = bytes.read(range)
            if text.allSatisfy({ $0 == 32 || $0 == 9 }) { continue }
            do throws(RecordedRequest.Refusal) {
                let (request, notes) = try VegetaJSONFormat.request(text, place: index.place(number: number))
                for note in notes { index.note(number, reason: note) }
                index.add(TrafficEntry(number: number, range: range, time: nil), request: request)
            } catch {
                index.skip(number, reason: error.reason)
            }
        }
    }

    func request(_ entry: TrafficEntry, in bytes: TrafficBytes) throws(RecordedRequest.Refusal) -> RecordedRequest {
        try VegetaJSONFormat.request(bytes.read(entry.range), place: "line \(entry.number)").request
    }

    private static func request(
        _ bytes: [UInt8], place: String
    ) throws(RecordedRequest.Refusal) -> (request: RecordedRequest, notes: [String]) {
        let target = LooseJSON(bytes)
        // A line that was cut is not a target, though its beginning can be read.
        guard target.isObject, bytes.last(where: { $0 != 32 && $0 != 9 }) == 0x7D else {
            throw RecordedRequest.Refusal(reason: "it is not a JSON object")
        }
        // Taken for one, the others would be gone without a word.
        guard !LooseJSON.isFollowed(bytes) else {
            throw RecordedRequest.Refusal(reason: "more than one object stands on its line")
        }
        guard let method = target["method"]?.string, let url = target["url"]?.string else {
            throw RecordedRequest.Refusal(reason: "it has no method or no url")
        }
        var notes: [String] = []
        var headers = Headers()
        for (name, value) in target["header"]?.members ?? [] {
            for item in value.isArray ? value.items : [value] {
                if let text = item.scalar {
                    headers.add(name, text)
                } else {
                    notes.append("the header \(name.prefix(40)) is left out: its value is not text")
                }
            }
        }
        var body: [UInt8] = []
        if let text = target["body"]?.string {
            guard let data = Data(base64Encoded: text) else {
                throw RecordedRequest.Refusal(reason: "its body is not base64")
            }
            body = Array(data)
        }
        let request = try RecordedRequest(method: method, url: url, headers: headers, body: body, place: place)
        return (request, notes)
    }
}
