// The lines of a log, one after the other, and what was inside of them where somebody else keeps the log.

/// Reads a file line by line, in large pieces.
struct LogLines {
    /// A line that is longer is passed over: no request's is.
    static let limit = 1024 * 1024

    private let file: TrafficBytes
    private let end: Int
    private let piece: Int
    /// The piece that is at hand.
    private(set) var bytes: [UInt8] = []
    /// Where it begins in the file.
    private var base: Int
    private var place = 0
    /// The number of the newest line, from 1.
    private(set) var number = 0
    /// Where the newest line stands in the file, and whether all of it is at hand.
    private(set) var fileRange = 0..<0
    private(set) var isCut = false

    init(file: TrafficBytes, range: Range<Int>? = nil) {
        self.file = file
        let range = range ?? 0..<file.count
        base = range.lowerBound
        end = range.upperBound
        piece = min(max(range.count, 1), LogLines.limit)
    }

    /// Where the next line stands in `bytes`, without its end; nil behind the last.
    mutating func next() -> Range<Int>? {
        if place >= bytes.count, !load() { return nil }
        var close = bytes.place(of: 10, in: place..<bytes.count)
        if close == nil, load() { close = bytes.place(of: 10, in: place..<bytes.count) }
        number += 1
        isCut = close == nil && base + bytes.count < end
        let start = place
        guard !isCut else {
            skip()
            return 0..<0
        }
        var last = close ?? bytes.count
        place = last + 1
        while last > start, bytes[last - 1] == 13 { last -= 1 }
        fileRange = (base + start)..<(base + last)
        // A byte order mark is not part of the first line.
        let isMarked = base + start == 0 && bytes.has("\u{FEFF}", at: start, before: last)
        return (isMarked ? start + 3 : start)..<last
    }

    /// Puts what follows behind the rest that was not read yet; false when there is nothing.
    private mutating func load() -> Bool {
        let from = base + bytes.count
        guard from < end else { return false }
        let more = file.read(from..<min(end, from + piece))
        guard !more.isEmpty else { return false }
        let done = min(place, bytes.count)
        base += done
        bytes = done < bytes.count ? Array(bytes[done...]) + more : more
        place = 0
        return true
    }

    /// Passes over a line that is too long.
    private mutating func skip() {
        let start = base + place
        while true {
            place = bytes.count
            guard load() else {
                fileRange = start..<(base + bytes.count)
                return
            }
            if let close = bytes.place(of: 10, in: 0..<bytes.count) {
                fileRange = start..<(base + close)
                place = close + 1
                return
            }
        }
    }
}

/// The messages of a log: its lines, out of what stands around them, joined where they were split.
struct LogMessages {
    /// One message, and where it stands in the file.
    struct Item {
        var message: LogMessage
        let number: Int
        let range: Range<Int>
        /// Why it cannot be read; nil when it can.
        let fault: String?
    }

    /// A message that goes on in a later line.
    private struct Open {
        var bytes: [UInt8]
        let number: Int
        let start: Int
        let time: LogTime?
    }

    private var lines: LogLines
    private let envelopes: [LogEnvelope]
    private var open: [UInt8: Open] = [:]
    /// What is left when the file ends within messages.
    private var left: [Item] = []
    private var isAtEnd = false

    init(file: TrafficBytes, envelopes: [LogEnvelope], range: Range<Int>? = nil) {
        lines = LogLines(file: file, range: range)
        self.envelopes = envelopes
    }

    /// The next message that is not blank.
    mutating func next() -> Item? {
        while let line = lines.next() {
            guard !lines.isCut else {
                return Item(
                    message: LogMessage(bytes: [], range: 0..<0), number: lines.number, range: lines.fileRange,
                    fault: "its line is longer than 1 MB")
            }
            guard lines.bytes.afterSpace(place: line.lowerBound, before: line.upperBound) < line.upperBound else {
                continue
            }
            let message = LogMessages.opened(line: LogMessage(bytes: lines.bytes, range: line), envelopes: envelopes)
            if envelopes.isEmpty { return item(message: message) }
            if let whole = joined(part: message) { return whole }
        }
        if !isAtEnd {
            isAtEnd = true
            left = open.values.sorted { $0.number > $1.number }.map { open in
                Item(
                    message: LogMessage(bytes: open.bytes, range: 0..<open.bytes.count, time: open.time),
                    number: open.number, range: open.start..<lines.fileRange.upperBound, fault: nil)
            }
        }
        return left.popLast()
    }

    private func item(message: LogMessage) -> Item {
        Item(message: message, number: lines.number, range: lines.fileRange, fault: nil)
    }

    /// The message that ends with this part; nil while one goes on, and for a blank one.
    private mutating func joined(part: LogMessage) -> Item? {
        guard part.isPartial || open[part.stream] != nil else {
            return part.bytes.afterSpace(place: part.range.lowerBound, before: part.range.upperBound)
                < part.range.upperBound
                ? item(message: part) : nil
        }
        var whole =
            open.removeValue(forKey: part.stream)
            ?? Open(bytes: [], number: lines.number, start: lines.fileRange.lowerBound, time: part.time)
        whole.bytes += part.bytes[part.range]
        let range = whole.start..<lines.fileRange.upperBound
        if whole.bytes.count > LogLines.limit {
            return Item(
                message: LogMessage(bytes: [], range: 0..<0), number: whole.number, range: range,
                fault: "its line is longer than 1 MB")
        }
        if part.isPartial {
            open[part.stream] = whole
            return nil
        }
        return Item(
            message: LogMessage(bytes: whole.bytes, range: 0..<whole.bytes.count, time: whole.time),
            number: whole.number, range: range, fault: nil)
    }

    /// What is inside of all that `envelopes` name; a line without one of them stays as it is.
    static func opened(line: LogMessage, envelopes: [LogEnvelope]) -> LogMessage {
        var message = plain(message: line)
        for envelope in envelopes { message = envelope.opened(message: message).map(plain) ?? message }
        return message
    }

    /// What stands around a line, from the outside to the inside.
    static func envelopes(around line: LogMessage) -> [LogEnvelope] {
        var found: [LogEnvelope] = []
        var message = plain(message: line)
        while found.count < 4,
            let (envelope, inner) = LogEnvelope.allCases.lazy.compactMap({ one in
                one.opened(message: message).map { (one, $0) }
            }).first
        {
            found.append(envelope)
            message = plain(message: inner)
        }
        return found
    }

    /// A message without the colours of a terminal: `ESC [ 31 m`.
    private static func plain(message: LogMessage) -> LogMessage {
        guard message.bytes.place(of: 0x1B, in: message.range) != nil else { return message }
        var kept: [UInt8] = []
        var at = message.range.lowerBound
        let end = message.range.upperBound
        while at < end {
            guard message.bytes[at] == 0x1B, at + 1 < end, message.bytes[at + 1] == UInt8(ascii: "[") else {
                kept.append(message.bytes[at])
                at += 1
                continue
            }
            var last = at + 2
            while last < end, message.bytes[last].isDigit || message.bytes[last] == UInt8(ascii: ";") { last += 1 }
            if last < end, message.bytes[last] == UInt8(ascii: "m") || message.bytes[last] == UInt8(ascii: "K") {
                at = last + 1
            } else {
                kept.append(message.bytes[at])
                at += 1
            }
        }
        var plain = message
        plain.bytes = kept
        plain.range = 0..<kept.count
        return plain
    }
}
