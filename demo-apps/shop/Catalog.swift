// What is for sale: for everyone.

import InspectorCore

/// The blueprint of the pages that need no login.
enum Catalog {
    static func make(_ database: ShopDatabase) -> Blueprint {
        let catalog = Blueprint("catalog")
        catalog.get(
            "/", endpoint: "index",
            sync: { request in try page(request, database.read("SELECT products", ShopQueries.products)) },
            async: { request in
                try page(request, await database.read("SELECT products", ShopQueries.products))
            })
        catalog.get(
            "/product/<int:id>", endpoint: "product",
            sync: { request in
                let id = Int64(request.viewArgs["id"]?.int ?? 0)
                return try page(request, database.read("SELECT product", ShopQueries.product(id)))
            },
            async: { request in
                let id = Int64(request.viewArgs["id"]?.int ?? 0)
                return try page(request, await database.read("SELECT product", ShopQueries.product(id)))
            })
        return catalog
    }

    private static func page(_ request: Request, _ products: [Product]) throws -> Response {
        let items = try products.map { product in
            JSON([
                "name": .string(product.name), "price": .string(Shop.price(product.cents)),
                "url": .string(try request.urlFor(".product", ["id": .int(Int(product.id ?? 0))])),
                "add": .string(try request.urlFor("cart.add", ["id": .int(Int(product.id ?? 0))])),
            ])
        }
        return try request.render("index", ["products": JSON.array(items)])
    }

    private static func page(_ request: Request, _ product: Product?) throws -> Response {
        guard let product else { throw HTTPError(.notFound, message: "This is not for sale.") }
        return try request.render(
            "product",
            [
                "name": product.name, "price": Shop.price(product.cents),
                "add": try request.urlFor("cart.add", ["id": .int(Int(product.id ?? 0))]),
            ])
    }
}
