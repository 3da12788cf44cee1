// GoReplay's files as they are written.

/// Writes a .gor.
struct GorEncoder: TrafficEncoder {
    static let suffixes = [".gor"]

    func write(_ request: RecordedRequest, number: Int, to sheet: inout TrafficSheet) {
        sheet.tellMissingHost(request)
        if request.time == nil { sheet.leave("a request without a time was given the time 0") }
        let id = GorEncoder.id(number: number)
        var head = "\(request.method) \(request.target) HTTP/1.1\r\nHost: \(request.host ?? "localhost")\r\n"
        for field in request.headers.fields { head += "\(field.name): \(field.value)\r\n" }
        let first = Record(
            meta: "1 \(id) \(request.time ?? 0) 0", head: head, body: request.body, hasLength: !request.body.isEmpty)
        first.append(to: &sheet)
        guard let response = request.response, let status = response.status else { return }
        if response.body == nil { sheet.leave("an answer has no recorded body; a header of ours says so") }
        var answer = "HTTP/1.1 \(status) \(HTTPStatus.name(of: status))\r\n"
        for field in response.headers.fields where !TrafficSheet.isOfTransfer(field.name) {
            answer += "\(field.name): \(field.value)\r\n"
        }
        if response.body == nil {
            answer += "\(GorFormat.bodyHeader): unknown\(response.size.map { " \($0)" } ?? "")\r\n"
        }
        let latency = response.duration ?? 0
        // Both come from a file.
        let end = (request.time ?? 0).addingSaturated(latency)
        let second = Record(meta: "2 \(id) \(end) \(latency)", head: answer, body: response.body ?? [], hasLength: true)
        second.append(to: &sheet)
    }

    /// One record; a body that holds the line which ends one goes in chunks, with that line cut in two.
    private struct Record {
        let meta: String
        let head: String
        let body: [UInt8]
        let hasLength: Bool

        func append(to sheet: inout TrafficSheet) {
            sheet.add(meta + "\n" + head)
            let cuts = GorEncoder.separators(in: body)
            if cuts.isEmpty {
                if hasLength { sheet.add("Content-Length: \(body.count)\r\n") }
                sheet.add("\r\n")
                sheet.add(body)
            } else {
                sheet.add("Transfer-Encoding: chunked\r\n\r\n")
                var start = 0
                for end in cuts + [body.count] {
                    sheet.add("\(String(end - start, radix: 16))\r\n")
                    sheet.add(Array(body[start..<end]))
                    sheet.add("\r\n")
                    start = end
                }
                sheet.add("0\r\n\r\n")
            }
            sheet.add([10] + GorFormat.separator + [10])
        }
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
    private static func id(number: Int) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: max(0, 24 - digits.count)) + digits
    }
}
