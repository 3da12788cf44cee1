// HAR 1.2 as it is written.

internal import Foundation

/// Writes a HAR.
struct HAREncoder: TrafficEncoder {
    static let suffixes = [".har"]

    var start: String {
        "{\"log\":{\"version\":\"1.2\",\"creator\":{\"name\":\"\(ProductVersion.name)\",\"version\":\""
            + "\(ProductVersion.number)\"},\"pages\":[],\"entries\":["
    }

    var end: String { "\n]}}\n" }

    func write(_ request: RecordedRequest, number: Int, to sheet: inout TrafficSheet) {
        sheet.tellMissingHost(request)
        if number > 1 { sheet.add(",") }
        sheet.add([10] + HAREntryWriter.entry(request: request).encoded)
        if HAREntryWriter.staysPacked(request.body, headers: request.headers) {
            sheet.leave("a body is packed in a way that a HAR cannot hold; other programs may send it wrongly")
        }
        if let response = request.response, let body = response.body,
            HAREntryWriter.staysPacked(body, headers: response.headers)
        {
            sheet.leave("an answer's body is packed in a way that could not be unpacked, and is left out")
        }
    }
}

/// Entries of a HAR.
private enum HAREntryWriter {
    static func entry(request: RecordedRequest) -> JSON {
        // Where no time is known it is not a time at all: 0 would be taken for one.
        let wait = request.response?.duration.map { Double($0) / 1e6 } ?? -1
        // A HAR's text is decoded; what cannot be is marked.
        let plain = ContentCoding.decoded(bytes: request.body, coding: request.headers["Content-Encoding"])
        var headers = [Headers.Field("Host", request.host ?? "localhost")]
        headers += request.headers.fields.filter {
            plain == nil || !Headers.same(left: $0.name, right: "Content-Encoding")
        }
        let query = request.target.split(separator: "?", maxSplits: 1).dropFirst().first.map(String.init) ?? ""
        var message: [String: JSON] = [
            "method": .string(request.method),
            "url": .string("http://\(request.host ?? "localhost")\(request.target)"), "httpVersion": "HTTP/1.1",
            "headers": fields(fields: headers), "cookies": .array([]),
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
            "startedDateTime": request.time.map { .string(HARTime.text(nanoseconds: $0)) } ?? "",
            "time": .double(max(0, wait)), "request": .object(message),
            "response": response(response: request.response),
            "cache": .object([:]),
            "timings": .object(["send": .int(0), "wait": .double(wait), "receive": .int(0)]),
        ])
    }

    private static func response(response: RecordedResponse?) -> JSON {
        var content: [String: JSON] = [
            "size": .int(response?.body?.count ?? response?.size ?? -1),
            "mimeType": .string(response?.headers["Content-Type"] ?? ""),
        ]
        if let body = response?.body {
            // A HAR's text is decoded; what cannot be is left out.
            if let plain = ContentCoding.decoded(bytes: body, coding: response?.headers["Content-Encoding"]) {
                add(plain, to: &content)
            } else {
                content["comment"] = "packed in a way that could not be unpacked"
            }
        }
        let kept = (response?.headers.fields ?? []).filter { !TrafficSheet.isOfTransfer($0.name) }
        return .object([
            "status": .int(response?.status ?? 0),
            "statusText": .string(response?.status.map(HTTPStatus.name(of:)) ?? ""), "httpVersion": "HTTP/1.1",
            "headers": fields(fields: kept), "cookies": .array([]), "content": .object(content),
            "redirectURL": .string(response?.headers["Location"] ?? ""), "headersSize": .int(-1),
            "bodySize": .int(-1),
        ])
    }

    /// Whether a body is packed in a way that is not known here, or is broken.
    static func staysPacked(_ body: [UInt8], headers: Headers) -> Bool {
        ContentCoding.decoded(bytes: body, coding: headers["Content-Encoding"]) == nil
    }

    private static func add(_ body: [UInt8], to members: inout [String: JSON]) {
        if let text = String(validating: body, as: UTF8.self) {
            members["text"] = .string(text)
        } else {
            members["text"] = .string(Data(body).base64EncodedString())
            members["encoding"] = "base64"
        }
    }

    private static func fields(fields: [Headers.Field]) -> JSON {
        .array(fields.map { .object(["name": .string($0.name), "value": .string($0.value)]) })
    }
}
