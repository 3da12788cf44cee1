// How an app's own types are written as JSON, and read from it.

public import Foundation

/// How an app reads and writes its `Codable` types as JSON (`AppOptions.coder`).
///
/// Dates are ISO 8601 unless said otherwise: `2026-11-28T06:30:00Z`, with or without a fraction of a second.
///
/// ```swift
/// app.options.coder = JSONCoder(
///     encoder: { let encoder = JSONCoder.usualEncoder(); encoder.keyEncodingStrategy = .convertToSnakeCase; return encoder },
///     decoder: { let decoder = JSONCoder.usualDecoder(); decoder.keyDecodingStrategy = .convertFromSnakeCase; return decoder })
/// ```
public struct JSONCoder: Sendable {
    private let encoder: @Sendable () -> JSONEncoder
    private let decoder: @Sendable () -> JSONDecoder

    /// - Parameters:
    ///   - encoder: makes what writes; asked once for each value, from any thread.
    ///   - decoder: makes what reads, in the same way.
    public init(
        encoder: @escaping @Sendable () -> JSONEncoder = JSONCoder.usualEncoder,
        decoder: @escaping @Sendable () -> JSONDecoder = JSONCoder.usualDecoder
    ) {
        self.encoder = encoder
        self.decoder = decoder
    }

    /// An encoder that writes dates as ISO 8601.
    public static func usualEncoder() -> JSONEncoder {
        let encoder = JSONEncoder()
        encoder.dateEncodingStrategy = .iso8601
        return encoder
    }

    /// A decoder that reads dates as ISO 8601, with or without a fraction of a second.
    public static func usualDecoder() -> JSONDecoder {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .custom { decoder in
            let container = try decoder.singleValueContainer()
            let text = try container.decode(String.self)
            guard let date = TextDate.read(text: text) else {
                throw DecodingError.dataCorrupted(
                    DecodingError.Context(
                        codingPath: decoder.codingPath, debugDescription: TextDate.expected,
                        underlyingError: ExpectedInput(words: TextDate.expected)))
            }
            return date
        }
        return decoder
    }

    /// The one of the app whose request is served; the usual one outside of requests.
    static var current: JSONCoder { Request.current?.app.table.options.coder ?? JSONCoder() }

    /// `value` as JSON.
    ///
    /// - Throws: what the value's own `encode(to:)` throws; `EncodingError` for a number that JSON has not, such as NaN.
    public func encode(_ value: some Encodable) throws -> JSON {
        if let json = value as? JSON { return json }
        return try JSON(parsing: Array(encoder().encode(value)))
    }

    /// `type` out of JSON.
    ///
    /// - Throws: `JSONMismatch`.
    public func decode<Value: Decodable>(_ type: Value.Type, from json: JSON) throws -> Value {
        try decode(type, from: json, written: nil)
    }

    func decode<Value: Decodable>(_ type: Value.Type, from json: JSON, written: [UInt8]?) throws -> Value {
        if let json = json as? Value { return json }
        var decoding = InputDecoding(json: json, written: written)
        return try decoding.decode(type, by: decoder())
    }
}

/// JSON is not of the type that it was read as.
public struct JSONMismatch: KindedError, CustomStringConvertible {
    /// `ValueError`.
    public var kind: ErrorKind { .valueError }
    /// Every fault that could be found; at least one.
    public let faults: [InputFault]

    /// All of them in one sentence.
    public var description: String { "The JSON does not fit: \(InputFault.words(of: faults))." }
}

/// What should have come, where a decoder of ours refuses a value.
struct ExpectedInput: Error {
    let words: String
}

/// A date in a text.
enum TextDate {
    static let expected = "a date such as 2026-11-28T06:30:00Z"

    /// Nil for a text that is none (`ISO 8601`, with time and zone).
    static func read(text: String) -> Date? {
        guard text.utf8.count < 64 else { return nil }
        return (try? Date(text, strategy: Date.ISO8601FormatStyle()))
            ?? (try? Date(text, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true)))
    }
}
