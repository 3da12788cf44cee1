// The body of a request in a `.http` file: lines of text, files among them, and behind it what is for an editor only.

internal import Foundation

/// A body as its content type has it: forms are joined, lines of a multipart body end in CR LF.
struct HTTPFileBody {
    private(set) var notes: [String] = []
    private let file: String
    private let isForm: Bool
    private let isMultipart: Bool
    private let isLines: Bool

    init(contentType: String?, file: String) {
        self.file = file
        let type = contentType?.lowercased().trimmingCharacters(in: .whitespaces) ?? ""
        isForm = type.hasPrefix("application/x-www-form-urlencoded")
        isMultipart = type.hasPrefix("multipart/")
        isLines = type.hasPrefix("application/x-ndjson") || type.hasPrefix("application/jsonl")
    }

    /// Whether a line belongs to a body, though it stands where a header could: a script, a file.
    static func isMark(_ line: ArraySlice<UInt8>) -> Bool {
        isScript(line) || isForAnswer(line) || fileReference(line: line) != nil
    }

    private static func isScript(_ line: ArraySlice<UInt8>) -> Bool {
        line.begins(with: "> {%") || line.begins(with: "< {%") || line.begins(with: ">{%") || line.begins(with: "<{%")
    }

    /// `> handler.js`, `>> answer.json`, `<> old-answer.json`.
    private static func isForAnswer(_ line: ArraySlice<UInt8>) -> Bool {
        line.begins(with: "> ") || line.begins(with: ">> ") || line.begins(with: ">>! ") || line.begins(with: "<> ")
    }

    /// `< ./file`, and `<@ ./file` for one with variables in it; the word behind `<@` may be an encoding.
    private static func fileReference(line: ArraySlice<UInt8>) -> (path: String, isFilled: Bool)? {
        guard line.first == 0x3C, !isScript(line) else { return nil }
        var rest = line.dropFirst()
        let isFilled = rest.first == 0x40
        if isFilled { rest = rest.drop { $0 != 32 && $0 != 9 } }
        guard let first = rest.first, first == 32 || first == 9, !rest.isBlank else { return nil }
        return (rest.trimmed.string, isFilled)
    }

    /// The bytes to send.
    ///
    /// - Throws: `RecordedRequest.Refusal` when a variable has no value, or a file cannot be read.
    mutating func read(
        _ bytes: ArraySlice<UInt8>, filler: inout VariableFiller
    ) throws(RecordedRequest.Refusal) -> [UInt8] {
        let end = contentEnd(of: bytes)
        var cursor = LineCursor(bytes: bytes[..<end])
        var body: [UInt8] = []
        var isFirst = true
        var isInScript = false
        while let line = cursor.next() {
            if isInScript || HTTPFileBody.isScript(line) {
                isInScript = !HTTPFileOutline.endsScript(line)
                continue
            }
            let content: [UInt8]
            if let (path, isFilled) = HTTPFileBody.fileReference(line: line) {
                let found = try BodyFile.read(try filler.fill(path), beside: file)
                filler.add(made: found.count)
                content = isFilled ? try filler.fill(found[...]) : found
            } else {
                content = try filler.fill(isForm ? line.trimmed : line)
            }
            if isFirst {
                body = content
            } else {
                body += isForm ? joint(before: body, line: content) : isMultipart ? [13, 10] : [10]
                body += content
            }
            isFirst = false
            guard body.count <= RecordedRequest.bodyLimit else {
                throw RecordedRequest.Refusal(reason: "its body is too large")
            }
        }
        if isForm { return HTTPFileBody.tidied(form: body) }
        if isMultipart, !body.isEmpty { body += [13, 10] }
        if isLines, !body.isEmpty { body.append(10) }
        return body
    }

    /// Where the body ends: blank lines, variables, and what is for an editor stand behind it.
    private mutating func contentEnd(of bytes: ArraySlice<UInt8>) -> Int {
        var cursor = LineCursor(bytes: bytes)
        var end = bytes.startIndex
        var isInScript = false
        var behind: [String] = []
        while let line = cursor.next() {
            if isInScript {
                isInScript = !HTTPFileOutline.endsScript(line)
            } else if HTTPFileBody.isScript(line) {
                notes.append("a script is not run")
                isInScript = !HTTPFileOutline.endsScript(line)
            } else if HTTPFileBody.isForAnswer(line) {
                // Only behind the body: a line that quotes begins so, too.
                behind.append("a file for its answer is not used")
            } else if !line.isBlank, HTTPFileOutline.definition(line: line, number: 0) == nil {
                end = line.endIndex
                behind = []
            }
        }
        notes += behind
        return end
    }

    /// What stands between two lines of a form: the `&` may end one or begin the next.
    private mutating func joint(before: [UInt8], line: [UInt8]) -> [UInt8] {
        guard let first = line.first, first != 0x26, before.last != 0x26, line.contains(0x3D) else { return [] }
        let note = "its form has fields on lines of their own without &; they are joined by it"
        if !notes.contains(note) { notes.append(note) }
        return [0x26]
    }

    /// A form without the spaces around its names and values, and with what cannot stand in one encoded.
    private static func tidied(form: [UInt8]) -> [UInt8] {
        var tidy: [UInt8] = []
        let digits = Array("0123456789ABCDEF".utf8)
        for field in form.split(separator: 0x26) where !field.isBlank {
            if !tidy.isEmpty { tidy.append(0x26) }
            let sign = field.firstIndex(of: 0x3D)
            let parts = sign.map { [field[..<$0].trimmed, field[($0 + 1)...].trimmed] } ?? [field.trimmed]
            for (place, part) in parts.enumerated() {
                if place > 0 { tidy.append(0x3D) }
                for byte in part {
                    if byte > 32, byte < 127 {
                        tidy.append(byte)
                    } else {
                        tidy += [0x25, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
                    }
                }
            }
        }
        return tidy
    }
}
