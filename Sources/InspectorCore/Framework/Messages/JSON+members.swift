// An object's members, and the numbers that no Int holds.

extension JSON {
    /// The members of an object, by name.
    ///
    /// Names are told apart by their bytes, as RFC 8259 (8.3) has it: `é` and `e` with an accent of its own are two
    /// names, though Swift's `String` calls them equal.
    public struct Members: Sendable, Hashable, Sequence {
        fileprivate struct Name: Hashable, Sendable {
            let text: String

            init(_ text: String) { self.text = text }

            static func == (left: Name, right: Name) -> Bool { left.text.hasSameBytes(as: right.text) }

            func hash(into hasher: inout Hasher) { hasher.combine(bytesOf: text) }
        }

        /// Gives the members in no order that means anything.
        public struct Iterator: IteratorProtocol {
            fileprivate var members: Dictionary<Name, JSON>.Iterator

            /// The next member.
            public mutating func next() -> (key: String, value: JSON)? {
                members.next().map { ($0.key.text, $0.value) }
            }
        }

        private var members: [Name: JSON] = [:]

        /// Makes an object without members.
        public init() {}

        /// Makes an object of a dictionary.
        public init(_ members: [String: JSON]) {
            self.members.reserveCapacity(members.count)
            for (name, value) in members { self.members[Name(name)] = value }
        }

        /// The value under `name`; nil takes the member out.
        public subscript(name: String) -> JSON? {
            get { members[Name(name)] }
            set { members[Name(name)] = newValue }
        }

        /// How many there are.
        public var count: Int { members.count }

        /// Whether there is none.
        public var isEmpty: Bool { members.isEmpty }

        /// Their names, in no order that means anything.
        public var keys: [String] { members.keys.map(\.text) }

        /// Their values, in the order of `keys`.
        public var values: [JSON] { Array(members.values) }

        /// The members as a dictionary; of names that are equal to Swift one is left.
        public var dictionary: [String: JSON] {
            Dictionary(members.map { ($0.key.text, $0.value) }) { _, last in last }
        }

        /// The same names with other values.
        ///
        /// Not by way of a dictionary of strings, in which two names may be one.
        public func mapMembers(_ transform: (String, JSON) throws -> JSON) rethrows -> Members {
            var mapped = Members()
            mapped.members.reserveCapacity(count)
            for (name, value) in members { mapped.members[name] = try transform(name.text, value) }
            return mapped
        }

        /// The members in the order of their names' code points, in which they are written.
        public var sortedByName: [(key: String, value: JSON)] {
            map { $0 }.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        }

        /// Goes through the members.
        public func makeIterator() -> Iterator { Iterator(members: members.makeIterator()) }

        /// Puts `value` under `name`; whether there was one already.
        mutating func replace(_ name: String, value: JSON) -> Bool {
            members.updateValue(value, forKey: Name(name)) != nil
        }

        mutating func reserveCapacity(_ count: Int) { members.reserveCapacity(count) }
    }

    /// A whole number that no `Int` holds.
    public struct BigInteger: Sendable, Hashable {
        /// Its decimal digits, with a minus before those of a negative one.
        public let digits: String

        /// Makes a number of its decimal digits; nil when they are none, begin with a zero, or fit into an `Int`.
        public init?(_ digits: String) {
            let bare = digits.utf8.first == UInt8(ascii: "-") ? digits.utf8.dropFirst() : digits.utf8[...]
            guard let first = bare.first, first != UInt8(ascii: "0"), bare.allSatisfy({ 0x30...0x39 ~= $0 }),
                Int(digits) == nil
            else { return nil }
            self.digits = digits
        }
    }
}
