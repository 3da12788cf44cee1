// What a path has in common with others of its kind, where a route says nothing: numbers and ids become placeholders.

/// Patterns of paths.
enum PathPattern {
    /// `/users/42/orders/9f1c…` is `/users/<int>/orders/<id>`; without the query.
    static func of(target: String) -> String {
        let path = target.prefix { $0 != "?" && $0 != "#" }
        let segments = path.split(separator: "/", omittingEmptySubsequences: false).prefix(12)
        return segments.map { placeholder(segment: $0) ?? String($0) }.joined(separator: "/")
    }

    /// Nil for a word, which is a part of the route.
    private static func placeholder(segment: Substring) -> String? {
        guard !segment.isEmpty else { return nil }
        if segment.utf8.allSatisfy({ (0x30...0x39).contains($0) }) { return "<int>" }
        let isHexOrDash = segment.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte | 0x20) || byte == 0x2D
        }
        let hasDigit = segment.utf8.contains { (0x30...0x39).contains($0) }
        // A UUID, a digest, the id of a document store.
        if isHexOrDash, hasDigit, segment.utf8.count >= 16 { return "<id>" }
        return segment.utf8.count > 40 ? "<text>" : nil
    }

    /// Whether a rule takes every path, and so says nothing of one.
    static func isCatchAll(rule: String) -> Bool {
        rule.hasPrefix("/<path:") && rule.hasSuffix(">") && !rule.dropFirst().contains("/")
    }
}

extension RouteTable {
    /// What a request is counted under: its rule, or the pattern of its path where the rule takes every path, or is not
    /// known since the server is elsewhere.
    package static func name(of trace: Trace) -> String {
        // A server elsewhere tells its rule before the answer or after it: counted by both, a route would be two.
        if trace.rule.isEmpty || trace.summary.lane.isRemote {
            if case .hosted = trace.summary.lane.kind { return unmatched }
            return PathPattern.of(target: trace.summary.target)
        }
        return PathPattern.isCatchAll(rule: trace.rule) ? PathPattern.of(target: trace.summary.target) : trace.rule
    }
}
