// HAR 1.2, read one entry at a time. What real exporters do differently is taken with a note, or passed over with one.

internal import Foundation

/// HAR files.
struct HARFormat: TrafficFormat {
    let name = "HAR 1.2"
    let unit = "entry"

    static func reader(for head: TrafficHead, _ reading: TrafficReading) -> Self? {
        head.first == 0x7B && head.texts.contains { $0.contains("\"log\"") } ? Self() : nil
    }

    /// The largest entry that is taken, in bytes: its body is what is large, and that has a limit of its own.
    private static let entryLimit = 128 * 1024 * 1024

    func scan(_ bytes: TrafficBytes, into index: inout TrafficIndexBuilder) throws {
        var scanner = JSONScanner(bytes)
        guard scanner.next() == 0x7B else {
            throw JSONFault(offset: scanner.offset, reason: "this is no HAR: it does not begin with an object")
        }
        var hasEntries = false
        var number = 0
        try scanner.members { scanner, key in
            guard key == "log", scanner.next() == 0x7B else {
                _ = try scanner.value()
                return
            }
            try scanner.members { scanner, key in
                switch key {
                case "version":
                    let range = try scanner.value()
                    try checkVersion(bytes.read(range), at: range.lowerBound)
                case "entries":
                    hasEntries = true
                    try scanner.items { scanner in
                        let range = try scanner.value()
                        number += 1
                        take(range, number, bytes, &index)
                    }
                default: _ = try scanner.value()
                }
            }
        }
        guard hasEntries else {
            throw JSONFault(offset: 0, reason: "this is no HAR: it has no log with entries at its top")
        }
    }

    func request(_ entry: TrafficEntry, in bytes: TrafficBytes) throws(RecordedRequest.Refusal) -> RecordedRequest {
        let decoded: HAREntry
        do { decoded = try JSONDecoder().decode(HAREntry.self, from: Data(bytes.read(entry.range))) } catch {
            throw RecordedRequest.Refusal(reason: "it is no HAR entry any more: the file has changed")
        }
        return try decoded.request(place: "entry \(entry.number)")
    }

    private func checkVersion(_ bytes: [UInt8], at offset: Int) throws {
        let version = String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: ["\"", " "])
        guard version.isEmpty || version.hasPrefix("1.") else {
            throw JSONFault(offset: offset, reason: "this is HAR \(version.prefix(20)); only 1.x can be read")
        }
    }

    private func take(_ range: Range<Int>, _ number: Int, _ bytes: TrafficBytes, _ index: inout TrafficIndexBuilder) {
        guard range.count <= HARFormat.entryLimit else {
            index.skip(number, "its entry is too large", detail: "\(range.count) bytes")
            return
        }
        do {
            let entry = try JSONDecoder().decode(HAREntry.self, from: Data(bytes.read(range)))
            if let reason = entry.reasonToSkip {
                index.skip(number, reason)
                return
            }
            let request = try entry.request(place: "entry \(number)")
            for note in entry.oddities { index.note(number, note) }
            index.add(TrafficEntry(number: number, range: range, time: request.time))
        } catch let refusal as RecordedRequest.Refusal {
            index.skip(number, refusal.reason)
        } catch {
            index.skip(number, "it is no HAR entry", detail: "at byte \(range.lowerBound), \(HARFormat.what(error))")
        }
    }

    private static func what(_ error: any Error) -> String {
        switch error {
        case DecodingError.keyNotFound(let key, _): "\(key.stringValue) is missing"
        case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context):
            "\(context.codingPath.map(\.stringValue).joined(separator: ".")) has the wrong type"
        case DecodingError.dataCorrupted(let context): context.debugDescription
        default: "\(error)"
        }
    }
}
