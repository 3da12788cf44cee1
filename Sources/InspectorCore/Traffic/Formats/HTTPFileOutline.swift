// Where the requests of a `.http` file lie, and what its variables are: the first look at it. And by what such a file
// is known.

/// A `.http` file as it is divided.
struct HTTPFileOutline {
    /// A request, still with its variables: from its request line to the next separator.
    struct Block {
        let line: Int
        let range: Range<Int>
    }

    let bytes: [UInt8]
    private(set) var blocks: [Block] = []
    private(set) var definitions: [VariableTable.Definition] = []
    private(set) var notes: [(line: Int, note: String)] = []

    /// Whether the file asks for what `.env` holds.
    var usesDotenv: Bool { bytes.split(separator: 0x24).contains { $0.begins(with: "dotenv") } }

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        var cursor = LineCursor(bytes: bytes[(bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0)...])
        var number = 0
        var request: (line: Int, start: Int)?
        var isInScript = false
        while let line = cursor.next() {
            number += 1
            if line.begins(with: "###") {
                if let request { blocks.append(Block(line: request.line, range: request.start..<line.startIndex)) }
                request = nil
                isInScript = false
                continue
            }
            if let definition = HTTPFileOutline.definition(line: line, number: number) {
                // One too many tells that there are more.
                if definitions.count <= VariableTable.countLimit { definitions.append(definition) }
                continue
            }
            guard request == nil else { continue }
            if isInScript {
                isInScript = !HTTPFileOutline.endsScript(line)
            } else if line.begins(with: "< {%") || line.begins(with: "<{%") {
                notes.append((number, "a script is not run"))
                isInScript = !HTTPFileOutline.endsScript(line)
            } else if line.begins(with: "< ") {
                notes.append((number, "a script is not run"))
            } else if line.begins(with: "import ") || line.begins(with: "run ") {
                notes.append((number, "requests of another file are not taken in"))
            } else if !line.isBlank, !HTTPFileOutline.isComment(line.trimmed) {
                request = (number, line.startIndex)
            }
        }
        if let request { blocks.append(Block(line: request.line, range: request.start..<bytes.count)) }
    }

    static func isComment(_ line: ArraySlice<UInt8>) -> Bool { line.begins(with: "#") || line.begins(with: "//") }

    static func endsScript(_ line: ArraySlice<UInt8>) -> Bool {
        zip(line, line.dropFirst()).contains { $0 == 0x25 && $1 == 0x7D }
    }

    /// `@name = value`, or nil.
    static func definition(line: ArraySlice<UInt8>, number: Int) -> VariableTable.Definition? {
        guard line.first == 0x40, let sign = line.firstIndex(of: 0x3D) else { return nil }
        let name = line[(line.startIndex + 1)..<sign].trimmed
        let isName = name.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte >= 0x80
                || "-_.".utf8.contains(byte)
        }
        guard isName, !name.isEmpty else { return nil }
        return VariableTable.Definition(
            name: name.string, line: number, value: Array(line[(sign + 1)...].trimmed))
    }
}

/// By what a `.http` file is known from a list of vegeta's targets, which looks alike.
struct HTTPFileSigns {
    let isHTTPFile: Bool

    init(head: TrafficHead) {
        let isNamed = head.name.lowercased().hasSuffix(".http") || head.name.lowercased().hasSuffix(".rest")
        var hasRequest = false
        var hasSign = false
        // Where a target of vegeta's would be at: it has no body, so after a blank line another one begins.
        var isInHead = false
        var isBehindHead = false
        var cursor = LineCursor(bytes: head.bytes)
        while let line = cursor.next() {
            // A line that is cut says nothing.
            if !head.isWhole, cursor.rest.isEmpty { break }
            let text = line.trimmed
            if text.isEmpty {
                isBehindHead = isBehindHead || isInHead
                isInHead = false
            } else if line.begins(with: "###") {
                (isInHead, isBehindHead) = (false, false)
            } else if HTTPFileOutline.definition(line: line, number: 0) != nil || HTTPFileSigns.isSign(line) {
                hasSign = true
            } else if HTTPFileOutline.isComment(text) {
                continue
            } else if !isInHead, HTTPFileRequest.requestLine(line: line.string, isSure: !isNamed) != nil {
                hasRequest = true
                (isInHead, isBehindHead) = (true, false)
                // An address that begins with a variable is none without it.
                let url = line.string.split(separator: " ").dropFirst().first ?? ""
                hasSign = hasSign || line.begins(with: "{{") || url.hasPrefix("{{")
            } else if isInHead {
                let isOn = text.first == 0x3F || text.first == 0x26
                hasSign = hasSign || isOn
                hasRequest = hasRequest || VegetaFormat.requestLine(line: line.string) != nil
            } else if !isNamed, VegetaFormat.fault(line: text.string) != nil {
                // A target that is broken is no body of the one before it.
                (isInHead, isBehindHead) = (true, false)
            } else if isBehindHead, text.first != 0x40 {
                hasSign = true
            } else if isNamed, text.begins(with: "curl ") {
                hasRequest = true
            }
        }
        // A file may begin with more variables than are looked at.
        isHTTPFile = isNamed ? hasRequest || hasSign : hasRequest && hasSign
    }

    /// What stands in no list of vegeta's: scripts, files for answers, the remarks to editors (`# @name first`).
    private static func isSign(_ line: ArraySlice<UInt8>) -> Bool {
        for start in ["< {%", "> {%", "<> ", "< ./", ">> ", ">>! "] where line.begins(with: start) { return true }
        guard HTTPFileOutline.isComment(line), !line.begins(with: "###") else { return false }
        let words = line.string.split(separator: " ")
        let mark = words.first.map(String.init) ?? ""
        let remark = mark == "#" || mark == "//" ? words.dropFirst().first.map(String.init) ?? "" : mark
        return ["@name", "@no-redirect", "@no-log", "@no-cookie-jar", "@prompt", "@note", "#@name", "//@name"]
            .contains(remark)
    }
}
