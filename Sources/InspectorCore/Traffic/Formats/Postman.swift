// Postman's collections, version 2.1: requests in folders, with variables. Scripts are not run.

internal import Foundation
internal import Synchronization

/// A collection as Postman exports it (schema.getpostman.com: collection v2.1.0).
final class PostmanFormat: TrafficFormat {
    let name = "Postman collection"
    let unit = "request"

    /// What holds for a request because of the folders it lies in.
    struct Scope: Sendable {
        /// How its folders identify themselves, as JSON; nil where nobody says.
        var auth: [UInt8]?
    }

    private struct Learnt: Sendable {
        var variables: VariableTable
        var scopes: [Scope]
    }

    private let reading: TrafficReading
    private let learnt = Mutex<Learnt?>(nil)

    private init(reading: TrafficReading) { self.reading = reading }

    /// The largest collection that is taken, in bytes, and how deep its folders may lie.
    private static let limit = 16 * 1024 * 1024
    private static let depthLimit = 32
    /// How much all requests may become by their variables, in bytes.
    private static let filledLimit = 256 * 1024 * 1024

    static func reader(
        for head: TrafficHead, reading: TrafficReading
    ) throws(TrafficFileError) -> PostmanFormat? {
        guard head.first == 0x7B else { return nil }
        let top = collection(json: LooseJSON(Array(head.bytes)))
        var members: [String: LooseJSON] = [:]
        for (name, value) in top.members { members[name] = value }
        func fault(reason: String) -> TrafficFileError { TrafficFileError(file: head.name, reason: reason) }
        let schema = members["info"]?["schema"]?.string ?? ""
        if schema.contains("getpostman.com") || schema.contains("schema.postman.com") {
            guard schema.contains("/v2.1") else {
                let version = schema.split(separator: "/").first { part in
                    part.hasPrefix("v") && part.dropFirst().first?.isNumber == true
                }
                throw fault(
                    reason:
                        "this is a Postman collection of version \(version.map { $0.dropFirst() } ?? "unknown"); export it "
                        + "as Collection v2.1")
            }
            return PostmanFormat(reading: reading)
        }
        if members["info"]?["_postman_id"] != nil, members["item"]?.isArray == true {
            return PostmanFormat(reading: reading)
        }
        if members["_postman_variable_scope"] != nil || members["values"]?.items.first?["enabled"] != nil {
            throw fault(reason: "this is a Postman environment; give the collection, and this file with --env")
        }
        if members["requests"]?.isArray == true, members["order"]?.isArray == true || members["folders"] != nil {
            throw fault(reason: "this is a Postman collection of version 1; export it as Collection v2.1")
        }
        return nil
    }

    /// The collection itself: Postman's API puts it into an object.
    private static func collection(json: LooseJSON) -> LooseJSON {
        let members = json.members
        guard let only = members.first, members.count == 1, only.name == "collection" else { return json }
        return only.value
    }

    func scan(_ bytes: TrafficBytes, into index: inout TrafficIndexBuilder) throws {
        guard bytes.count <= Self.limit else {
            throw JSONFault(offset: 0, reason: "a Postman collection may have 16 MB")
        }
        // Its structure first: where it is broken, what stands behind is lost, and that is said.
        var scanner = JSONScanner(bytes: bytes)
        var fault: JSONFault?
        do { _ = try scanner.value() } catch let found as JSONFault { fault = found }
        let top = Self.collection(json: LooseJSON(bytes.read(0..<bytes.count)))
        let environment = EnvironmentFiles.postman(beside: bytes.name, name: reading.environment)
        for note in environment.notes { index.note("file", reason: note) }
        var walk = PostmanWalk(depthLimit: Self.depthLimit)
        walk.take(top)
        for note in walk.fileNotes { index.note("file", reason: note) }
        // The environment's values hold before those of the collection.
        let table = VariableTable(
            definitions: walk.definitions + environment.definitions, dynamic: DynamicValues(seed: reading.seed),
            hint: environment.hint)
        let learnt = Learnt(variables: table, scopes: walk.scopes)
        self.learnt.withLock { $0 = learnt }
        var filled = 0
        for (place, found) in walk.found.enumerated() {
            let number = place + 1
            // In a file that was cut the last one may be half a request.
            if fault != nil, found.item.range.upperBound >= bytes.count { break }
            guard filled <= Self.filledLimit else {
                index.skip(number, reason: "the file's requests become more than 256 MB by their variables")
                continue
            }
            do throws(RecordedRequest.Refusal) {
                let read = try PostmanRequest(
                    item: found.item, scope: walk.scopes[found.scope], variables: table, number: number,
                    file: bytes.name)
                filled += read.size
                for note in read.notes { index.note(number, reason: note) }
                var entry = TrafficEntry(number: number, range: found.item.range, time: nil)
                entry.part = UInt32(clamping: found.scope)
                index.add(entry, request: read.request)
            } catch {
                filled += found.item.range.count
                index.skip(
                    number, reason: error.reason, detail: found.item["name"]?.string.map { String($0.prefix(60)) })
            }
        }
        for number in 0..<walk.leftOut {
            index.skip(walk.found.count + 1 + number, reason: "its folder lies more than \(Self.depthLimit) deep")
        }
        if let fault { throw fault }
    }

    func request(_ entry: TrafficEntry, in bytes: TrafficBytes) throws(RecordedRequest.Refusal) -> RecordedRequest {
        guard let learnt = learnt.withLock({ $0 }), learnt.scopes.indices.contains(Int(entry.part)) else {
            throw RecordedRequest.Refusal(reason: "its file was not looked through")
        }
        return try PostmanRequest(
            item: LooseJSON(bytes.read(entry.range)), scope: learnt.scopes[Int(entry.part)],
            variables: learnt.variables,
            number: entry.number, file: bytes.name
        ).request
    }
}

/// Goes through the folders of a collection.
private struct PostmanWalk {
    private let depthLimit: Int
    private(set) var found: [(item: LooseJSON, scope: Int)] = []
    private(set) var scopes: [PostmanFormat.Scope] = []
    private(set) var definitions: [VariableTable.Definition] = []
    private var scripts = 0
    private var answers = 0
    private var tooDeep = 0
    /// How many requests lie in folders that are too deep.
    private(set) var leftOut = 0

    init(depthLimit: Int) { self.depthLimit = depthLimit }

    var fileNotes: [String] {
        var notes: [String] = []
        if scripts > 0 { notes.append("\(scripts) scripts are not run") }
        if answers > 0 { notes.append("\(answers) saved examples of answers are not compared with") }
        if tooDeep > 0 {
            notes.append(
                tooDeep == 1
                    ? "1 folder lies more than \(depthLimit) deep; its requests are left out"
                    : "\(tooDeep) folders lie more than \(depthLimit) deep; their requests are left out")
        }
        return notes
    }

    mutating func take(_ collection: LooseJSON) {
        for variable in collection["variable"]?.items ?? [] where variable["disabled"]?.word != "true" {
            guard let name = (variable["key"] ?? variable["id"])?.scalar else { continue }
            definitions.append(
                VariableTable.Definition(name: name, line: 0, value: Array((variable["value"]?.scalar ?? "").utf8)))
        }
        take(folder: collection, auth: nil, depth: 0)
    }

    private mutating func take(folder: LooseJSON, auth: [UInt8]?, depth: Int) {
        var members: [String: LooseJSON] = [:]
        for (name, value) in folder.members { members[name] = value }
        var scope = PostmanFormat.Scope(auth: auth)
        if let own = members["auth"], own.isObject { scope.auth = own.source }
        let place = scopes.count
        scopes.append(scope)
        count(events: members["event"])
        for item in members["item"]?.items ?? [] {
            var parts: [String: LooseJSON] = [:]
            for (name, value) in item.members { parts[name] = value }
            if parts["item"]?.isArray == true {
                if depth < depthLimit {
                    take(folder: item, auth: scope.auth, depth: depth + 1)
                } else {
                    leaveOut(item)
                }
            } else if item.isObject {
                count(events: parts["event"])
                answers += parts["response"]?.items.count ?? 0
                found.append((item, place))
            }
        }
    }

    /// Counts the folders and the requests that lie too deep.
    private mutating func leaveOut(_ folder: LooseJSON) {
        let content = PostmanFolderContent(folder.source)
        tooDeep += content.folders
        leftOut += content.requests
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

/// How many folders and requests a folder holds, itself included, however deep they lie.
///
/// Found in one pass: a file may be made of nothing but folders, each of which would be gone through for each above it.
struct PostmanFolderContent {
    private(set) var folders = 0
    private(set) var requests = 0

    /// An object or an array that is open.
    private struct Frame {
        let isObject: Bool
        /// Of an array: whether it is the `item` of a folder; of an object: whether it lies in such an array.
        let isOfItems: Bool
        /// Of an object: whether its last name was `item`, and whether it has an array under that name.
        var isAtItem = false
        var hasItems = false
    }

    init(_ bytes: [UInt8]) {
        var open: [Frame] = []
        var place = 0
        while place < bytes.count {
            switch bytes[place] {
            case 0x22:
                let start = place + 1
                place = start
                while place < bytes.count, bytes[place] != 0x22 { place += bytes[place] == 0x5C ? 2 : 1 }
                let isItem = place < bytes.count && bytes[start..<place].elementsEqual("item".utf8)
                if let last = open.indices.last, open[last].isObject { open[last].isAtItem = isItem }
            case 0x7B:
                open.append(Frame(isObject: true, isOfItems: open.last.map { !$0.isObject && $0.isOfItems } ?? true))
            case 0x5B:
                let isOfItems = open.last.map { $0.isObject && $0.isAtItem } ?? false
                if isOfItems { open[open.count - 1].hasItems = true }
                open.append(Frame(isObject: false, isOfItems: isOfItems))
            case 0x7D, 0x5D:
                guard let closed = open.popLast(), closed.isObject, closed.isOfItems else { break }
                if closed.hasItems { folders += 1 } else { requests += 1 }
            case 0x2C: if let last = open.indices.last { open[last].isAtItem = false }
            default: break
            }
            place += 1
        }
    }
}
