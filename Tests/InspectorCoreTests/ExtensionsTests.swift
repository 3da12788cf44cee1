// The small pieces that most apps want: CORS, authentication, ETags, request ids, the client's address, start and stop.

import Synchronization
import Testing

@testable import InspectorCore

@Suite struct ExtensionsTests {
    private struct Broken: Error, CustomStringConvertible { let description = "the pool could not be opened" }

    private static func preflight(_ client: TestClient, _ path: String, origin: String) throws -> TestResponse {
        try client.options(
            path,
            headers: [
                "Origin": origin, "Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "x-token",
            ])
    }

    @Test(
        "CORS: a preflight is answered before authentication, of a blueprint's routes too",
        arguments: ExecutionMode.allCases)
    func preflights(mode: ExecutionMode) throws {
        let app = App("shop")
        app.requireBearer { token, _ in token == "t" }
        let api = Blueprint("api", prefix: "/api")
        api.requireBasic { user, password, _ in user == "ada" && password == "pä:ss" }
        api.put("/items") { _ in "stored" }
        app.register(api)
        app.get("/fails") { _ -> String in throw Broken() }
        app.cors(origins: ["https://shop.example"], exposed: ["X-Total"], allowsCredentials: true)
        let client = try TestClient(app, mode: mode)
        let allowed = try Self.preflight(client, "/api/items", origin: "https://shop.example")
        #expect(allowed.status == 204 && allowed.text.isEmpty)
        #expect(allowed.headers["Access-Control-Allow-Origin"] == "https://shop.example")
        #expect(allowed.headers["Access-Control-Allow-Credentials"] == "true")
        #expect(allowed.headers["Access-Control-Allow-Methods"]?.contains("PUT") == true)
        #expect(allowed.headers["Access-Control-Allow-Headers"] == "x-token")
        #expect(allowed.headers["Access-Control-Max-Age"] == "600")
        #expect(allowed.headers.all("Vary").contains("Origin"))
        #expect(allowed.headers["Access-Control-Expose-Headers"] == nil)
        let refused = try Self.preflight(client, "/api/items", origin: "https://evil.example")
        #expect(refused.headers["Access-Control-Allow-Origin"] == nil && refused.status == 204)
        // Without a preflight's fields it is an OPTIONS like any, and asked for its token.
        #expect(try client.options("/api/items").status == 401)
        let failed = try client.get("/fails", headers: ["Origin": "https://shop.example", "Authorization": "Bearer t"])
        #expect(failed.status == 500 && failed.headers["Access-Control-Allow-Origin"] == "https://shop.example")
        #expect(failed.headers["Access-Control-Expose-Headers"] == "X-Total")
        let plain = try client.get("/", headers: ["Authorization": "Bearer t"])
        #expect(plain.headers["Access-Control-Allow-Origin"] == nil && plain.headers.all("Vary") == ["Origin"])
    }

    @Test("CORS for any origin is not for credentials, and what is no origin is a problem at the start")
    func corsProblems() throws {
        let app = App("open")
        app.get("/") { _ in "home" }
        app.cors()
        #expect(
            try TestClient(app).get("/", headers: ["Origin": "https://a"]).headers["Access-Control-Allow-Origin"] == "*"
        )
        let wrong = App("wrong")
        wrong.cors(origins: ["shop.example", "https://a.example/", "https://*.example", "null"])
        wrong.cors(allowsCredentials: true)
        #expect(wrong.problems.filter { $0.contains("is no origin") }.count == 3)
        #expect(wrong.problems.contains { $0.contains("needs the origins by name") })
    }

    @Test(
        "bearer and basic: what is missing, wrong or broken is 401 and says how to come in",
        arguments: ExecutionMode.allCases)
    func authentication(mode: ExecutionMode) throws {
        enum UserKey: StorageKey { typealias Value = String }
        let app = App("private")
        app.errors = .json
        let bearer = Blueprint("bearer", prefix: "/bearer")
        bearer.requireBearer(realm: "the \"shop\"") { token, request in
            try await sleep(for: .zero)
            request.g[UserKey.self] = token
            return compareDigest(token, "right")
        }
        bearer.get("/") { request in request.g[UserKey.self] ?? "" }
        let basic = Blueprint("basic", prefix: "/basic")
        basic.requireBasic { user, password, _ in user == "ada" && password == "a:b" }
        basic.get("/") { request in request.basicCredentials?.name ?? "" }
        app.register(bearer)
        app.register(basic)
        let client = try TestClient(app, mode: mode)
        func get(_ path: String, _ field: String?) throws -> TestResponse {
            try client.get(path, headers: field.map { ["Authorization": $0] } ?? [:])
        }
        #expect(try get("/bearer/", "Bearer right").text == "right" && get("/bearer/", "bEARER  right").status == 200)
        let missing = try get("/bearer/", nil)
        #expect(missing.status == 401 && missing.headers["WWW-Authenticate"] == "Bearer realm=\"the \\\"shop\\\"\"")
        #expect(missing.headers["Content-Type"] == "application/problem+json")
        for wrong in ["Bearer wrong", "Bearer  x"] {
            #expect(
                try get("/bearer/", wrong).headers["WWW-Authenticate"]?.hasSuffix("error=\"invalid_token\"") == true)
        }
        for none in ["Bearer", "Bearer ", "Basic YTpi", "right", ""] {
            #expect(try get("/bearer/", none).status == 401, "\(none)")
        }
        // ada:a:b, and the same without a colon, with bytes that are no text, and cut.
        #expect(try get("/basic/", "Basic YWRhOmE6Yg==").text == "ada")
        for wrong in [
            "Basic YWRh", "Basic /////w==", "Basic YWRhOmE6Y", "Basic", "Basic YWRhOmE6Yw==", "Bearer YWRhOmE6Yg==",
        ] {
            let answer = try get("/basic/", wrong)
            #expect(answer.status == 401, "\(wrong)")
            #expect(answer.headers["WWW-Authenticate"] == "Basic realm=\"app\", charset=\"UTF-8\"")
        }
    }

    @Test("an answer that the client has already is 304, of GET and HEAD alone", arguments: ExecutionMode.allCases)
    func etags(mode: ExecutionMode) throws {
        let app = App("tagged")
        app.etags()
        app.get("/") { _ in "home" }
        app.get("/own") { _ in Response("own", headers: ["ETag": "W/\"7\"", "Cache-Control": "no-cache"]) }
        app.get("/stream") { _ in Response.stream { try $0.write("a") } }
        app.get("/gone") { _ in Response("gone", status: 410) }
        app.post("/", endpoint: "post") { _ in "home" }
        let client = try TestClient(app, depth: .socket, mode: mode)
        let first = try client.get("/")
        let tag = try #require(first.headers["ETag"])
        #expect(tag.count == 34 && first.text == "home")
        for known in [tag, "W/" + tag, "\"x\", \(tag)", "*"] {
            let again = try client.get("/", headers: ["If-None-Match": known])
            #expect(again.status == 304 && again.text.isEmpty && again.headers["ETag"] == tag, "\(known)")
            #expect(again.headers["Content-Type"] == nil)
        }
        #expect(try client.get("/", headers: ["If-None-Match": "\"x\""]).text == "home")
        #expect(try client.head("/", headers: ["If-None-Match": tag]).status == 304)
        #expect(try client.post("/", headers: ["If-None-Match": tag]).status == 200)
        let own = try client.get("/own", headers: ["If-None-Match": "\"7\""])
        #expect(own.status == 304 && own.headers["ETag"] == "W/\"7\"" && own.headers["Cache-Control"] == "no-cache")
        #expect(try client.get("/stream").headers["ETag"] == nil && client.get("/gone").headers["ETag"] == nil)
    }

    @Test(
        "each request has an id: the client's where that can stand in a log, else a new one",
        arguments: ExecutionMode.allCases)
    func ids(mode: ExecutionMode) throws {
        let app = App("named")
        app.beforeRequest("sees") { request in request.g["seen"] = request.requestID }
        app.requestIDs()
        app.cors(origins: ["https://shop.example"])
        app.get("/") { request in request.g["seen", as: String.self] ?? "none" }
        let client = try TestClient(app, mode: mode)
        let asked = try Self.preflight(client, "/", origin: "https://shop.example")
        #expect(asked.headers["X-Request-ID"]?.count == 36, "a preflight has one too")
        let own = try client.get("/", headers: ["X-Request-ID": "a-1.b"])
        #expect(own.text == "a-1.b" && own.headers["X-Request-ID"] == "a-1.b")
        #expect(own.trace.moments.contains { $0.label == "request id" && $0.detail.contains("a-1.b") })
        for odd in ["", "a b", "a\u{1b}[2J", String(repeating: "x", count: 129), "ä"] {
            let id = try client.get("/nowhere", headers: ["X-Request-ID": odd]).headers["X-Request-ID"]
            #expect(id?.count == 36, "\(odd)")
        }
    }

    @Test("the client's address is the connection's, or what trusted proxies say of it")
    func address() throws {
        func app(trusting count: Int) -> App {
            let app = App("who")
            app.options.trustedProxies = count
            app.get("/") { request in "\(request.remoteAddress ?? "nobody") \(request.scheme)" }
            return app
        }
        #expect(try TestClient(app(trusting: 0)).get("/").text == "nobody http")
        let direct = try TestClient(app(trusting: 0), depth: .socket)
        let told: Headers = ["X-Forwarded-For": "6.6.6.6, 10.0.0.1", "X-Forwarded-Proto": "https"]
        #expect(try direct.get("/", headers: told).text == "127.0.0.1 http")
        let one = try TestClient(app(trusting: 1), depth: .socket)
        #expect(try one.get("/", headers: told).text == "10.0.0.1 https")
        #expect(try one.get("/").text == "127.0.0.1 http", "nothing is told")
        #expect(try one.get("/", headers: ["X-Forwarded-For": "1.2.3.4:5678"]).text == "1.2.3.4 http")
        #expect(try one.get("/", headers: ["X-Forwarded-For": "[2001:db8::1]:99"]).text == "2001:db8::1 http")
        #expect(try one.get("/", headers: ["X-Forwarded-For": "2001:db8::1"]).text == "2001:db8::1 http")
        #expect(try one.get("/", headers: ["X-Forwarded-Proto": "javascript"]).text == "127.0.0.1 http")
        let two = try TestClient(app(trusting: 2), depth: .socket)
        #expect(try two.get("/", headers: told).text == "6.6.6.6 http", "one proxy alone told of the scheme")
        #expect(try two.get("/", headers: ["X-Forwarded-For": "6.6.6.6"]).text == "127.0.0.1 http", "gone round")
    }

    @Test(
        "what comes before serving runs first, what comes after it last and in reverse",
        arguments: ExecutionMode.allCases)
    func lifetime(mode: ExecutionMode) throws {
        let order = Mutex<[String]>([])
        let note: @Sendable (String) -> Void = { word in order.withLock { $0.append(word) } }
        let app = App("pools")
        app.beforeServing("open") {
            try await sleep(for: .milliseconds(1))
            note("open")
        }
        app.beforeServing { note("second") }
        app.afterServing("close") { note("close") }
        app.afterServing("fails") { throw Broken() }
        app.get("/") { _ in
            note("view")
            return "home"
        }
        let lane = try TestLane(app: app, mode: mode, workers: 1)
        #expect(order.withLock { $0 } == ["open", "second"])
        do { #expect(try TestClient(MemoryTransport(lane: lane)).get("/").text == "home") }
        #expect(order.withLock { $0 } == ["open", "second", "view", "close"])
        #expect(
            lane.lane.stopProblems == [
                "The app pools has ended, but its function fails failed: the pool could not be opened"
            ])
    }

    @Test("an app whose start fails is not served, and says which function failed")
    func startFails() throws {
        let app = App("pools")
        app.beforeServing("open") { throw Broken() }
        app.get("/") { _ in "home" }
        #expect {
            _ = try TestClient(app)
        } throws: {
            "\($0)" == "The app pools was not started: its function open failed: the pool could not be opened"
        }
    }
}
