// `multipart/form-data` (RFC 7578), read from a body that is whole.

/// Reads the parts of a multipart form.
struct MultipartReader {
    private typealias Bytes = ArraySlice<UInt8>

    /// All header fields of one part, in bytes.
    private static let headLimit = 8 * 1024

    private let delimiter: [UInt8]
    private let options: AppOptions

    init(boundary: String, options: AppOptions) {
        delimiter = Array("--\(boundary)".utf8)
        self.options = options
    }

    /// - Throws: 400 with what is wrong, or 413.
    func read(_ body: [UInt8]) throws -> Form {
        var form = Form()
        var place = try firstDelimiter(body: body)
        var count = 0
        while true {
            place += delimiter.count
            if body[place...].starts(with: [0x2D, 0x2D]) { return form }
            guard let line = skipLineEnd(body, from: place) else {
                throw broken(reason: "after a boundary comes neither a line's end nor `--`")
            }
            count += 1
            guard count <= options.maxFormParts else {
                throw HTTPError(.contentTooLarge, message: "The form has more than \(options.maxFormParts) parts.")
            }
            guard let end = nextDelimiter(body: body, from: line) else {
                throw broken(reason: "part \(count) has no end")
            }
            try readPart(body[line..<end.content], number: count, form: &form)
            place = end.delimiter
        }
    }

    private func readPart(_ part: Bytes, number: Int, form: inout Form) throws {
        let (headers, content) = try head(of: part, number: number)
        let disposition = MediaType(headers["Content-Disposition"] ?? "")
        guard disposition.name == "form-data", let name = disposition.parameters["name"] else {
            throw broken(reason: "part \(number) has no name: it needs Content-Disposition: form-data; name=…")
        }
        if let filename = disposition.parameters["filename"] {
            form.files.append(
                UploadedFile(
                    name: name, filename: filename, contentType: headers["Content-Type"] ?? "application/octet-stream",
                    headers: headers, bytes: Array(content)))
        } else {
            guard content.count <= options.maxFormMemory else {
                throw HTTPError(.contentTooLarge, message: "The field `\(name)` is larger than this app takes.")
            }
            form.fields.append((name, String(decoding: content, as: UTF8.self)))
        }
    }

    private func head(of part: Bytes, number: Int) throws -> (Headers, Bytes) {
        var headers = Headers()
        var place = part.startIndex
        while true {
            guard let end = part[place...].firstIndex(of: 0x0A) else {
                throw broken(reason: "the head of part \(number) does not end")
            }
            guard end - part.startIndex <= MultipartReader.headLimit else {
                throw HTTPError(.contentTooLarge, message: "The head of part \(number) is larger than 8 kB.")
            }
            let line = part[place..<end].last == 0x0D ? part[place..<(end - 1)] : part[place..<end]
            place = end + 1
            if line.isEmpty { return (headers, part[place...]) }
            guard let colon = line.firstIndex(of: 0x3A) else {
                throw broken(reason: "the head of part \(number) has a line without a colon")
            }
            headers.add(
                String(decoding: line[..<colon], as: UTF8.self).trimmed,
                String(decoding: line[(colon + 1)...], as: UTF8.self).trimmed)
        }
    }

    private func firstDelimiter(body: [UInt8]) throws -> Int {
        if body.starts(with: delimiter) { return 0 }
        guard let found = nextDelimiter(body: body, from: 0) else {
            throw broken(reason: "its boundary does not stand in it")
        }
        return found.delimiter
    }

    /// Where the next boundary begins, at the beginning of a line, and where the content before it ends.
    private func nextDelimiter(body: [UInt8], from: Int) -> (content: Int, delimiter: Int)? {
        // A part without content: its boundary follows at once.
        if body[from...].starts(with: delimiter), from > 0, body[from - 1] == 0x0A { return (from, from) }
        var place = from
        while let feed = body[place...].firstIndex(of: 0x0A) {
            if body[(feed + 1)...].starts(with: delimiter) {
                let content = feed > from && body[feed - 1] == 0x0D ? feed - 1 : feed
                return (content, feed + 1)
            }
            place = feed + 1
        }
        return nil
    }

    private func skipLineEnd(_ body: [UInt8], from: Int) -> Int? {
        var place = from
        // White space may stand after a boundary (RFC 2046, 5.1.1).
        while place < body.count, body[place] == 0x20 || body[place] == 0x09 { place += 1 }
        if place < body.count, body[place] == 0x0D { place += 1 }
        guard place < body.count, body[place] == 0x0A else { return nil }
        return place + 1
    }

    private func broken(reason: String) -> HTTPError {
        HTTPError(.badRequest, message: "The multipart form is broken: \(reason).")
    }
}
