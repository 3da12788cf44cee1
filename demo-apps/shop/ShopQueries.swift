// What the shop asks of its database, apart from who asks: each is run blocking or awaited.

import GRDB

/// The shop's statements.
enum ShopQueries {
    @Sendable static func products(_ db: Database) throws -> [Product] { try Product.order(Column("id")).fetchAll(db) }

    static func product(_ id: Int64) -> @Sendable (Database) throws -> Product? {
        { db in try Product.fetchOne(db, key: id) }
    }

    static func cart(_ customer: String) -> @Sendable (Database) throws -> [Line] {
        { db in
            try Line.fetchAll(
                db,
                sql: """
                    SELECT product.name, product.cents, cart.count FROM cart JOIN product ON product.id = cart.product
                    WHERE cart.customer = ? ORDER BY product.id
                    """, arguments: [customer])
        }
    }

    static func add(_ product: Int64, to customer: String) -> @Sendable (Database) throws -> Void {
        { db in
            try db.execute(
                sql: """
                    INSERT INTO cart (customer, product, count) VALUES (?, ?, 1)
                    ON CONFLICT DO UPDATE SET count = min(count + 1, 99)
                    """, arguments: [customer, product])
        }
    }

    static func open(_ customer: String, _ cents: Int) -> @Sendable (Database) throws -> Int64 {
        { db in
            var order = Order(id: nil, customer: customer, cents: cents, state: "pending")
            try order.insert(db)
            return order.id ?? 0
        }
    }

    static func close(_ order: Int64, _ state: String, _ customer: String) -> @Sendable (Database) throws -> Void {
        { db in
            try db.execute(sql: "UPDATE orders SET state = ? WHERE id = ?", arguments: [state, order])
            if state == "paid" { try db.execute(sql: "DELETE FROM cart WHERE customer = ?", arguments: [customer]) }
        }
    }

    static func orders(_ customer: String) -> @Sendable (Database) throws -> [Order] {
        { db in try Order.filter(Column("customer") == customer).order(Column("id").desc).limit(50).fetchAll(db) }
    }

    static func remember(_ customer: String) -> @Sendable (Database) throws -> Void {
        { db in try db.execute(sql: "INSERT OR IGNORE INTO customer (name) VALUES (?)", arguments: [customer]) }
    }

    static func knows(_ customer: String) -> @Sendable (Database) throws -> Bool {
        { db in
            try Bool.fetchOne(db, sql: "SELECT EXISTS (SELECT 1 FROM customer WHERE name = ?)", arguments: [customer])
                ?? false
        }
    }

    static func setPhoto(_ file: String, of customer: String) -> @Sendable (Database) throws -> Void {
        { db in try db.execute(sql: "UPDATE customer SET photo = ? WHERE name = ?", arguments: [file, customer]) }
    }

    static func photo(of customer: String) -> @Sendable (Database) throws -> String? {
        { db in try String.fetchOne(db, sql: "SELECT photo FROM customer WHERE name = ?", arguments: [customer]) }
    }
}
