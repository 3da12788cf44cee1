// The app that is measured, hosted by the program as any app is.

import Inspector
import InspectorCore

/// The routes that each peer has too: see peers/peers.py and the other targets.
func bench(_ host: AppEnvironment) -> App {
    let api = ExternalClient("api", baseURL: host.upstreamURL)
    let app = App("bench")
    app.get("/hello", sync: { _ in "Hello, world!" }, async: { _ async in "Hello, world!" })
    app.get("/pending") { _ in
        try await sleep(for: .seconds(20))
        return "woken"
    }
    app.get(
        "/five",
        sync: { _ in
            var sum = 0
            for _ in 0..<5 { sum += try api.get("/delay/200").text.count }
            return "\(sum)"
        },
        async: { _ in
            let texts = try await gather([1, 2, 3, 4, 5]) { _ in try await api.get("/delay/200").text }
            return "\(texts.reduce(0) { $0 + $1.count })"
        })
    // Five async functions: two hooks before, two after, and the view.
    let hooks = Blueprint("hooks")
    for name in ["one", "two"] {
        hooks.beforeRequest(name) { _ async in }
        hooks.afterRequest(name) { _, _ async in }
    }
    hooks.get("/hooks") { _ async in "Hello, world!" }
    app.register(hooks)
    return app
}

raiseOpenFiles()
InspectorProgram.main(hosting: [bench, hardship])
