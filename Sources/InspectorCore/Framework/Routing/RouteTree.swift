// All rules of an app as a state machine over the segments of a path, so that a look-up costs what the path has
// segments, not what the app has rules (`Werkzeug: routing/matcher.py`).

/// The rules as states: from each, fixed segments lead on by a dictionary, the others by a list ordered by weight.
struct RouteTree: Sendable {
    typealias Bytes = PartMatcher.Bytes

    private struct Node: Sendable {
        var fixed: [Bytes: Int] = [:]
        var dynamic: [Dynamic] = []
        /// Places in the list of routes, in the order of registration.
        var routes: [Int] = []
    }

    private struct Dynamic: Sendable {
        let part: RulePart
        let matcher: PartMatcher
        let node: Int
    }

    /// What was found for a path.
    enum Outcome {
        case found(route: Int, captures: [Bytes])
        /// The same path with a slash at its end has a route for this method.
        case slashRequired
        case nothing
    }

    private var nodes = [Node()]
    private let routes: [Route]

    init(_ routes: [Route]) {
        self.routes = routes
        for (number, route) in routes.enumerated() { add(route.rule, number: number) }
        for place in nodes.indices {
            // Stable: of equal weights the first registered stays first.
            let sorted = nodes[place].dynamic.enumerated().sorted { left, right in
                if left.element.part.weight < right.element.part.weight { return true }
                if right.element.part.weight < left.element.part.weight { return false }
                return left.offset < right.offset
            }
            nodes[place].dynamic = sorted.map(\.element)
        }
    }

    private mutating func add(_ rule: Rule, number: Int) {
        var node = 0
        var argument = 0
        for part in rule.parts {
            let count = part.pieces.reduce(0) { count, piece in
                if case .argument = piece { count + 1 } else { count }
            }
            let converters = rule.arguments[argument..<argument + count].map(\.converter)
            argument += count
            node = next(after: node, part: part, converters: converters)
        }
        nodes[node].routes.append(number)
    }

    private mutating func next(after node: Int, part: RulePart, converters: [PathConverter]) -> Int {
        if let text = part.staticText {
            if let known = nodes[node].fixed[text[...]] { return known }
            nodes.append(Node())
            nodes[node].fixed[text[...]] = nodes.count - 1
        } else {
            if let known = nodes[node].dynamic.first(where: { $0.part == part }) { return known.node }
            nodes.append(Node())
            nodes[node].dynamic.append(
                Dynamic(part: part, matcher: PartMatcher(part: part, converters: converters), node: nodes.count - 1))
        }
        return nodes.count - 1
    }

    /// Looks for the route of `path` and `method`; `allowed` gathers the methods of routes that fit but for theirs.
    func find(_ path: [UInt8], method: String, allowed: inout Set<String>) -> Outcome {
        let segments = path.split(separator: 0x2F, omittingEmptySubsequences: false)
        var search = Search(method: method, allowed: allowed)
        let found = walk(0, segments: segments[...], whole: path, captures: [], search: &search)
        allowed = search.allowed
        if search.needsSlash { return .slashRequired }
        guard let found else { return .nothing }
        return .found(route: found.route, captures: found.captures)
    }

    private struct Search {
        let method: String
        var allowed: Set<String>
        var needsSlash = false
    }

    private func walk(
        _ number: Int, segments: ArraySlice<Bytes>, whole: [UInt8], captures: [Bytes], search: inout Search
    ) -> (route: Int, captures: [Bytes])? {
        let node = nodes[number]
        guard let segment = segments.first else { return arrive(node, captures: captures, search: &search) }
        if let next = node.fixed[segment],
            let found = walk(next, segments: segments.dropFirst(), whole: whole, captures: captures, search: &search)
        {
            return found
        }
        if search.needsSlash { return nil }
        for dynamic in node.dynamic {
            let end = segments[segments.endIndex - 1].endIndex
            let target = dynamic.part.isFinal ? whole[segment.startIndex..<end] : segment
            guard let fit = dynamic.matcher.match(target) else { continue }
            var rest = dynamic.part.isFinal ? [] : segments.dropFirst()
            if fit.hasSlash { rest = [whole[end..<end]] }
            if let found = walk(
                dynamic.node, segments: rest, whole: whole, captures: captures + fit.captures, search: &search)
            {
                return found
            }
            if search.needsSlash { return nil }
        }
        guard segments.count == 1, segment.isEmpty else { return nil }
        // Only a slash at the end is left: rules that are not strict about it take the path too.
        for route in node.routes where !routes[route].isStrict {
            if accepts(route, search: &search) { return (route, captures) }
        }
        return nil
    }

    private func arrive(
        _ node: Node, captures: [Bytes], search: inout Search
    ) -> (route: Int, captures: [Bytes])? {
        for route in node.routes where accepts(route, search: &search) { return (route, captures) }
        guard let slash = node.fixed[[]] else { return nil }
        for route in nodes[slash].routes where routes[route].methods.contains(search.method) {
            if routes[route].isStrict {
                search.needsSlash = true
                return nil
            }
            return (route, captures)
        }
        return nil
    }

    private func accepts(_ route: Int, search: inout Search) -> Bool {
        if routes[route].methods.contains(search.method) { return true }
        search.allowed.formUnion(routes[route].methods)
        return false
    }
}
