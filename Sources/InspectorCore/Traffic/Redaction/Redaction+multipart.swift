// Multipart bodies, part by part: a part is named by its head, and has a kind of its own.

extension Redaction {
    /// A multipart body without its secrets; nil when it cannot be read to its last boundary.
    func multipart(body: [UInt8], contentType: String, depth: Int) -> [UInt8]? {
        guard let boundary = MediaType(contentType).parameters["boundary"], !boundary.isEmpty,
            let parts = parts(of: body, delimiter: Array("--\(boundary)".utf8))
        else { return nil }
        let isForm = contentType.lowercased().contains("form-data")
        var result: [UInt8] = []
        var place = 0
        for part in parts {
            guard let content = contentStart(of: part, in: body) else { return nil }
            result += body[place..<part.lowerBound]
            let head = fields(of: body[part.lowerBound..<content])
            result += cleanHead(body[part.lowerBound..<content])
            result += cleanPart(Array(body[content..<part.upperBound]), head: head, isForm: isForm, depth: depth)
            place = part.upperBound
        }
        return result + body[place...]
    }

    /// - Parameter head: nil when it is odd: no two readers need agree on what it says.
    private func cleanPart(_ content: [UInt8], head: Headers?, isForm: Bool, depth: Int) -> [UInt8] {
        if content.isEmpty { return content }
        guard let head else { return Redaction.takenOut(count: content.count) }
        let disposition = head["Content-Disposition"] ?? ""
        let parameters = MediaType(disposition).parameters
        let names = ["name", "name*"].compactMap { parameters[$0] }
        if names.contains(where: { finder.names.isSecret($0) }) || namesSecret(field: disposition)
            || namesSecret(field: head["Content-Type"] ?? "")
        {
            return Redaction.markBytes
        }
        let transfer = (head["Content-Transfer-Encoding"] ?? "8bit").lowercased()
        guard !isForm || !names.isEmpty, ["7bit", "8bit", "binary"].contains(transfer),
            !ContentCoding.isCoded(head["Content-Encoding"]),
            let clean = body(body: content, contentType: head["Content-Type"], isCut: false, depth: depth + 1)
        else { return Redaction.takenOut(count: content.count) }
        return clean
    }

    /// A part's head, line by line: names and filenames may hold secrets of their own.
    private func cleanHead(_ head: ArraySlice<UInt8>) -> [UInt8] {
        var clean: [UInt8] = []
        for line in head.split(separator: 10, omittingEmptySubsequences: false) {
            if !clean.isEmpty || line.startIndex > head.startIndex { clean.append(10) }
            let name = line.prefix { $0 != 0x3A }
            if name.count < line.count, finder.names.isSecret(name) {
                clean += name
                clean += Array(": \(Redaction.mark)".utf8)
                if line.last == 13 { clean.append(13) }
            } else {
                let found = finder.find(in: Array(line))
                clean += SecretFinder.replaced(bytes: Array(line), ranges: found)
            }
        }
        return clean
    }

    /// Whether any of the names that a field gives is a secret's: it may give several, and readers differ in which
    /// they take.
    private func namesSecret(field: String) -> Bool {
        field.utf8.split(separator: 0x3B).dropFirst().contains { parameter in
            guard let sign = parameter.firstIndex(of: 0x3D) else { return false }
            let key = String(decoding: parameter[..<sign], as: UTF8.self).trimmed.lowercased()
            return key.hasPrefix("name") && finder.names.isSecret(parameter[sign...])
        }
    }

    /// The fields of a part's head; nil when it is odd: a line in it is no field, or what says how the part is read
    /// stands there twice.
    private func fields(of head: ArraySlice<UInt8>) -> Headers? {
        var fields: [Headers.Field] = []
        for line in head.split(whereSeparator: { $0 == 10 || $0 == 13 }) {
            // A folded line goes on with the one before it.
            if line.first == 0x20 || line.first == 9, let last = fields.indices.last {
                fields[last].value += " " + String(decoding: line, as: UTF8.self).trimmed
                continue
            }
            guard let colon = line.firstIndex(of: 0x3A) else { return nil }
            fields.append(
                Headers.Field(
                    String(decoding: line[..<colon], as: UTF8.self).trimmed,
                    String(decoding: line[(colon + 1)...], as: UTF8.self).trimmed))
        }
        let headers = Headers(fields)
        let single = ["Content-Disposition", "Content-Type", "Content-Transfer-Encoding", "Content-Encoding"]
        return single.contains { headers.all($0).count > 1 } ? nil : headers
    }

    /// Where the content of a part begins: after its head's empty line.
    private func contentStart(of part: Range<Int>, in body: [UInt8]) -> Int? {
        var place = part.lowerBound
        while place < part.upperBound {
            let line = place
            guard let feed = body[place..<part.upperBound].firstIndex(of: 10) else { return nil }
            place = feed + 1
            if feed == line || (feed == line + 1 && body[line] == 13) { return place }
        }
        return nil
    }

    /// Where the parts lie, each from its head to the line end before the next boundary; nil when the last boundary is
    /// missing, or something else than white space follows it.
    private func parts(of body: [UInt8], delimiter: [UInt8]) -> [Range<Int>]? {
        var parts: [Range<Int>] = []
        var open: Int?
        var place = 0
        while place < body.count {
            let lineEnd = body[place...].firstIndex(of: 10) ?? body.count
            let next = min(body.count, lineEnd + 1)
            defer { place = next }
            guard body[place..<lineEnd].starts(with: delimiter) else {
                // Before the first boundary.
                if open == nil, body[place..<lineEnd].contains(where: { !SecretScan.isSpace($0) }) { return nil }
                continue
            }
            let rest = body[(place + delimiter.count)..<lineEnd]
            let isLast = rest.starts(with: [0x2D, 0x2D])
            guard (isLast ? rest.dropFirst(2) : rest).allSatisfy(SecretScan.isSpace) else {
                // A longer boundary, or a line of the content.
                if open == nil { return nil }
                continue
            }
            if let start = open {
                var end = place
                if end > start, body[end - 1] == 10 { end -= 1 }
                if end > start, body[end - 1] == 13 { end -= 1 }
                parts.append(start..<end)
            }
            if isLast { return body[next...].allSatisfy(SecretScan.isSpace) ? parts : nil }
            open = next
        }
        return nil
    }
}
