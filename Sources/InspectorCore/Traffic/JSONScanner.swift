// Walks JSON bytes without building anything: finds where a value begins and ends, so that a huge file can be taken
// one entry at a time.

/// What is wrong with JSON, and at which byte.
struct JSONFault: Error {
    let offset: Int
    let reason: String
}

/// A place in the JSON of a file.
///
/// It follows structure (brackets, strings, separators) and nothing else: whoever needs a value reads it
/// (`LooseJSON`), and what nobody needs may be anything, a `NaN` or a number that no machine can hold.
struct JSONScanner {
    private var bytes: ByteWindow
    private(set) var offset: Int

    init(bytes: TrafficBytes) {
        self.bytes = ByteWindow(bytes: bytes)
        // A byte order mark: HAR 1.2 bids readers to accept one.
        offset = bytes.read(0..<3) == [0xEF, 0xBB, 0xBF] ? 3 : 0
    }

    /// Goes through the members of the object that begins here; `body` must take each value.
    mutating func members(body: (inout JSONScanner, String) throws -> Void) throws {
        try expect(0x7B, what: "an object")
        if take(0x7D) { return }
        repeat {
            let key = try string()
            try expect(0x3A, what: "a colon")
            try body(&self, key)
        } while take(0x2C) && next() != 0x7D
        try expect(0x7D, what: "a comma or the end of the object")
    }

    /// Goes through the items of the array that begins here; `body` must take each.
    mutating func items(body: (inout JSONScanner) throws -> Void) throws {
        try expect(0x5B, what: "an array")
        if take(0x5D) { return }
        repeat { try body(&self) } while take(0x2C) && next() != 0x5D
        try expect(0x5D, what: "a comma or the end of the array")
    }

    /// The first byte of what begins here, or nil at the end.
    mutating func next() -> UInt8? {
        skipSpace()
        return bytes[offset]
    }

    /// Passes over the value that begins here, whatever it is, and tells where it lay.
    mutating func value() throws -> Range<Int> {
        skipSpace()
        let start = offset
        var depth = 0
        repeat {
            skipSpace()
            guard let byte = bytes[offset] else {
                throw JSONFault(offset: bytes.count, reason: "the file ends too early")
            }
            switch byte {
            case 0x22:
                try skipString()
            case 0x7B, 0x5B:
                depth += 1
                offset += 1
            case 0x7D, 0x5D:
                guard depth > 0 else { throw JSONFault(offset: offset, reason: "a value is missing") }
                depth -= 1
                offset += 1
            case 0x2C, 0x3A:
                guard depth > 0 else { throw JSONFault(offset: offset, reason: "a value is missing") }
                offset += 1
            default:
                skipWord()
            }
        } while depth > 0
        return start..<offset
    }

    private mutating func string() throws -> String {
        skipSpace()
        let start = offset
        guard bytes[offset] == 0x22 else {
            throw JSONFault(
                offset: offset, reason: offset < bytes.count ? "a name is missing" : "the file ends too early")
        }
        try skipString()
        return String(decoding: bytes.bytes.read((start + 1)..<min(offset - 1, start + 4096)), as: UTF8.self)
    }

    private mutating func skipString() throws {
        offset += 1
        while let place = bytes.place(of: 0x22, or: 0x5C, from: offset) {
            if bytes[place] == 0x22 {
                offset = place + 1
                return
            }
            offset = place + 2
        }
        offset = bytes.count
        throw JSONFault(offset: bytes.count, reason: "the file ends within a text")
    }

    /// Passes over anything that is neither structure nor space.
    private mutating func skipWord() {
        while let byte = bytes[offset] {
            switch byte {
            case 0x20, 0x09, 0x0A, 0x0D, 0x22, 0x2C, 0x3A, 0x5B, 0x5D, 0x7B, 0x7D: return
            default: offset += 1
            }
        }
    }

    private mutating func expect(_ byte: UInt8, what: String) throws {
        guard take(byte) else {
            throw JSONFault(
                offset: offset, reason: offset < bytes.count ? "\(what) should stand here" : "the file ends too early")
        }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        skipSpace()
        guard bytes[offset] == byte else { return false }
        offset += 1
        return true
    }

    private mutating func skipSpace() {
        while let byte = bytes[offset], byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { offset += 1 }
    }
}
