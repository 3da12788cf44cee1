// GoReplay's .gor: a line of meta data, the raw HTTP message, a line of three monkeys.

internal import Foundation

/// `.gor` files (GoReplay: protocol.go, input_file.go).
struct GorFormat: TrafficFormat {
    let name = "GoReplay .gor"
    let unit = "record"
    static var encoder: (any TrafficEncoder.Type)? { GorEncoder.self }

    /// Says of an answer, in a file that we wrote, that its body was not recorded, and how large it was: the form itself
    /// cannot, and an empty body would be taken for the answer's.
    static let bodyHeader = "X-Inspector-Body"

    /// The line that ends a record; the line break before it belongs to it.
    static let separator = Array("🐵🙈🙉".utf8)
    /// The largest record that is taken, in bytes: a body and a generous head.
    private static let recordLimit = RecordedRequest.bodyLimit + 1024 * 1024

    /// What a record's first line says.
    struct Meta {
        let kind: Character
        let id: String
        let time: UInt64
        /// On answers: how long the service took, in ns.
        let latency: UInt64?
        /// Whether the line ends in CR LF: an editor has changed all line ends of the file.
        let endsWithCR: Bool

        /// Reads the line, with or without the CR at its end; nil when it is none.
        init?(_ line: some Collection<UInt8>) {
            let bytes = Array(line)
            endsWithCR = bytes.last == 13
            let parts = String(decoding: endsWithCR ? bytes.dropLast() : bytes[...], as: UTF8.self)
                .split(separator: " ", omittingEmptySubsequences: false)
            guard parts.count >= 3, let first = parts[0].first, ["1", "2", "3"].contains(parts[0]), !parts[1].isEmpty,
                let time = UInt64(parts[2])
            else { return nil }
            kind = first
            id = String(parts[1])
            self.time = time
            latency = parts.count > 3 ? UInt64(parts[3]) : nil
        }
    }

    /// A record as its bytes lie in the file, without the line break before its separator.
    private struct Record {
        let meta: Meta
        let payload: ArraySlice<UInt8>

        init?(_ bytes: [UInt8]) {
            let line = bytes.prefix { $0 != 10 }
            guard let meta = Meta(line) else { return nil }
            self.meta = meta
            payload = bytes.dropFirst(line.count + 1)
        }
    }

    static func reader(for head: TrafficHead, reading: TrafficReading) throws(TrafficFileError) -> Self? {
        guard let first = head.texts.first else { return nil }
        if isWireForm(first) {
            throw TrafficFileError(
                file: head.name,
                reason: "this is the wire form of goreplay's middleware, a line of hex a record; give the .gor file")
        }
        // The line of monkeys stands in no other file; without one, a file of one record may have been cut.
        let isGor = head.bytes.split(separator: 10).contains { line in
            (line.last == 13 ? line.dropLast() : line).elementsEqual(separator)
        }
        if isGor { return Self() }
        guard Meta(head.lines[0]) != nil else { return nil }
        return head.texts.count < 2 || head.texts[1].contains("HTTP/") ? Self() : nil
    }

    /// A line of hex that begins as a record does: what goreplay's middleware reads and writes.
    static func isWireForm(_ line: String) -> Bool {
        line.count >= 8 && line.allSatisfy(\.isHexDigit) && ["3120", "3220", "3320"].contains(String(line.prefix(4)))
    }

    func scan(_ bytes: TrafficBytes, into index: inout TrafficIndexBuilder) throws {
        var scan = GorScan(bytes: bytes)
        var offset = bytes.read(0..<3) == [0xEF, 0xBB, 0xBF] ? 3 : 0
        var window = ByteWindow(bytes: bytes)
        while offset < bytes.count {
            let start = offset
            var end: Int?
            guard let first = window.line(at: start)?.range else { break }
            let hasCR = window[first.upperBound] == 13
            let isBroken = Meta(bytes.read(first.prefix(4096))) == nil
            while let (line, next) = window.line(at: offset) {
                offset = next
                guard line.count == Self.separator.count, bytes.read(line) == Self.separator else { continue }
                // In a file as goreplay writes it a line of monkeys with a CR is a body's; in one whose line ends were
                // changed it ends the record, and so does it where no record was begun.
                let endsWithCR = window[line.upperBound] == 13
                guard !endsWithCR || hasCR || isBroken else { continue }
                // The line break before it is its own, and only that one.
                let isCRLF = (endsWithCR || hasCR) && window[line.lowerBound - 2] == 13
                end = max(start, line.lowerBound - (isCRLF ? 2 : 1))
                break
            }
            if end == nil, Self.isBlank(start..<bytes.count, window: &window) { break }
            scan.number += 1
            let range = start..<(end ?? bytes.count)
            if end == nil, range.count <= Self.recordLimit {
                index.note(scan.number, reason: "the file ends without the line that ends a record; it is taken")
            }
            scan.take(range, limit: Self.recordLimit, index: &index)
        }
        scan.finish(&index)
    }

    /// Whether nothing but line ends stands in `range`; it is never held as a whole.
    private static func isBlank(_ range: Range<Int>, window: inout ByteWindow) -> Bool {
        for place in range {
            guard let byte = window[place] else { return true }
            guard byte == 10 || byte == 13 else { return false }
        }
        return true
    }

    func request(_ entry: TrafficEntry, in bytes: TrafficBytes) throws(RecordedRequest.Refusal) -> RecordedRequest {
        var response: RecordedResponse?
        if entry.responseLength > 0 {
            let end = entry.responseOffset.addingSaturated(entry.responseLength)
            response = Record(bytes.read(entry.responseOffset..<end)).flatMap(Self.response)
        }
        return try Self.request(bytes.read(entry.range), place: "record \(entry.number)", response: response).request
    }

    /// The request of a record, and what is odd about it.
    static func request(
        _ record: [UInt8], place: String, response: RecordedResponse?
    ) throws(RecordedRequest.Refusal) -> (request: RecordedRequest, notes: [String]) {
        guard let record = Record(record) else {
            throw RecordedRequest.Refusal(reason: "it is not a record any more: the file has changed")
        }
        let message = RawMessage(bytes: record.payload)
        let words = message.firstLine.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count >= 3, words[words.count - 1].hasPrefix("HTTP/") else {
            throw RecordedRequest.Refusal(reason: "its first line is not a request")
        }
        // What lies between is the target, spaces and all.
        let target = words[1..<(words.count - 1)].joined(separator: " ")
        var (body, note) = message.decodedBody
        if record.meta.endsWithCR, note != nil, let plain = message.bodyBeforeCRLF {
            (body, note) = (plain, "its line ends were changed to CR LF; they are changed back in its body")
        }
        let request = try RecordedRequest(
            method: String(words[0]), url: target, headers: message.decodedHeaders, body: body, time: record.meta.time,
            place: place, response: response)
        return (request, message.oddities + (note.map { [$0] } ?? []))
    }

    private static func response(record: Record) -> RecordedResponse? {
        let message = RawMessage(bytes: record.payload)
        let words = message.firstLine.split(separator: " ")
        guard words.count >= 2, words[0].hasPrefix("HTTP/"), let status = Int(words[1]), (100...599).contains(status)
        else { return nil }
        let duration = record.meta.latency.flatMap { $0 > 0 ? $0 : nil }
        var headers = message.decodedHeaders
        guard let unknown = headers[GorFormat.bodyHeader] else {
            var body = message.decodedBody.body
            // A body that cannot be unpacked keeps the header that says so.
            if let coding = headers["Content-Encoding"], let plain = ContentCoding.decoded(bytes: body, coding: coding)
            {
                body = plain
                headers["Content-Encoding"] = nil
                headers["Content-Length"] = nil
            }
            return RecordedResponse(status: status, headers: headers, body: body, duration: duration)
        }
        headers[GorFormat.bodyHeader] = nil
        headers["Content-Length"] = nil
        return RecordedResponse(
            status: status, headers: headers, size: unknown.split(separator: " ").last.flatMap { Int($0) },
            duration: duration)
    }
}

/// What was found of a `.gor` file so far.
private struct GorScan {
    private let bytes: TrafficBytes
    var number = 0
    /// Where the request of an id stands.
    ///
    /// Ids are kept as numbers made of them: they may be of any length.
    private var places: [Int: Int] = [:]
    private var answers = 0
    private var replayed = 0

    init(bytes: TrafficBytes) { self.bytes = bytes }

    mutating func take(_ range: Range<Int>, limit: Int, index: inout TrafficIndexBuilder) {
        guard range.count <= limit else {
            index.skip(number, reason: "it is too large", detail: "\(range.count) bytes")
            return
        }
        let head = bytes.read(range.lowerBound..<min(range.upperBound, range.lowerBound + 4096))
        guard let end = head.firstIndex(of: 10), let meta = GorFormat.Meta(head[..<end]) else {
            index.skip(number, reason: "its first line is not a type, id and time")
            return
        }
        switch meta.kind {
        case "2":
            answers += 1
            guard let place = places[meta.id.hashValue] else {
                index.note(number, reason: "it answers a request that is not in the file")
                return
            }
            index.change(at: place) { entry in
                entry.responseOffset = range.lowerBound
                entry.responseLength = range.count
            }
        case "3": replayed += 1
        default:
            do throws(RecordedRequest.Refusal) {
                let (request, notes) = try GorFormat.request(
                    bytes.read(range), place: index.place(number: number), response: nil)
                for note in notes { index.note(number, reason: note) }
                if places.updateValue(index.entries.count, forKey: meta.id.hashValue) != nil {
                    index.note(number, reason: "its id stood before; an answer is taken for the later one")
                }
                // A clock that was not read is not a time.
                let time = meta.time == 0 ? nil : meta.time
                index.add(TrafficEntry(number: number, range: range, time: time), request: request)
            } catch {
                index.skip(number, reason: error.reason)
            }
        }
    }

    func finish(_ index: inout TrafficIndexBuilder) {
        if answers > 0 {
            index.note(
                "file",
                reason: answers.counted(
                    one: "record is an answer; the replay's is compared with it",
                    many: "records are answers; the replay's are compared with them"))
        }
        if replayed > 0 {
            index.note(
                "file",
                reason: replayed.counted(one: "record is an answer", many: "records are answers")
                    + " of an earlier replay, and not used")
        }
    }
}
