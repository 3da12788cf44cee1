// Who buys: login, a photo, and what was bought before.

import Foundation
import InspectorCore

/// The blueprint of a customer's own pages, with the orders nested in it.
enum Account {
    static func make(_ database: ShopDatabase) -> Blueprint {
        let account = Blueprint("account", prefix: "/account")
        addLogin(to: account, database)
        addPhoto(to: account, database)
        account.register(orders(database))
        return account
    }

    /// Sends everyone who is not logged in to the login page; used by the blueprints that need a customer.
    static func requireLogin(_ blueprint: Blueprint, _ database: ShopDatabase) {
        @Sendable func refuse(_ request: Request) throws -> Response {
            request.flash("Log in first.")
            return .redirect(to: try request.urlFor("account.login"), status: 303)
        }
        blueprint.beforeRequest(
            "require login",
            sync: { request in
                guard let user = request.session["user"]?.string,
                    try database.read("SELECT customer", ShopQueries.knows(user))
                else { return try refuse(request) }
                request.g["user"] = user
                return nil
            },
            async: { request in
                guard let user = request.session["user"]?.string,
                    try await database.read("SELECT customer", ShopQueries.knows(user))
                else { return try refuse(request) }
                request.g["user"] = user
                return nil
            })
    }

    /// The customer that `requireLogin` let through.
    static func customer(_ request: Request) -> String { request.g["user", as: String.self] ?? "" }

    private static func addLogin(to account: Blueprint, _ database: ShopDatabase) {
        account.get("/login", endpoint: "login") { request in try request.render("login") }
        @Sendable func name(_ request: Request) throws -> String {
            // By scalars: a letter may hold a slash or a `<` with it within one character, and a character has no end.
            let written = try request.form().require("name").precomposedStringWithCanonicalMapping.unicodeScalars
            let name = written.filter { $0.properties.isAlphabetic || $0.properties.numericType != nil }
            guard !name.isEmpty, name.count <= 40 else {
                throw HTTPError(.badRequest, message: "A name has 1 to 40 letters and digits.")
            }
            return String(String.UnicodeScalarView(name))
        }
        @Sendable func enter(_ request: Request, _ name: String) throws -> Response {
            request.session["user"] = .string(name)
            request.flash("Welcome, \(name).")
            return .redirect(to: try request.urlFor("catalog.index"), status: 303)
        }
        account.post(
            "/login", endpoint: "enter",
            sync: { request in
                let name = try name(request)
                try database.write("INSERT customer", ShopQueries.remember(name))
                return try enter(request, name)
            },
            async: { request in
                let name = try name(request)
                try await database.write("INSERT customer", ShopQueries.remember(name))
                return try enter(request, name)
            })
        account.post("/logout", endpoint: "logout") { request in
            request.session.clear()
            return Response.redirect(to: try request.urlFor("catalog.index"), status: 303)
        }
    }

    private static func addPhoto(to account: Blueprint, _ database: ShopDatabase) {
        account.post("/photo", endpoint: "upload") { request in
            guard let user = request.session["user"]?.string else { try abort(401) }
            guard let file = try request.form().file("photo"), !file.bytes.isEmpty else {
                throw HTTPError(.badRequest, message: "Choose a photo first.")
            }
            guard file.contentType.hasPrefix("image/") else {
                throw HTTPError(.unsupportedMediaType, message: "A photo is an image.")
            }
            // The system takes 255 bytes.
            let name = user + "-" + file.safeFilename.suffix(80)
            let path = database.folder + "/" + name
            try blocking("write \(name)") { try Data(file.bytes).write(to: URL(fileURLWithPath: path)) }
            try database.write("UPDATE customer", ShopQueries.setPhoto(name, of: user))
            request.flash("The photo is kept.")
            return Response.redirect(to: try request.urlFor("account.orders.list"), status: 303)
        }
        account.get("/photo", endpoint: "photo") { request in
            let user = request.session["user"]?.string ?? ""
            guard let file = try database.read("SELECT photo", ShopQueries.photo(of: user)) else {
                throw HTTPError(.notFound, message: "There is no photo.")
            }
            return try Response.file(file, in: database.folder, for: request)
        }
    }

    private static func orders(_ database: ShopDatabase) -> Blueprint {
        let orders = Blueprint("orders", prefix: "/orders")
        requireLogin(orders, database)
        @Sendable func page(_ request: Request, _ orders: [Order]) throws -> Response {
            let items = orders.map { order in
                JSON([
                    "id": .int(Int(order.id ?? 0)), "price": .string(Shop.price(order.cents)),
                    "state": .string(order.state),
                ])
            }
            return try request.render("orders", ["orders": JSON.array(items)])
        }
        orders.get(
            "/", endpoint: "list",
            sync: { request in
                try page(request, database.read("SELECT orders", ShopQueries.orders(Account.customer(request))))
            },
            async: { request in
                try page(request, await database.read("SELECT orders", ShopQueries.orders(Account.customer(request))))
            })
        orders.get("/orders.csv", endpoint: "csv") { _ in
            streamWithContext(
                .stream(contentType: "text/csv; charset=utf-8") { (writer: ResponseWriter) throws in
                    let customer = Request.current.map(Account.customer) ?? ""
                    try writer.write("order,cents,state\n")
                    for order in try database.read("SELECT orders", ShopQueries.orders(customer)) {
                        try writer.write("\(order.id ?? 0),\(order.cents),\(order.state)\n")
                    }
                })
        }
        return orders
    }
}
