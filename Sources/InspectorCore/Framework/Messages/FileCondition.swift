// What a request's conditions and its range ask of a file (RFC 9110, 13 and 14).

/// What is sent of a file.
enum FileCondition: Equatable {
    case whole
    case part(Range<Int>)
    /// 304.
    case unchanged
    /// 412.
    case failed
    /// 416.
    case unsatisfiable

    /// Asks the conditions in the order of RFC 9110, 13.2.2.
    ///
    /// - Parameters:
    ///   - tag: the file's strong ETag, with its quotes.
    ///   - modified: seconds since 1970.
    init(request: Request, tag: String, modified: Int64, size: Int) {
        // What another method is answered with is not the file that its conditions are about.
        guard request.method == "GET" || request.method == "HEAD" else {
            self = .whole
            return
        }
        self = .whole
        let headers = request.headers
        if let tags = FileCondition.tags(headers: headers, name: "If-Match") {
            // By strong comparison: a weak tag does not say that the bytes are the same.
            guard tags.contains(where: { $0 == .any || $0 == .tag(tag, isWeak: false) }) else {
                self = .failed
                return
            }
        } else if let since = headers["If-Unmodified-Since"].flatMap(HTTPDate.seconds), modified > since {
            self = .failed
            return
        }
        if let tags = FileCondition.tags(headers: headers, name: "If-None-Match") {
            guard !tags.contains(where: { $0.isWeakly(tag) }) else {
                self = .unchanged
                return
            }
        } else if let since = headers["If-Modified-Since"].flatMap(HTTPDate.seconds), modified <= since {
            self = .unchanged
            return
        }
        guard request.method == "GET", let range = headers["Range"] else { return }
        if let condition = headers["If-Range"], !condition.hasSameBytes(as: tag),
            HTTPDate.seconds(text: condition).map({ $0 != modified }) ?? true
        {
            return
        }
        self = FileCondition.part(field: range, size: size)
    }

    /// One range of bytes; several at once, and what is not a range, are answered with the whole (RFC 9110, 14.2).
    private static func part(field: String, size: Int) -> FileCondition {
        guard let (unit, set) = field.cut(atByte: "="), unit.loweredASCII == "bytes",
            let (first, last) = set.trimmed.cut(atByte: "-"), first.isEmpty || first.isDigits,
            last.isEmpty || last.isDigits
        else { return .whole }
        // A position of more digits than a number has is past the end of any file: it is clamped, or not satisfiable.
        switch (first.wholeNumber, last.wholeNumber) {
        case (nil, nil): return .whole
        case (nil, let length?):
            guard length > 0 else { return .unsatisfiable }
            return size == 0 ? .whole : .part(max(0, size - length)..<size)
        case (let begin?, let end):
            if let end, end < begin { return .whole }
            return begin < size ? .part(begin..<min(size, (end ?? .max).addingSaturated(1))) : .unsatisfiable
        }
    }

    /// Whether `request` names `tag` as one that its client has (RFC 9110, 13.1.2).
    static func isKnown(to request: Request, tag: String) -> Bool {
        let plain = tag.hasPrefix("W/") ? String(tag.dropFirst(2)) : tag
        return tags(headers: request.headers, name: "If-None-Match")?.contains { $0.isWeakly(plain) } ?? false
    }

    /// An entry of `If-Match` or `If-None-Match`.
    private enum Entry: Equatable {
        case any
        case tag(String, isWeak: Bool)

        /// By weak comparison (RFC 9110, 8.8.3.2).
        func isWeakly(_ tag: String) -> Bool {
            switch self {
            case .any: true
            case .tag(let other, _): other.hasSameBytes(as: tag)
            }
        }
    }

    /// The entries under `name`, which may stand several times; nil when there is no such field.
    private static func tags(headers: Headers, name: String) -> [Entry]? {
        let fields = headers.all(name)
        guard !fields.isEmpty else { return nil }
        var entries: [Entry] = []
        for field in fields {
            var rest = Array(field.utf8)[...]
            while true {
                rest = rest.drop { $0 == 0x20 || $0 == 0x09 || $0 == 0x2C }
                guard let first = rest.first else { break }
                let isWeak = rest.starts(with: "W/\"".utf8)
                if isWeak { rest = rest.dropFirst(2) }
                guard rest.first == 0x22 else {
                    // Not in quotes it is not a tag, but for the asterisk.
                    let word = rest.prefix { $0 != 0x2C }
                    if first == 0x2A, word.dropFirst().allSatisfy({ $0 == 0x20 || $0 == 0x09 }) { entries.append(.any) }
                    rest = rest[word.endIndex...]
                    continue
                }
                // A comma may stand within the quotes.
                guard let end = rest.dropFirst().firstIndex(of: 0x22) else { break }
                entries.append(.tag(String(decoding: rest[...end], as: UTF8.self), isWeak: isWeak))
                rest = rest[(end + 1)...]
            }
        }
        return entries
    }
}
