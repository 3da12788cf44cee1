// `.http` and `.rest` files, as editors keep them: requests between lines of ###, with variables.

internal import Foundation

/// The part of the form that needs no scripts.
struct HTTPFileFormat: TrafficFormat {
    let name = ".http requests"
    let unit = "line"

    static func reader(for head: TrafficHead, _ reading: TrafficReading) -> Self? {
        let isNamed = head.name.hasSuffix(".http") || head.name.hasSuffix(".rest")
        let isHTTP = head.texts.contains { line in
            line.hasPrefix("###") || line.contains("{{") || (line.hasPrefix("@") && line.contains("="))
                || line.hasPrefix("//") || line.hasSuffix(" HTTP/1.1")
        }
        guard isNamed || isHTTP else { return nil }
        let hasRequest = head.texts.contains { line in
            VegetaFormat.requestLine(line) != nil || (isNamed && requestLine(line) != nil)
        }
        return hasRequest ? Self() : nil
    }

    /// The largest file that is taken, in bytes: its variables may stand anywhere in it.
    private static let limit = 16 * 1024 * 1024

    /// A request in the file, still with its variables.
    private struct Block {
        let line: Int
        let range: Range<Int>
        let lines: [String]
    }

    static func requestLine(_ line: String) -> (method: String, url: String)? {
        var words = line.split(separator: " ").map(String.init)
        if let last = words.last, last.hasPrefix("HTTP/") { words.removeLast() }
        guard let first = words.first else { return nil }
        let isMethod = first.allSatisfy { $0.isASCII && $0.isUppercase } && words.count >= 2
        let url = isMethod ? words.dropFirst().joined(separator: " ") : words.joined(separator: " ")
        guard url.hasPrefix("/") || url.contains("://") || url.hasPrefix("{{") else { return nil }
        return (isMethod ? first : "GET", url)
    }

    func scan(_ bytes: TrafficBytes, into index: inout TrafficIndexBuilder) throws {
        guard bytes.count <= Self.limit else {
            throw JSONFault(offset: 0, reason: "a .http file may have 16 MB")
        }
        let blocks = Self.blocks(bytes)
        let variables = Self.variables(bytes)
        for block in blocks {
            do throws(RecordedRequest.Refusal) {
                let (_, notes) = try Self.request(block.lines, variables, place: "line \(block.line)", file: bytes.name)
                for note in notes { index.note(block.line, note) }
                index.add(TrafficEntry(number: block.line, range: block.range, time: nil))
            } catch {
                index.skip(block.line, error.reason)
            }
        }
    }

    func request(_ entry: TrafficEntry, in bytes: TrafficBytes) throws(RecordedRequest.Refusal) -> RecordedRequest {
        let lines = Self.lines(bytes.read(entry.range))
        return try Self.request(
            lines, Self.variables(bytes), place: "line \(entry.number)", file: bytes.name
        ).request
    }

    private static func lines(_ bytes: [UInt8]) -> [String] {
        bytes.split(separator: 10, omittingEmptySubsequences: false).map { line in
            String(decoding: line.last == 13 ? line.dropLast() : line, as: UTF8.self)
        }
    }

    private static func blocks(_ bytes: TrafficBytes) -> [Block] {
        var window = ByteWindow(bytes)
        var blocks: [Block] = []
        var offset = 0
        var number = 0
        var start = 0
        var firstLine = 0
        var hasRequest = false
        func finish(_ end: Int) {
            guard hasRequest else { return }
            blocks.append(Block(line: firstLine, range: start..<end, lines: lines(bytes.read(start..<end))))
            hasRequest = false
        }
        while let (range, next) = window.line(at: offset) {
            number += 1
            let line = String(decoding: bytes.read(range), as: UTF8.self)
            if line.hasPrefix("###") {
                finish(offset)
                start = next
            } else if !hasRequest, !isAside(line), !line.allSatisfy(\.isWhitespace) {
                hasRequest = true
                firstLine = number
                start = offset
            }
            offset = next
        }
        finish(bytes.count)
        return blocks
    }

    /// A comment or a variable.
    private static func isAside(_ line: String) -> Bool {
        line.hasPrefix("#") || line.hasPrefix("//") || line.hasPrefix("@")
    }

    /// `@name = value` anywhere in the file; the environment for what the file does not name.
    private static func variables(_ bytes: TrafficBytes) -> [String: String] {
        var variables = ProcessInfo.processInfo.environment
        for line in lines(bytes.read(0..<min(bytes.count, limit))) where line.hasPrefix("@") {
            guard let sign = line.firstIndex(of: "=") else { continue }
            let name = line[line.index(after: line.startIndex)..<sign].trimmingCharacters(in: .whitespaces)
            variables[name] =
                fill(line[line.index(after: sign)...].trimmingCharacters(in: .whitespaces), variables).text
        }
        return variables
    }

    /// `text` with `{{name}}` replaced, and the first name that is not known.
    private static func fill(_ text: String, _ variables: [String: String]) -> (text: String, missing: String?) {
        var filled = ""
        var missing: String?
        var rest = text[...]
        while let open = rest.firstRange(of: "{{"), let close = rest[open.upperBound...].firstRange(of: "}}") {
            let name = rest[open.upperBound..<close.lowerBound].trimmingCharacters(in: .whitespaces)
            filled += rest[..<open.lowerBound]
            if let value = variables[name] { filled += value } else { missing = missing ?? name }
            rest = rest[close.upperBound...]
        }
        return (filled + rest, missing)
    }

    private static func request(
        _ lines: [String], _ variables: [String: String], place: String, file: String
    ) throws(RecordedRequest.Refusal) -> (request: RecordedRequest, notes: [String]) {
        func filled(_ text: String) throws(RecordedRequest.Refusal) -> String {
            let (text, missing) = fill(text, variables)
            guard let missing else { return text }
            throw RecordedRequest.Refusal(reason: "the variable \(missing) has no value")
        }
        var notes: [String] = []
        guard let first = requestLine(try filled(lines.first ?? "")) else {
            throw RecordedRequest.Refusal(reason: "it has no request line")
        }
        var url = first.url
        var headers = Headers()
        var at = 1
        // Lines that are indented go on with the address.
        while at < lines.count, lines[at].first?.isWhitespace == true, !lines[at].allSatisfy(\.isWhitespace) {
            url += try filled(lines[at]).trimmingCharacters(in: .whitespaces)
            at += 1
        }
        while at < lines.count, !lines[at].allSatisfy(\.isWhitespace) {
            let line = lines[at]
            at += 1
            if isAside(line) { continue }
            guard let colon = line.firstIndex(of: ":") else {
                throw RecordedRequest.Refusal(reason: "a line of it is no header: \(line.prefix(40))")
            }
            headers.add(
                String(line[..<colon]),
                try filled(line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)))
        }
        let body = try self.body(Array(lines.dropFirst(at + 1)), variables, file: file, &notes)
        let request = try RecordedRequest(method: first.method, url: url, headers: headers, body: body, place: place)
        return (request, notes)
    }

    private static func body(
        _ lines: [String], _ variables: [String: String], file: String, _ notes: inout [String]
    ) throws(RecordedRequest.Refusal) -> [UInt8] {
        var kept: [String] = []
        var isScript = false
        for line in lines {
            if isScript {
                if line.contains("%}") { isScript = false }
                continue
            }
            if line.hasPrefix("> {%") || line.hasPrefix("< {%") {
                notes.append("a script is not run")
                isScript = !line.contains("%}")
            } else if line.hasPrefix("> ") || line.hasPrefix(">> ") || line.hasPrefix("<> ") {
                notes.append("a file for its answer is not used")
            } else if line.hasPrefix("< "), kept.allSatisfy({ $0.isEmpty }) {
                return try BodyFile.read(line.dropFirst(2).trimmingCharacters(in: .whitespaces), beside: file)
            } else {
                kept.append(line)
            }
        }
        // The line break before the next ### is no part of the body, nor are empty lines before it.
        while kept.last?.isEmpty == true { kept.removeLast() }
        let (text, missing) = fill(kept.joined(separator: "\n"), variables)
        if let missing { throw RecordedRequest.Refusal(reason: "the variable \(missing) has no value") }
        return Array(text.utf8)
    }
}
