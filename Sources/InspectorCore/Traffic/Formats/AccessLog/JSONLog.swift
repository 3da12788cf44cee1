// Access logs in JSON, one object a line: which member holds what is known for the servers people have, or told by
// --log-format.

/// Where in an object a thing stands.
struct JSONLogMember: Sendable {
    /// The names of members, one within the other.
    let path: [[UInt8]]
    /// The same as one name: some loggers write `http.request.method` for one member, others for three.
    let flatName: [UInt8]
    let role: LogRole

    init(path: String, role: LogRole) {
        self.path = path.split(separator: ".", omittingEmptySubsequences: false).map { Array($0.utf8) }
        flatName = Array(path.utf8)
        self.role = role
    }
}

/// One form of a log in JSON.
struct JSONLog: Sendable {
    /// What sentences call it.
    let name: String
    /// Of several members for one role the first counts.
    let members: [JSONLogMember]
    /// The members, by place, without which a line is of another form.
    private let needed: [Int]

    init(name: String, needs: Set<String> = [], members: [(path: String, role: LogRole)]) {
        self.name = name
        self.members = members.map { JSONLogMember(path: $0.path, role: $0.role) }
        needed = members.indices.filter { needs.contains(members[$0].path) }
    }

    /// A member's value in a line.
    private struct Value {
        let range: Range<Int>
        let kind: JSONLine.Kind
    }

    /// Reads a line; false when it is none about a request.
    ///
    /// The message becomes the line's own bytes, behind which texts stand that had escapes.
    func read(_ message: inout LogMessage, record: inout LogRecord) -> Bool {
        guard let open = JSONLine.start(message.bytes, line: message.range) else { return false }
        var values = [Value?](repeating: nil, count: members.count)
        guard
            walk(message.bytes, open: open, before: message.range.upperBound, depth: 0, isWithin: nil, values: &values)
        else { return false }
        guard needed.allSatisfy({ values[$0] != nil }) else { return false }
        let start = message.range.lowerBound
        message.bytes = Array(message.bytes[message.range])
        message.range = 0..<message.bytes.count
        record.escapes = .none
        record.headerEscapes = .none
        var taken: UInt64 = 0
        for (member, value) in zip(members, values) {
            guard let value, value.kind != .word, taken & member.role.bit == 0 else { continue }
            var range = (value.range.lowerBound - start)..<(value.range.upperBound - start)
            if value.kind == .text, message.bytes.place(of: 0x5C, in: range) != nil {
                let text = message.bytes.decoded(range: range, escapes: .json)
                range = message.bytes.count..<(message.bytes.count + text.count)
                message.bytes += text
            }
            // An object in the place of a text is another form's: Caddy's `request`.
            if (value.kind == .object || value.kind == .array) != (member.role == .headers) { continue }
            if value.kind == .text, message.bytes.isNothing(range) { continue }
            guard record.take(member.role, bytes: message.bytes, range: range) else {
                if member.role == .logger { return false }
                continue
            }
            taken |= member.role.bit
        }
        record.finish()
        if let request = record.request, record.method != nil,
            LogRecord.split(message.bytes, range: request) == .noRequest
        {
            // What is called a request is its address.
            record.target = record.target ?? request
            record.request = nil
        }
        guard record.request != nil || (record.method != nil && record.target != nil) else { return false }
        return record.status != nil || record.time != nil || taken & LogRole.status.bit != 0
    }

    /// Finds the members in an object and in those within it that are asked for.
    ///
    /// - Parameter isWithin: which members of ours may still lie below; nil for all.
    private func walk(
        _ bytes: [UInt8], open: Int, before end: Int, depth: Int, isWithin: [Bool]?, values: inout [Value?]
    ) -> Bool {
        var isWhole = true
        let last = JSONLine.members(bytes: bytes, open: open, before: end) { member in
            var below: [Bool]?
            for (place, wanted) in members.enumerated() where isWithin?[place] ?? true {
                let name = wanted.path[depth]
                let isLast = wanted.path.count == depth + 1
                if isSame(bytes, range: member.name, name: name) {
                    if isLast {
                        if values[place] == nil { values[place] = Value(range: member.value, kind: member.kind) }
                    } else if member.kind == .object {
                        if below == nil { below = [Bool](repeating: false, count: members.count) }
                        below?[place] = true
                    }
                } else if depth == 0, !isLast, isSame(bytes, range: member.name, name: wanted.flatName),
                    values[place] == nil
                {
                    values[place] = Value(range: member.value, kind: member.kind)
                }
            }
            if let below,
                !walk(
                    bytes, open: member.value.lowerBound, before: end, depth: depth + 1, isWithin: below,
                    values: &values)
            {
                isWhole = false
            }
        }
        return last != nil && isWhole
    }

    private func isSame(_ bytes: [UInt8], range: Range<Int>, name: [UInt8]) -> Bool {
        range.count == name.count && bytes.has(name, at: range.lowerBound, before: range.upperBound)
    }
}

extension LogRole {
    /// A bit for each thing that a line has once; none for what it may have several times.
    fileprivate var bit: UInt64 {
        switch self {
        case .ignored, .header: 0
        case .client: 1
        case .host: 2
        case .request: 4
        case .method: 8
        case .target: 16
        case .query: 32
        case .status: 64
        case .size: 128
        case .referer: 256
        case .agent: 512
        case .headers: 1024
        case .time(let isBegin): isBegin ? 2048 : 4096
        case .duration: 8192
        case .durationPart, .queued: 0
        case .logger: 16_384
        }
    }
}
