// A command line as a POSIX shell would divide it (and bash: $'…'). Nothing is run and nothing is filled in: what a shell
// would fill in stands as text, and that is told.

/// The words of one command.
struct ShellWords {
    fileprivate(set) var words: [[UInt8]] = []
    /// Where the command lies.
    fileprivate(set) var range: Range<Int>
    fileprivate(set) var notes: [String] = []
    fileprivate(set) var input: CurlData.Input?
    fileprivate(set) var problem: String?

    fileprivate init(at offset: Int) { range = offset..<offset }

    init(words: [[UInt8]], range: Range<Int>, problem: String?) {
        self.words = words
        self.range = range
        self.problem = problem
    }

    fileprivate mutating func note(_ text: String) {
        if !notes.contains(text), notes.count < 20 { notes.append(text) }
    }

    /// Calls `body` with each command of `bytes` that has words.
    static func each(bytes: [UInt8], body: (ShellWords) -> Void) {
        var reader = ShellReader(bytes)
        while let command = reader.nextCommand() { body(command) }
    }
}

/// Reads commands one after the other.
private struct ShellReader {
    private let bytes: [UInt8]
    private var place: Int
    private var command = ShellWords(at: 0)
    /// The word that is being read; nil between words.
    private var word: [UInt8]?
    /// What the next word is, where it is not a word of the command.
    private var awaited: Awaited?
    /// The ends of texts that follow the command's line, and whether tabs before them are left out.
    private var documents: [(end: [UInt8], dropsTabs: Bool)] = []
    /// Where reading goes on behind the line that is being read, if texts of a command on it were read already.
    private var next: Int?

    private enum Awaited {
        case output
        case input
        case text
        case document(dropsTabs: Bool)
    }

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        place = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    }

    private var byte: UInt8? { place < bytes.count ? bytes[place] : nil }

    private func following(distance: Int = 1) -> UInt8? {
        place + distance < bytes.count ? bytes[place + distance] : nil
    }

    /// The next command; empty ones are passed over.
    mutating func nextCommand() -> ShellWords? {
        while place < bytes.count {
            command = ShellWords(at: place)
            readCommand()
            if !command.words.isEmpty { return command }
        }
        return nil
    }

    private mutating func readCommand() {
        var isAtStart = true
        while let byte {
            if isAtStart, ![32, 9, 10, 13].contains(byte) {
                isAtStart = false
                command.range = place..<place
            }
            switch byte {
            case 0x0A:
                endWord()
                readDocuments()
                place = next ?? place + 1
                next = nil
                return finish(place)
            case 0x20, 0x09, 0x0D:
                place += 1
                endWord()
            case 0x3B, 0x7C:
                finish(place)
                place += 1
                return
            case 0x26:
                // `&>` sends output elsewhere.
                if following() == 0x3E {
                    place += 1
                    continue
                }
                finish(place)
                place += 1
                return
            case 0x3C: readInput()
            case 0x3E: readOutput()
            case 0x23 where word == nil:
                while let byte = self.byte, byte != 10 { place += 1 }
            default: readPart(byte)
            }
        }
        finish(place)
    }

    private mutating func finish(_ end: Int) {
        endWord()
        readDocuments()
        command.range = command.range.lowerBound..<max(end, next ?? 0, command.range.lowerBound)
    }

    private mutating func endWord() {
        guard let word else { return }
        self.word = nil
        switch awaited {
        case nil: command.words.append(word)
        case .output?: break
        case .input?: command.input = .file(String(decoding: word, as: UTF8.self))
        case .text?: command.input = .bytes(word + [10])
        case .document(let dropsTabs)?: documents.append((word, dropsTabs))
        }
        awaited = nil
    }

    // MARK: Redirections

    private mutating func readInput() {
        endNumber()
        place += 1
        guard byte == 0x3C else {
            awaited = .input
            return
        }
        place += 1
        if byte == 0x3C {
            place += 1
            awaited = .text
        } else if byte == 0x2D {
            place += 1
            awaited = .document(dropsTabs: true)
        } else {
            awaited = .document(dropsTabs: false)
        }
    }

    private mutating func readOutput() {
        endNumber()
        place += 1
        if byte == 0x3E || byte == 0x7C { place += 1 }
        if byte == 0x26 { place += 1 }
        awaited = .output
    }

    /// `2>`: the number names what is redirected.
    private mutating func endNumber() {
        if let word, !word.isEmpty, word.allSatisfy({ (0x30...0x39).contains($0) }) { self.word = nil }
        endWord()
    }

    /// Reads the texts that stand behind this line: the command may end before the line does.
    private mutating func readDocuments() {
        guard !documents.isEmpty else { return }
        var start = next ?? (bytes[place...].firstIndex(of: 10) ?? bytes.count - 1) + 1
        for document in documents {
            var text: [UInt8] = []
            var isEnded = false
            var cursor = LineCursor(bytes: bytes[start...])
            while !isEnded, let line = cursor.next() {
                let kept = document.dropsTabs ? line.drop { $0 == 9 } : line
                isEnded = kept.elementsEqual(document.end)
                if !isEnded { text += kept + [10] }
            }
            start = cursor.offset
            command.input = .bytes(text)
            if !isEnded { command.problem = "the text on its stdin does not end" }
        }
        documents = []
        next = start
    }

    // MARK: Words

    private mutating func readPart(_ byte: UInt8) {
        switch byte {
        case 0x5C: readEscaped()
        case 0x27:
            place += 1
            add(bytes[place..<endOfQuote(quote: 0x27)])
            place = min(bytes.count, endOfQuote(quote: 0x27) + 1)
        case 0x22:
            place += 1
            readDoubleQuoted()
        case 0x24 where following() == 0x27:
            place += 2
            readANSIQuoted()
        case 0x24 where following() == 0x22: place += 1
        case 0x24, 0x60: readExpansion()
        default:
            add(byte)
            place += 1
        }
    }

    private mutating func add(_ part: some Sequence<UInt8>) {
        if word == nil { word = [] }
        word?.append(contentsOf: part)
    }

    private mutating func add(_ byte: UInt8) {
        if word == nil { word = [] }
        word?.append(byte)
    }

    private mutating func endOfQuote(quote: UInt8) -> Int {
        if let end = bytes[place...].firstIndex(of: quote) { return end }
        command.problem = "a quote of it is not closed"
        return bytes.count
    }

    /// A backslash outside of quotes; at the end of a line the command goes on.
    private mutating func readEscaped() {
        place += 1
        if byte == 13, following() == 10 { place += 1 }
        guard let byte else { return }
        place += 1
        if byte != 10 { add(byte) }
    }

    private mutating func readDoubleQuoted() {
        add([UInt8]())
        while let byte {
            switch byte {
            case 0x22:
                place += 1
                return
            case 0x5C:
                place += 1
                guard let next = self.byte else { continue }
                place += 1
                switch next {
                case 0x22, 0x5C, 0x24, 0x60: add(next)
                case 10: break
                default: add([0x5C, next])
                }
            case 0x24, 0x60: readExpansion()
            default:
                add(byte)
                place += 1
            }
        }
        command.problem = "a quote of it is not closed"
    }

    /// `$(…)`, backquotes, `${NAME}`, `$NAME`: they stand as text.
    private mutating func readExpansion() {
        let start = place
        var what = "a variable of the shell"
        if byte == 0x60 {
            what = "a command in backquotes"
            place += 1
            place = (bytes[place...].firstIndex(of: 0x60) ?? bytes.count - 1) + 1
        } else if following() == 0x28 {
            what = "a command in $(…)"
            var depth = 0
            while let byte {
                place += 1
                if byte == 0x28 { depth += 1 }
                if byte == 0x29 { depth -= 1 }
                if byte == 0x29, depth == 0 { break }
            }
        } else if following() == 0x7B {
            place = (bytes[place...].firstIndex(of: 0x7D) ?? bytes.count - 1) + 1
        } else {
            place += 1
            let isName = byte.map { (0x41...0x5A).contains($0 & 0xDF) || $0 == 0x5F } ?? false
            add(0x24)
            if isName { command.note("\(what) is not filled in and stands as text") }
            return
        }
        command.note("\(what) is not \(what.contains("command") ? "run" : "filled in") and stands as text")
        add(bytes[start..<place])
    }

    /// `$'…'`, as bash has it, and as browsers write it: code units of UTF-16 as `\uD83D\uDE00` too.
    private mutating func readANSIQuoted() {
        add([UInt8]())
        var high: UInt32?
        while let byte {
            place += 1
            if byte == 0x27 { return }
            guard byte == 0x5C, let escape = self.byte else {
                add(byte)
                continue
            }
            place += 1
            switch escape {
            case 0x6E: add(10)
            case 0x72: add(13)
            case 0x74: add(9)
            case 0x61: add(7)
            case 0x62: add(8)
            case 0x65, 0x45: add(27)
            case 0x66: add(12)
            case 0x76: add(11)
            case 0x78: add(UInt8(truncatingIfNeeded: digits(count: 2, radix: 16) ?? 0x78))
            case 0x75, 0x55:
                let value = digits(count: escape == 0x75 ? 4 : 8, radix: 16) ?? 0xFFFD
                let first = high
                high = nil
                if let first, (0xDC00...0xDFFF).contains(value) {
                    add(ShellReader.scalar(value: 0x10000 + (first - 0xD800) << 10 + (value - 0xDC00)))
                    continue
                }
                if first != nil { add(ShellReader.scalar(value: 0xFFFD)) }
                if (0xD800...0xDBFF).contains(value), self.byte == 0x5C, following() == 0x75 {
                    high = value
                } else {
                    add(ShellReader.scalar(value: value))
                }
            case 0x30...0x37:
                place -= 1
                add(UInt8(truncatingIfNeeded: digits(count: 3, radix: 8) ?? 0))
            case 0x63:
                if let control = self.byte {
                    add(control & 0x1F)
                    place += 1
                }
            case 0x27, 0x22, 0x5C, 0x3F: add(escape)
            default: add([0x5C, escape])
            }
        }
        command.problem = "a quote of it is not closed"
    }

    private static func scalar(value: UInt32) -> [UInt8] {
        Array(String(Unicode.Scalar(value) ?? "\u{FFFD}").utf8)
    }

    /// A number of at most `count` digits; nil where none stands.
    private mutating func digits(count: Int, radix: Int) -> UInt32? {
        let start = place
        while place < start + count, let byte,
            Character(Unicode.Scalar(byte)).hexDigitValue.map({ $0 < radix }) ?? false
        {
            place += 1
        }
        return UInt32(String(decoding: bytes[start..<place], as: UTF8.self), radix: radix)
    }
}
