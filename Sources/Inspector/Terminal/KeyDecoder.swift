// Bytes from a terminal → keys, pastes, what the mouse did, and answers. A value: it reads nothing and knows no clock.
//
// ncurses' own decoder knows the sequences of one description and gives the letters of all others as keys: a modified
// arrow, an answer that came late or a pasted line would work the dashboard. Here every sequence is taken whole, by the
// grammar that terminals share (ECMA-48, xterm's control sequences), whether it is known or not.

internal import InspectorCore

/// Decodes what a terminal sends.
struct KeyDecoder {
    /// How long bytes are waited for, in ns.
    enum Patience {
        /// After an escape: a terminal sends a sequence at once, a person presses the next key later.
        static let escape: UInt64 = 50_000_000
        /// Between the two bytes of a key with Alt, which are sent at once: what comes later was pressed after an escape.
        static let alt: UInt64 = 3_000_000
        /// After the two bytes that begin a sequence, or the first of a character.
        static let start: UInt64 = 150_000_000
        /// In the middle of a sequence, or of a paste whose end is marked: a network may hold it up.
        static let middle: UInt64 = 1_000_000_000
        /// After text that came too fast to be typed; after much of it, in which a network may make a pause.
        static let burst: UInt64 = 80_000_000
        static let longBurst: UInt64 = 500_000_000
    }

    /// What fast text has to be, to be a paste: so many characters in one read, so many of them different.
    ///
    /// A key that is held down repeats itself.
    private static let burst = (characters: 5, different: 4)

    /// The longest control sequence, and the longest string of a terminal, that are looked at; the rest is thrown away.
    private static let limit = (sequence: 256, string: 4096)

    /// What ends the throwing away.
    private enum Discarding {
        case sequence
        case string
    }

    /// A paste under way.
    private struct Pasting {
        let isMarked: Bool
        var bytes: [UInt8] = []
        var dropped = 0

        mutating func add(_ more: ArraySlice<UInt8>) {
            let taken = more.prefix(Paste.limit - bytes.count)
            bytes += taken
            dropped += more.count - taken.count
        }
    }

    /// Whether the mouse is ours; what it sends all the same is thrown away.
    var readsMouse = false {
        didSet { sequences.isDragging = false }
    }

    private var sequences: KeySequences
    private var waiting: [UInt8] = []
    private var pasting: Pasting?
    private var discarding: Discarding?
    private var inputs: [TerminalInput] = []
    private var taken = 0
    /// When the last byte came, and when an escape was given because nothing followed it.
    private var time: UInt64 = 0
    private var escapeTime: UInt64?
    /// Up to which place of `waiting` text is known to be typed.
    private var typed = 0

    /// - Parameter keys: what the terminal's description says that its keys send.
    init(_ keys: [[UInt8]: Key] = [:]) { sequences = KeySequences(keys) }

    /// The next thing that was decoded.
    mutating func next() -> TerminalInput? {
        guard taken < inputs.count else { return nil }
        defer {
            taken += 1
            if taken == inputs.count {
                inputs.removeAll(keepingCapacity: inputs.count < 1000)
                taken = 0
            }
        }
        return inputs[taken]
    }

    /// Puts what was taken too early before all that is still to be taken.
    mutating func giveBack(_ early: [TerminalInput]) {
        inputs = early + inputs[taken...]
        taken = 0
    }

    /// Whether something is decoded and not taken.
    var hasNext: Bool { taken < inputs.count }

    /// When `settle` has something to do, should nothing come until then; nil when all is decoded.
    var deadline: UInt64? { patience.map { time.addingSaturated($0) } }

    private var patience: UInt64? {
        if let pasting {
            if pasting.isMarked { return Patience.middle }
            return pasting.bytes.count < 256 ? Patience.burst : Patience.longBurst
        }
        if discarding != nil { return Patience.middle }
        guard !waiting.isEmpty else { return nil }
        if waiting.allSatisfy({ $0 == Byte.escape }) { return Patience.escape }
        return waiting.count <= 2 || waiting[0] != Byte.escape ? Patience.start : Patience.middle
    }

    /// Takes what one reading of the terminal gave, at `time`, in ns.
    ///
    /// It joins what waits, however late it is: it may have lain there while nobody read. Only a reader that has found
    /// nothing says by `settle` that time is over.
    mutating func take(_ bytes: [UInt8], at time: UInt64) {
        guard !bytes.isEmpty else { return }
        let quiet = time.subtractingSaturated(self.time)
        self.time = time
        if pasting?.isMarked == true, bytes.count == 1, bytes[0] == Byte.interrupt || bytes[0] == Byte.quit,
            quiet > 300_000_000
        {
            // Whoever waits for the end of a paste that has none can still leave.
            endPaste()
        }
        if quiet > Patience.alt, KeyDecoder.isOfItsOwn(bytes), !waiting.isEmpty,
            waiting.allSatisfy({ $0 == Byte.escape }), pasting == nil, discarding == nil
        {
            for _ in waiting { add(.key(.escape)) }
            waiting = []
        }
        waiting += bytes
        if let escapeTime, time.subtractingSaturated(escapeTime) < 250_000_000, let count = lateRest() {
            waiting.removeFirst(count)
        }
        escapeTime = nil
        decode()
    }

    /// Gives up waiting for what has not come until `time`.
    mutating func settle(at time: UInt64) {
        guard let deadline, time >= deadline else { return }
        if pasting != nil {
            endPaste()
            // The first bytes of a marker of which no more came.
            waiting = []
        }
        discarding = nil
        switch waiting {
        case []: break
        case _ where waiting.allSatisfy({ $0 == Byte.escape }):
            for _ in waiting { add(.key(.escape)) }
            escapeTime = time
        case _ where waiting.count == 2 && waiting[0] == Byte.escape:
            // Nothing came after it: no sequence, but a key with Alt.
            add(.key(.other("Alt-" + String(showing: waiting[1...]))))
        default: break
        }
        waiting = []
        typed = 0
    }

    private mutating func add(_ input: TerminalInput?) {
        if let input { inputs.append(input) }
    }

    // MARK: Bytes

    private mutating func decode() {
        let bytes = waiting[...]
        var ends = KeyDecoder.tails(bytes: bytes)[...]
        var place = 0
        typed = 0
        loop: while place < bytes.endIndex {
            let rest = bytes[place...]
            if discarding != nil {
                place = discard(rest)
                continue
            }
            if let pasting {
                guard pasting.isMarked else {
                    place = pasteFast(rest)
                    continue
                }
                guard let next = pasteMarked(rest) else { break loop }
                place = next
                continue
            }
            if place >= typed {
                ends = ends.drop { $0.upperBound < place }
                if let tail = ends.first, tail.contains(place) || tail.upperBound == place {
                    paste(bytes[place..<tail.upperBound])
                    place = tail.upperBound + Byte.pasteEnd.count
                    continue
                }
                if isFast(rest) {
                    pasting = Pasting(isMarked: false)
                    continue
                }
            }
            switch sequences.read(rest, readsMouse: readsMouse) {
            case .nothing(let count): place += count
            case .input(let input, let count):
                add(input)
                place += count
            case .paste(let count):
                pasting = Pasting(isMarked: true)
                place += count
            case .incomplete:
                let isString = rest.count > 1 && KeySequences.beginsString(rest[place + 1])
                guard rest.count > (isString ? KeyDecoder.limit.string : KeyDecoder.limit.sequence) else { break loop }
                discarding = isString ? .string : .sequence
                place = bytes.endIndex
            }
        }
        waiting = Array(bytes[place...])
    }

    /// Throws away up to the end of what was too long; where to go on.
    private mutating func discard(_ bytes: ArraySlice<UInt8>) -> Int {
        for place in bytes.indices {
            let byte = bytes[place]
            switch discarding {
            case .string where byte == Byte.bell, .sequence where (0x40...0x7E).contains(byte):
                discarding = nil
                return place + 1
            case _ where byte == Byte.escape || Byte.abort.contains(byte):
                // An escape is the end of a string (ESC \), or begins something else.
                discarding = nil
                return place
            default: break
            }
        }
        return bytes.endIndex
    }

    // MARK: Pastes

    private mutating func paste(_ bytes: ArraySlice<UInt8>, isMarked: Bool = true) {
        var pasted = Pasting(isMarked: isMarked)
        pasted.add(bytes)
        pasting = pasted
        endPaste()
    }

    private mutating func endPaste() {
        guard let ended = pasting else { return }
        pasting = nil
        guard !ended.bytes.isEmpty else { return }
        add(.key(.paste(Paste(bytes: ended.bytes, dropped: ended.dropped, isMarked: ended.isMarked))))
    }

    /// Takes text up to the marker that ends it; where to go on, or nil when the rest has to wait for more.
    private mutating func pasteMarked(_ bytes: ArraySlice<UInt8>) -> Int? {
        var start = bytes.startIndex
        while let escape = bytes[start...].firstIndex(of: Byte.escape) {
            let rest = bytes[escape...]
            if rest.starts(with: Byte.pasteEnd) {
                let next = escape + Byte.pasteEnd.count
                pasting?.add(bytes[start..<escape])
                // Followed by another end it stood in the text itself, to have what comes after it taken for keys.
                if KeyDecoder.firstMarker(bytes: bytes[next...])?.isEnd == true {
                    start = next
                    continue
                }
                endPaste()
                return next
            }
            guard rest.count < Byte.pasteEnd.count, Byte.pasteEnd.starts(with: rest) else {
                pasting?.add(bytes[start...escape])
                start = escape + 1
                continue
            }
            // The marker's first bytes wait for the others.
            pasting?.add(bytes[start..<escape])
            return escape == bytes.startIndex ? nil : escape
        }
        pasting?.add(bytes[start...])
        return bytes.endIndex
    }

    /// The next beginning or end of a paste.
    private static func firstMarker(bytes: ArraySlice<UInt8>) -> (place: Int, isEnd: Bool)? {
        var start = bytes.startIndex
        while let escape = bytes[start...].firstIndex(of: Byte.escape) {
            if bytes[escape...].starts(with: Byte.pasteEnd) { return (escape, true) }
            if bytes[escape...].starts(with: Byte.pasteStart) { return (escape, false) }
            start = escape + 1
        }
        return nil
    }

    /// What stands before each end of a paste that has no beginning here: it was given up, or an end stood in its text.
    private static func tails(bytes: ArraySlice<UInt8>) -> [Range<Int>] {
        var tails: [Range<Int>] = []
        var start = bytes.startIndex
        var isOpen = false
        var next = start
        while let (place, isEnd) = firstMarker(bytes: bytes[next...]) {
            next = place + Byte.pasteEnd.count
            if isEnd, !isOpen { tails.append(start..<place) }
            isOpen = !isEnd
            if isEnd { start = next }
        }
        return tails
    }

    /// Whether text comes here that nobody has typed.
    private mutating func isFast(_ bytes: ArraySlice<UInt8>) -> Bool {
        let run = KeyDecoder.textRun(bytes: bytes)
        typed = max(run.endIndex, bytes.startIndex + 1)
        var count = 0
        var seen = Set<UInt8>()
        // A character's first byte stands for it; whoever writes by an input method sends two or three at once.
        for byte in run where byte & 0xC0 != 0x80 {
            count += 1
            seen.insert(byte)
            if count >= KeyDecoder.burst.characters, seen.count >= KeyDecoder.burst.different { return true }
        }
        return false
    }

    /// Takes text that comes too fast; where to go on.
    private mutating func pasteFast(_ bytes: ArraySlice<UInt8>) -> Int {
        let run = KeyDecoder.textRun(bytes: bytes)
        pasting?.add(run)
        guard run.endIndex < bytes.endIndex else { return run.endIndex }
        endPaste()
        // What ended it is a key.
        typed = run.endIndex + 1
        return run.endIndex
    }

    /// The text at the beginning: up to an escape, or to control characters with nothing after them, which are keys.
    private static func textRun(bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        func isText(_ byte: UInt8) -> Bool { (byte >= 32 && byte != 127) || [9, 10, 13].contains(byte) }
        guard let first = bytes.first, isText(first) else { return bytes.prefix(0) }
        var run = bytes.prefix { $0 != Byte.escape }
        while let last = run.last, !isText(last) { run.removeLast() }
        return run
    }

    /// Whether bytes that came by themselves after an escape are a key: not the rest of a sequence that a network cut.
    private static func isOfItsOwn(_ bytes: [UInt8]) -> Bool {
        switch bytes[0] {
        case UInt8(ascii: "["), UInt8(ascii: "O"): false
        case let byte where KeySequences.beginsString(byte): bytes.count == 1
        default: true
        }
    }

    /// How many bytes at the beginning are the rest of a sequence whose escape was given up too early; nil for none.
    private func lateRest() -> Int? {
        guard pasting == nil, discarding == nil, waiting.count > 1,
            waiting[0] == UInt8(ascii: "[") || waiting[0] == UInt8(ascii: "O")
        else { return nil }
        let whole = [Byte.escape] + waiting
        var copy = sequences
        switch copy.read(whole[...], readsMouse: false) {
        // Two letters that are no key anybody knows may have been typed.
        case .input(.key(.other("This key")), 3), .nothing(3), .incomplete, .paste: return nil
        case .input(_, let count), .nothing(let count): return count - 1
        }
    }
}

/// Bytes that mean something to the decoder.
enum Byte {
    static let escape: UInt8 = 27
    static let bell: UInt8 = 7
    static let interrupt: UInt8 = 3
    static let quit: UInt8 = 28
    /// CAN and SUB end any sequence; a key that asks to leave must not drown in one.
    static let abort: Set<UInt8> = [3, 24, 26, 28]
    static let pasteStart = Array("\u{1B}[200~".utf8)
    static let pasteEnd = Array("\u{1B}[201~".utf8)
}
