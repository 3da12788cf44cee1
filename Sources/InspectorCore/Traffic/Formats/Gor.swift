// GoReplay's .gor: a line of meta data, the raw HTTP message, a line of three monkeys.

/// `.gor` files (GoReplay: protocol.go, input_file.go).
struct GorFormat: TrafficFormat {
    let name = "GoReplay .gor"
    let unit = "record"

    /// Says of an answer, in a file that we wrote, that its body was not recorded, and how large it was: the form itself
    /// cannot, and an empty body would be taken for the answer's.
    static let bodyHeader = "X-Inspector-Body"

    /// The line that ends a record; the line break before it belongs to it.
    static let separator = Array("🐵🙈🙉".utf8)
    /// The largest record that is taken, in bytes.
    private static let recordLimit = 128 * 1024 * 1024

    /// What a record's first line says.
    struct Meta {
        let kind: Character
        let id: String
        let time: UInt64
        /// On answers: how long the service took, in ns.
        let latency: UInt64?
    }

    static func reader(for head: TrafficHead, _ reading: TrafficReading) throws(TrafficFileError) -> Self? {
        guard let first = head.texts.first else { return nil }
        if isWireForm(first) {
            throw TrafficFileError(
                file: head.name,
                reason: "this is the wire form of goreplay's middleware, a line of hex a record; give the .gor file")
        }
        return meta(first) != nil ? Self() : nil
    }

    static func meta(_ line: String) -> Meta? {
        let parts = line.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count >= 3, ["1", "2", "3"].contains(parts[0]), !parts[1].isEmpty,
            parts[1].allSatisfy(\.isHexDigit), let time = UInt64(parts[2])
        else { return nil }
        return Meta(
            kind: Character(String(parts[0])), id: String(parts[1]), time: time,
            latency: parts.count > 3 ? UInt64(parts[3]) : nil)
    }

    /// A line of hex that begins as a record does: what goreplay's middleware reads and writes.
    static func isWireForm(_ line: String) -> Bool {
        line.count >= 8 && line.allSatisfy(\.isHexDigit) && ["3120", "3220", "3320"].contains(String(line.prefix(4)))
    }

    func scan(_ bytes: TrafficBytes, into index: inout TrafficIndexBuilder) throws {
        var window = ByteWindow(bytes)
        var places: [String: Int] = [:]
        var offset = 0
        var number = 0
        var answers = 0
        var replayed = 0
        while offset < bytes.count {
            let start = offset
            var end: Int?
            while let (line, next) = window.line(at: offset) {
                if line.count == Self.separator.count, bytes.read(line) == Self.separator {
                    // The separator is a whole line; the line break before it is its own, and only that one.
                    end = max(start, line.lowerBound - 1)
                    offset = next
                    break
                }
                offset = next
            }
            if end == nil, bytes.read(start..<bytes.count).allSatisfy({ $0 == 10 || $0 == 13 }) { break }
            number += 1
            if end == nil { index.note(number, "the file ends without the line that ends a record; it is taken") }
            take(
                start..<(end ?? bytes.count), number, bytes, &window, &index, &places, answers: &answers,
                replayed: &replayed)
        }
        if answers > 0 { index.note("file", "\(answers) records are answers; they are compared with") }
        if replayed > 0 {
            index.note("file", "\(replayed) records are answers of an earlier replay; they are not used")
        }
    }

    private func take(
        _ range: Range<Int>, _ number: Int, _ bytes: TrafficBytes, _ window: inout ByteWindow,
        _ index: inout TrafficIndexBuilder, _ places: inout [String: Int], answers: inout Int, replayed: inout Int
    ) {
        guard range.count <= Self.recordLimit else {
            index.skip(number, "it is too large", detail: "\(range.count) bytes")
            return
        }
        guard let (line, next) = window.line(at: range.lowerBound, limit: 4096),
            let meta = Self.meta(String(decoding: bytes.read(line), as: UTF8.self)), next <= range.upperBound
        else {
            index.skip(number, "its first line is no type, id and time")
            return
        }
        let payload = next..<range.upperBound
        switch meta.kind {
        case "2":
            answers += 1
            guard let place = places[meta.id] else {
                index.note(number, "it answers a request that is not in the file")
                return
            }
            index.change(at: place) { entry in
                entry.responseOffset = range.lowerBound
                entry.responseLength = range.count
            }
        case "3": replayed += 1
        default:
            do throws(RecordedRequest.Refusal) {
                let read = try Self.request(
                    bytes.read(payload), place: index.place(number), time: meta.time, response: nil)
                if let note = read.note { index.note(number, note) }
                if places.updateValue(index.entries.count, forKey: meta.id) != nil {
                    index.note(number, "its id stood before; an answer is taken for the later one")
                }
                var entry = TrafficEntry(number: number, range: range, time: meta.time)
                // A clock that was not read is no time.
                if meta.time == 0 { entry.time = nil }
                index.add(entry)
            } catch {
                index.skip(number, error.reason)
            }
        }
    }

    func request(_ entry: TrafficEntry, in bytes: TrafficBytes) throws(RecordedRequest.Refusal) -> RecordedRequest {
        func split(_ record: [UInt8]) throws(RecordedRequest.Refusal) -> (meta: Meta, payload: [UInt8]) {
            let line = record.prefix { $0 != 10 }
            guard let meta = Self.meta(String(decoding: line, as: UTF8.self)) else {
                throw RecordedRequest.Refusal(reason: "it is no record any more: the file has changed")
            }
            return (meta, Array(record.dropFirst(line.count + 1)))
        }
        var response: RecordedResponse?
        if entry.responseLength > 0 {
            let end = entry.responseOffset + entry.responseLength
            let (meta, payload) = try split(bytes.read(entry.responseOffset..<end))
            response = Self.response(payload, latency: meta.latency)
        }
        let (meta, payload) = try split(bytes.read(entry.range))
        return try Self.request(payload, place: "record \(entry.number)", time: meta.time, response: response).request
    }

    private static func request(
        _ payload: [UInt8], place: String, time: UInt64, response: RecordedResponse?
    ) throws(RecordedRequest.Refusal) -> (request: RecordedRequest, note: String?) {
        let message = RawMessage(payload)
        let words = message.firstLine.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count >= 3, words[words.count - 1].hasPrefix("HTTP/") else {
            throw RecordedRequest.Refusal(reason: "its first line is no request")
        }
        // What lies between is the target, spaces and all.
        let target = words[1..<(words.count - 1)].joined(separator: " ")
        let (body, note) = message.decodedBody
        let request = try RecordedRequest(
            method: String(words[0]), url: target, headers: message.decodedHeaders, body: body, time: time,
            place: place,
            response: response)
        return (request, note)
    }

    private static func response(_ payload: [UInt8], latency: UInt64?) -> RecordedResponse? {
        let message = RawMessage(payload)
        let words = message.firstLine.split(separator: " ")
        guard words.count >= 2, words[0].hasPrefix("HTTP/"), let status = Int(words[1]), (100...599).contains(status)
        else { return nil }
        let duration = latency.flatMap { $0 > 0 ? $0 : nil }
        var headers = message.decodedHeaders
        guard let unknown = headers[GorFormat.bodyHeader] else {
            var body = message.decodedBody.body
            // A body that cannot be unpacked keeps the header that says so.
            if let coding = headers["Content-Encoding"], let plain = ContentCoding.decoded(body, coding) {
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

/// An HTTP/1 message as its bytes were caught: a head of lines, an empty line, the rest.
struct RawMessage {
    let firstLine: String
    let headers: Headers
    /// What follows the head, as it was caught.
    let rest: [UInt8]

    init(_ bytes: [UInt8]) {
        var lines: [String] = []
        var place = 0
        while place < bytes.count {
            let end = bytes[place...].firstIndex(of: 10) ?? bytes.count
            var line = bytes[place..<end]
            if line.last == 13 { line = line.dropLast() }
            place = min(bytes.count, end + 1)
            if line.isEmpty { break }
            lines.append(String(decoding: line, as: UTF8.self))
        }
        firstLine = lines.first ?? ""
        var fields: [Headers.Field] = []
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let value = line[line.index(after: colon)...]
            fields.append(Headers.Field(String(line[..<colon]), String(value.drop { $0 == " " || $0 == "\t" })))
        }
        headers = Headers(fields)
        rest = Array(bytes[place...])
    }

    /// The headers without what belongs to the transfer, when the body was freed of it.
    var decodedHeaders: Headers {
        var headers = headers
        if isChunked { headers["Transfer-Encoding"] = nil }
        return headers
    }

    private var isChunked: Bool { headers["Transfer-Encoding"]?.lowercased().contains("chunked") ?? false }

    /// The body without its chunks, and what is odd about its length.
    var decodedBody: (body: [UInt8], note: String?) {
        if isChunked {
            guard let body = RawMessage.unchunked(rest) else {
                return (rest, "its chunks cannot be read; its body is taken as it is")
            }
            return (body, nil)
        }
        if let length = headers["Content-Length"].flatMap(Int.init), length != rest.count {
            return (rest, "its body has \(rest.count) bytes and its header says \(length); the bytes hold")
        }
        return (rest, nil)
    }

    private static func unchunked(_ bytes: [UInt8]) -> [UInt8]? {
        var body: [UInt8] = []
        var place = 0
        while place < bytes.count {
            guard let end = bytes[place...].firstIndex(of: 10) else { return nil }
            let line = String(decoding: bytes[place..<end].prefix { $0 != 13 && $0 != 0x3B }, as: UTF8.self)
            guard let size = Int(line, radix: 16), size >= 0 else { return nil }
            if size == 0 { return body }
            guard size <= bytes.count - end - 1 else { return nil }
            body += bytes[(end + 1)..<(end + 1 + size)]
            place = end + 1 + size
            if place < bytes.count, bytes[place] == 13 { place += 1 }
            if place < bytes.count, bytes[place] == 10 { place += 1 }
        }
        return nil
    }
}
