// The shop's database: SQLite through GRDB, one file for each lane.

import Foundation
import GRDB
import Glibc
import InspectorCore

/// What is for sale.
struct Product: Codable, FetchableRecord, MutablePersistableRecord {
    var id: Int64?
    var name: String
    var cents: Int

    mutating func didInsert(_ inserted: InsertionSuccess) { id = inserted.rowID }
}

/// A line of somebody's cart, or of an order.
struct Line: Codable, FetchableRecord {
    var name: String
    var cents: Int
    var count: Int
}

/// Something that was bought, or nearly.
struct Order: Codable, FetchableRecord, MutablePersistableRecord {
    var id: Int64?
    var customer: String
    var cents: Int
    /// `pending`, `paid` or `failed`.
    var state: String

    static let databaseTableName = "orders"

    mutating func didInsert(_ inserted: InsertionSuccess) { id = inserted.rowID }
}

/// Reads and writes, blocking or awaited; each is seen in the trace as a wait for the database.
final class ShopDatabase: Sendable {
    let folder: String
    private let queue: DatabaseQueue

    /// Makes the file, its tables and something to sell.
    init() throws {
        folder = try ShopDatabase.makeFolder()
        queue = try DatabaseQueue(path: folder + "/shop.sqlite")
        try queue.write { db in
            try db.create(table: "product") { table in
                table.autoIncrementedPrimaryKey("id")
                table.column("name", .text).notNull()
                table.column("cents", .integer).notNull()
            }
            try db.create(table: "customer") { table in
                table.primaryKey("name", .text)
                table.column("photo", .text)
            }
            try db.create(table: "cart") { table in
                table.column("customer", .text).notNull()
                table.column("product", .integer).notNull().references("product")
                table.column("count", .integer).notNull()
                table.primaryKey(["customer", "product"])
            }
            try db.create(table: "orders") { table in
                table.autoIncrementedPrimaryKey("id")
                table.column("customer", .text).notNull()
                table.column("cents", .integer).notNull()
                table.column("state", .text).notNull()
            }
            for (name, cents) in [("Kettle", 3900), ("Teapot", 2450), ("Cup", 790), ("Tea, 100 g", 1280)] {
                var product = Product(id: nil, name: name, cents: cents)
                try product.insert(db)
            }
        }
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    func read<Value: Sendable>(_ label: String, _ body: @Sendable (Database) throws -> Value) throws -> Value {
        try blocking(label, .database) { try queue.read(body) }
    }

    func read<Value: Sendable>(
        _ label: String, _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws -> Value {
        try await awaiting(label, .database) { try await queue.read(body) }
    }

    func write<Value: Sendable>(_ label: String, _ body: @Sendable (Database) throws -> Value) throws -> Value {
        try blocking(label, .database) { try queue.write(body) }
    }

    func write<Value: Sendable>(
        _ label: String, _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws -> Value {
        try await awaiting(label, .database) { try await queue.write(body) }
    }

    /// A folder of this process, and none left of those that have ended without taking theirs away.
    private static func makeFolder() throws -> String {
        let files = FileManager.default
        let parent = files.temporaryDirectory.path
        let prefix = "inspector-shop-"
        for name in (try? files.contentsOfDirectory(atPath: parent)) ?? [] where name.hasPrefix(prefix) {
            let words = name.dropFirst(prefix.count).split(separator: "-")
            guard let pid = words.first.flatMap({ Int32($0) }), kill(pid, 0) != 0, errno == ESRCH else { continue }
            try? files.removeItem(atPath: parent + "/" + name)
        }
        let folder = parent + "/" + prefix + "\(getpid())-\(UUID().uuidString)"
        try files.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        return folder
    }
}
