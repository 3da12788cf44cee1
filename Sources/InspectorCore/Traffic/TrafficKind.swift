// Which kind of traffic file this is: by what is in it, not only by its name.

/// The kinds that can be read.
enum TrafficKind {
    /// Sees what kind `bytes` are.
    ///
    /// - Throws: `TrafficFileError` when they are none.
    static func format(of bytes: TrafficBytes) throws(TrafficFileError) -> any TrafficFormat {
        let head = bytes.read(0..<65_536)
        let text = head.starts(with: [0xEF, 0xBB, 0xBF]) ? head.dropFirst(3) : head[...]
        guard let first = text.first(where: { ![9, 10, 13, 32].contains($0) }) else {
            throw TrafficFileError(file: bytes.name, reason: "there is nothing in it but space")
        }
        if first == 0x7B || first == 0x5B { return json(text) }
        let lines = text.split(separator: 10, maxSplits: 40).map { line in
            String(decoding: line.last == 13 ? line.dropLast() : line, as: UTF8.self)
        }
        let firstLine = lines.first { !$0.allSatisfy(\.isWhitespace) } ?? ""
        if GorFormat.isMeta(firstLine) { return GorFormat() }
        if GorFormat.isWireForm(firstLine) {
            throw TrafficFileError(
                file: bytes.name,
                reason: "this is the wire form of goreplay's middleware, a line of hex a record; give the .gor file")
        }
        if lines.contains(where: { CaddyFormat.isLine($0) }) { return CaddyFormat() }
        if lines.contains(where: { AccessLogFormat.isLine($0) }) { return AccessLogFormat() }
        if let format = requestList(lines, bytes.name) { return format }
        throw TrafficFileError(
            file: bytes.name,
            reason:
                "this is no traffic file that can be read: HAR, .gor, an access log (combined, common, Caddy's JSON), "
                + "vegeta targets, .http, or a recording of inspector")
    }

    private static func json(_ text: ArraySlice<UInt8>) -> any TrafficFormat {
        let trimmed = text.drop { [9, 10, 13, 32].contains($0) }
        let line = trimmed.prefix { $0 != 10 }
        guard let value = try? JSON(parsing: line) else { return HARFormat() }
        if value["inspector"] != nil { return RecordingFormat() }
        if value["logger"] != nil || value["request"]?["uri"] != nil { return CaddyFormat() }
        if value["url"] != nil, value["log"] == nil { return VegetaJSONFormat() }
        return HARFormat()
    }

    private static func requestList(_ lines: [String], _ name: String) -> (any TrafficFormat)? {
        let isNamedHTTP = name.hasSuffix(".http") || name.hasSuffix(".rest")
        let isHTTP = lines.contains { line in
            line.hasPrefix("###") || line.contains("{{") || (line.hasPrefix("@") && line.contains("="))
                || line.hasPrefix("//")
                || line.hasSuffix(" HTTP/1.1")
        }
        let hasRequest = lines.contains { line in
            VegetaFormat.requestLine(line) != nil || (isNamedHTTP && HTTPFileFormat.requestLine(line) != nil)
        }
        guard hasRequest else { return nil }
        return isNamedHTTP || isHTTP ? HTTPFileFormat() : VegetaFormat()
    }
}
