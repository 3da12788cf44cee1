// What people ask about async in a server, a route each: `Q` in the dashboard sends it traffic and gives the answer.

import Glibc
import Inspector
import InspectorCore

/// An app that shows answers rather than pages.
enum Questions {
    static func make(_ host: AppEnvironment) -> App {
        let app = App("questions")
        let api = ExternalClient("api", baseURL: host.upstreamURL)
        app.showcase = "/q4/calls"
        addIndex(to: app)
        addCalls(to: app, api)
        addHooks(to: app)
        addLoops(to: app, api)
        addEnds(to: app)
        return app
    }

    private static func addIndex(to app: App) {
        app.get("/", endpoint: "index") { _ in "Q in the dashboard asks, and answers.\n" }
    }

    private static func addCalls(to app: App, _ api: ExternalClient) {
        // Q1: async, and one call after all. Q10: the same on the loops.
        for number in [1, 10] {
            app.get(
                "/q\(number)", endpoint: "one call, question \(number)",
                sync: { _ in try api.get("/delay/200").requireSuccess().text },
                async: { _ in try await api.get("/delay/200").requireSuccess().text })
        }
        // Q2 and Q3: as a view that cannot be faster, and more requests than workers.
        for number in [2, 3] {
            app.get(
                "/q\(number)", endpoint: "slow call, question \(number)",
                sync: { _ in try api.get("/delay/300").requireSuccess().text },
                async: { _ in try await api.get("/delay/300").requireSuccess().text })
        }
        // Q4: a page of five calls, and one of none.
        app.get(
            "/q4/calls", endpoint: "five calls",
            sync: { _ in
                for _ in 0..<5 { try api.get("/delay/100").requireSuccess() }
                return "five calls\n"
            },
            async: { _ in
                _ = try await gather(Array(0..<5)) { _ in try await api.get("/delay/100").requireSuccess().status }
                return "five calls\n"
            })
        app.get("/q4/none", endpoint: "no call", sync: { _ in "no call\n" }, async: { _ in "no call\n" })
        // Q9: which of two calls holds the worker.
        app.get(
            "/q9", endpoint: "pay",
            sync: { _ in
                try api.get("/delay/20").requireSuccess()
                return try api.get("/delay/400").requireSuccess().text
            },
            async: { _ in
                try await api.get("/delay/20").requireSuccess()
                return try await api.get("/delay/400").requireSuccess().text
            })
    }

    /// Q5: what an async hook costs, which does nothing else.
    private static func addHooks(to app: App) {
        let page = Blueprint("hooked")
        page.beforeRequest("first", sync: { _ in }, async: { _ in })
        page.beforeRequest("second", sync: { _ in }, async: { _ in })
        page.get("/q5", endpoint: "hooked", sync: { _ in "hooked\n" }, async: { _ in "hooked\n" })
        app.register(page)
    }

    private static func addLoops(to app: App, _ api: ExternalClient) {
        // Q6: a blocking call inside an async view.
        app.get("/q6", endpoint: "blocking inside") { _ async throws in
            blocking("GET api/delay/200, by a blocking client", .http) { _ = usleep(200_000) }
            return "blocking inside\n"
        }
        // Q7: one in many holds the loop, and others are late.
        app.get("/q7", endpoint: "quick") { _ async throws in
            try await api.get("/delay/5").requireSuccess().text
        }
        app.get("/q7/report", endpoint: "report") { _ async throws in
            let until = MonotonicTime.now() + 80_000_000
            var sum: UInt64 = 0
            while MonotonicTime.now() < until { sum &+= 1 }
            return "\(sum)\n"
        }
    }

    /// Q8: a handler that throws, and a body that is streamed.
    private static func addEnds(to app: App) {
        app.teardownRequest("close") { request, error in
            request.mark("torn down", error.map { "given \(type(of: $0))" } ?? "without an error")
        }
        app.get("/q8/raises", endpoint: "raises") { _ -> String in throw Refused() }
        app.get("/q8/streams", endpoint: "streams") { _ in
            Response.stream { (body: ResponseWriter) async throws in
                for part in 0..<3 {
                    try await body.write("part \(part)\n")
                    try await sleep(for: .milliseconds(20))
                }
            }
        }
    }

    private struct Refused: Error {}

    /// The clock that has no steps, in ns.
    private enum MonotonicTime {
        static func now() -> UInt64 {
            var time = timespec()
            clock_gettime(CLOCK_MONOTONIC, &time)
            return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
        }
    }
}
