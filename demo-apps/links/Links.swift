// A link shortener: the app of docs/tutorial.md, whose steps are the parts of this file.

// MARK: 1. What is kept

import Foundation
import GRDB
import Inspector
import InspectorCore
import Synchronization

struct Link: Codable, Sendable, FetchableRecord, PersistableRecord {
    var code: String
    var url: URL
    var hits = 0
    var made = Date()
}

final class LinkStore: Sendable {
    private let queue = Mutex<DatabaseQueue?>(nil)

    func open() throws {
        // In memory, so that each lane begins with nothing; DatabaseQueue(path:) keeps it.
        let made = try DatabaseQueue()
        try made.write { db in
            try db.execute(sql: "CREATE TABLE link (code TEXT PRIMARY KEY, url TEXT, hits INT, made TEXT)")
        }
        queue.withLock { $0 = made }
    }

    func ask<Value: Sendable>(
        _ name: String, _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws -> Value {
        guard let queue = queue.withLock({ $0 }) else { throw HTTPError(.serviceUnavailable) }
        return try await awaiting(name, .database) { try await queue.write(body) }
    }

    func add(_ code: String, _ url: URL) async throws -> Link {
        guard isCode(code) else {
            try abort(400, "A code has 1 to 32 letters, digits or hyphens, and is no page here.")
        }
        guard let scheme = url.scheme?.lowercased(), ["http", "https"].contains(scheme), url.host()?.isEmpty == false
        else { try abort(400, "An address begins with http:// or https:// and a host.") }
        return try await ask("INSERT link") { db in
            let link = Link(code: code.lowercased(), url: url)
            guard try Link.fetchOne(db, key: link.code) == nil else { throw CodeTaken(code: link.code) }
            try link.insert(db)
            return link
        }
    }
}

@Sendable func isCode(_ text: String) -> Bool {
    (1...32).contains(text.count) && !["api", "events", "import"].contains(text.lowercased())
        && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }
}

struct CodeTaken: KindedError, CustomStringConvertible {
    static let kind = ErrorKind("CodeTaken", parents: [.conflict])
    let code: String
    var kind: ErrorKind { CodeTaken.kind }
    var description: String { "The code \(code) is taken." }
}

// MARK: 2. An API

struct NewLink: Codable, Sendable { var url: URL, code: String? }

enum UserKey: StorageKey { typealias Value = String }

func makeAPI(_ store: LinkStore) -> Blueprint {
    let api = Blueprint("api", prefix: "/api/links")
    api.requireBearer { token, request in
        guard compareDigest(token, "secret") else { return false }
        request.g[UserKey.self] = "ada"
        return true
    }
    api.get("/", endpoint: "list") { _ in
        try await store.ask("SELECT links") { try Link.order(Column("code")).fetchAll($0) }
    }
    api.post("/", endpoint: "add") { request in
        let new = try request.json(as: NewLink.self)
        let code = new.code ?? String(UInt32.random(in: .min ... .max), radix: 36)
        request.mark("added by", request.g[UserKey.self])
        return (try await store.add(code, new.url), .created)
    }
    api.get("/<code:code>", endpoint: "one", options: [.nilIsNotFound]) { request in
        let code = try request.argument("code", as: String.self)
        return try await store.ask("SELECT link") { try Link.fetchOne($0, key: code) }
    }
    api.delete("/<code:code>", endpoint: "remove") { request in
        let code = try request.argument("code", as: String.self)
        guard try await store.ask("DELETE link", { try Link.deleteOne($0, key: code) }) else { try abort(404) }
        return Response(status: .noContent)
    }
    return api
}

// MARK: 3. Visitors

func addVisits(to app: App, _ store: LinkStore) {
    app.addConverter("code", PathConverter(matches: isCode, value: { .string($0.lowercased()) }))
    app.get("/<code:code>", endpoint: "visit") { request in
        let code = try request.argument("code", as: String.self)
        guard let link = try await store.ask("SELECT link", { try Link.fetchOne($0, key: code) }) else {
            throw HTTPError(.notFound, message: "There is no link \(code).")
        }
        // The visitor does not wait for it.
        try request.background("count", lifetime: .seconds(5)) {
            try await store.ask("UPDATE hits") { db in
                try db.execute(sql: "UPDATE link SET hits = hits + 1 WHERE code = ?", arguments: [code])
            }
        }
        request.session["last"] = .string(code)
        return .redirect(to: link.url.absoluteString)
    }
}

// MARK: 4. Calls to other services

struct Checks: Codable, Sendable { var isReachable: Bool, isSafe: Bool?, age: Int? }  // nil: nobody said

func addChecks(to app: App, _ store: LinkStore, service: ExternalClient) {
    struct Said: Decodable, Sendable { var ok: Bool?, slept: Int? }
    app.get("/<code:code>/checks", endpoint: "checks", options: [.deadline(.seconds(5))]) { _ in
        async let reachable = service.get("/status/200").status
        async let safe = service.get("/flaky/20").json(as: Said.self)
        async let age = withTimeout(.milliseconds(400)) { try await service.get("/delay/250").json(as: Said.self) }
        return Checks(
            isReachable: try await reachable == 200, isSafe: (try? await safe)?.ok, age: (try? await age)?.slept)
    }
}

// MARK: 5. Pages, events, uploads

func addPages(to app: App, _ store: LinkStore) {
    app.template(
        "index",
        """
        <!doctype html><title>Links</title><h1>Links</h1>
        {{#last}}<p>You went to {{last}}.</p>{{/last}}
        <ul>{{#links}}<li><a href="/{{code}}">{{url}}</a>, {{hits}} visits</li>{{/links}}</ul>
        """)
    app.get("/", endpoint: "index") { request in
        let links = try await store.ask("SELECT links") { try Link.order(Column("hits").desc).limit(20).fetchAll($0) }
        return try request.render("index", ["links": links, "last": request.session["last"]?.string])
    }
    app.get("/events", endpoint: "events") { _ in
        Response.events { events in
            for _ in 0..<60 {
                let hits = try await store.ask("SELECT sum") { try Int.fetchOne($0, sql: "SELECT sum(hits) FROM link") }
                try await events.send("\(hits ?? 0) visits")
                try await sleep(for: .seconds(1))
            }
        }
    }
    // One `code,address` a line, as many as there are: they are never all in memory.
    app.post("/import", endpoint: "import", options: [.streamsBody(maxBytes: 1 << 30)]) { request in
        var count = 0
        for try await line in request.bodyStream.lines() {
            let parts = line.split(separator: ",", maxSplits: 1).map(String.init)
            guard parts.count == 2, let url = URL(string: parts[1]) else {
                throw HTTPError(.badRequest, message: "Line \(count + 1) is not a code, a comma and an address.")
            }
            _ = try await store.add(parts[0], url)
            count += 1
        }
        return JSON(["added": count])
    }
}

// MARK: 6. All of it

/// Of all lanes: a mirrored request comes with the cookie of the lane that answers.
private let sessionKey = UUID().uuidString

func links(_ host: AppEnvironment) -> App {
    let app = App("links")
    let store = LinkStore()
    app.errors = .negotiated
    app.options.secretKeys = [sessionKey]
    app.requestIDs()
    app.cors(origins: ["https://links.example"])
    app.etags()
    app.use("timing") { request, next in
        let begin = ContinuousClock.now
        var response = try await next(request)
        response.headers["Server-Timing"] = "app;dur=\((ContinuousClock.now - begin) / .milliseconds(1))"
        return response
    }
    app.beforeServing("open the store") {
        try store.open()
        if let url = URL(string: "https://www.swift.org/") { _ = try await store.add("swift", url) }
    }
    addPages(to: app, store)
    addVisits(to: app, store)
    addChecks(to: app, store, service: ExternalClient("checks", baseURL: host.upstreamURL))
    app.register(makeAPI(store))
    app.showcase = "/swift/checks"
    return app
}
