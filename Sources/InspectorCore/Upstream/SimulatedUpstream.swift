// The API that the demo apps call: an app on our own server, whose latency does not depend on who asks first.

internal import Foundation
internal import Synchronization

/// What a person makes the simulated API do, beside what each of its addresses does.
package struct UpstreamSettings: Sendable, Equatable {
    /// What every answer is kept back by, in ms.
    package var addedMilliseconds = 0
    /// How many of a hundred calls are answered with 503 instead.
    package var failurePercent = 0

    package init(addedMilliseconds: Int = 0, failurePercent: Int = 0) {
        self.addedMilliseconds = addedMilliseconds
        self.failurePercent = failurePercent
    }
}

/// A simulated external API in this process.
///
/// | address | answers |
/// |---|---|
/// | `/city/<name>` | the weather of a city, after 180 to 240 ms |
/// | `/delay/<ms>` | after that time |
/// | `/spend/<µs>` | the same, in microseconds |
/// | `/status/<code>` | with that status, after 5 ms |
/// | `/flaky/<percent>` | with 503 for that share of the requests, after 20 ms |
/// | `/hang` | never |
///
/// What a request meets is decided by a hash of the seed, the path and the number of the request that calls, never by
/// the order of arrival: the same request meets the same API in every lane, also in those elsewhere that pass on their
/// `traceparent`. Its settings may be changed while it serves,
/// from any thread.
package final class SimulatedUpstream: Sendable {
    private let served: ServedApp
    private let knobs: Knobs

    /// What every call meets from now on.
    package var settings: UpstreamSettings {
        get { knobs.settings.withLock { $0 } }
        set { knobs.settings.withLock { $0 = newValue } }
    }

    /// Where it listens: `http://127.0.0.1:49152`.
    package var url: String { served.url }

    /// Starts it on loopback.
    ///
    /// - Parameter port: 0 for any free one.
    /// - Throws: `ListenError`.
    package init(
        seed: UInt64 = 1, port: Int = 0, settings: UpstreamSettings = UpstreamSettings()
    ) throws {
        let knobs = Knobs(settings)
        self.knobs = knobs
        served = try ServedApp(SimulatedUpstream.app(seed: seed, knobs: knobs), port: port)
    }

    /// Cuts off what is still asked of it, and ends its threads.
    package func stop() { served.stop() }

    /// The settings, where the app's hook finds them.
    private final class Knobs: Sendable {
        let settings: Mutex<UpstreamSettings>

        init(_ settings: UpstreamSettings) { self.settings = Mutex(settings) }
    }

    private static func app(seed: UInt64, knobs: Knobs) -> App {
        let app = App("upstream")
        app.beforeRequest("settings") { request -> Response? in
            let settings = knobs.settings.withLock { $0 }
            if settings.addedMilliseconds > 0 {
                try await sleep(for: .milliseconds(min(600_000, settings.addedMilliseconds)))
            }
            let fails =
                Dice(seed: seed, request: request).roll(purpose: "settings") % 100
                < UInt64(max(0, settings.failurePercent))
            return fails ? Response.json(["ok": false], status: 503) : nil
        }
        app.get("/city/<name>") { request in
            let name = request.viewArgs["name"]?.description ?? ""
            let dice = Dice(seed: seed, request: request)
            try await sleep(for: .microseconds(180_000 + Int(dice.roll(purpose: "latency") % 60_001)))
            let skies: [JSON] = ["clear", "cloudy", "rain", "snow", "fog", "storm"]
            return JSON([
                "city": .string(name),
                "celsius": .int(Int(Dice(seed: seed, text: name).roll(purpose: "celsius") % 45) - 10),
                "sky": skies[Int(Dice(seed: seed, text: name).roll(purpose: "sky") % 6)],
            ])
        }
        app.get("/delay/<int:ms>") { request in
            let milliseconds = min(600_000, request.viewArgs["ms"]?.int ?? 0)
            try await sleep(for: .milliseconds(milliseconds))
            return JSON(["slept": .int(milliseconds)])
        }
        app.get("/spend/<int:us>") { request in
            let microseconds = min(600_000_000, request.viewArgs["us"]?.int ?? 0)
            if microseconds > 0 { try await sleep(for: .microseconds(microseconds)) }
            return JSON(["spent": .int(microseconds)])
        }
        app.route("/status/<int:code>", methods: ["GET", "POST"]) { request in
            try await sleep(for: .milliseconds(5))
            let code = request.viewArgs["code"]?.int ?? 500
            return Response.json(["status": .int(code)], status: (200...599).contains(code) ? code : 500)
        }
        app.route("/flaky/<int:percent>", methods: ["GET", "POST"]) { request in
            try await sleep(for: .milliseconds(20))
            let percent = UInt64(max(0, request.viewArgs["percent"]?.int ?? 0))
            let fails = Dice(seed: seed, request: request).roll(purpose: "flaky") % 100 < percent
            return Response.json(["ok": .bool(!fails)], status: fails ? 503 : 200)
        }
        app.get("/hang") { _ in
            // A day: longer than anyone waits, and it ends with its connection's server.
            try await sleep(for: .seconds(86_400))
            return JSON(["hung": true])
        }
        return app
    }
}

/// Numbers that look random and are not: the same for the same seed, path and request.
private struct Dice {
    private let start: UInt64

    init(seed: UInt64, request: Request) {
        self.init(seed: seed, text: request.path + "#" + Dice.number(of: request))
    }

    /// Which request calls, where that is told: by our own client, or by a server elsewhere in the trace that we began.
    private static func number(of request: Request) -> String {
        if let number = request.headers[ExternalClient.numberHeader] { return number }
        return request.headers["traceparent"].flatMap { TraceContext.requestNumber(inTraceparent: $0) }
            .map { "\($0)" } ?? ""
    }

    init(seed: UInt64, text: String) {
        start = SeededHash.fnv(text: text, from: 0xCBF2_9CE4_8422_2325 ^ seed &* 0x9E37_79B9)
    }

    /// A number for one purpose.
    func roll(purpose: String) -> UInt64 {
        SeededHash.mixed(value: SeededHash.fnv(text: purpose, from: start))
    }
}
