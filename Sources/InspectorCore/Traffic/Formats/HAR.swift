// HAR 1.2, read one entry at a time. What real exporters do differently is taken with a note, or passed over with one.

internal import Foundation

/// HAR files.
struct HARFormat: TrafficFormat {
    let name = "HAR 1.2"
    let unit = "entry"
    static var encoder: (any TrafficEncoder.Type)? { HAREncoder.self }

    /// A HAR is an object with a log that is an object.
    ///
    /// One that stands deeper is taken here too, for the sentence that
    /// says so; a line of a log, or any other JSON, is left to other readers.
    static func reader(for head: TrafficHead, reading: TrafficReading) -> Self? {
        guard head.first == 0x7B else { return nil }
        let members = LooseJSON(Array(head.bytes)).members
        let isHAR = members.contains { name, value in
            value.isObject && (name == "log" || value.members.contains { $0.name == "log" && $0.value.isObject })
        }
        // A first member that is longer than what is looked at hides the others.
        let isHidden = !head.isWhole && members.count == 1 && head.name.hasSuffix(".har")
        return isHAR || isHidden ? Self() : nil
    }

    /// The largest entry that is taken, in bytes: its body is what is large, and that has a limit of its own.
    private static let entryLimit = 128 * 1024 * 1024

    func scan(_ bytes: TrafficBytes, into index: inout TrafficIndexBuilder) throws {
        var scanner = JSONScanner(bytes: bytes)
        guard scanner.next() == 0x7B else {
            throw JSONFault(offset: scanner.offset, reason: "this is not a HAR: it does not begin with an object")
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
                    try checkVersion(bytes: bytes.read(range.prefix(64)), at: range.lowerBound)
                case "entries" where scanner.next() == 0x5B:
                    hasEntries = true
                    try scanner.items { scanner in
                        let range = try scanner.value()
                        number += 1
                        take(range, number: number, bytes: bytes, index: &index)
                    }
                default: _ = try scanner.value()
                }
            }
        }
        guard hasEntries else {
            throw JSONFault(offset: 0, reason: "this is not a HAR: it has no log with entries at its top")
        }
        if scanner.next() != nil {
            index.note("file", reason: "more follows at byte \(scanner.offset), behind the HAR's end; it is left out")
        }
    }

    func request(_ entry: TrafficEntry, in bytes: TrafficBytes) throws(RecordedRequest.Refusal) -> RecordedRequest {
        guard let found = HAREntry(bytes: bytes.read(entry.range), file: bytes.name) else {
            throw RecordedRequest.Refusal(reason: "it is not a HAR entry any more: the file has changed")
        }
        return try found.request(place: "entry \(entry.number)").request
    }

    private func checkVersion(bytes: [UInt8], at offset: Int) throws {
        let version = LooseJSON(bytes).scalar?.trimmingCharacters(in: .whitespaces) ?? ""
        guard version.isEmpty || version == "1" || version.hasPrefix("1.") else {
            throw JSONFault(offset: offset, reason: "this is HAR \(version.prefix(20)); only 1.x can be read")
        }
    }

    private func take(_ range: Range<Int>, number: Int, bytes: TrafficBytes, index: inout TrafficIndexBuilder) {
        guard range.count <= HARFormat.entryLimit else {
            index.skip(number, reason: "its entry is too large", detail: "\(range.count) bytes")
            return
        }
        guard let entry = HAREntry(bytes: bytes.read(range), file: bytes.name) else {
            index.skip(
                number, reason: "it is not a HAR entry: it has no request", detail: "at byte \(range.lowerBound)")
            return
        }
        if let reason = entry.reasonToSkip {
            index.skip(number, reason: reason)
            return
        }
        do throws(RecordedRequest.Refusal) {
            let (request, notes) = try entry.request(place: "entry \(number)", isPlanned: true)
            for note in notes { index.note(number, reason: note) }
            index.add(TrafficEntry(number: number, range: range, time: request.time), request: request)
        } catch {
            index.skip(number, reason: error.reason)
        }
    }
}
