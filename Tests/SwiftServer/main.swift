// A Hummingbird as people write one, with one line more: the tests watch it from within.
//
//   watched-server UPSTREAM [ENDPOINT]    serves on a free port, which it prints; calls UPSTREAM

import AsyncHTTPClient
import Hummingbird
import InspectorTracing
import Tracing

let upstream = CommandLine.arguments.count > 1 ? CommandLine.arguments[1] : "http://127.0.0.1:9101"
let endpoint = CommandLine.arguments.count > 2 ? CommandLine.arguments[2] : "http://127.0.0.1:4318"

InspectorTracing.bootstrap(service: "shop", endpoint: endpoint)

@Sendable func ask(_ path: String) async throws -> Int {
    let answer = try await HTTPClient.shared.execute(HTTPClientRequest(url: upstream + path), timeout: .seconds(30))
    _ = try await answer.body.collect(upTo: 1 << 20)
    return Int(answer.status.code)
}

let router = Router()
router.add(middleware: TracingMiddleware())
router.get("/hello/:name") { _, context in "Hello, \(context.parameters.get("name") ?? "you")." }
router.get("/page") { _, _ in
    let codes = try await withThrowingTaskGroup(of: Int.self) { group in
        for place in 0..<3 { group.addTask { try await ask("/delay/\(200 + place)") } }
        return try await group.reduce(into: [Int]()) { $0.append($1) }
    }
    return "\(codes)"
}
router.get("/hang") { _, _ in "\(try await ask("/hang"))" }
router.get("/fails") { _, _ -> String in throw HTTPError(.badGateway, message: "as asked") }

let app = Application(
    router: router, configuration: .init(address: .hostname("127.0.0.1", port: 0)),
    onServerRunning: { channel in print(channel.localAddress?.port ?? 0) })
try await app.runService()
