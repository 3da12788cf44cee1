// A shop: blueprints, a real database, an auth hook, a payment service that fails at times, sessions, templates, flash
// and uploads.

import Foundation
import Inspector
import InspectorCore

/// Sells tea; each lane has a shop of its own.
enum Shop {
    /// All lanes of a process read one another's cookies: a request that is mirrored comes with the cookie of the lane
    /// that answers.
    private static let key = UUID().uuidString

    static func make(_ host: AppEnvironment) -> App {
        let app = App("shop")
        app.options.secretKeys = [Shop.key]
        app.options.sessionCookie.sameSite = .lax
        app.options.runsAllTeardowns = true
        app.options.maxContentLength = 2 * 1024 * 1024
        app.showcase = "/"
        ShopTemplates.add(to: app)
        app.contextProcessor { request in ["user": request.session["user"] ?? JSON.null] }
        app.errorHandler(404, name: "not found") { request, _ in try request.render("missing", status: 404) }
        app.teardownAppContext("count") { request, error in
            request.mark("torn down", error.map { "after \(type(of: $0))" })
        }
        do {
            let database = try ShopDatabase()
            let payment = ExternalClient("payment", baseURL: host.upstreamURL)
            app.register(Catalog.make(database))
            app.register(Account.make(database))
            app.register(Cart.make(database, payment))
        } catch {
            // Served as it is, so that the reason is seen where one looks for it.
            let reason = "\(error)"
            app.get("/", endpoint: "closed") { _ -> String in
                throw HTTPError(.serviceUnavailable, message: "The shop has no database: \(reason)")
            }
        }
        return app
    }

    /// `39.00`.
    static func price(_ cents: Int) -> String { String(format: "%d.%02d", cents / 100, cents % 100) }

    /// The lines of a cart as a template shows them, and their sum in cents.
    static func shown(_ lines: [Line]) -> (items: JSON, sum: Int) {
        let items = lines.map { line in
            JSON([
                "name": .string(line.name), "count": .int(line.count), "price": .string(price(line.cents * line.count)),
            ])
        }
        return (.array(items), lines.reduce(0) { $0 + $1.cents * $1.count })
    }
}
