// `json:time=…,request=…,status=…,duration=…:ms`: which members of a line's object hold what.

/// A list of what is known, each with the path of a member.
enum JSONFormatString {
    private static let keys: [String: LogRole] = [
        "time": .time(isBegin: false), "end": .time(isBegin: false), "start": .time(isBegin: true),
        "begin": .time(isBegin: true), "request": .request, "method": .method, "uri": .target, "url": .target,
        "path": .target, "target": .target, "query": .query, "args": .query, "host": .host, "status": .status,
        "size": .size, "bytes": .size, "duration": .duration(unit: nil), "client": .client, "referer": .referer,
        "agent": .agent, "headers": .headers,
    ]

    private static let units = ["ns": 1.0, "us": 1000, "µs": 1000, "ms": 1e6, "s": 1e9]

    /// The form that is told from `start` on.
    static func log(_ source: LogFormatSource, from start: Int) throws(LogFormatError) -> JSONLog {
        var members: [(path: String, role: LogRole)] = []
        var roles: [LogRole] = []
        let bytes = source.bytes
        var at = start
        while at < bytes.count {
            let end = bytes.place(of: UInt8(ascii: ","), in: at..<bytes.count) ?? bytes.count
            let part = bytes.trimmed(range: at..<end)
            at = end + 1
            guard let sign = bytes.place(of: UInt8(ascii: "="), in: part) else {
                throw LogFormatError(
                    source: source, range: part,
                    reason: "a name, an equals sign and the path of a member should stand here: " + list)
            }
            let key = String(decoding: bytes[bytes.trimmed(range: part.lowerBound..<sign)], as: UTF8.self)
            let value = bytes.trimmed(range: (sign + 1)..<part.upperBound)
            guard let role = keys[key] else {
                throw LogFormatError(source: source, range: part.lowerBound..<sign, reason: "known are " + list)
            }
            let path = String(decoding: bytes[value], as: UTF8.self)
            roles.append(role)
            if case .duration = role {
                members += try durations(text: path, source: source, part: part)
            } else {
                members.append((try checked(path: path, source: source, part: part), role))
            }
        }
        guard roles.contains(.request) || (roles.contains(.method) && roles.contains(.target)) else {
            throw LogFormatError(
                source: source, range: bytes.count..<bytes.count,
                reason: "no member holds the request: request=…, or method=… and uri=…, should be there")
        }
        return JSONLog(name: "JSON, as --log-format says", members: members)
    }

    private static var list: String { keys.keys.sorted().joined(separator: ", ") }

    private static func checked(
        path: String, source: LogFormatSource, part: Range<Int>
    ) throws(LogFormatError) -> String {
        guard !path.isEmpty, !path.split(separator: ".", omittingEmptySubsequences: false).contains("") else {
            throw LogFormatError(
                source: source, range: part,
                reason: "a member's name is missing; names within one another are parted by a dot")
        }
        return path
    }

    /// `took:ms`, `took ms`, `took(ms)`; `took_ms`, whose name has the unit, and `tookms`, which may be either.
    private static func durations(
        text: String, source: LogFormatSource, part: Range<Int>
    ) throws(LogFormatError) -> [(path: String, role: LogRole)] {
        let bare = text.hasSuffix(")") ? String(text.dropLast()) : text
        for mark in [":", " ", "("] {
            guard let place = bare.lastIndex(of: Character(mark)) else { continue }
            let name = bare[bare.index(after: place)...]
            guard let unit = units[String(name)] else {
                throw LogFormatError(
                    source: source, range: part, reason: "\(name) is not a unit; known are ns, us, ms and s")
            }
            var path = bare[..<place]
            while path.last == " " { path.removeLast() }
            return [(try checked(path: String(path), source: source, part: part), .duration(unit: unit))]
        }
        // The longer units first: each of them ends in an s.
        for name in ["ns", "us", "µs", "ms", "s", "Ns", "Us", "Ms"]
        where text.hasSuffix(name) && text.count > name.count {
            let role = LogRole.duration(unit: units[name.lowercased()])
            let rest = String(text.dropLast(name.count))
            let isGlued =
                rest.last?.isLetter == true && rest.last?.isLowercase == true && name.first?.isLowercase == true
            // `timings` ends in an s too, and is in no unit.
            if name == "s", isGlued { break }
            let own: [(path: String, role: LogRole)] = [(try checked(path: text, source: source, part: part), role)]
            return isGlued && !rest.hasSuffix(".")
                ? own + [(try checked(path: rest, source: source, part: part), role)] : own
        }
        _ = try checked(path: text, source: source, part: part)
        throw LogFormatError(
            source: source, range: part, reason: "its unit is not said: write \(text):ms, with ns, us, ms or s")
    }
}
