// The app of the soak run: a route for each thing that a server has to survive, and counts of what ran.

import Foundation
import Glibc
import Inspector
import InspectorCore
import Synchronization

/// How many requests began and were torn down; told on the error stream as the process ends.
private let begun = Atomic<Int>(0)
private let torn = Atomic<Int>(0)

private struct Broken: Error {}

/// Everything goes wrong here, on purpose.
func hardship(_ host: AppEnvironment) -> App {
    var options = ExternalClient.Options()
    options.timeout = .milliseconds(300)
    let api = ExternalClient("api", baseURL: host.upstreamURL, options: options)
    let closed = ExternalClient("closed", baseURL: "http://127.0.0.1:9", options: options)
    let app = App("hardship")
    app.beforeRequest("count") { _ in begun.add(1, ordering: .relaxed) }
    app.teardownRequest("count") { _, _ in torn.add(1, ordering: .relaxed) }
    app.get("/hello", sync: { _ in "Hello, world!" }, async: { _ async in "Hello, world!" })
    app.get(
        "/wait",
        sync: { _ in
            usleep(5000)
            return "waited"
        },
        async: { _ in
            try await sleep(for: .milliseconds(5))
            return "waited"
        })
    app.get("/slow") { _ in
        // Sync in every mode: in native it takes a thread of the pool, which grows to its full size by it.
        usleep(50_000)
        return "slow"
    }
    app.get("/throw") { _ -> String in throw Broken() }
    app.get("/busy") { _ async in
        // On the event loop in native mode: nothing else runs on it meanwhile.
        usleep(3000)
        return "blocked"
    }
    for (path, target) in [("/api", "/delay/2"), ("/hang", "/hang"), ("/cut", "/cut")] {
        app.get(
            path, sync: { _ in try api.get(target).text }, async: { _ in try await api.get(target).text })
    }
    app.get("/refused", sync: { _ in try closed.get("/").text }, async: { _ in try await closed.get("/").text })
    // Made once: to make it takes longer than to send it.
    let large = Array(repeating: UInt8(ascii: "x"), count: 2_000_000)
    app.get("/large") { _ in Response(bytes: large, contentType: "text/plain") }
    app.get("/stream") { _ in
        Response.stream { (writer: ResponseWriter) throws in
            for _ in 0..<20 { try writer.write([UInt8](repeating: 65, count: 10_000)) }
        }
    }
    app.post("/upload") { request in "\(request.body.count)" }
    app.get("/pending") { _ in
        try await sleep(for: .seconds(30))
        return "woken"
    }
    app.get("/stuck") { _ -> String in
        // Longer than any stop waits, and deaf to everything.
        while true { usleep(100_000) }
    }
    app.get("/counts") { _ in
        JSON(["begun": .int(begun.load(ordering: .relaxed)), "torn": .int(torn.load(ordering: .relaxed))])
    }
    atexit {
        let text = "soak: begun \(begun.load(ordering: .relaxed)) torn \(torn.load(ordering: .relaxed))\n"
        FileHandle.standardError.write(Data(text.utf8))
    }
    return app
}

/// As many open files as the system allows: the soak opens ten thousand connections.
func raiseOpenFiles() {
    // What the program itself does at its start; here it can be lowered, to see what happens then.
    guard let text = ProcessInfo.processInfo.environment["SOAK_OPEN_FILES"], let count = UInt64(text) else { return }
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    limit.rlim_cur = rlim_t(count)
    limit.rlim_max = rlim_t(count)
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
}
