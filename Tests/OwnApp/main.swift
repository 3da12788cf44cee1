import Inspector
import InspectorCore

func cities(_ host: AppEnvironment) -> App {
    let app = App("cities")
    let api = ExternalClient("api", baseURL: host.upstreamURL)
    app.beforeRequest("who") { request in request.g["who"] = request.headers["X-Who"] ?? "you" }
    app.get("/hello/<name>") { request in "Hello, \(request.viewArgs["name"] ?? "you")!\n" }
    app.get(
        "/sum",
        sync: { _ in
            let texts = try ["oslo", "lima", "cairo"].map { try api.get("/city/\($0)").text }
            return texts.joined()
        },
        async: { _ in
            let texts = try await gather(["oslo", "lima", "cairo"]) { try await api.get("/city/\($0)").text }
            return texts.joined()
        })
    app.teardownRequest("bye") { request, error in request.mark("bye") }
    return app
}

InspectorProgram.main(hosting: [cities])
