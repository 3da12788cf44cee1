// A command line as Windows' cmd.exe divides it and browsers copy it: carets escape, a quote within quotes is \" or "".

/// The words of commands quoted for cmd.exe.
struct WindowsWords {
    private var words: [[UInt8]] = []
    private var word: [UInt8]?
    private var isQuoted = false
    /// Whether the quote before this byte ended a quoted part: another one is a quote within it.
    private var wasClosed = false
    private var slashes = 0
    /// Whether the next word names a file for output.
    private var isForOutput = false

    /// Calls `body` with each command of `bytes` that has words.
    static func each(bytes: [UInt8], from begin: Int, body: (ShellWords) -> Void) {
        var reader = WindowsWords()
        var start = begin
        var place = begin
        func isEnd(_ place: Int) -> Int? {
            // The length of the line end that stands here.
            guard place < bytes.count else { return nil }
            if bytes[place] == 10 { return 1 }
            return bytes[place] == 13 && place + 1 < bytes.count && bytes[place + 1] == 10 ? 2 : nil
        }
        func finish(_ end: Int, next: Int) {
            let isOpen = reader.isQuoted
            let words = reader.taken()
            while start < end, [32, 9, 10, 13].contains(bytes[start]) { start += 1 }
            if !words.isEmpty {
                body(
                    ShellWords(
                        words: words, range: start..<end, problem: isOpen ? "a quote of it is not closed" : nil))
            }
            start = next
            place = next
        }
        while place < bytes.count {
            let byte = bytes[place]
            if byte == 0x5E {
                place += 1
                if let length = isEnd(place) {
                    place += length
                    // A caret and two line ends are one line end of the text.
                    if let second = isEnd(place) {
                        place += second
                        reader.take(10, isEscaped: true)
                    }
                } else if place < bytes.count {
                    reader.take(bytes[place], isEscaped: true)
                    place += 1
                }
            } else if let length = isEnd(place), !reader.isQuoted {
                finish(place, next: place + length)
            } else if byte == 0x26 || byte == 0x7C, !reader.isQuoted {
                finish(place, next: place + 1)
            } else if byte == 0x3E || byte == 0x3C, !reader.isQuoted {
                reader.redirect()
                place += 1
            } else {
                reader.take(byte, isEscaped: false)
                place += 1
            }
        }
        finish(bytes.count, next: bytes.count)
    }

    private mutating func take(_ byte: UInt8, isEscaped: Bool) {
        if byte == 0x5C {
            slashes += 1
            wasClosed = false
            return
        }
        if byte == 0x22 {
            // Before a quote two backslashes are one, and an odd one makes the quote a part of the word.
            let isText = slashes % 2 == 1
            add([UInt8](repeating: 0x5C, count: slashes / 2))
            slashes = 0
            if isText {
                add([0x22])
            } else if wasClosed {
                add([0x22])
                isQuoted = true
            } else {
                isQuoted.toggle()
            }
            wasClosed = !isText && !wasClosed && !isQuoted
            return
        }
        addSlashes()
        wasClosed = false
        if !isQuoted, !isEscaped, [32, 9, 13].contains(byte) { return endWord() }
        add([byte])
    }

    private mutating func add(_ part: [UInt8]) {
        if word == nil { word = [] }
        word?.append(contentsOf: part)
    }

    /// Browsers double every backslash; one that stands alone was written by hand.
    private mutating func addSlashes() {
        guard slashes > 0 else { return }
        add([UInt8](repeating: 0x5C, count: (slashes + 1) / 2))
        slashes = 0
    }

    private mutating func redirect() {
        if word == [0x32] || word == [0x31] { word = nil }
        endWord()
        isForOutput = true
    }

    private mutating func endWord() {
        addSlashes()
        guard let word else { return }
        if !isForOutput { words.append(word) }
        self.word = nil
        isForOutput = false
    }

    private mutating func taken() -> [[UInt8]] {
        endWord()
        let taken = words
        self = WindowsWords()
        return taken
    }
}
