// A page made of five calls to an external API: the case that async was made for.

import Inspector
import InspectorCore
import Logging

/// Shows the weather of five cities on one page.
///
/// Sync, the page asks for one city after the other; async, for all at once. Everything else is the same.
enum Weather {
    private static let cities = ["oslo", "lima", "cairo", "delhi", "tokyo"]

    static func make(_ host: AppEnvironment) -> App {
        let app = App("weather")
        let api = ExternalClient("api", baseURL: host.upstreamURL)
        app.showcase = "/dashboard"
        app.template("dashboard", Weather.dashboard)
        app.template("failed", "<h1>The weather service failed.</h1>\n<p>{{reason}}</p>\n")
        addHooks(to: app, api)
        addPages(to: app, api)
        return app
    }

    private static let dashboard = """
        <!doctype html>
        <title>Weather</title>
        <p>Hello, {{user}}.</p>
        <table>
        {{#reports}}<tr><td>{{city}}<td>{{celsius}} °C<td>{{sky}}
        {{/reports}}</table>

        """

    private static func addHooks(to app: App, _ api: ExternalClient) {
        let logger = Logger(label: "weather")
        // Who asks is looked up with a call of its own, as a session service would be.
        app.beforeRequest(
            "auth",
            sync: { request in
                try api.get("/delay/10").requireSuccess()
                request.g["user"] = request.headers["X-User"] ?? "guest"
            },
            async: { request in
                try await api.get("/delay/10").requireSuccess()
                request.g["user"] = request.headers["X-User"] ?? "guest"
            })
        app.afterRequest("stamp") { request, response in
            response.headers["X-Request-Number"] = "\(request.number)"
            response.headers["Cache-Control"] = "no-store"
        }
        app.teardownRequest("forget user") { request, _ in
            _ = request.g.removeValue(forKey: "user")
        }
        app.errorHandler(UpstreamError.kind, name: "upstream failed") { request, error in
            logger.warning("\(request.path): \(error)")
            return try request.render("failed", ["reason": "\(error)"], status: 502)
        }
    }

    private static func addPages(to app: App, _ api: ExternalClient) {
        app.get("/", endpoint: "index") { _ in
            """
            <!doctype html>
            <title>Weather</title>
            <ul>
            <li><a href="/dashboard">five cities on one page</a>
            <li><a href="/city/oslo">one city</a>
            <li><a href="/broken">a service that fails</a>
            </ul>

            """
        }
        app.get(
            "/dashboard", endpoint: "dashboard",
            sync: { request in
                var reports: [Report] = []
                for city in Weather.cities { reports.append(try Report(api.get("/city/\(city)"))) }
                return try Weather.page(reports, for: request)
            },
            async: { request in
                let reports = try await gather(Weather.cities) { city in
                    try Report(await api.get("/city/\(city)"))
                }
                return try Weather.page(reports, for: request)
            })
        app.get(
            "/city/<name>", endpoint: "city",
            sync: { request in
                try Report(api.get("/city/\(Weather.name(in: request))")).json
            },
            async: { request in
                try Report(await api.get("/city/\(Weather.name(in: request))")).json
            })
        app.get(
            "/broken", endpoint: "broken",
            sync: { _ in try api.get("/status/503").requireSuccess().text },
            async: { _ in try await api.get("/status/503").requireSuccess().text })
    }

    private static func page(_ reports: [Report], for request: Request) throws -> Response {
        // The template escapes: neither who asks nor what the API says is ours.
        try request.render(
            "dashboard",
            [
                "user": request.g["user", as: String.self] ?? "guest",
                "reports": JSON.array(reports.map(\.json)),
            ])
    }

    /// The city in the address, as it may stand in another one.
    private static func name(in request: Request) -> String {
        let name = request.viewArgs["name"]?.description ?? ""
        // By scalars: a letter with a mark on it is one character, and lies between two others.
        return String(
            String.UnicodeScalarView(name.lowercased().unicodeScalars.filter { ("a"..."z").contains($0) || $0 == "-" }))
    }
}

/// What the API says of one city.
private struct Report {
    let city: String
    let celsius: Int
    let sky: String

    init(_ response: ExternalResponse) throws {
        let answer = try response.requireSuccess().json()
        city = answer["city"]?.string ?? "?"
        // A number of an API may be any: `Int(_:)` ends the program where it does not fit.
        guard let celsius = answer["celsius"]?.number.flatMap({ Int(exactly: $0.rounded()) }) else {
            throw NoTemperature(city: city)
        }
        self.celsius = celsius
        sky = answer["sky"]?.string ?? "?"
    }

    var json: JSON { JSON(["city": .string(city), "celsius": .int(celsius), "sky": .string(sky)]) }
}

/// The API's report has no temperature that could be one.
private struct NoTemperature: KindedError, CustomStringConvertible {
    let city: String

    var kind: ErrorKind { UpstreamError.kind }
    var description: String { "The weather service gave no temperature for \(city)." }
}
