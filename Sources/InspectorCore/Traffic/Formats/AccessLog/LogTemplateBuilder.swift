// Puts a template together field by field, and refuses what could not be read.

/// The fields of a format that was written down, with where each stands in it.
struct LogTemplateBuilder {
    private struct Part {
        var piece: LogTemplate.Piece
        let source: Range<Int>
        /// Whether a better source of the same thing makes this one idle.
        var rank = 0
    }

    private let source: LogFormatSource
    private var parts: [Part] = []
    /// The places of the quotes in the source.
    private var quotes: [Int] = []

    init(source: LogFormatSource) { self.source = source }

    /// Adds a byte between fields.
    mutating func text(byte: UInt8, at place: Int) {
        if byte == 0x22 { quotes.append(place) }
        if case .text(let bytes)? = parts.last?.piece {
            parts[parts.count - 1].piece = .text(bytes + [byte])
        } else {
            parts.append(Part(piece: .text([byte]), source: place..<(place + 1)))
        }
    }

    /// Adds text between fields.
    mutating func text(text: String, at place: Int) {
        for byte in text.utf8 { self.text(byte: byte, at: place) }
    }

    /// Adds a field.
    ///
    /// - Parameter rank: of several hosts the one with the lowest counts.
    mutating func field(piece: LogTemplate.Piece, range: Range<Int>, rank: Int = 0) {
        parts.append(Part(piece: piece, source: range, rank: rank))
    }

    /// The template.
    ///
    /// - Throws: `LogFormatError` when a quote is not closed, two fields cannot be told apart, or nothing names the
    ///   request.
    mutating func finished(needs: String) throws(LogFormatError) -> LogTemplate {
        if let open = unclosedQuote {
            throw LogFormatError(
                source: source, range: open..<source.bytes.count,
                reason: "the quote here does not close, or closes nothing")
        }
        joinAddresses()
        chooseDurations()
        chooseHosts()
        var pieces: [LogTemplate.Piece] = []
        for (number, part) in parts.enumerated() {
            if number > 0, let before = try piece(number: number - 1, before: number) {
                pieces[pieces.count - 1] = before
            }
            pieces.append(part.piece)
        }
        let roles = parts.compactMap { part in
            if case .field(let role, _) = part.piece { role } else { nil }
        }
        guard roles.contains(.request) || (roles.contains(.method) && roles.contains(.target)) else {
            throw LogFormatError(
                source: source, range: source.bytes.count..<source.bytes.count,
                reason: "no field holds the request: \(needs)")
        }
        return LogTemplate(pieces: pieces)
    }

    /// The quote without another one; nil where they are in pairs.
    ///
    /// It is the one behind which another one opens; where none is seen to, the last.
    private var unclosedQuote: Int? {
        guard quotes.count % 2 == 1 else { return nil }
        var open: Int?
        for quote in quotes {
            guard let before = open else {
                open = quote
                continue
            }
            if opens(quote: quote) { return before }
            open = nil
        }
        return open ?? quotes.last
    }

    /// Whether a quote clearly opens: a space or a separator of JSON stands before it, and neither follows it.
    private func opens(quote: Int) -> Bool {
        func isBetween(_ place: Int) -> Bool {
            !source.bytes.indices.contains(place) || " \t,:=[({|".utf8.contains(source.bytes[place])
        }
        return isBetween(quote - 1) && !isBetween(quote + 1)
    }

    /// A path and a query that stand side by side are one address.
    private mutating func joinAddresses() {
        var joined: [Part] = []
        for part in parts {
            if case .field(.query, _) = part.piece, let last = joined.last, case .field(.target, _) = last.piece {
                joined[joined.count - 1] = Part(
                    piece: .field(.target), source: last.source.lowerBound..<part.source.upperBound)
            } else {
                joined.append(part)
            }
        }
        parts = joined
    }

    /// Of several durations the one in the smallest unit says most.
    private mutating func chooseDurations() {
        var best: Double?
        for part in parts {
            if case .field(.duration(let unit?), _) = part.piece { best = min(best ?? unit, unit) }
        }
        for place in parts.indices {
            if case .field(.duration(let unit?), _) = parts[place].piece, unit != best {
                parts[place].piece = .field(.ignored)
            }
        }
    }

    private mutating func chooseHosts() {
        let hosts = parts.indices.filter { parts[$0].piece == .field(.host) }
        let best = hosts.map { parts[$0].rank }.min()
        for place in hosts where parts[place].rank != best { parts[place].piece = .field(.ignored) }
    }

    /// What the field `number` has to be changed to because a field follows it; nil for nothing.
    private func piece(number: Int, before next: Int) throws(LogFormatError) -> LogTemplate.Piece? {
        switch (parts[number].piece, parts[next].piece) {
        case (.text, _), (_, .text), (.time, _), (.clock, _): return nil
        // A host ends where the path begins.
        case (.field(let role, _), .field(.target, _)): return .field(role, stop: UInt8(ascii: "/"))
        default:
            throw LogFormatError(
                source: source, range: parts[next].source,
                reason: "it follows another field with nothing between them; where the one ends could not be told")
        }
    }
}
