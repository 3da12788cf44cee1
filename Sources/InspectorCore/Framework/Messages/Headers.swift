// HTTP fields in the order they came, found without regard to case.

/// The header fields of a request or a response.
///
/// Fields keep their order, and a name may stand more than once. Names are compared without regard to ASCII case
/// (RFC 9110, 5.1).
public struct Headers: Sendable, Hashable, ExpressibleByDictionaryLiteral {
    /// One field.
    public struct Field: Sendable, Hashable {
        /// The name as it was written.
        public var name: String
        /// The value, without the white space around it.
        public var value: String

        /// Makes a field.
        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// All fields, in order.
    public private(set) var fields: [Field]

    /// Makes headers from fields.
    public init(_ fields: [Field] = []) { self.fields = fields }

    /// Makes headers from a literal: `["X-Trace": "a1"]`.
    public init(dictionaryLiteral elements: (String, String)...) {
        fields = elements.map { Field($0.0, $0.1) }
    }

    /// The first value under `name`; setting replaces all fields of that name, and nil removes them.
    public subscript(name: String) -> String? {
        get { fields.first { Headers.same(left: $0.name, right: name) }?.value }
        set {
            guard let newValue else {
                // Most often there is none, and nothing has to be copied.
                guard fields.contains(where: { Headers.same(left: $0.name, right: name) }) else { return }
                fields.removeAll { Headers.same(left: $0.name, right: name) }
                return
            }
            guard let first = fields.firstIndex(where: { Headers.same(left: $0.name, right: name) }) else {
                fields.append(Field(name, newValue))
                return
            }
            fields[first].value = newValue
            var place = 0
            fields.removeAll { field in
                defer { place += 1 }
                return place != first && Headers.same(left: field.name, right: name)
            }
        }
    }

    /// All values under `name`, in order.
    public func all(_ name: String) -> [String] {
        fields.filter { Headers.same(left: $0.name, right: name) }.map(\.value)
    }

    /// Adds a field, and keeps those of the same name.
    public mutating func add(_ name: String, _ value: String) { fields.append(Field(name, value)) }

    /// Whether two names are the same, without regard to ASCII case.
    static func same(left: String, right: String) -> Bool {
        guard left.utf8.count == right.utf8.count else { return false }
        var (left, right) = (left, right)
        return left.withUTF8 { left in
            right.withUTF8 { right in left.indices.allSatisfy { lower(left[$0]) == lower(right[$0]) } }
        }
    }

    private static func lower(_ byte: UInt8) -> UInt8 { (65...90).contains(byte) ? byte | 32 : byte }
}

extension Headers {
    /// The trace that request `id` brought along in `traceparent` and `tracestate`; nil where there is none, or none that
    /// is valid (W3C Trace Context, 3.2.1: two fields are as good as none).
    package func traceContext(for id: RequestID) -> TraceContext? {
        var parent: String?
        var states: [String] = []
        for field in fields {
            switch field.name.utf8.count {
            case 11 where Headers.same(left: field.name, right: "traceparent"):
                guard parent == nil else { return nil }
                parent = field.value
            case 10 where Headers.same(left: field.name, right: "tracestate"): states.append(field.value)
            default: break
            }
        }
        return parent.flatMap {
            TraceContext(traceparent: $0, tracestate: states.joined(separator: ","), request: id)
        }
    }
}
