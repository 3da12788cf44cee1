// What members of JSON that belong together are called: `name` and `value`, `columns` and `rows`.

/// What a member says of those beside it, by its name.
struct MemberRoles: OptionSet, Sendable {
    let rawValue: UInt8

    /// It holds the name of what the others hold.
    static let name = MemberRoles(rawValue: 1)
    /// It says where or of what kind the value is.
    static let pointer = MemberRoles(rawValue: 2)
    static let value = MemberRoles(rawValue: 4)
    static let text = MemberRoles(rawValue: 8)
    /// It holds the names of columns.
    static let list = MemberRoles(rawValue: 16)
    /// It holds rows, whatever form they have.
    static let rows = MemberRoles(rawValue: 32)

    /// How long such a name may be, its signs included.
    static let longest = 24

    private static let known: [String: MemberRoles] = {
        let lists: [([String], MemberRoles)] = [
            (RedactionRules.nameMembers, .name), (RedactionRules.pointerMembers, .pointer),
            (RedactionRules.valueMembers, .value), (RedactionRules.textMembers, .text),
            (RedactionRules.listMembers, .list), (RedactionRules.rowMembers, .rows),
        ]
        var known: [String: MemberRoles] = [:]
        for (names, role) in lists {
            for name in names { known[name, default: []].insert(role) }
        }
        return known
    }()

    /// Whether such a name begins with these two bytes: most names are passed over so.
    private static let beginnings: [Bool] = {
        var beginnings = [Bool](repeating: false, count: 65_536)
        for name in known.keys { beginnings[place(of: name.utf8)] = true }
        return beginnings
    }()

    private static func place(of name: some Collection<UInt8>) -> Int {
        let first = name.first ?? 0x20
        let second = name.dropFirst().first ?? 0x20
        return Int(first | 0x20) << 8 | Int(second | 0x20)
    }

    /// The roles of the member of that name, in any case and whatever signs part its words.
    static func of(name: ArraySlice<UInt8>) -> MemberRoles {
        guard name.count <= longest, beginnings[place(of: name)] else { return [] }
        let letters = name.filter { SecretScan.isWord($0) }
        return known[String(decoding: letters, as: UTF8.self).lowercased()] ?? []
    }
}
