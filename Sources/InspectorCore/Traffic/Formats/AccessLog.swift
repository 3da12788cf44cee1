// Access logs: common, combined, with the host in front and with the time behind. One bad line never stops the file.

/// The log formats of Apache, nginx and their like.
struct AccessLogFormat: TrafficFormat {
    let name = "access log"
    let unit = "line"

    /// A line, taken apart.
    struct Line {
        var host: String?
        /// In ns since 1970: when the line was written, at the end of the request.
        var time: UInt64
        /// What stood in quotes, with its escapes resolved.
        var request: [UInt8]
        var status: Int?
        var bytes: Int?
        var referer: String?
        var agent: String?
        /// How long it took, in ns, where the line says so.
        var duration: UInt64?
    }

    static func reader(for head: TrafficHead, _ reading: TrafficReading) -> Self? {
        head.lines.contains { line($0) != nil } ? Self() : nil
    }

    func scan(_ bytes: TrafficBytes, into index: inout TrafficIndexBuilder) throws {
        var window = ByteWindow(bytes)
        var offset = 0
        var number = 0
        var hasDurations = false
        while let (range, next) = window.line(at: offset, limit: 1024 * 1024) {
            offset = next
            number += 1
            let text = bytes.read(range)
            if text.allSatisfy({ $0 == 32 || $0 == 9 }) { continue }
            guard let line = AccessLogFormat.line(text) else {
                index.skip(number, "it is no line of an access log")
                continue
            }
            do throws(RecordedRequest.Refusal) {
                let request = try AccessLogFormat.request(line, place: index.place(number))
                guard request.method == "GET" || request.method == "HEAD" else {
                    index.skip(number, "its body is not in the log", detail: request.method)
                    continue
                }
                hasDurations = hasDurations || line.duration != nil
                index.add(TrafficEntry(number: number, range: range, time: request.time))
            } catch {
                index.skip(number, error.reason)
            }
        }
        if !hasDurations { index.spreadSeconds() }
    }

    func request(_ entry: TrafficEntry, in bytes: TrafficBytes) throws(RecordedRequest.Refusal) -> RecordedRequest {
        guard let line = AccessLogFormat.line(bytes.read(entry.range)) else {
            throw RecordedRequest.Refusal(reason: "it is no line of a log any more: the file has changed")
        }
        return try AccessLogFormat.request(line, place: "line \(entry.number)")
    }

    private static func request(
        _ line: Line, place: String
    ) throws(RecordedRequest.Refusal) -> RecordedRequest {
        let text = String(decoding: line.request, as: UTF8.self)
        let words = text.split(separator: " ", omittingEmptySubsequences: false)
        guard !line.request.isEmpty, text != "-" else {
            throw RecordedRequest.Refusal(reason: "the client sent no request")
        }
        guard words.count >= 3, let version = words.last, version.hasPrefix("HTTP/") else {
            throw RecordedRequest.Refusal(reason: "what the client sent is no HTTP request")
        }
        var headers = Headers()
        if let host = line.host { headers.add("Host", host) }
        if let referer = line.referer, referer != "-", !referer.isEmpty { headers.add("Referer", referer) }
        if let agent = line.agent, agent != "-", !agent.isEmpty { headers.add("User-Agent", agent) }
        // The line is written when the request is over.
        let start = line.duration.map { line.time - min(line.time, $0) } ?? line.time
        return try RecordedRequest(
            method: String(words[0]), url: words[1..<(words.count - 1)].joined(separator: " "), headers: headers,
            time: start, place: place,
            response: line.status.map {
                RecordedResponse(status: $0, size: line.bytes, duration: line.duration)
            })
    }

    /// Takes a line apart; nil when it is none.
    ///
    /// Read by position up to the agent: whatever a server adds follows it.
    static func line(_ bytes: [UInt8]) -> Line? {
        guard let open = bytes.firstIndex(of: 0x5B),
            let close = bytes[open...].firstIndex(of: 0x5D),
            let time = time(String(decoding: bytes[(open + 1)..<close], as: UTF8.self))
        else { return nil }
        var place = close + 1
        guard let request = quoted(bytes, &place) else { return nil }
        var line = Line(host: host(bytes[..<open]), time: time, request: request)
        line.status = word(bytes, &place).flatMap { Int($0) }.flatMap { (100...599).contains($0) ? $0 : nil }
        line.bytes = word(bytes, &place).flatMap { Int($0) }
        line.referer = quoted(bytes, &place).map { String(decoding: $0, as: UTF8.self) }
        line.agent = quoted(bytes, &place).map { String(decoding: $0, as: UTF8.self) }
        line.duration = duration(String(decoding: bytes[min(place, bytes.count)...], as: UTF8.self))
        return line
    }

    /// A text in quotes: `\xNN`, `\"` and the like are what they stand for.
    private static func quoted(_ bytes: [UInt8], _ place: inout Int) -> [UInt8]? {
        var at = place
        while at < bytes.count, bytes[at] == 32 { at += 1 }
        guard at < bytes.count, bytes[at] == 0x22 else { return nil }
        at += 1
        var text: [UInt8] = []
        while at < bytes.count, bytes[at] != 0x22 {
            guard bytes[at] == 0x5C, at + 1 < bytes.count else {
                text.append(bytes[at])
                at += 1
                continue
            }
            switch bytes[at + 1] {
            case 0x78:
                let digits = String(decoding: bytes[min(at + 2, bytes.count)..<min(at + 4, bytes.count)], as: UTF8.self)
                if digits.utf8.count == 2, let byte = UInt8(digits, radix: 16) {
                    text.append(byte)
                    at += 4
                    continue
                }
                text += [0x5C, 0x78]
            case 0x6E: text.append(10)
            case 0x72: text.append(13)
            case 0x74: text.append(9)
            default: text.append(bytes[at + 1])
            }
            at += 2
        }
        guard at < bytes.count else { return nil }
        place = at + 1
        return text
    }

    private static func word(_ bytes: [UInt8], _ place: inout Int) -> String? {
        while place < bytes.count, bytes[place] == 32 { place += 1 }
        let start = place
        while place < bytes.count, bytes[place] != 32 { place += 1 }
        return start < place ? String(decoding: bytes[start..<place], as: UTF8.self) : nil
    }

    /// A host that stands in front of the client's address: `www.example.org:443 10.0.0.1 - -`.
    private static func host(_ bytes: ArraySlice<UInt8>) -> String? {
        let words = String(decoding: bytes, as: UTF8.self).split(separator: " ")
        guard words.count >= 3, let first = words.first, let second = words.dropFirst().first else { return nil }
        let isName = first.contains { $0.isLetter } && first.contains(".") && !first.hasPrefix("\"")
        let isAddress = second.allSatisfy { $0.isHexDigit || $0 == "." || $0 == ":" } && second != "-"
        return isName && isAddress ? String(first) : nil
    }

    /// `04/Jan/2020:07:25:02 +0000` in ns since 1970.
    private static func time(_ text: String) -> UInt64? {
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let parts = text.split(separator: " ")
        guard let stamp = parts.first else { return nil }
        let fields = stamp.split { $0 == "/" || $0 == ":" }
        guard fields.count == 6, let day = Int(fields[0]), let month = months.firstIndex(of: String(fields[1])),
            let year = Int(fields[2]), let hour = Int(fields[3]), let minute = Int(fields[4]),
            let second = Int(fields[5]),
            (1970...2200).contains(year), (1...31).contains(day), (0..<24).contains(hour), (0..<60).contains(minute),
            (0...60).contains(second)
        else { return nil }
        var offset = 0
        if parts.count > 1, let zone = Int(parts[1].dropFirst()), parts[1].count == 5 {
            offset = (zone / 100 * 60 + zone % 100) * 60 * (parts[1].hasPrefix("-") ? -1 : 1)
        }
        let seconds = HARTime.days(year, month + 1, day) * 86_400 + hour * 3600 + minute * 60 + second - offset
        return seconds < 0 ? nil : UInt64(seconds) * 1_000_000_000
    }

    /// A time behind the agent: `rt=0.123`, `request_time=0.1`, `0.123` (s), `12ms`, `"0.004"`.
    private static func duration(_ text: String) -> UInt64? {
        for word in text.split(separator: " ") {
            let word = word.filter { $0 != "\"" }
            for key in ["rt=", "request_time=", "duration="] where word.hasPrefix(key) {
                if let seconds = Double(word.dropFirst(key.count)), seconds >= 0, seconds < 1e6 {
                    return UInt64(seconds * 1e9)
                }
            }
            if word.hasSuffix("ms"), let time = Double(word.dropLast(2)), time >= 0, time < 1e9 {
                return UInt64(time * 1e6)
            }
            if word.contains("."), word.allSatisfy({ $0.isNumber || $0 == "." }), let seconds = Double(word),
                seconds < 1e6
            {
                return UInt64(seconds * 1e9)
            }
        }
        return nil
    }
}

/// Caddy's access log: JSON, a line a request.
struct CaddyFormat: TrafficFormat {
    let name = "access log of Caddy"
    let unit = "line"

    static func reader(for head: TrafficHead, _ reading: TrafficReading) -> Self? {
        head.lines.contains { object($0)?["request"]?["uri"] != nil } ? Self() : nil
    }

    /// The object of a line; docker compose puts a name and a bar in front of it.
    private static func object(_ bytes: [UInt8]) -> JSON? {
        guard let open = bytes.firstIndex(of: 0x7B), open < 80 else { return nil }
        return try? JSON(parsing: bytes[open...])
    }

    func scan(_ bytes: TrafficBytes, into index: inout TrafficIndexBuilder) throws {
        var window = ByteWindow(bytes)
        var offset = 0
        var number = 0
        while let (range, next) = window.line(at: offset, limit: 4 * 1024 * 1024) {
            offset = next
            number += 1
            let text = bytes.read(range)
            if text.allSatisfy({ $0 == 32 || $0 == 9 }) { continue }
            guard let line = CaddyFormat.object(text) else {
                index.skip(number, "it is no JSON")
                continue
            }
            guard line["request"]?["uri"] != nil, line["logger"]?.string?.hasPrefix("http.log.access") ?? true else {
                index.skip(number, "it is no line about a request")
                continue
            }
            do throws(RecordedRequest.Refusal) {
                let request = try CaddyFormat.request(line, place: index.place(number))
                guard request.method == "GET" || request.method == "HEAD" else {
                    index.skip(number, "its body is not in the log", detail: request.method)
                    continue
                }
                index.add(TrafficEntry(number: number, range: range, time: request.time))
            } catch {
                index.skip(number, error.reason)
            }
        }
    }

    func request(_ entry: TrafficEntry, in bytes: TrafficBytes) throws(RecordedRequest.Refusal) -> RecordedRequest {
        guard let line = CaddyFormat.object(bytes.read(entry.range)) else {
            throw RecordedRequest.Refusal(reason: "it is no line of a log any more: the file has changed")
        }
        return try CaddyFormat.request(line, place: "line \(entry.number)")
    }

    private static func request(_ line: JSON, place: String) throws(RecordedRequest.Refusal) -> RecordedRequest {
        guard let request = line["request"], let method = request["method"]?.string, let uri = request["uri"]?.string
        else {
            throw RecordedRequest.Refusal(reason: "it has no method or no address")
        }
        var headers = Headers()
        if let host = request["host"]?.string { headers.add("Host", host) }
        if case .object(let members)? = request["headers"] {
            for (name, values) in members.sorted(by: { $0.key < $1.key }) {
                for value in values.items ?? [] {
                    // What was blacked out was not sent so.
                    guard let text = value.string, text != "REDACTED" else { continue }
                    headers.add(name, text)
                }
            }
        }
        func nanoseconds(_ name: String) -> UInt64? {
            line[name]?.number.flatMap { value in
                // Seconds and their fraction apart: together they would lose the last digits.
                guard value >= 0, value < 1e10 else { return nil }
                return UInt64(value) * 1_000_000_000 + UInt64((value - value.rounded(.down)) * 1e9)
            }
        }
        let duration = nanoseconds("duration")
        let start = nanoseconds("ts").map { $0 - min($0, duration ?? 0) }
        let status = line["status"]?.int.flatMap { (100...599).contains($0) ? $0 : nil }
        return try RecordedRequest(
            method: method, url: uri, headers: headers, time: start, place: place,
            response: status.map {
                RecordedResponse(status: $0, size: line["size"]?.int, duration: duration)
            })
    }
}
