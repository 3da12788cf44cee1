// Traffic as a recording of our own, without a lifecycle.

/// Writes the requests and answers of a recording.
struct RecordingEncoder: TrafficEncoder {
    static let suffixes = [".jsonl"]

    var start: String { String(decoding: RecordingLine.header(startedAt: 0).encoded, as: UTF8.self) + "\n" }

    func write(_ request: RecordedRequest, number: Int, to sheet: inout TrafficSheet) {
        sheet.add(RecordingLine.request(request, id: number).encoded + [10])
        if let response = request.response {
            sheet.add(RecordingLine.response(response: response, id: number).encoded + [10])
        }
    }
}

extension RecordingLine {
    /// The first line of a recording.
    static func header(startedAt wall: UInt64) -> JSON {
        .object([
            "type": "header", "inspector": .int(version), "creator": .string(ProductVersion.text),
            "started": .int(Int(clamping: wall)),
        ])
    }

    /// A request that is written by hand of a converter: it has no lane.
    static func request(_ request: RecordedRequest, id: Int) -> JSON {
        var headers = request.headers
        if let host = request.host { headers.add("Host", host) }
        var line: [String: JSON] = [
            "type": "request", "id": .int(id), "method": .string(request.method), "target": .string(request.target),
            "headers": RecordingLine.headers(headers: headers),
        ]
        if let time = request.time { line["time"] = .int(Int(clamping: time)) }
        return .object(line.merging(body(bytes: request.body)) { first, _ in first })
    }

    static func response(response: RecordedResponse, id: Int) -> JSON {
        var line: [String: JSON] = [
            "type": "response", "id": .int(id), "status": .int(response.status ?? 0),
            "headers": headers(headers: response.headers),
        ]
        if let size = response.body?.count ?? response.size { line["size"] = .int(size) }
        if let duration = response.duration { line["duration"] = .int(Int(clamping: duration)) }
        guard let body = response.body else {
            line["cut"] = true
            return .object(line)
        }
        return .object(line.merging(RecordingLine.body(bytes: body)) { first, _ in first })
    }
}
