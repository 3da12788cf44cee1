// A command line as a POSIX shell would divide it (and bash: $'…'). Nothing is run and nothing is filled in: what a shell
// would fill in stands as text, and that is told.

/// The words of one command.
struct ShellWords {
    fileprivate(set) var words: [[UInt8]] = []
    /// Where the command begins.
    fileprivate(set) var start: Int
    /// Where it lies; all of its line where texts for commands of it stand behind.
    fileprivate(set) var range: Range<Int>
    fileprivate(set) var notes: [String] = []
    fileprivate(set) var input: CurlData.Input?
    fileprivate(set) var problem: String?

    fileprivate init(at offset: Int) {
        start = offset
        range = offset..<offset
    }

    init(words: [[UInt8]], range: Range<Int>, problem: String?) {
        self.words = words
        self.range = range
        self.problem = problem
        start = range.lowerBound
    }

    fileprivate mutating func note(_ text: String) {
        if !notes.contains(text), notes.count < 20 { notes.append(text) }
    }

    /// Calls `body` with each command of `bytes` that has words.
    static func each(bytes: [UInt8], from begin: Int, body: (ShellWords) -> Void) {
        var reader = ShellReader(bytes: bytes, from: begin)
        while let commands = reader.nextLine() {
            for command in commands { body(command) }
        }
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
    /// The commands of the line that is being read, as far as they were read.
    private var line: [ShellWords] = []
    /// The ends of the texts that follow the line, whether tabs before them are left out, and which command has them.
    private var documents: [(end: [UInt8], dropsTabs: Bool, command: Int)] = []

    private enum Awaited {
        case output
        case input
        case text
        case document(dropsTabs: Bool)
    }

    init(bytes: [UInt8], from begin: Int) {
        self.bytes = bytes
        place = begin
    }

    private var byte: UInt8? { place < bytes.count ? bytes[place] : nil }

    private func following(distance: Int = 1) -> UInt8? {
        place + distance < bytes.count ? bytes[place + distance] : nil
    }

    /// The commands of the next line that has some; nil at the end.
    mutating func nextLine() -> [ShellWords]? {
        while place < bytes.count {
            readLine()
            if !line.isEmpty { return line }
        }
        return nil
    }

    private mutating func readLine() {
        line = []
        var start: Int?
        var isAtEnd = false
        while !isAtEnd {
            command = ShellWords(at: place)
            isAtEnd = readCommand()
            start = start ?? command.start
            if !command.words.isEmpty || documents.last?.command == line.count { line.append(command) }
        }
        guard let start, !documents.isEmpty else { return }
        readDocuments()
        line.removeAll { $0.words.isEmpty }
        // The texts belong to the commands in their order: each is found again by the whole line.
        for index in line.indices { line[index].range = start..<place }
    }

    /// Reads a command, and tells whether its line ends with it.
    private mutating func readCommand() -> Bool {
        var isAtStart = true
        while let byte {
            if isAtStart, ![32, 9, 10, 13].contains(byte) {
                isAtStart = false
                command.start = place
            }
            switch byte {
            case 0x0A:
                place += 1
                finish(place)
                return true
            case 0x20, 0x09, 0x0D:
                place += 1
                endWord()
            case 0x3B, 0x7C:
                finish(place)
                place += 1
                return false
            case 0x26:
                // `&>` sends output elsewhere.
                if following() == 0x3E {
                    place += 1
                    continue
                }
                finish(place)
                place += 1
                return false
            case 0x3C: readInput()
            case 0x3E: readOutput()
            case 0x23 where word == nil:
                while let byte = self.byte, byte != 10 { place += 1 }
            default: readPart(byte)
            }
        }
        finish(place)
        return true
    }

    private mutating func finish(_ end: Int) {
        endWord()
        // A sign without a word behind it is nobody's.
        awaited = nil
        command.range = command.start..<max(end, command.start)
    }

    private mutating func endWord() {
        guard let word else { return }
        self.word = nil
        switch awaited {
        case nil: command.words.append(word)
        case .output?: break
        case .input?: command.input = .file(String(decoding: word, as: UTF8.self))
        case .text?: command.input = .bytes(word + [10])
        case .document(let dropsTabs)?: documents.append((word, dropsTabs, line.count))
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

    /// Reads the texts that stand behind the line.
    private mutating func readDocuments() {
        var cursor = LineCursor(bytes: bytes[place...])
        for document in documents {
            var text: [UInt8] = []
            var isEnded = false
            while !isEnded, let next = cursor.next() {
                let kept = document.dropsTabs ? next.drop { $0 == 9 } : next
                isEnded = kept.elementsEqual(document.end)
                if !isEnded {
                    text += kept
                    text.append(10)
                }
            }
            line[document.command].input = .bytes(text)
            if !isEnded { line[document.command].problem = "the text on its stdin does not end" }
        }
        documents = []
        place = cursor.offset
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
