// The variables of a file of requests: {{name}}. They are filled in as they are needed, and what they may become is
// bounded: a few lines of variables that double one another would fill any memory.

internal import Synchronization

/// Variables by name, each with its definitions in the order of the file.
///
/// May be used from any thread.
final class VariableTable: Sendable {
    /// How long one value may become, in bytes.
    static let valueLimit = 64 * 1024
    /// How long all texts of one request may become, in bytes, and how long all values that are kept.
    static let textLimit = 16 * 1024 * 1024
    /// How deep variables may stand within one another.
    static let depthLimit = 64
    /// How many definitions are taken.
    static let countLimit = 10_000

    /// One definition: where it stands, and its text with the variables in it.
    struct Definition: Sendable {
        let name: String
        /// The line; 0 for what comes from an environment.
        let line: Int
        let value: [UInt8]
    }

    private struct Kept {
        var values: [Int: [UInt8]] = [:]
        var size = 0
    }

    fileprivate let definitions: [Definition]
    fileprivate let dynamic: DynamicValues
    /// What is said beside the name of a variable that is not known.
    fileprivate let hint: String
    /// That definitions are left out, as a sentence; nil when none is.
    let note: String?
    private let places: [String: [Int]]
    private let kept = Mutex(Kept())

    /// - Parameters:
    ///   - definitions: in the order of their lines.
    ///   - hint: what is said of a variable that has no value, beside its name: where one could come from.
    init(definitions: [Definition], dynamic: DynamicValues, hint: String = "") {
        self.definitions = Array(definitions.prefix(VariableTable.countLimit))
        self.dynamic = dynamic
        self.hint = hint
        note =
            definitions.count > VariableTable.countLimit
            ? "it has more than \(VariableTable.countLimit) variables; the others are not known" : nil
        var places: [String: [Int]] = [:]
        for (place, definition) in self.definitions.enumerated() { places[definition.name, default: []].append(place) }
        self.places = places
    }

    /// What fills the texts of the request at `line`.
    func filler(line: Int) -> VariableFiller { VariableFiller(table: self, line: line) }

    /// The definition that holds at `line`: the nearest one above, or the first one below.
    fileprivate func place(of name: String, at line: Int) -> Int? {
        guard let places = places[name] else { return nil }
        var (low, high) = (0, places.count)
        while low < high {
            let middle = low + (high - low) / 2
            if definitions[places[middle]].line <= line { low = middle + 1 } else { high = middle }
        }
        return low > 0 ? places[low - 1] : places.first
    }

    fileprivate func value(at place: Int) -> [UInt8]? { kept.withLock { $0.values[place] } }

    /// Keeps a value that is the same in every request; past the limit it is made anew each time.
    ///
    /// - Returns: whether it is kept.
    fileprivate func keep(_ value: [UInt8], at place: Int) -> Bool {
        kept.withLock { kept in
            guard kept.size + value.count <= VariableTable.textLimit else { return false }
            kept.values[place] = value
            kept.size += value.count
            return true
        }
    }
}

/// Fills the variables in the texts of one request.
///
/// What is random or the time is the same wherever a variable stands in the request, and each time the request is read.
struct VariableFiller {
    private let table: VariableTable
    private let line: Int
    private var values: [Int: [UInt8]] = [:]
    private var active: Set<Int> = []
    private var size = 0
    private var count: UInt64 = 0
    /// How much was made so far, in bytes; it took its time, even where the request is refused in the end.
    private(set) var made = 0
    /// What is to be said of the values that were taken.
    private(set) var remarks: [String] = []

    fileprivate init(table: VariableTable, line: Int) {
        self.table = table
        self.line = line
    }

    /// Counts what was read for the request.
    mutating func add(made size: Int) { made = made.addingSaturated(size) }

    /// `text` with its variables filled.
    ///
    /// - Throws: `RecordedRequest.Refusal` when one has no value, or what they become is too long.
    mutating func fill(_ text: String) throws(RecordedRequest.Refusal) -> String {
        guard text.utf8.contains(0x7B) else { return text }
        return String(decoding: try fill(Array(text.utf8)[...]), as: UTF8.self)
    }

    /// The bytes of `text` with its variables filled.
    ///
    /// - Throws: as the other.
    mutating func fill(_ text: ArraySlice<UInt8>) throws(RecordedRequest.Refusal) -> [UInt8] {
        var numbers = count
        let filled = try fill(text, at: line, mark: 0, numbers: &numbers, limit: VariableTable.textLimit - size).bytes
        count = numbers
        size += filled.count
        return filled
    }

    /// - Parameters:
    ///   - line: where the text stands: of several definitions of a name the nearest one above holds.
    ///   - mark: tells the random values of one text from those of another; `numbers` those within it.
    ///   - limit: how long it may become.
    private mutating func fill(
        _ text: ArraySlice<UInt8>, at line: Int, mark: UInt64, numbers: inout UInt64, limit: Int
    ) throws(RecordedRequest.Refusal) -> (bytes: [UInt8], isFixed: Bool) {
        var filled: [UInt8] = []
        var isFixed = true
        var rest = text
        while let open = VariableFiller.pair(byte: 0x7B, in: rest) {
            guard let close = VariableFiller.pair(byte: 0x7D, in: rest[(open + 2)...].prefix(300)),
                let name = VariableFiller.name(text: rest[(open + 2)..<close])
            else {
                // No name of a variable: a brace that stands for itself.
                filled += rest[...open]
                rest = rest[(open + 1)...]
                continue
            }
            filled += rest[..<open]
            rest = rest[(close + 2)...]
            if name.hasPrefix("$") {
                numbers += 1
                let value = try table.dynamic.value(name: name, mark: mark &* 1_000_003 &+ numbers, line: self.line)
                if let remark = value.remark, !remarks.contains(remark) { remarks.append(remark) }
                filled += value.bytes
                add(made: value.bytes.count)
                isFixed = isFixed && value.isFixed
            } else {
                let value = try self.value(name: name, at: line)
                filled += value.bytes
                add(made: value.bytes.count)
                isFixed = isFixed && value.isFixed
            }
            guard filled.count + rest.count <= limit else {
                throw RecordedRequest.Refusal(
                    reason: mark > 0
                        ? "a variable becomes longer than 64 kB" : "it becomes longer than 16 MB by its variables")
            }
        }
        filled += rest
        return (filled, isFixed)
    }

    private mutating func value(
        name: String, at line: Int
    ) throws(RecordedRequest.Refusal) -> (bytes: [UInt8], isFixed: Bool) {
        guard let place = table.place(of: name, at: line) else {
            let isAnswer = name.contains(".response.") || name.contains(".request.")
            throw RecordedRequest.Refusal(
                reason: isAnswer
                    ? "it needs the answer of another request: \(name.prefix(60))"
                    : "the variable \(name.prefix(60)) has no value\(table.hint)")
        }
        if let value = table.value(at: place) { return (value, true) }
        if let value = values[place] { return (value, false) }
        guard active.insert(place).inserted else {
            throw RecordedRequest.Refusal(reason: "the variable \(name.prefix(60)) stands for itself")
        }
        defer { active.remove(place) }
        guard active.count <= VariableTable.depthLimit else {
            throw RecordedRequest.Refusal(reason: "its variables stand more than 64 deep within one another")
        }
        let definition = table.definitions[place]
        var numbers: UInt64 = 0
        let value = try fill(
            definition.value[...], at: definition.line, mark: UInt64(place) + 1, numbers: &numbers,
            limit: VariableTable.valueLimit)
        if value.isFixed, table.keep(value.bytes, at: place) { return value }
        size += value.bytes.count
        guard size <= VariableTable.textLimit else {
            throw RecordedRequest.Refusal(reason: "it becomes longer than 16 MB by its variables")
        }
        values[place] = value.bytes
        return value
    }

    /// Where two of `byte` stand side by side.
    private static func pair(byte: UInt8, in text: ArraySlice<UInt8>) -> Int? {
        var rest = text
        while let place = rest.firstIndex(of: byte) {
            if place + 1 < rest.endIndex, rest[place + 1] == byte { return place }
            rest = rest[(place + 1)...]
        }
        return nil
    }

    /// The name between braces; nil for what is none, such as JSON.
    private static func name(text: ArraySlice<UInt8>) -> String? {
        var text = text
        while text.first == 32 { text = text.dropFirst() }
        while text.last == 32 { text = text.dropLast() }
        guard let first = text.first, text.count <= 256 else { return nil }
        // What begins with a dollar may have texts for arguments.
        let other: [UInt8] = first == 0x24 ? [0x7B] : [0x7B, 0x22, 0x27, 0x23, 0x3C, 0x3E, 0x2C]
        guard !text.contains(where: { $0 < 32 || other.contains($0) }) else { return nil }
        return String(decoding: text, as: UTF8.self)
    }
}
