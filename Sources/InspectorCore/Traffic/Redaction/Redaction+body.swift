// Bodies without their secrets. The kind of a body decides how it is read; what cannot be read is taken out whole.

extension Redaction {
    /// A message's headers and body without their secrets.
    ///
    /// A packed body (gzip, deflate) that holds a secret is kept unpacked, and loses its Content-Encoding. One whose
    /// end is not here is read as far as it goes where it is a text, and taken out where its kind has to be read to the
    /// end.
    ///
    /// - Parameter length: how many bytes the body had in all; nil when that is not known.
    package func message(
        headers: Headers, body: [UInt8], length: Int?
    ) -> (headers: Headers, body: [UInt8]) {
        guard isOn else { return (headers, body) }
        var clean = self.headers(headers: headers)
        guard !body.isEmpty else { return (clean, body) }
        let isCut = length != body.count
        let coding = headers["Content-Encoding"]
        let type = headers["Content-Type"]
        guard ContentCoding.isCoded(coding) else {
            return (
                clean,
                self.body(body: body, contentType: type, isCut: isCut)
                    ?? Redaction.takenOut(count: length ?? body.count)
            )
        }
        guard !isCut, let plain = ContentCoding.decoded(bytes: body, coding: coding, wholly: true) else {
            clean["Content-Encoding"] = nil
            return (clean, Redaction.takenOut(count: length ?? body.count))
        }
        let read = self.body(body: plain, contentType: type, isCut: false)
        // What holds no secret stays as it is, to the byte.
        if read == plain { return (clean, body) }
        clean["Content-Encoding"] = nil
        return (clean, read ?? Redaction.takenOut(count: plain.count))
    }

    static func takenOut(count: Int) -> [UInt8] { Array(whole(count: count).utf8) }

    /// A body that is not packed, without its secrets; nil when it cannot be read to its end.
    ///
    /// - Parameter isCut: whether more of it followed.
    func body(body: [UInt8], contentType: String?, isCut: Bool, depth: Int = 0) -> [UInt8]? {
        guard isOn, !body.isEmpty else { return body }
        let type = BodyType(contentType)
        // Parts within parts within parts: no form is like that.
        if type.isMultipart {
            return isCut || depth > 3 ? nil : multipart(body: body, contentType: contentType ?? "", depth: depth)
        }
        guard BodyType.isText(body) else { return type.isPicture ? body : nil }
        if type.isForm { return form(body: body) }
        let isJSON = type.isJSON
        if isJSON || BodyType.looksLikeJSON(body) {
            guard !isCut else { return nil }
            if let clean = json(body: body) { return clean }
            // `[2026-11-26 …` begins many a log.
            if isJSON || body.first(where: { !SecretScan.isSpace($0) }) == 0x7B { return nil }
        }
        if type.isTable, tableNamesSecret(body: body) { return nil }
        return text(body: body)
    }

    private func text(body: [UInt8]) -> [UInt8] {
        let found = finder.find(in: body)
        return found.isEmpty ? body : SecretFinder.replaced(bytes: body, ranges: found)
    }

    /// JSON, or JSON line by line, of which a line that cannot be read is taken out whole; nil when it is neither.
    private func json(body: [UInt8]) -> [UInt8]? {
        if let clean = SecretJSON.clean(body, finder: finder) { return clean }
        let lines = body.split(separator: 10, omittingEmptySubsequences: false)
        func isBlank(_ line: ArraySlice<UInt8>) -> Bool { line.allSatisfy { SecretScan.isSpace($0) || $0 == 0x1E } }
        guard lines.count > 1, let first = lines.first(where: { !isBlank($0) }),
            SecretJSON.clean(Array(first), finder: finder) != nil
        else { return nil }
        let cleaned = lines.map { line -> [UInt8] in
            if isBlank(line) { return Array(line) }
            return SecretJSON.clean(Array(line), finder: finder) ?? Redaction.takenOut(count: line.count)
        }
        return Array(cleaned.joined(separator: [10]))
    }

    /// `a=1&b=2`, field by field, as bytes.
    private func form(body: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        var start = 0
        for place in 0...body.count where place == body.count || body[place] == 0x26 || body[place] == 0x3B {
            let field = body[start..<place]
            if let sign = field.firstIndex(of: 0x3D) {
                let value = Array(field[(sign + 1)...])
                result += field[...sign]
                if finder.names.isSecret(field[..<sign]) {
                    if !value.isEmpty { result += Redaction.markBytes }
                } else {
                    result += formValue(value: value)
                }
            } else {
                result += text(body: Array(field))
            }
            if place < body.count { result.append(body[place]) }
            start = place + 1
        }
        // What shows only across fields: a value that holds a delimiter as it is.
        return text(body: result)
    }

    private func formValue(value: [UInt8]) -> [UInt8] {
        let plain = SecretCoding.plain(bytes: value)
        guard plain != value else { return text(body: value) }
        // A value may be a document of its own.
        if BodyType.looksLikeJSON(plain), SecretJSON.clean(plain, finder: finder) ?? plain != plain {
            return Redaction.markBytes
        }
        return finder.find(in: plain).isEmpty ? value : Redaction.markBytes
    }

    /// Whether the first line of a table names a column of secrets.
    private func tableNamesSecret(body: [UInt8]) -> Bool {
        let head = body.prefix { $0 != 10 && $0 != 13 }
        return head.split { $0 == 0x2C || $0 == 0x3B || $0 == 9 || $0 == 0x7C }.contains { finder.names.isSecret($0) }
    }
}

/// What a Content-Type says of how a body is read.
struct BodyType {
    private let name: String

    init(_ contentType: String?) {
        name = (contentType ?? "").prefix { $0 != ";" }.lowercased().filter { $0 != " " && $0 != "\t" }
    }

    var isJSON: Bool { name.contains("json") }
    var isForm: Bool { name.contains("x-www-form-urlencoded") }
    var isMultipart: Bool { name.hasPrefix("multipart/") }
    var isTable: Bool { name.contains("csv") || name.contains("tab-separated") }
    /// A picture, a sound, a font: kept though it is no text.
    var isPicture: Bool { ["image/", "audio/", "video/", "font/"].contains(where: name.hasPrefix) }

    /// Whether no control stands in it that no text holds.
    ///
    /// Bytes over 127 in other encodings hide nothing: where there is no NUL, names and delimiters are ASCII.
    static func isText(_ bytes: [UInt8]) -> Bool {
        for byte in bytes where byte < 32 || byte == 127 {
            switch byte {
            case 9, 10, 12, 13, 0x1B, 0x1E: continue
            default: return false
            }
        }
        return true
    }

    /// Whether it begins as an object or an array does.
    static func looksLikeJSON(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        if rest.starts(with: [0xEF, 0xBB, 0xBF]) { rest = rest.dropFirst(3) }
        rest = rest.drop { SecretScan.isSpace($0) || $0 == 0x1E }
        guard let first = rest.first, first == 0x7B || first == 0x5B else { return false }
        guard let next = rest.dropFirst().first(where: { !SecretScan.isSpace($0) }) else { return true }
        return first == 0x7B ? next == 0x22 || next == 0x7D : "\"{[]-0123456789tfn".utf8.contains(next)
    }
}
