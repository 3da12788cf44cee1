// A request as text that can be changed before it is sent: the request line, the headers, an empty line, the body.

package import InspectorCore

/// A request that was written by hand, still unchecked.
package struct RequestDraft: Sendable, Equatable {
    package var method: String
    package var target: String
    package var headers: Headers
    package var body: [UInt8]

    package init(method: String, target: String, headers: Headers = [:], body: [UInt8] = []) {
        self.method = method
        self.target = target
        self.headers = headers
        self.body = body
    }
}

/// A small editor of lines.
package struct RequestEditor: Sendable, Equatable {
    /// What is wrong with a text, and in which of its lines.
    package struct Mistake: Error, Equatable {
        package let line: Int
        package let reason: String
    }

    package private(set) var lines: [String]
    /// The line of the cursor, from 0.
    package private(set) var row = 0
    /// The characters before it.
    package private(set) var column: Int
    package internal(set) var mistake: Mistake?
    /// The body that is sent as it is, because it cannot be shown as text.
    private let fixedBody: [UInt8]?

    /// Begins with `draft`.
    package init(draft: RequestDraft) {
        var lines = ["\(draft.method) \(draft.target)"]
        lines += draft.headers.fields.map { "\($0.name): \($0.value)" }
        lines.append("")
        let text = String(validating: draft.body, as: UTF8.self)
        let isText = text.map { text in !text.unicodeScalars.contains { $0.value < 32 && $0 != "\n" && $0 != "\t" } }
        if isText == true, let text {
            fixedBody = nil
            lines += text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        } else {
            fixedBody = draft.body
        }
        self.lines = lines
        column = lines[0].count
    }

    /// How many bytes are sent as they are; nil when the body can be changed.
    package var fixedBytes: Int? { fixedBody?.count }

    /// The request as it is written now.
    ///
    /// - Throws: `Mistake`.
    package func draft() throws(Mistake) -> RequestDraft {
        let first = lines[0].split(separator: " ", maxSplits: 1).map(String.init)
        guard first.count == 2 else {
            throw Mistake(line: 1, reason: "the first line is a method and a path: GET /dashboard")
        }
        var headers = Headers()
        var place = 1
        while place < lines.count, !lines[place].isEmpty {
            guard let colon = lines[place].firstIndex(of: ":"), colon > lines[place].startIndex else {
                throw Mistake(
                    line: place + 1, reason: "a header is a name, a colon and a value; an empty line ends them")
            }
            let name = String(lines[place][..<colon])
            let value = String(lines[place][lines[place].index(after: colon)...].drop { $0 == " " })
            do {
                try RecordedRequest.check(name, value: value)
            } catch {
                throw Mistake(line: place + 1, reason: error.reason)
            }
            headers.add(name, value)
            place += 1
        }
        let body = fixedBody ?? Array(lines.dropFirst(place + 1).joined(separator: "\n").utf8)
        let target = first[1].trimmingSpaces
        do {
            _ = try RecordedRequest(method: first[0], url: target, headers: headers, body: body, place: "the editor")
        } catch {
            throw Mistake(line: 1, reason: error.reason)
        }
        return RequestDraft(method: first[0], target: target, headers: headers, body: body)
    }

    mutating func take(_ action: PromptAction?, key: Key) {
        mistake = nil
        if action == .empty {
            lines[row] = ""
            column = 0
            return
        }
        switch key {
        case .character(let character): insert(character)
        case .tab: insert(Character(" "))
        case .enter: breakLine()
        case .backspace: deleteBackwards()
        case .delete:
            guard move(1) else { return }
            deleteBackwards()
        case .left: _ = move(-1)
        case .right: _ = move(1)
        case .up: go(to: row - 1)
        case .down: go(to: row + 1)
        case .pageUp: go(to: 0)
        case .pageDown: go(to: lines.count - 1)
        case .home, .control("a"): column = 0
        case .end, .control("e"): column = lines[row].count
        default: break
        }
    }

    private mutating func insert(_ character: Character) {
        var line = Array(lines[row])
        line.insert(character, at: min(column, line.count))
        let before = lines[row].count
        lines[row] = String(line)
        // A combining character joins the one before it, and adds none.
        column = min(column + max(0, lines[row].count - before), lines[row].count)
    }

    /// The most lines, and the most bytes, that are taken.
    static let limit = (lines: 10_000, bytes: 1_048_576)

    /// Puts pasted text at the cursor, line by line; how many of its characters had no room.
    ///
    /// As a whole: character by character each would copy its line.
    mutating func insert(_ text: String) -> Int {
        mistake = nil
        var room = max(0, RequestEditor.limit.bytes - lines.reduce(0) { $0 + $1.utf8.count + 1 })
        var left = 0
        var pieces: [String] = []
        for piece in text.split(separator: "\n", omittingEmptySubsequences: false) {
            guard piece.utf8.count <= room, lines.count + pieces.count <= RequestEditor.limit.lines else {
                left += piece.count
                room = 0
                continue
            }
            room -= piece.utf8.count + (pieces.isEmpty ? 0 : 1)
            pieces.append(String(piece))
        }
        guard let first = pieces.first, let last = pieces.last else { return left }
        let line = Array(lines[row])
        let place = min(column, line.count)
        let rest = String(line[place...])
        if pieces.count == 1 {
            lines[row] = String(line[..<place]) + first
            column = lines[row].count
            lines[row] += rest
        } else {
            lines[row] = String(line[..<place]) + first
            lines.insert(contentsOf: pieces[1..<(pieces.count - 1)] + [last + rest], at: row + 1)
            row += pieces.count - 1
            column = last.count
        }
        column = min(column, lines[row].count)
        return left
    }

    private mutating func breakLine() {
        guard lines.count < RequestEditor.limit.lines else { return }
        let line = Array(lines[row])
        let place = min(column, line.count)
        lines[row] = String(line[..<place])
        lines.insert(String(line[place...]), at: row + 1)
        row += 1
        column = 0
    }

    private mutating func deleteBackwards() {
        if column > 0 {
            var line = Array(lines[row])
            line.remove(at: min(column, line.count) - 1)
            lines[row] = String(line)
            column = min(column - 1, lines[row].count)
        } else if row > 0 {
            let rest = lines.remove(at: row)
            row -= 1
            column = lines[row].count
            lines[row] += rest
        }
    }

    /// Moves by one character; false at the end of the text.
    private mutating func move(_ step: Int) -> Bool {
        if step < 0 {
            if column > 0 {
                column -= 1
            } else if row > 0 {
                row -= 1
                column = lines[row].count
            } else {
                return false
            }
        } else if column < lines[row].count {
            column += 1
        } else if row < lines.count - 1 {
            row += 1
            column = 0
        } else {
            return false
        }
        return true
    }

    private mutating func go(to line: Int) {
        row = max(0, min(lines.count - 1, line))
        column = min(column, lines[row].count)
    }
}

extension String {
    fileprivate var trimmingSpaces: String {
        String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}
