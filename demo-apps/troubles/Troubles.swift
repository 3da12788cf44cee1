// Ways to go wrong, a route each: what the dashboard shows of them is the point.

import Glibc
import Inspector
import InspectorCore

/// An app whose routes fail.
final class Troubles: App, @unchecked Sendable {
    // `@unchecked Sendable`: it adds only constants to its superclass.

    private let api: ExternalClient

    init(host: AppHost) {
        api = ExternalClient("api", baseURL: host.upstreamURL)
        super.init("troubles")
        teardownRequest("teardown") { request, error in
            if request.path == "/teardown-fails" { throw Trouble(kind: .valueError, text: "the teardown failed") }
        }
        afterRequest("after") { request, _ in
            if request.path == "/after-fails" { throw Trouble(kind: .valueError, text: "the after hook failed") }
        }
        errorHandler(.timeoutError, name: "too slow") { _, error in Response("\(error)\n", status: 504) }
        addPages()
        if host.isDeadly { addDeadlyPages() }
    }

    private func addPages() {
        get("/", endpoint: "index") { _ in "Each address of this app fails in its own way.\n" }
        get("/raises", endpoint: "raises") { _ -> String in
            throw Trouble(kind: .keyError, text: "nobody handles this")
        }
        get("/after-fails", endpoint: "after fails") { _ in "The after hook will throw.\n" }
        get("/teardown-fails", endpoint: "teardown fails") { _ in "The teardown will throw.\n" }
        get("/nothing", endpoint: "nothing") { _ -> String? in nil }
        get("/timeout", endpoint: "timeout") { [api] _ in
            try await withTimeout(.milliseconds(100)) { try await api.get("/delay/1000").text }
        }
        get("/one-fails", endpoint: "one fails") { [api] _ in
            let texts = try await gather(["/delay/300", "/status/503", "/delay/400"]) { path in
                try await api.get(path).requireSuccess().text
            }
            return texts.joined()
        }
        get("/leak", endpoint: "leak") { [api] _ in
            // A bare task is nobody's child: it goes on when its request is over.
            Task { [api] in _ = try await api.get("/delay/300") }
            Task { [api] in
                try await Task.sleep(for: .milliseconds(100))
                _ = try await api.get("/delay/200")
            }
            return "Two tasks go on without this request.\n"
        }
        get("/main-actor", endpoint: "main actor") { _ in
            let isMain = await MainActor.run { true }
            return "The main actor answered: \(isMain)\n"
        }
        get("/prints", endpoint: "prints") { request in
            print("a line on stdout from request #\(request.number)")
            return "It was printed.\n"
        }
        get("/blocks-loop", endpoint: "blocks loop") { _ in
            try await sleep(for: .milliseconds(20))
            Troubles.block(milliseconds: 200)
            return "It held its loop for 200 ms.\n"
        }
    }

    private func addDeadlyPages() {
        get("/trap", endpoint: "trap") { request -> String in
            let numbers = [1, 2, 3]
            return "\(numbers[request.target.utf8.count])"
        }
        get("/trap-async", endpoint: "trap async") { request -> String in
            try await sleep(for: .milliseconds(5))
            let numbers = [1, 2, 3]
            return "\(numbers[request.target.utf8.count])"
        }
        get("/overflow", endpoint: "overflow") { request in "\(Troubles.deeper(request.target.utf8.count))" }
        get("/overflow-async", endpoint: "overflow async") { request in
            try await sleep(for: .milliseconds(5))
            return "\(Troubles.deeper(request.target.utf8.count))"
        }
        get("/exit", endpoint: "exit") { _ -> String in exit(3) }
        get("/abort", endpoint: "abort") { _ -> String in Glibc.abort() }
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

/// An error of a kind.
private struct Trouble: KindedError, CustomStringConvertible {
    let kind: ErrorKind
    let text: String

    var description: String { text }
}
