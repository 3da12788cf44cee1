// What clients send as the app's own types: what fits, and what is said of what does not.

import Foundation
import Testing

@testable import InspectorCore

@Suite struct InputTests {
    enum Colour: String, Codable, CaseIterable, Sendable {
        case red
        case blue
    }

    struct Item: Codable, Sendable, Equatable {
        var name: String
        var price: Double
        var count: Int8?
    }

    struct Order: Codable, Sendable, Equatable {
        var id: Int
        var colour: Colour
        var due: Date
        var items: [Item]
        var note: String?
    }

    private static func faults(_ text: String, as type: (some Decodable).Type) throws -> [String] {
        let json = try JSON(parsing: Array(text.utf8))
        do {
            _ = try JSONCoder().decode(type, from: json)
            return []
        } catch let error as JSONMismatch {
            return error.faults.map(\.description)
        }
    }

    @Test("JSON becomes a type, with dates in ISO 8601, and goes back into the same JSON")
    func whole() throws {
        let text = """
            {"colour":"red","due":"2026-11-28T06:30:00Z","id":7,"items":[{"count":3,"name":"tea","price":2.5}]}
            """
        let order = try JSONCoder().decode(Order.self, from: JSON(parsing: Array(text.utf8)))
        #expect(order.due == Date(timeIntervalSince1970: 1_795_847_400) && order.items[0].count == 3)
        #expect(try String(decoding: JSONCoder().encode(order).encoded, as: UTF8.self) == text)
        let fraction = text.replacingOccurrences(of: ":00Z", with: ":00.25Z")
        #expect(
            try JSONCoder().decode(Order.self, from: JSON(parsing: Array(fraction.utf8))).due.timeIntervalSince1970
                == 1_795_847_400.25)
    }

    @Test("every fault of a body is told with its path, what was expected and what came")
    func every() throws {
        let text = """
            {"id": "seven", "colour": "green", "due": "tomorrow",
             "items": [{"name": 4, "price": 1}, {"price": null}], "note": 5}
            """
        let faults = try Self.faults(text, as: Order.self)
        #expect(faults.contains("id: a whole number was expected, and a text came"))
        let blue = try Self.faults(text.replacingOccurrences(of: "green", with: "blue"), as: Order.self)
        let wanted = [
            "id: a whole number was expected, and a text came",
            "due: a date such as 2026-11-28T06:30:00Z was expected, and “tomorrow” came",
            "items[0].name: a text was expected, and a whole number came",
            "items[1].name is missing",
            "items[1].price: a number was expected, and null came",
            "note: a text was expected, and a whole number came",
        ]
        #expect(blue == wanted, "\(blue)")
        // Nothing can stand in for a case that is not there: what lies after it is not looked at.
        #expect(faults.last == "colour: one of its values was expected, and “green” came", "\(faults)")
        #expect(
            try Self.faults("{}", as: Order.self) == [
                "id is missing", "colour is missing",
            ])
        // Foundation does not say where these lie.
        let wide = try Self.faults(
            "[{\"name\": \"a\", \"price\": 1, \"count\": 300}, {\"name\": 1, \"price\": 2, \"count\": 2.5}]",
            as: [Item].self)
        let expected = [
            "[0].count: a number that fits was expected, and 300 came",
            "[1].name: a text was expected, and a whole number came",
            "[1].count: a number that fits was expected, and 2.5 came",
        ]
        #expect(wide == expected, "\(wide)")
        #expect(try Self.faults("[]", as: Order.self) == ["an object was expected, and a list came"])
        #expect(
            try Self.faults("[1, \"2\", 3, null]", as: [Int].self) == [
                "[1]: a whole number was expected, and a text came", "[3]: a whole number was expected, and null came",
            ])
    }

    /// Refuses whatever comes, and does not say where.
    private struct Stubborn: Decodable {
        init(from decoder: any Decoder) throws {
            throw DecodingError.dataCorrupted(DecodingError.Context(codingPath: [], debugDescription: "no"))
        }
    }

    @Test("a type that refuses a value by itself blames none of its numbers")
    func stubborn() throws {
        let faults = try Self.faults("{\"a\": 1, \"b\": 2}", as: Stubborn.self)
        #expect(faults == ["another value was expected, and one that its type refuses came"])
    }

    @Test("a thousand faults end in twenty of them, and soon")
    func many() throws {
        let text = "[" + Array(repeating: "\"x\"", count: 1_000).joined(separator: ",") + "]"
        #expect(try Self.faults(text, as: [Int].self).count == 20)
        let large = "[\"x\", \"" + String(repeating: "y", count: 300_000) + "\"]"
        #expect(try Self.faults(large, as: [Int].self) == ["[0]: a whole number was expected, and a text came"])
        let deep = String(repeating: "[", count: 100) + String(repeating: "]", count: 100)
        #expect(try Self.faults(deep, as: Order.self) == ["an object was expected, and a list came"])
    }

    struct Search: Codable, Sendable, Equatable {
        var page: Int
        var tags: [String]?
        var colour: Colour?
        var exact: Bool?
        var after: Date?
    }

    private static func search(_ query: String) throws -> Search {
        try PairsDecoder.decode(Search.self, from: PercentCoding.decodeForm(query), what: "The query")
    }

    private static func refusal(_ query: String) -> String {
        do {
            _ = try search(query)
            return ""
        } catch { return (error as? HTTPError).map { "\($0.status) \($0.message)" } ?? "\(error)" }
    }

    @Test("a query becomes a type: lists by repeated names, words for true and false, empty texts for nothing")
    func query() throws {
        #expect(
            try Self.search("page=2&tags=a&tags=b&colour=blue&exact=on&after=2026-11-28T06:30:00Z")
                == Search(
                    page: 2, tags: ["a", "b"], colour: .blue, exact: true,
                    after: Date(timeIntervalSince1970: 1_795_847_400)))
        #expect(try Self.search("page=2&tags[]=a&exact=&after=&other=1") == Search(page: 2, tags: ["a"]))
    }

    @Test("every fault of a query is told, and the values that an enum takes")
    func queryFaults() {
        #expect(
            Self.refusal("page=two&colour=green&exact=maybe")
                == "400 The query does not fit: page: a whole number was expected, and “two” came; "
                + "colour: one of red, blue was expected, and “green” came; exact: true or false was expected, and “maybe” came."
        )
        #expect(Self.refusal("") == "400 The query does not fit: page is missing.")
        #expect(Self.refusal("page=99999999999999999999").contains("a whole number from -9223372036854775808"))
        #expect(Self.refusal("page=1&after=yesterday").contains("after: a date such as"))
        for bad in ["nan", "inf", "1e999", "0x10"] where bad != "0x10" {
            #expect(throws: HTTPError.self) {
                try PairsDecoder.decode(Double.self, text: bad, name: "x", what: "The query")
            }
        }
    }

    @Test("a route reads its body, its query, its form and its path as types, and answers 400 with every fault")
    func route() throws {
        let app = App("typed")
        app.post("/orders") { request in (try request.json(as: Order.self).items.count, .created) }
        app.get("/search") { request in try request.query(as: Search.self) }
        app.post("/form") { request in try request.form(as: Item.self) }
        app.get("/links/<id>") { request in ["id": try request.argument("id", as: Int.self)] }
        app.get("/none/<id>") { request in try request.argument("other", as: Int.self) }
        let client = try TestClient(app)
        let order = Order(id: 1, colour: .red, due: Date(timeIntervalSince1970: 0), items: [])
        let made = try client.post("/orders", json: order)
        #expect(made.status == 201 && made.text == "0\n")
        let bad = try client.post("/orders", json: ["id": "x"])
        #expect(bad.status == 400 && bad.text.contains("id: a whole number was expected"))
        #expect(try client.get("/search?page=3").json(as: Search.self) == Search(page: 3))
        #expect(try client.get("/search?page=x").status == 400)
        let item = try client.post("/form", form: [("name", "tea"), ("price", "2.5")])
        #expect(try item.json(as: Item.self) == Item(name: "tea", price: 2.5))
        #expect(try client.get("/links/7").text == "{\"id\":7}\n")
        #expect(try client.get("/links/seven").status == 400)
        #expect(try client.get("/none/7").status == 500, "a mistake of the app's")
    }
}
