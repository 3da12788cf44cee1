// The demo apps do what their pages say.

import Foundation
import InspectorCore
import Testing

@testable import Inspector
@testable import inspector

@Suite(.serialized) struct DemoAppTests {
    private final class Scene {
        let upstream: SimulatedUpstream

        init() throws { upstream = try SimulatedUpstream() }

        var host: AppEnvironment { AppEnvironment(upstreamURL: upstream.url, isDeadly: false) }

        deinit { upstream.stop() }
    }

    @Test("every trouble ends as its page says", arguments: ExecutionMode.allCases)
    func troubles(mode: ExecutionMode) async throws {
        let scene = try Scene()
        let app = Troubles.make(scene.host)
        #expect(app.problems == [])
        let routes = Set(app.routes.map(\.rule))
        let client = try TestClient(app, depth: .socket, mode: mode)
        for trouble in Trouble.all where trouble.ends {
            // The main actor's queue is drained by the program's own loop, which a test has not.
            if trouble.path == "/main-actor" { continue }
            let answer = try await client.get(trouble.path)
            #expect(answer.response.status == trouble.status, "\(trouble.path): \(trouble.says)")
            #expect(answer.isComplete == trouble.isComplete, "\(trouble.path): \(trouble.says)")
            #expect(
                !answer.trace.spans(.teardownRequest).isEmpty, "\(trouble.path): teardown did not run")
        }
        for trouble in Trouble.all where !trouble.path.hasPrefix("/convert/") {
            #expect(routes.contains(trouble.path), "\(trouble.path) is on the page, but not served")
        }
        let index = try await client.get("/").response.text
        for trouble in Trouble.all {
            #expect(index.contains(trouble.says.replacingOccurrences(of: "'", with: "&#39;")))
        }
    }

    @Test(
        "a shop's visit shows its hooks, database and payment in the order they happened",
        arguments: ExecutionMode.allCases)
    func shop(mode: ExecutionMode) throws {
        let scene = try Scene()
        let app = Shop.make(scene.host)
        #expect(app.problems == [])
        let client = try TestClient(app, depth: .socket, mode: mode)
        let stranger = try client.get("/cart/")
        #expect(stranger.response.status == 303)
        #expect(stranger.response.headers["Location"] == "/account/login")
        #expect(stranger.trace.functions.first == "before_request require login")
        _ = try client.get("/account/login")
        #expect(try client.post("/account/login", form: [("name", "ada")]).response.status == 303)
        #expect(try client.get("/").response.text.contains("Welcome, ada."))
        #expect(try client.send("POST", "/cart/add/2").response.status == 303)

        let failed = try client.post("/cart/checkout", form: [("card", "refused")])
        #expect(failed.response.status == 402)
        #expect(failed.response.text.contains("the card was refused"))
        #expect(
            failed.trace.functions == [
                "before_request require login", "view cart.checkout", "error_handler payment failed",
                "after_request no store", "teardown_request forget customer", "teardown_appcontext count",
            ])
        let waits = failed.trace.spans.filter { $0.kind == .await || $0.kind == .blocked }
        #expect(
            waits.map(\.label) == [
                "SELECT customer", "SELECT cart", "INSERT order", "POST payment/status/402", "UPDATE order",
            ])
        #expect(waits.map(\.awaitKind) == [.database, .database, .database, .http, .database])
        #expect(waits.allSatisfy { $0.kind == (mode == .sync ? .blocked : .await) })
        #expect(failed.trace.first(.render)?.label == "failed")
        #expect(failed.trace.happened(.teardownAppContext, before: .headSent))

        let paid = try client.post("/cart/checkout", form: [("card", "works")])
        #expect(paid.response.status == 303)
        if mode != .sync { #expect(paid.trace.first(.background)?.outcome == .done) }
        let orders = try client.get("/account/orders/").response.text
        #expect(orders.contains("paid") && orders.contains("failed"))
        #expect(
            try client.get("/account/orders/orders.csv").response.text
                == "order,cents,state\n2,2450,paid\n1,2450,failed\n")
        #expect(try client.post("/cart/checkout", form: [("card", "works")]).response.status == 409)
        #expect(try client.send("POST", "/cart/add/99").response.status == 404)
        #expect(try client.get("/nowhere").response.text.contains("Not here"))
    }

    @Test("an uploaded photo comes back as it was, and what is not an image is refused")
    func upload() throws {
        let scene = try Scene()
        let client = try TestClient(Shop.make(scene.host))
        _ = try client.post("/account/login", form: [("name", "ada")])
        func send(_ type: String) throws -> Response {
            let body =
                "--b\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"../../me.png\"\r\n"
                + "Content-Type: \(type)\r\n\r\nPIXELS\r\n--b--\r\n"
            return try client.send(
                "POST", "/account/photo", headers: ["Content-Type": "multipart/form-data; boundary=b"],
                body: Array(body.utf8)
            ).response
        }
        #expect(try send("text/html").status == 415)
        #expect(try send("image/png").status == 303)
        let photo = try client.get("/account/photo").response
        #expect(photo.text == "PIXELS")
        #expect(photo.headers["Content-Type"] == "image/png")
    }
}
