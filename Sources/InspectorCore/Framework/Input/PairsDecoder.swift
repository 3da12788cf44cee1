// Names and texts as the app's own types: what a query, a form and a path hold.

internal import Foundation

/// Decodes types out of names and texts, and notes every fault on the way.
///
/// A list takes all values of its name, in order; a name may end in `[]`, as browsers of some frameworks write it. An
/// empty text is no value where anything but a text is optional.
struct PairsDecoder: Decoder {
    /// What is wrong so far.
    final class Faults {
        var all: [InputFault] = []
    }

    /// Nothing sensible can be put in the place of what is wrong: the fault is noted.
    struct Stop: Error {}

    let faults: Faults
    let codingPath: [any CodingKey]
    private let content: Content
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    private enum Content {
        case pairs([String: [String]])
        case texts([String])
    }

    private init(_ content: Content, path: [any CodingKey], faults: Faults) {
        self.content = content
        codingPath = path
        self.faults = faults
    }

    /// - Throws: `HTTPError` of the kind `invalidInput`.
    static func decode<Value: Decodable>(
        _ type: Value.Type, from pairs: [(name: String, value: String)], what: String
    ) throws -> Value {
        var values: [String: [String]] = [:]
        for (name, value) in pairs {
            values[name.hasSuffix("[]") ? String(name.dropLast(2)) : name, default: []].append(value)
        }
        return try finish(what: what, faults: Faults()) { faults in
            try Value(from: PairsDecoder(.pairs(values), path: [], faults: faults))
        }
    }

    /// One text as a type.
    ///
    /// - Throws: `HTTPError` of the kind `invalidInput`.
    static func decode<Value: Decodable>(
        _ type: Value.Type, text: String, name: String, what: String
    ) throws -> Value {
        try finish(what: what, faults: Faults()) { faults in
            try PairsDecoder(.texts([text]), path: [Key(name)], faults: faults).value(as: type)
        }
    }

    private static func finish<Value>(
        what: String, faults: Faults, read: (Faults) throws -> Value
    ) throws -> Value {
        do {
            let value = try read(faults)
            if faults.all.isEmpty { return value }
        } catch is Stop {
        } catch let error as HTTPError {
            if faults.all.isEmpty { throw error }
        } catch {
            faults.all.append(
                InputFault(path: "", expected: "another value", came: "one that its type refuses (\(error))"))
        }
        throw HTTPError.invalidInput(faults.all, in: what)
    }

    struct Key: CodingKey {
        let stringValue: String
        let intValue: Int?

        init(_ name: String) {
            stringValue = name
            intValue = nil
        }

        init(_ index: Int) {
            stringValue = "\(index)"
            intValue = index
        }

        init?(stringValue: String) { self.init(stringValue) }
        init?(intValue: Int) { self.init(intValue) }
    }

    // MARK: Decoder

    func container<Name: CodingKey>(keyedBy type: Name.Type) throws -> KeyedDecodingContainer<Name> {
        guard case .pairs(let pairs) = content else { throw note(expected: "no object", came: nil) }
        return KeyedDecodingContainer(Keyed(decoder: self, pairs: pairs))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard case .texts(let texts) = content else { throw note(expected: "a list", came: "names and values") }
        return Listed(decoder: self, texts: texts)
    }

    func singleValueContainer() throws -> any SingleValueDecodingContainer {
        guard case .texts = content else { throw note(expected: "one value", came: "names and values") }
        return Single(decoder: self)
    }

    fileprivate func note(expected: String, came: String?) -> Stop {
        if faults.all.count <= InputFault.most {
            faults.all.append(InputFault(path: InputPath.text(of: codingPath), expected: expected, came: came))
        }
        return Stop()
    }

    fileprivate func decoder(texts: [String], at key: any CodingKey) -> PairsDecoder {
        PairsDecoder(.texts(texts), path: codingPath + [key], faults: faults)
    }

    // MARK: Values

    /// The text as `type`; where it is none the fault is noted, and something of the type given in its place.
    fileprivate func value<Value: Decodable>(as type: Value.Type) throws -> Value {
        guard case .texts(let texts) = content else { return try Value(from: self) }
        // A list takes all of them, as what it is; all else takes the first, as `arg` does.
        let text = texts.first ?? ""
        guard let scalar = TextScalar.read(text: text, as: type) else { return try other(as: type, text: text) }
        if let value = scalar.value as? Value { return value }
        let stop = note(expected: scalar.expected, came: TextScalar.shown(text: text))
        if let placeholder = scalar.placeholder as? Value { return placeholder }
        throw stop
    }

    private func other<Value: Decodable>(as type: Value.Type, text: String) throws -> Value {
        let before = faults.all.count
        do { return try Value(from: self) } catch is DecodingError {
            guard faults.all.count == before else { throw Stop() }
            // An enum whose raw value is another; or whatever else a type's own reading refuses.
            let cases = (type as? any CaseIterable.Type).map { TextScalar.names(of: $0) } ?? []
            let stop = note(
                expected: cases.isEmpty ? "one of its values" : "one of \(cases.joined(separator: ", "))",
                came: TextScalar.shown(text: text))
            if let first = (type as? any CaseIterable.Type).flatMap({ TextScalar.first(of: $0) }) as? Value {
                return first
            }
            throw stop
        }
    }

    private struct Keyed<Name: CodingKey>: KeyedDecodingContainerProtocol {
        let decoder: PairsDecoder
        let pairs: [String: [String]]
        var codingPath: [any CodingKey] { decoder.codingPath }
        var allKeys: [Name] { pairs.keys.sorted().compactMap { Name(stringValue: $0) } }

        func contains(_ key: Name) -> Bool { pairs[key.stringValue] != nil }
        /// A field of a form that was left empty is nothing.
        func decodeNil(forKey key: Name) throws -> Bool { pairs[key.stringValue] == [""] }

        /// An empty text is a text.
        func decodeIfPresent(_ type: String.Type, forKey key: Name) throws -> String? { pairs[key.stringValue]?.first }

        func decode<Value: Decodable>(_ type: Value.Type, forKey key: Name) throws -> Value {
            guard let texts = pairs[key.stringValue] else {
                let stop = decoder.decoder(texts: [], at: key).note(expected: "", came: nil)
                if let value = TextScalar.read(text: "", as: type)?.placeholder as? Value { return value }
                throw stop
            }
            return try decoder.decoder(texts: texts, at: key).value(as: type)
        }

        func nestedContainer<Inner: CodingKey>(
            keyedBy type: Inner.Type, forKey key: Name
        ) throws -> KeyedDecodingContainer<Inner> {
            try decoder.decoder(texts: pairs[key.stringValue] ?? [], at: key).container(keyedBy: type)
        }

        func nestedUnkeyedContainer(forKey key: Name) throws -> any UnkeyedDecodingContainer {
            try decoder.decoder(texts: pairs[key.stringValue] ?? [], at: key).unkeyedContainer()
        }

        func superDecoder() throws -> any Decoder { decoder }
        func superDecoder(forKey key: Name) throws -> any Decoder {
            decoder.decoder(texts: pairs[key.stringValue] ?? [], at: key)
        }
    }

    private struct Listed: UnkeyedDecodingContainer {
        let decoder: PairsDecoder
        let texts: [String]
        var currentIndex = 0
        var codingPath: [any CodingKey] { decoder.codingPath }
        var count: Int? { texts.count }
        var isAtEnd: Bool { currentIndex >= texts.count }

        init(decoder: PairsDecoder, texts: [String]) {
            self.decoder = decoder
            self.texts = texts
        }

        private mutating func next() throws -> PairsDecoder {
            guard !isAtEnd else { throw decoder.note(expected: "one more value", came: "the end") }
            defer { currentIndex += 1 }
            return decoder.decoder(texts: [texts[currentIndex]], at: Key(currentIndex))
        }

        mutating func decodeNil() throws -> Bool { false }
        mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try next().value(as: type) }

        mutating func nestedContainer<Inner: CodingKey>(
            keyedBy type: Inner.Type
        ) throws -> KeyedDecodingContainer<Inner> { try next().container(keyedBy: type) }

        mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
            try next().unkeyedContainer()
        }

        mutating func superDecoder() throws -> any Decoder { try next() }
    }

    private struct Single: SingleValueDecodingContainer {
        let decoder: PairsDecoder
        var codingPath: [any CodingKey] { decoder.codingPath }

        func decodeNil() -> Bool { false }
        func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try decoder.value(as: type) }
    }
}

/// Reads a text as a number, a date, or another type that a text can hold.
struct TextScalar {
    /// Nil where the text is none of the type.
    let value: Any?
    let expected: String
    /// Something of the type.
    let placeholder: Any

    /// Nil for a type that has to read itself: an enum, a list, a type of the app's own.
    static func read<Value>(text: String, as type: Value.Type) -> TextScalar? {
        switch type {
        case is String.Type: return TextScalar(value: text, expected: "a text", placeholder: "")
        case is Bool.Type:
            let value = bools[text.lowercased()]
            return TextScalar(value: value, expected: "true or false", placeholder: false)
        case let type as any FixedWidthInteger.Type: return whole(text: text, as: type)
        case is Double.Type, is Float.Type:
            let number = Double(text).flatMap { $0.isFinite ? $0 : nil }
            return type is Float.Type
                ? TextScalar(
                    value: number.map { Float($0) }.flatMap { $0.isFinite ? $0 : nil }, expected: "a number",
                    placeholder: Float(0))
                : TextScalar(value: number, expected: "a number", placeholder: 0.0)
        case is Decimal.Type:
            let isNumber = Double(text)?.isFinite == true
            return TextScalar(
                value: isNumber ? Decimal(string: text) : nil, expected: "a number", placeholder: Decimal(0))
        case is Date.Type:
            return TextScalar(
                value: TextDate.read(text: text), expected: TextDate.expected,
                placeholder: Date(timeIntervalSince1970: 0))
        case is UUID.Type:
            return TextScalar(value: UUID(uuidString: text), expected: "a UUID", placeholder: UUID())
        case is URL.Type:
            return TextScalar(
                value: text.isEmpty ? nil : URL(string: text), expected: "an address",
                placeholder: URL(fileURLWithPath: "/"))
        default: return nil
        }
    }

    private static let bools = [
        "true": true, "false": false, "1": true, "0": false, "on": true, "off": false, "yes": true, "no": false,
    ]

    private static func whole<Number: FixedWidthInteger>(text: String, as type: Number.Type) -> TextScalar {
        // A whole number out of range gets the range in its fault; any other text does not.
        let isWhole = !text.isEmpty && text.drop { $0 == "-" || $0 == "+" }.utf8.allSatisfy { 0x30...0x39 ~= $0 }
        return TextScalar(
            value: Number(text),
            expected: isWhole && text.count > 1
                ? "a whole number from \(Number.min) to \(Number.max)" : "a whole number",
            placeholder: Number.zero)
    }

    /// A text in the words of a fault: itself where it is short.
    static func shown(text: String) -> String {
        text.isEmpty ? "an empty text" : text.utf8.count <= 40 ? "“\(text)”" : "a text of \(text.utf8.count) bytes"
    }

    /// The raw values of an enum's cases, or their names.
    static func names(of type: any CaseIterable.Type) -> [String] {
        func names<Cases: CaseIterable>(_ type: Cases.Type) -> [String] {
            type.allCases.prefix(20).map { ($0 as? any RawRepresentable).map { "\($0.rawValue)" } ?? "\($0)" }
        }
        return names(type)
    }

    static func first(of type: any CaseIterable.Type) -> Any? {
        func first<Cases: CaseIterable>(_ type: Cases.Type) -> Any? { type.allCases.first }
        return first(type)
    }
}
