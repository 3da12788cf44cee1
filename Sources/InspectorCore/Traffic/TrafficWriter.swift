// Requests and their answers written as files of other programs: HAR, .gor, vegeta's JSON, our own recording.

internal import Foundation
internal import Glibc

/// Writes traffic into a file, one request at a time.
package final class TrafficWriter {
    /// What can be written.
    package enum Kind: String, Sendable, CaseIterable {
        case har
        case gor
        case vegeta
        case recording

        /// By the name of the file: `.har`, `.gor`, `.jsonl` for a recording, `.vegeta.json`.
        package init?(file: String) {
            if file.hasSuffix(".har") {
                self = .har
            } else if file.hasSuffix(".gor") {
                self = .gor
            } else if file.hasSuffix(".vegeta.json") || file.hasSuffix(".vegeta") {
                self = .vegeta
            } else if file.hasSuffix(".jsonl") {
                self = .recording
            } else {
                return nil
            }
        }
    }

    private let kind: Kind
    private let descriptor: Int32
    private let name: String
    private var buffer: [UInt8] = []
    private var count = 0
    /// What could not be held by the form, by kind: told once.
    package private(set) var left: [String: Int] = [:]

    /// Makes the file, readable by its owner only: traffic holds secrets.
    ///
    /// - Throws: `TrafficFileError` when it is there already or cannot be made.
    package init(_ kind: Kind, path: String) throws(TrafficFileError) {
        self.kind = kind
        name = path
        do throws(FileProblem) { descriptor = try FileWriting.create(path) } catch {
            throw TrafficFileError(file: path, reason: error.reason)
        }
        switch kind {
        case .har:
            add(
                "{\"log\":{\"version\":\"1.2\",\"creator\":{\"name\":\"\(ProductVersion.name)\",\"version\":\"\(ProductVersion.number)\"},\"pages\":[],"
            )
            add("\"entries\":[")
        case .recording: add(RecordingLine.header(startedAt: 0).encoded + [10])
        default: break
        }
    }

    deinit { close(descriptor) }

    /// Writes a request, and its answer where it has one.
    ///
    /// - Throws: `TrafficFileError` when there is no room.
    package func write(_ request: RecordedRequest) throws(TrafficFileError) {
        count += 1
        if request.host == nil, kind != .recording { leave("a request without a host was given localhost") }
        for remark in request.remarks where remark.hasPrefix("a header of its answer") { leave(remark) }
        switch kind {
        case .har:
            if count > 1 { add(",") }
            add([10] + HARWriter.entry(request).encoded)
            if HARWriter.staysPacked(request.body, request.headers) {
                leave("a body is packed in a way that a HAR cannot hold; other programs may send it wrongly")
            }
            if let response = request.response, let body = response.body,
                HARWriter.staysPacked(body, response.headers)
            {
                leave("an answer's body is packed in a way that could not be unpacked, and is left out")
            }
        case .gor: addGor(request)
        case .vegeta: addVegeta(request)
        case .recording:
            add(RecordingLine.request(request, id: count).encoded + [10])
            if let response = request.response { add(RecordingLine.response(response, id: count).encoded + [10]) }
        }
        if buffer.count > 256 * 1024 { try flush() }
    }

    /// Writes the end.
    ///
    /// - Throws: `TrafficFileError` when there is no room.
    package func finish() throws(TrafficFileError) {
        if kind == .har { add("\n]}}\n") }
        try flush()
    }

    /// Counts what the form could not hold; of kinds that are told apart there are not many.
    private func leave(_ what: String) {
        left[left[what] != nil || left.count < 100 ? what : "something else could not be held", default: 0] += 1
    }

    private func add(_ text: String) { buffer += Array(text.utf8) }

    private func add(_ bytes: [UInt8]) { buffer += bytes }

    private func flush() throws(TrafficFileError) {
        if let problem = FileWriting.write(buffer[...], to: descriptor).problem {
            throw TrafficFileError(file: name, reason: "it could not be written to its end (\(problem))")
        }
        buffer = []
    }

    // MARK: Forms

    private func addGor(_ request: RecordedRequest) {
        if request.time == nil { leave("a request without a time was given the time 0") }
        let id = TrafficWriter.gorID(count)
        var head = "\(request.method) \(request.target) HTTP/1.1\r\nHost: \(request.host ?? "localhost")\r\n"
        for field in request.headers.fields { head += "\(field.name): \(field.value)\r\n" }
        addRecord("1 \(id) \(request.time ?? 0) 0", head, request.body, hasLength: !request.body.isEmpty)
        guard let response = request.response, let status = response.status else { return }
        if response.body == nil { leave("an answer has no recorded body; a header of ours says so") }
        var answer = "HTTP/1.1 \(status) \(HTTPStatus.name(of: status))\r\n"
        for field in response.headers.fields where !TrafficWriter.isOfTransfer(field.name) {
            answer += "\(field.name): \(field.value)\r\n"
        }
        if response.body == nil {
            answer += "\(GorFormat.bodyHeader): unknown\(response.size.map { " \($0)" } ?? "")\r\n"
        }
        let latency = response.duration ?? 0
        // Both come from a file.
        let end = (request.time ?? 0).addingSaturated(latency)
        addRecord("2 \(id) \(end) \(latency)", answer, response.body ?? [], hasLength: true)
    }

    /// A record; a body that holds the line which ends one goes in chunks, with that line cut in two.
    private func addRecord(_ meta: String, _ head: String, _ body: [UInt8], hasLength: Bool) {
        add(meta + "\n" + head)
        let cuts = TrafficWriter.separators(in: body)
        if cuts.isEmpty {
            if hasLength { add("Content-Length: \(body.count)\r\n") }
            add("\r\n")
            add(body)
        } else {
            add("Transfer-Encoding: chunked\r\n\r\n")
            var start = 0
            for end in cuts + [body.count] {
                add("\(String(end - start, radix: 16))\r\n")
                add(Array(body[start..<end]))
                add("\r\n")
                start = end
            }
            add("0\r\n\r\n")
        }
        add([10] + GorFormat.separator + [10])
    }

    /// Places within each separator that stands in `body`.
    private static func separators(in body: [UInt8]) -> [Int] {
        var places: [Int] = []
        var rest = body[...]
        while let first = rest.firstIndex(of: GorFormat.separator[0]) {
            rest = rest[first...]
            let isSeparator = rest.starts(with: GorFormat.separator)
            if isSeparator { places.append(first + 4) }
            rest = rest.dropFirst(isSeparator ? GorFormat.separator.count : 1)
        }
        return places
    }

    /// 24 hex digits, as goreplay's own since 2021.
    private static func gorID(_ number: Int) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: max(0, 24 - digits.count)) + digits
    }

    /// Headers that belong to one transfer.
    ///
    /// A Content-Encoding stays: it is there only where the body is still packed.
    static func isOfTransfer(_ name: String) -> Bool {
        ["content-length", "transfer-encoding", "connection", "keep-alive"].contains(name.lowercased())
    }

    private func addVegeta(_ request: RecordedRequest) {
        if request.time != nil { leave("vegeta's targets have no times") }
        if request.response != nil { leave("vegeta's targets have no answers") }
        var headers: [String: JSON] = [:]
        for field in request.headers.fields {
            headers[field.name] = .array((headers[field.name]?.items ?? []) + [.string(field.value)])
        }
        var target: [String: JSON] = [
            "method": .string(request.method),
            "url": .string("http://\(request.host ?? "localhost")\(request.target)"),
        ]
        if !headers.isEmpty { target["header"] = .object(headers) }
        if !request.body.isEmpty { target["body"] = .string(Data(request.body).base64EncodedString()) }
        add(JSON.object(target).encoded + [10])
    }
}

/// Entries of a HAR.
enum HARWriter {
    static func entry(_ request: RecordedRequest) -> JSON {
        // Where no time is known it is no time at all: 0 would be taken for one.
        let wait = request.response?.duration.map { Double($0) / 1e6 } ?? -1
        // A HAR's text is decoded; what cannot be is marked.
        let plain = ContentCoding.decoded(request.body, request.headers["Content-Encoding"])
        var headers = [Headers.Field("Host", request.host ?? "localhost")]
        headers += request.headers.fields.filter { plain == nil || !Headers.same($0.name, "Content-Encoding") }
        let query = request.target.split(separator: "?", maxSplits: 1).dropFirst().first.map(String.init) ?? ""
        var message: [String: JSON] = [
            "method": .string(request.method),
            "url": .string("http://\(request.host ?? "localhost")\(request.target)"), "httpVersion": "HTTP/1.1",
            "headers": fields(headers), "cookies": .array([]),
            "queryString": .array(
                PercentCoding.decodeForm(query).map {
                    .object(["name": .string($0.name), "value": .string($0.value)])
                }), "headersSize": .int(-1), "bodySize": .int(request.body.count),
        ]
        if !request.body.isEmpty {
            var post: [String: JSON] = ["mimeType": .string(request.headers["Content-Type"] ?? "")]
            add(plain ?? request.body, to: &post)
            if plain == nil { post["_packed"] = true }
            message["postData"] = .object(post)
        }
        return .object([
            // Without a time it may not stand here; readers take such an entry in its order.
            "startedDateTime": request.time.map { .string(HARTime.text($0)) } ?? "",
            "time": .double(max(0, wait)), "request": .object(message), "response": response(request.response),
            "cache": .object([:]),
            "timings": .object(["send": .int(0), "wait": .double(wait), "receive": .int(0)]),
        ])
    }

    private static func response(_ response: RecordedResponse?) -> JSON {
        var content: [String: JSON] = [
            "size": .int(response?.body?.count ?? response?.size ?? -1),
            "mimeType": .string(response?.headers["Content-Type"] ?? ""),
        ]
        if let body = response?.body {
            // A HAR's text is decoded; what cannot be is left out.
            if let plain = ContentCoding.decoded(body, response?.headers["Content-Encoding"]) {
                add(plain, to: &content)
            } else {
                content["comment"] = "packed in a way that could not be unpacked"
            }
        }
        let kept = (response?.headers.fields ?? []).filter { !TrafficWriter.isOfTransfer($0.name) }
        return .object([
            "status": .int(response?.status ?? 0),
            "statusText": .string(response?.status.map(HTTPStatus.name(of:)) ?? ""), "httpVersion": "HTTP/1.1",
            "headers": fields(kept), "cookies": .array([]), "content": .object(content),
            "redirectURL": .string(response?.headers["Location"] ?? ""), "headersSize": .int(-1),
            "bodySize": .int(-1),
        ])
    }

    /// Whether a body is packed in a way that is not known here, or is broken.
    static func staysPacked(_ body: [UInt8], _ headers: Headers) -> Bool {
        ContentCoding.decoded(body, headers["Content-Encoding"]) == nil
    }

    private static func add(_ body: [UInt8], to members: inout [String: JSON]) {
        if let text = String(validating: body, as: UTF8.self) {
            members["text"] = .string(text)
        } else {
            members["text"] = .string(Data(body).base64EncodedString())
            members["encoding"] = "base64"
        }
    }

    private static func fields(_ fields: [Headers.Field]) -> JSON {
        .array(fields.map { .object(["name": .string($0.name), "value": .string($0.value)]) })
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
            "headers": RecordingLine.headers(headers),
        ]
        if let time = request.time { line["time"] = .int(Int(clamping: time)) }
        return .object(line.merging(body(request.body)) { first, _ in first })
    }

    static func response(_ response: RecordedResponse, id: Int) -> JSON {
        var line: [String: JSON] = [
            "type": "response", "id": .int(id), "status": .int(response.status ?? 0),
            "headers": headers(response.headers),
        ]
        if let size = response.body?.count ?? response.size { line["size"] = .int(size) }
        if let duration = response.duration { line["duration"] = .int(Int(clamping: duration)) }
        guard let body = response.body else {
            line["cut"] = true
            return .object(line)
        }
        return .object(line.merging(RecordingLine.body(body)) { first, _ in first })
    }
}
