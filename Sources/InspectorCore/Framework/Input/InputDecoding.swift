// Decoding that tells every fault: a decoder stops at the first, so what was wrong is replaced and it is asked again.

internal import Foundation

/// Decodes a type out of a JSON value, by whichever decoder the app has.
struct InputDecoding {
    private var json: JSON
    private var faults: [InputFault] = []
    /// Paths that hold something of ours by now, and how many things were tried there.
    private var tries: [String: Int] = [:]
    /// Paths at which a whole object or list is ours: what is missing in it is no fault of the client's.
    private var inventions: Set<String> = []

    /// How often a decoder is asked: each time costs as much as the first.
    private static let mostRounds = 64
    /// The longest text, in bytes, whose faults are all looked for: a client could keep us busy by a longer one, which would be
    /// read 64 times.
    private static let mostBytes = 256 * 1024

    /// The value as it came, where it is at hand: writing it again would cost each good request.
    private var written: [UInt8]?

    /// - Parameter written: the text that `json` was read from; nil where an object in it has a name twice.
    init(json: JSON, written: [UInt8]? = nil) {
        self.json = json
        self.written = written
    }

    /// - Throws: `JSONMismatch`.
    mutating func decode<Value: Decodable>(_ type: Value.Type, by decoder: JSONDecoder) throws -> Value {
        var isSmall = true
        for _ in 0..<InputDecoding.mostRounds {
            do {
                let text = written ?? json.encoded
                isSmall = text.count <= InputDecoding.mostBytes
                let value = try decoder.decode(type, from: Data(text))
                guard faults.isEmpty else { break }
                return value
            } catch let error as DecodingError {
                written = nil
                let isHidden = Self.hidesItsPlace(error, in: json)
                let goesOn = isHidden && isSmall ? noteNumbers(type, by: decoder) : note(error: error)
                guard goesOn, isSmall, faults.count < InputFault.most else { break }
            } catch {
                // The type's own `init(from:)` refused it: what it throws is what it has to say.
                faults.append(InputDecoding.fault(of: error))
                break
            }
        }
        throw JSONMismatch(faults: faults)
    }

    private static func fault(of error: any Error) -> InputFault {
        InputFault(path: "", expected: "another value", came: "one that its type refuses (\(error))")
    }

    /// Notes what is wrong and puts something in its place; false where nothing more can be found.
    private mutating func note(error: DecodingError) -> Bool {
        switch error {
        case .keyNotFound(let key, let context):
            return missing(at: context.codingPath + [key])
        case .valueNotFound(let type, let context), .typeMismatch(let type, let context):
            return wrong(at: context.codingPath, type: type)
        case .dataCorrupted(let context):
            return refused(by: context)
        @unknown default:
            faults.append(InputFault(path: "", expected: "another value", came: "this one"))
            return false
        }
    }

    // MARK: Numbers that do not fit

    /// Whether a decoder refuses a number without saying where it lies: Foundation's does, of one that its type cannot
    /// hold.
    private static func hidesItsPlace(_ error: DecodingError, in json: JSON) -> Bool {
        guard case .dataCorrupted(let context) = error, context.codingPath.isEmpty else { return false }
        return json.items != nil || json.isObject
    }

    /// Finds the numbers that a decoder refuses: each is asked for with 0 in the place of all others.
    private mutating func noteNumbers<Value: Decodable>(_ type: Value.Type, by decoder: JSONDecoder) -> Bool {
        let places = Self.numbers(in: json, below: [])
        guard places.count <= InputDecoding.mostRounds, !places.isEmpty else {
            faults.append(
                InputFault(path: "", expected: "another value", came: "one with a number that does not fit"))
            return false
        }
        var zeros = self
        for place in places { _ = zeros.replace(at: place.path, with: .int(0)) }
        guard !zeros.isRefusedWithoutPlace(type, by: decoder) else {
            // No number is to blame: the type itself refuses the value.
            faults.append(InputFault(path: "", expected: "another value", came: "one that its type refuses"))
            return false
        }
        let found = places.filter { place in
            var asked = zeros
            _ = asked.replace(at: place.path, with: place.number)
            return asked.isRefusedWithoutPlace(type, by: decoder)
        }
        for place in found {
            let text = InputPath.text(of: place.path)
            faults.append(
                InputFault(path: text, expected: "a number that fits", came: Self.shown(value: place.number)))
            tries[text] = 1
            _ = replace(at: place.path, with: .int(0))
        }
        if found.isEmpty {
            faults.append(
                InputFault(path: "", expected: "another value", came: "one with numbers that do not fit together"))
        }
        return !found.isEmpty
    }

    private func isRefusedWithoutPlace<Value: Decodable>(_ type: Value.Type, by decoder: JSONDecoder) -> Bool {
        do { _ = try decoder.decode(type, from: Data(json.encoded)) } catch let error as DecodingError {
            return Self.hidesItsPlace(error, in: json)
        } catch {}
        return false
    }

    private static func numbers(
        in json: JSON, below path: [any CodingKey]
    ) -> [(path: [any CodingKey], number: JSON)] {
        switch json {
        case .int, .bigInteger, .double: [(path, json)]
        case .array(let items):
            items.enumerated().flatMap { numbers(in: $1, below: path + [PairsDecoder.Key($0)]) }
        case .object(let members):
            members.sortedByName.flatMap { numbers(in: $0.value, below: path + [PairsDecoder.Key($0.key)]) }
        default: []
        }
    }

    private mutating func missing(at path: [any CodingKey]) -> Bool {
        let text = InputPath.text(of: path)
        guard !isInvented(path: path), tries[text] == nil else { return false }
        faults.append(InputFault(path: text, expected: "", came: nil))
        tries[text] = 0
        // A decoder that finds null says which type it wants.
        return replace(at: path, with: .null)
    }

    private mutating func wrong(at path: [any CodingKey], type: any Any.Type) -> Bool {
        let text = InputPath.text(of: path)
        if tries[text] == nil {
            guard !isInvented(path: path) else { return false }
            faults.append(
                InputFault(path: text, expected: Self.words(of: type), came: Self.words(of: value(at: path))))
        }
        if type is [String: Any].Type || type is [Any].Type { inventions.insert(text) }
        return put(at: path, text: text, first: Self.placeholder(for: type))
    }

    private mutating func refused(by context: DecodingError.Context) -> Bool {
        let path = context.codingPath
        let text = InputPath.text(of: path)
        let found = value(at: path)
        if tries[text] == nil {
            guard !isInvented(path: path) else { return false }
            let expected =
                (context.underlyingError as? ExpectedInput)?.words ?? Self.known(refusal: context.debugDescription)
            if expected == nil, let reason = Self.own(refusal: context.debugDescription) {
                faults.append(InputFault(path: text, reason: reason, came: Self.shown(value: found)))
            } else {
                faults.append(
                    InputFault(
                        path: text, expected: expected ?? Self.fitting(value: found), came: Self.shown(value: found)))
            }
        }
        return put(at: path, text: text, first: nil)
    }

    /// Puts the next thing that may do at a path; false where all were tried.
    private mutating func put(at path: [any CodingKey], text: String, first: JSON?) -> Bool {
        // What was tried is not tried again: a value that nothing replaces ends the search.
        let candidates: [JSON] =
            [
                first ?? .int(0), .string("1970-01-01T00:00:00Z"), .int(0),
                .string("00000000-0000-0000-0000-000000000000"),
                .string("http://localhost/"), .string(""), .object([:]),
            ]
        let next = tries[text] ?? 0
        guard next < candidates.count else { return false }
        tries[text] = next + 1
        return replace(at: path, with: candidates[next])
    }

    private func isInvented(path: [any CodingKey]) -> Bool {
        guard !inventions.isEmpty else { return false }
        return (0..<path.count).contains { inventions.contains(InputPath.text(of: Array(path.prefix($0)))) }
    }

    // MARK: The value

    private func value(at path: [any CodingKey]) -> JSON? {
        path.reduce(json as JSON?) { value, key in
            key.intValue.flatMap { value?[$0] } ?? value?[key.stringValue]
        }
    }

    private mutating func replace(at path: [any CodingKey], with new: JSON) -> Bool {
        func changed(value: JSON?, path: ArraySlice<any CodingKey>) -> JSON? {
            guard let key = path.first else { return new }
            switch value {
            case .array(var items):
                guard let index = key.intValue, items.indices.contains(index),
                    let item = changed(value: items[index], path: path.dropFirst())
                else { return nil }
                items[index] = item
                return .array(items)
            case .object(var members):
                // A strategy of the app's may call it otherwise than the text does: then nothing is replaced.
                guard let item = changed(value: members[key.stringValue], path: path.dropFirst()) else { return nil }
                members[key.stringValue] = item
                return .object(members)
            default:
                return nil
            }
        }
        guard let whole = changed(value: json, path: path[...]) else { return false }
        json = whole
        return true
    }

    // MARK: Words

    private static func placeholder(for type: any Any.Type) -> JSON {
        switch type {
        case is Bool.Type: .bool(false)
        case is String.Type: .string("")
        case is [Any].Type: .array([])
        case is [String: Any].Type: .object([:])
        default: .int(0)
        }
    }

    private static func words(of type: any Any.Type) -> String {
        switch type {
        case is any FixedWidthInteger.Type: "a whole number"
        case is any BinaryFloatingPoint.Type, is Decimal.Type: "a number"
        case is Bool.Type: "true or false"
        case is String.Type: "a text"
        case is [Any].Type: "a list"
        case is [String: Any].Type: "an object"
        case is URL.Type: "an address such as https://example.org/"
        case is UUID.Type: "a UUID"
        case is Date.Type: TextDate.expected
        default: "\(type)"
        }
    }

    private static func words(of value: JSON?) -> String? {
        switch value {
        case nil: nil
        case .null: "null"
        case .bool: "true or false"
        case .int, .bigInteger: "a whole number"
        case .double: "a number with a fraction"
        case .string: "a text"
        case .array: "a list"
        case .object: "an object"
        }
    }

    /// What Foundation's own types take, known by the sentences with which they refuse.
    private static func known(refusal: String) -> String? {
        if refusal.contains("Invalid URL") { return words(of: URL.self) }
        return refusal.contains("UUID") ? words(of: UUID.self) : nil
    }

    /// What the app's own `init(from:)` says as it refuses; nil for the sentences of Swift and Foundation, which speak of
    /// types and parsers.
    private static func own(refusal: String) -> String? {
        let known = [
            "Cannot initialize ", "Parsed JSON number", "Number ", "Encountered ", "Attempted to ", "Invalid ",
        ]
        guard !refusal.isEmpty, !known.contains(where: refusal.hasPrefix) else { return nil }
        return refusal.hasSuffix(".") ? String(refusal.dropLast()) : refusal
    }

    /// What a value would have to be that a type of that JSON kind refuses.
    private static func fitting(value: JSON?) -> String {
        switch value {
        case .int, .bigInteger, .double: "a number that fits"
        case .string: "one of its values"
        default: "another value"
        }
    }

    /// The value itself where it is short: a number, a word.
    private static func shown(value: JSON?) -> String? {
        switch value {
        case .int(let number): "\(number)"
        case .bigInteger(let number):
            number.digits.utf8.count <= 40 ? number.digits : "a number of \(number.digits.utf8.count) digits"
        case .double(let number): "\(number)"
        case .string(let text) where text.utf8.count <= 40: "“\(text)”"
        default: words(of: value)
        }
    }
}

extension JSON {
    fileprivate var isObject: Bool { if case .object = self { true } else { false } }
}
