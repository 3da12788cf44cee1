// Ways to go wrong, a route each: what the dashboard shows of them is the point.

import Glibc
import Inspector
import InspectorCore
import Logging

/// An app whose routes fail.
enum Troubles {
    static func make(_ host: AppEnvironment) -> App {
        let app = App("troubles")
        let api = ExternalClient("api", baseURL: host.upstreamURL)
        addIndex(to: app, isDeadly: host.isDeadly)
        addHooks(to: app)
        addHandlers(to: app)
        addFailingViews(to: app)
        addSlowViews(to: app, api)
        addTaskViews(to: app, api)
        addOddViews(to: app)
        if host.isDeadly { addDeadlyViews(to: app) }
        return app
    }

    private static func addIndex(to app: App, isDeadly: Bool) {
        let troubles = Trouble.all + (isDeadly ? Trouble.deadly : [])
        app.template(
            "index",
            """
            <!doctype html>
            <title>Troubles</title>
            <h1>Each address goes wrong in its own way</h1>
            <dl>
            {{#troubles}}<dt><a href="{{path}}">{{path}}</a><dd>{{says}}: {{ends}}
            {{/troubles}}</dl>

            """)
        app.get("/", endpoint: "index") { request in
            let list = troubles.map { trouble in
                var ends = trouble.status.map { "the client gets \($0)" } ?? "the client gets no answer"
                if !trouble.isComplete { ends = "the connection is cut before the answer's end" }
                return JSON([
                    "path": .string(trouble.path), "says": .string(trouble.says), "ends": .string(ends),
                ])
            }
            return try request.render("index", ["troubles": JSON.array(list)])
        }
    }

    private static func addHooks(to app: App) {
        app.urlValuePreprocessor("preprocessor") { request, _ in
            if request.path == "/preprocessor-raises" { throw TroubleError(.valueError, "the preprocessor failed") }
        }
        app.beforeRequest("before") { request -> String? in
            switch request.path {
            case "/before-raises": throw TroubleError(.valueError, "the before hook failed")
            case "/before-answers": "The before hook answered.\n"
            default: nil
            }
        }
        app.afterRequest("after") { request, _ in
            if request.path == "/after-fails" { throw TroubleError(.valueError, "the after hook failed") }
        }
        app.teardownRequest("teardown") { request, _ in
            if request.path == "/teardown-fails" { throw TroubleError(.valueError, "the teardown failed") }
        }
        app.teardownAppContext("context teardown") { request, _ in
            if request.path == "/context-teardown-fails" {
                throw TroubleError(.valueError, "the context's teardown failed")
            }
        }
        for path in ["/preprocessor-raises", "/before-raises", "/before-answers", "/after-fails", "/teardown-fails"] {
            app.get(path) { _ in "This is what the view said.\n" }
        }
        app.get("/context-teardown-fails") { _ in "This is what the view said.\n" }
        app.get("/after-this-fails") { request in
            request.afterThisRequest("for this one") { _, _ in throw TroubleError(.valueError, "it failed") }
            return "This is what the view said.\n"
        }
    }

    private static func addHandlers(to app: App) {
        app.errorHandler(.timeoutError, name: "too slow") { _, error in Response("\(error)\n", status: 504) }
        app.errorHandler(TroubleError.handled, name: "handler") { _, error in Response("\(error)\n", status: 418) }
        app.errorHandler(TroubleError.handledBadly, name: "bad handler") { _, _ -> String in
            throw TroubleError(.keyError, "the handler failed")
        }
        app.errorHandler(TroubleError.handledByNothing, name: "empty handler") { _, _ -> String? in nil }
    }

    private static func addFailingViews(to app: App) {
        app.get("/raises") { _ -> String in throw TroubleError(.keyError, "nobody handles this") }
        app.get("/handled") { _ -> String in throw TroubleError(TroubleError.handled, "this is handled") }
        app.get("/handler-raises") { _ -> String in
            throw TroubleError(TroubleError.handledBadly, "this is handled badly")
        }
        app.get("/handler-nothing") { _ -> String in
            throw TroubleError(TroubleError.handledByNothing, "this is handled by nothing")
        }
        app.get("/aborts") { _ -> String in try InspectorCore.abort(403) }
        app.get("/nothing") { _ -> String? in nil }
        app.get("/bad-header") { _ in Response("", headers: ["X-Bad": "one\r\nX-Worse: two"]) }
        app.get("/missing-template") { request in try request.render("nowhere") }
        app.addConverter(
            "broken", PathConverter(value: { _ in throw TroubleError(.valueError, "the converter failed") }))
        app.get("/convert/<broken:word>", endpoint: "convert") { _ in "never" }
    }

    private static func addSlowViews(to app: App, _ api: ExternalClient) {
        app.get("/timeout") { _ in
            try await withTimeout(.milliseconds(100)) { try await api.get("/delay/1000").text }
        }
        app.get("/one-fails") { _ in
            let texts = try await gather(["/delay/300", "/status/503", "/delay/400"]) { path in
                try await api.get(path).requireSuccess().text
            }
            return texts.joined()
        }
        app.get("/deadline", options: [.deadline(.milliseconds(200))]) { _ in try await api.get("/delay/5000").text }
        app.get("/abandoned", options: [.deadline(.milliseconds(200))]) { _ in
            // Not ours: this task takes no notice of being cancelled, as a library without cancellation would.
            await Task.detached { try? await Task.sleep(for: .milliseconds(1500)) }.value
            return "too late\n"
        }
        app.get("/held", options: [.deadline(.milliseconds(200))]) { _ in
            Troubles.block(milliseconds: 1000)
            return "too late\n"
        }
        app.get("/never") { _ in try await api.get("/hang").text }
        app.get("/blocks-loop") { _ in
            try await sleep(for: .milliseconds(20))
            blocking("a lock that is taken", .lock) { Troubles.block(milliseconds: 200) }
            return "It held its loop for 200 ms.\n"
        }
        app.get("/cut") { _ in
            Response.stream(contentType: "text/plain") { (writer: ResponseWriter) async throws in
                for number in 1...3 {
                    try await writer.write("piece \(number)\n")
                    try await sleep(for: .milliseconds(50))
                }
                throw TroubleError(.valueError, "the stream failed")
            }
        }
        app.get("/huge") { _ in
            Response.stream(contentType: "application/octet-stream") { (writer: ResponseWriter) throws in
                let piece = [UInt8](repeating: 65, count: 64 * 1024)
                for _ in 0..<1024 { try writer.write(piece) }
            }
        }
        app.get("/would-never-finish") { _ in
            Response.stream(contentType: "text/plain") { (writer: ResponseWriter) async throws in
                try await sleep(for: .milliseconds(5))
                func block() throws {
                    for _ in 0..<16 { try writer.write([UInt8](repeating: 65, count: 64 * 1024)) }
                }
                try block()
                // On a loop of its own the blocking writes do end; the page's promise is kept all the same.
                throw TroubleError(.valueError, "blocking writes on an event loop")
            }
        }
    }

    private static func addTaskViews(to app: App, _ api: ExternalClient) {
        app.get("/leak") { _ in
            // A bare task is nobody's child: it goes on when its request is over.
            Task { _ = try await api.get("/delay/300") }
            Task {
                try await Task.sleep(for: .milliseconds(100))
                _ = try await api.get("/delay/200")
            }
            return "Two tasks go on without this request.\n"
        }
        app.get("/background") { request in
            try request.background("too long", lifetime: .milliseconds(300)) { try await sleep(for: .seconds(60)) }
            return "It goes on for 300 ms.\n"
        }
        let counter = Counter()
        app.get("/actor") { _ in
            let counts = try await gather([1, 2]) { _ in
                await awaiting("Counter.next", .actor) { await counter.next() }
            }
            return "They were given \(counts.map(String.init).joined(separator: " and ")).\n"
        }
        app.get("/main-actor") { _ in
            let isMain = await MainActor.run { true }
            return "The main actor answered: \(isMain)\n"
        }
    }

    private static func addOddViews(to app: App) {
        app.get("/prints") { request in
            print("a line on stdout from request #\(request.number)")
            return "It was printed.\n"
        }
        app.get("/logs") { request in
            Logger(label: "troubles").warning("a warning of request #\(request.number)")
            return "It was logged.\n"
        }
    }

    private static func addDeadlyViews(to app: App) {
        app.get("/trap") { request -> String in
            let numbers = [1, 2, 3]
            return "\(numbers[request.target.utf8.count])"
        }
        app.get("/trap-async") { request -> String in
            try await sleep(for: .milliseconds(5))
            let numbers = [1, 2, 3]
            return "\(numbers[request.target.utf8.count])"
        }
        app.get("/overflow") { request in "\(Troubles.deeper(request.target.utf8.count))" }
        app.get("/overflow-async") { request in
            try await sleep(for: .milliseconds(5))
            return "\(Troubles.deeper(request.target.utf8.count))"
        }
        app.get("/exit") { _ -> String in exit(3) }
        app.get("/abort") { _ -> String in Glibc.abort() }
    }

    /// Never returns: each step needs the next.
    @inline(never) private static func deeper(_ depth: Int) -> Int {
        withUnsafeTemporaryAllocation(of: Int.self, capacity: 64) { numbers in
            numbers.initialize(repeating: depth)
            return depth < 0 ? 0 : deeper(depth + 1) + numbers[depth % 64]
        }
    }

    private static func block(milliseconds: UInt32) { usleep(milliseconds * 1000) }
}

/// Something that only one task at a time may use, and that takes its time.
private actor Counter {
    private var count = 0

    func next() -> Int {
        usleep(50_000)
        count += 1
        return count
    }
}
