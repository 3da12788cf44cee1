// What is about to be bought, and the checkout: an order is opened, the card is charged, the order is closed. The card
// may be refused, and the service that charges it fails at times.

import GRDB
import InspectorCore
import Logging

/// The blueprint of the cart; all of it needs a login.
enum Cart {
    /// The card was not charged.
    struct PaymentFailed: KindedError, CustomStringConvertible {
        static let errorKind = ErrorKind("PaymentFailed", parents: [.runtimeError])

        let order: Int64
        let reason: String

        var kind: ErrorKind { PaymentFailed.errorKind }
        var description: String { "The payment of order \(order) failed: \(reason)." }
    }

    static func make(_ database: ShopDatabase, _ payment: ExternalClient) -> Blueprint {
        let cart = Blueprint("cart", prefix: "/cart")
        Account.requireLogin(cart, database)
        cart.get(
            "/", endpoint: "show",
            sync: { request in
                try page(request, database.read("SELECT cart", ShopQueries.cart(Account.customer(request))))
            },
            async: { request in
                try page(request, await database.read("SELECT cart", ShopQueries.cart(Account.customer(request))))
            })
        addAdd(to: cart, database)
        addCheckout(to: cart, database, payment)
        cart.errorHandler(
            PaymentFailed.errorKind, name: "payment failed",
            sync: { request, error in
                if let failed = error as? PaymentFailed {
                    try database.write(
                        "UPDATE order", ShopQueries.close(failed.order, "failed", Account.customer(request)))
                }
                return try failure(request, error)
            },
            async: { request, error in
                if let failed = error as? PaymentFailed {
                    try await database.write(
                        "UPDATE order", ShopQueries.close(failed.order, "failed", Account.customer(request)))
                }
                return try failure(request, error)
            })
        cart.afterRequest("no store") { _, response in response.headers["Cache-Control"] = "no-store" }
        cart.teardownRequest("forget customer") { request, _ in _ = request.g.removeValue(forKey: "user") }
        return cart
    }

    private static func page(_ request: Request, _ lines: [Line]) throws -> Response {
        let (items, sum) = Shop.shown(lines)
        return try request.render(
            "cart", ["lines": items, "sum": Shop.price(sum), "isEmpty": lines.isEmpty])
    }

    private static func failure(_ request: Request, _ error: any Error) throws -> Response {
        Logger(label: "shop").warning("\(error)", metadata: ["customer": "\(Account.customer(request))"])
        return try request.render("failed", ["reason": "\(error)"], status: 402)
    }

    private static func addAdd(to cart: Blueprint, _ database: ShopDatabase) {
        @Sendable func statement(_ request: Request) -> @Sendable (Database) throws -> Void {
            ShopQueries.add(Int64(request.viewArgs["id"]?.int ?? 0), to: Account.customer(request))
        }
        @Sendable func done(_ request: Request) throws -> Response {
            request.flash("It is in the cart.")
            return .redirect(to: try request.urlFor(".show"), status: 303)
        }
        cart.post(
            "/add/<int:id>", endpoint: "add",
            sync: { request in
                do { try database.write("INSERT cart", statement(request)) } catch is DatabaseError { try abort(404) }
                return try done(request)
            },
            async: { request in
                do { try await database.write("INSERT cart", statement(request)) } catch is DatabaseError {
                    try abort(404)
                }
                return try done(request)
            })
    }

    private static func addCheckout(to cart: Blueprint, _ database: ShopDatabase, _ payment: ExternalClient) {
        cart.post(
            "/checkout", endpoint: "checkout", options: [.deadline(.seconds(5))],
            sync: { request in
                let customer = Account.customer(request)
                let address = try address(of: request)
                let sum = Shop.shown(try database.read("SELECT cart", ShopQueries.cart(customer))).sum
                guard sum > 0 else { throw HTTPError(.conflict, message: "The cart is empty.") }
                let order = try database.write("INSERT order", ShopQueries.open(customer, sum))
                let answer = try payment.post(address, body: Array("\(sum)".utf8))
                guard answer.status == 200 else { throw refusal(order, answer) }
                try database.write("UPDATE order", ShopQueries.close(order, "paid", customer))
                return try paid(request, order)
            },
            async: { request in
                let customer = Account.customer(request)
                let address = try address(of: request)
                let sum = Shop.shown(try await database.read("SELECT cart", ShopQueries.cart(customer))).sum
                guard sum > 0 else { throw HTTPError(.conflict, message: "The cart is empty.") }
                let order = try await database.write("INSERT order", ShopQueries.open(customer, sum))
                let answer = try await payment.post(address, body: Array("\(sum)".utf8))
                guard answer.status == 200 else { throw refusal(order, answer) }
                try await database.write("UPDATE order", ShopQueries.close(order, "paid", customer))
                try request.background("receipt for order \(order)", lifetime: .seconds(5)) {
                    _ = try await payment.get("/delay/150")
                }
                return try paid(request, order)
            })
    }

    /// Where the card is charged: one that works, one that is refused, one whose service fails at times.
    private static func address(of request: Request) throws -> String {
        switch try request.form()["card"] ?? "works" {
        case "works": return "/flaky/0"
        case "refused": return "/status/402"
        case "sometimes": return "/flaky/40"
        case let other: throw HTTPError(.badRequest, message: "There is no card \(other).")
        }
    }

    private static func refusal(_ order: Int64, _ answer: ExternalResponse) -> PaymentFailed {
        PaymentFailed(
            order: order,
            reason: answer.status == 402 ? "the card was refused" : "the payment service answered \(answer.status)")
    }

    private static func paid(_ request: Request, _ order: Int64) throws -> Response {
        request.flash("Order \(order) is paid.")
        return .redirect(to: try request.urlFor("account.orders.list"), status: 303)
    }
}
