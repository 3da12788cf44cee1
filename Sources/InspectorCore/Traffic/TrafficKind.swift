// Which kind of traffic file this is: each reader is asked for its own, the most specific first. A file's first byte
// alone never decides, and its name only between kinds that look alike.

/// The kinds that can be read.
enum TrafficKind {
    /// In the order in which they are asked.
    private static let formats: [any TrafficFormat.Type] = [
        RecordingFormat.self, CaddyFormat.self, VegetaJSONFormat.self, HARFormat.self, PostmanFormat.self,
        GorFormat.self, AccessLogFormat.self, CurlFormat.self, HTTPFileFormat.self, VegetaFormat.self,
    ]

    /// Sees what kind `bytes` are.
    ///
    /// - Throws: `TrafficFileError` when they are none.
    static func format(
        of bytes: TrafficBytes, _ reading: TrafficReading
    ) throws(TrafficFileError) -> any TrafficFormat {
        let head = TrafficHead(bytes)
        guard head.first != nil else {
            throw TrafficFileError(file: bytes.name, reason: "there is nothing in it but space")
        }
        for format in formats {
            if let reader = try format.reader(for: head, reading) { return reader }
        }
        throw TrafficFileError(
            file: bytes.name,
            reason:
                "this is no traffic file that can be read: HAR, .gor, an access log (combined, common, Caddy's JSON), "
                + "vegeta targets, .http, curl commands, a Postman collection, or a recording of inspector")
    }
}
