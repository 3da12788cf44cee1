// Postman's collections, version 2.1: requests in folders, with variables. Scripts are not run.

internal import Foundation
internal import Synchronization

/// A collection as Postman exports it (schema.getpostman.com: collection v2.1.0).
final class PostmanFormat: TrafficFormat {
    let name = "Postman collection"
    let unit = "request"

    /// What holds for a request because of the folders it lies in.
    struct Scope: Sendable {
        /// How its folders identify themselves; nil where nobody says.
        var auth: PostmanAuth?
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
    static let depthLimit = 32
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
        let walk = PostmanWalk(collection: top)
        for note in walk.fileNotes { index.note("file", reason: note) }
        // The environment's values hold before those of the collection.
        let room = max(0, VariableTable.countLimit - environment.definitions.count)
        let table = VariableTable(
            definitions: Array(walk.definitions.prefix(room)) + environment.definitions,
            dynamic: DynamicValues(seed: reading.seed),
            hint: environment.hint)
        if walk.definitions.count > room {
            index.note("file", reason: "it has more than \(room) variables; the others are not known")
        }
        let learnt = Learnt(variables: table, scopes: walk.scopes)
        self.learnt.withLock { $0 = learnt }
        var filled = 0
        var number = 0
        for found in walk.found {
            // In a file that was cut the last one may be half a request.
            if fault != nil, found.item.range.upperBound >= bytes.count { break }
            guard found.left == 0 else {
                let reason = "it lies in folders more than \(Self.depthLimit) deep"
                index.skip(number + 1, reason: reason, times: found.left)
                number += found.left
                continue
            }
            number += 1
            guard filled <= Self.filledLimit else {
                index.skip(number, reason: "the file's requests become more than 256 MB by their variables")
                continue
            }
            var filler = table.filler(line: number)
            do throws(RecordedRequest.Refusal) {
                let read = try PostmanRequest(
                    item: found.item, scope: walk.scopes[found.scope], filler: &filler, number: number, file: bytes.name
                )
                filled += max(read.size, filler.made)
                for note in read.notes { index.note(number, reason: note) }
                var entry = TrafficEntry(number: number, range: found.item.range, time: nil)
                entry.part = UInt32(clamping: found.scope)
                index.add(entry, request: read.request)
            } catch {
                filled += max(found.item.range.count, filler.made)
                index.skip(
                    number, reason: error.reason, detail: found.item["name"]?.string.map { String($0.prefix(60)) })
            }
        }
        if let fault { throw fault }
    }

    func request(_ entry: TrafficEntry, in bytes: TrafficBytes) throws(RecordedRequest.Refusal) -> RecordedRequest {
        guard let learnt = learnt.withLock({ $0 }), learnt.scopes.indices.contains(Int(entry.part)) else {
            throw RecordedRequest.Refusal(reason: "its file was not looked through")
        }
        var filler = learnt.variables.filler(line: entry.number)
        return try PostmanRequest(
            item: LooseJSON(bytes.read(entry.range)), scope: learnt.scopes[Int(entry.part)], filler: &filler,
            number: entry.number,
            file: bytes.name
        ).request
    }
}
