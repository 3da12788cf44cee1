// Goes through the folders of a collection, and counts what lies too deep in them.

/// What was found in a collection.
struct PostmanWalk {
    /// A request, or requests that lie too deep.
    struct Found {
        let item: LooseJSON
        /// What holds for it, by its place in `scopes`.
        let scope: Int
        /// How many requests are left out in its place; 0 for one that is taken.
        var left = 0
    }

    private(set) var found: [Found] = []
    private(set) var scopes: [PostmanFormat.Scope] = []
    private(set) var definitions: [VariableTable.Definition] = []
    private var scripts = 0
    private var answers = 0
    private var deep = PostmanCount()

    init(collection: LooseJSON) {
        for variable in collection["variable"]?.items ?? [] where variable["disabled"]?.word != "true" {
            guard let name = (variable["key"] ?? variable["id"])?.scalar else { continue }
            definitions.append(
                VariableTable.Definition(name: name, line: 0, value: Array((variable["value"]?.scalar ?? "").utf8)))
        }
        take(folder: collection, auth: nil, depth: 0)
    }

    var fileNotes: [String] {
        var notes: [String] = []
        if scripts > 0 { notes.append(scripts.counted(one: "script is", many: "scripts are") + " not run") }
        if answers > 0 {
            notes.append(
                answers.counted(one: "saved example of an answer is", many: "saved examples of answers are")
                    + " not compared with")
        }
        if deep.folders > 0 {
            notes.append(
                deep.folders.counted(one: "folder lies", many: "folders lie")
                    + " more than \(PostmanFormat.depthLimit) deep and "
                    + (deep.folders == 1 ? "is" : "are") + " left out, with "
                    + deep.requests.counted(one: "request", many: "requests"))
        }
        return notes
    }

    private mutating func take(folder: LooseJSON, auth: PostmanAuth?, depth: Int) {
        var members: [String: LooseJSON] = [:]
        for (name, value) in folder.members { members[name] = value }
        var scope = PostmanFormat.Scope(auth: auth)
        if let own = members["auth"], own.isObject { scope.auth = PostmanAuth(json: own) }
        let place = scopes.count
        scopes.append(scope)
        count(events: members["event"])
        for item in members["item"]?.items ?? [] {
            var parts: [String: LooseJSON] = [:]
            for (name, value) in item.members { parts[name] = value }
            if parts["item"]?.isArray == true {
                if depth < PostmanFormat.depthLimit {
                    take(folder: item, auth: scope.auth, depth: depth + 1)
                } else {
                    let before = deep.requests
                    deep.add(item.source)
                    let left = deep.requests - before
                    if left > 0 { found.append(Found(item: item, scope: place, left: left)) }
                }
            } else if item.isObject {
                count(events: parts["event"])
                answers += parts["response"]?.items.count ?? 0
                found.append(Found(item: item, scope: place))
            }
        }
    }

    /// Scripts with at least a line in them.
    private mutating func count(events: LooseJSON?) {
        for event in events?.items ?? [] {
            let lines = event["script"]?["exec"]
            let hasText = lines?.items.contains { $0.string?.contains { !$0.isWhitespace } == true } ?? false
            if hasText || lines?.string?.isEmpty == false { scripts += 1 }
        }
    }
}

/// Counts what lies in folders in one pass over their bytes: a file may be made of nothing but folders in one another.
private struct PostmanCount {
    private(set) var folders = 0
    private(set) var requests = 0

    /// What a byte stands in.
    private enum Level {
        /// A request, or a folder when it has items.
        case item(isFolder: Bool)
        case items
        case other
    }

    /// Counts a folder, and what lies in it.
    mutating func add(_ folder: [UInt8]) {
        var levels: [Level] = []
        // The newest text, and whether it names the value that comes next, `item`.
        var text: Range<Int>?
        var isItems = false
        var place = 0
        while place < folder.count {
            let byte = folder[place]
            place += 1
            switch byte {
            case 0x20, 0x09, 0x0A, 0x0D: continue
            case 0x3A:
                isItems = text.map { folder[$0].elementsEqual("item".utf8) } ?? false
                text = nil
                continue
            case 0x22:
                let start = place
                while place < folder.count, folder[place] != 0x22 { place += folder[place] == 0x5C ? 2 : 1 }
                text = start..<min(place, folder.count)
                place += 1
            case 0x7B:
                switch levels.last {
                case nil, .items?: levels.append(.item(isFolder: false))
                case .item?, .other?: levels.append(.other)
                }
            case 0x5B:
                if isItems, case .item? = levels.last {
                    levels[levels.count - 1] = .item(isFolder: true)
                    levels.append(.items)
                } else {
                    levels.append(.other)
                }
            case 0x7D, 0x5D:
                if case .item(let isFolder)? = levels.popLast() {
                    if isFolder { folders += 1 } else { requests += 1 }
                }
            default: text = nil
            }
            isItems = false
        }
    }
}
