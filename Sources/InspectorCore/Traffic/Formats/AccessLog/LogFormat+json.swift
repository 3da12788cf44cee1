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
            let part = bytes.trimmed(at..<end)
            at = end + 1
            guard let sign = bytes.place(of: UInt8(ascii: "="), in: part) else {
                throw LogFormatError(
                    source, part, "a name, an equals sign and the path of a member should stand here: " + list)
            }
            let key = String(decoding: bytes[bytes.trimmed(part.lowerBound..<sign)], as: UTF8.self)
            let value = bytes.trimmed((sign + 1)..<part.upperBound)
            guard let role = keys[key] else {
                throw LogFormatError(source, part.lowerBound..<sign, "known are " + list)
            }
            let path = String(decoding: bytes[value], as: UTF8.self)
            roles.append(role)
            if case .duration = role {
                members += try durations(path, source, part)
            } else {
                members.append((try checked(path, source, part), role))
            }
        }
        guard roles.contains(.request) || (roles.contains(.method) && roles.contains(.target)) else {
            throw LogFormatError(
                source, bytes.count..<bytes.count,
                "no member holds the request: request=…, or method=… and uri=…, should be there")
        }
        return JSONLog("JSON, as --log-format says", members)
    }

    private static var list: String { keys.keys.sorted().joined(separator: ", ") }

    private static func checked(
        _ path: String, _ source: LogFormatSource, _ part: Range<Int>
    ) throws(LogFormatError) -> String {
        guard !path.isEmpty, !path.split(separator: ".", omittingEmptySubsequences: false).contains("") else {
            throw LogFormatError(
                source, part, "a member's name is missing; names within one another are parted by a dot")
        }
        return path
    }

    /// `took:ms`, `took ms`, `took(ms)`; `took_ms`, whose name has the unit, and `tookms`, which may be either.
    private static func durations(
        _ text: String, _ source: LogFormatSource, _ part: Range<Int>
    ) throws(LogFormatError) -> [(path: String, role: LogRole)] {
        let bare = text.hasSuffix(")") ? String(text.dropLast()) : text
        for mark in [":", " ", "("] {
            guard let place = bare.lastIndex(of: Character(mark)) else { continue }
            let name = bare[bare.index(after: place)...]
            guard let unit = units[String(name)] else {
                throw LogFormatError(source, part, "\(name) is not a unit; known are ns, us, ms and s")
            }
            var path = bare[..<place]
            while path.last == " " { path.removeLast() }
            return [(try checked(String(path), source, part), .duration(unit: unit))]
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
            let own: [(path: String, role: LogRole)] = [(try checked(text, source, part), role)]
            return isGlued && !rest.hasSuffix(".") ? own + [(try checked(rest, source, part), role)] : own
        }
        _ = try checked(text, source, part)
        throw LogFormatError(source, part, "its unit is not said: write \(text):ms, with ns, us, ms or s")
    }
}
