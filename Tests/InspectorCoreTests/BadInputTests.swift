// Input that does not fit: a 4xx that says where and why, never a 500, never a trap.

import Foundation
import Testing

@testable import InspectorCore

@Suite struct BadInputTests {
    enum Size: String, Codable, Sendable { case small, large }

    indirect enum Tree: Codable, Sendable {
        case leaf
        case node(Tree)
    }

    struct Item: Codable, Sendable {
        var name: String
        var count: UInt8
        var price: Double
        var size: Size
        var due: Date?
        var tags: [String]
        var id: UUID?
        var link: URL?
        var parent: [Item]?
    }

    struct Search: Codable, Sendable {
        var page: Int
        var size: Size?
        var since: Date?
        var tags: [String]?
    }

    private static let app: App = {
        let app = App("strict")
        app.errors = .json
        app.options.maxContentLength = 300_000
        app.post("/items") { request in try request.json(as: Item.self) }
        app.post("/tree") { request in try request.json(as: Tree.self) }
        app.post("/numbers") { request in try request.json(as: [Int32].self) }
        app.post("/form") { request in try request.form(as: Search.self) }
        app.get("/search") { request in try request.query(as: Search.self) }
        app.get("/page") { request in ["page": try request.arg("page", as: Int8.self)] }
        app.get("/items/<id>") { request in ["id": try request.argument("id", as: UInt16.self)] }
        app.post("/json") { request in try request.json() }
        return app
    }()

    private static let good = [
        "name": "\"a\"", "count": "1", "price": "1.5", "size": "\"small\"", "tags": "[]",
    ]

    /// An item with one member changed, or left out where it is nil.
    private static func item(_ name: String, _ value: String?) -> String {
        var members = good
        members[name] = value
        return "{" + members.map { "\"\($0)\":\($1)" }.joined(separator: ",") + "}"
    }

    @Test(
        "a member that does not fit is 400 and named, whatever is wrong with it",
        arguments: [
            ("name", nil), ("name", "null"), ("name", "7"), ("name", "[\"a\"]"), ("count", "256"), ("count", "-1"),
            ("count", "1.5"), ("count", "\"1\""), ("count", "99999999999999999999999"),
            ("count", "true"), ("price", "\"x\""), ("price", "{}"), ("size", "\"huge\""),
            ("size", "0"), ("due", "\"tomorrow\""), ("due", "\"2026-13-01T00:00:00Z\""), ("due", "\"28.11.2026\""),
            ("due", "1795802971"), ("due", "\"\""), ("tags", "{}"), ("tags", "[1]"), ("tags", "[null]"),
            ("id", "\"no-uuid\""), ("id", "5"), ("link", "7"), ("parent", "[{}]"), ("parent", "{}"),
        ])
    func members(name: String, value: String?) throws {
        let client = try TestClient(Self.app)
        let answer = try client.post(
            "/items", headers: ["Content-Type": "application/json"], body: Array(Self.item(name, value).utf8))
        #expect(answer.status == 400, "\(answer.text)")
        let errors = try #require(try answer.json()["errors"]?.items)
        #expect(errors.contains { $0["path"]?.string?.hasPrefix(name) == true }, "\(answer.text)")
        #expect(errors.allSatisfy { $0["detail"]?.string?.isEmpty == false })
    }

    @Test("a body that is no JSON, too deep, too long or of another type is 400, 413 or 415, and says so")
    func bodies() throws {
        let client = try TestClient(Self.app)
        let json: Headers = ["Content-Type": "application/json"]
        let deep = 100_000
        let bodies: [(String, [UInt8], Headers, Int)] = [
            ("empty", [], json, 400), ("cut", Array("{\"name\":".utf8), json, 400),
            ("no text", [0xFF, 0xFE, 0], json, 400), ("a comma too many", Array("{\"a\":1,}".utf8), json, 400),
            ("twice", Array("{\"name\":1,\"name\":\"a\"}".utf8), json, 400), ("a NaN", Array("NaN".utf8), json, 400),
            ("a number that none has", Array("[1e400]".utf8), json, 400),
            ("deep", Array(String(repeating: "[", count: deep).utf8), json, 400),
            (
                "deep and whole",
                Array((String(repeating: "[", count: deep) + String(repeating: "]", count: deep)).utf8), json, 400
            ),
            ("deep objects", Array(String(repeating: "{\"a\":", count: 50_000).utf8), json, 400),
            ("long", [UInt8](repeating: 0x20, count: 300_001), json, 413),
            ("a form", Array("name=a".utf8), ["Content-Type": "application/x-www-form-urlencoded"], 415),
            ("no type", Array("{}".utf8), [:], 415),
            ("a broken type", Array("{}".utf8), ["Content-Type": "application/"], 415),
        ]
        for (name, body, headers, status) in bodies {
            for path in ["/items", "/tree", "/json"] {
                let answer = try client.post(path, headers: headers, body: body)
                // Any JSON is one where no type is asked for.
                if path == "/json", ["twice"].contains(name) { continue }
                #expect(answer.status == status, "\(name) at \(path): \(answer.status) \(answer.text.prefix(200))")
                #expect(try answer.json()["detail"]?.string?.isEmpty == false, "\(name)")
            }
        }
    }

    @Test("a tree as deep as a body may be neither traps nor holds the server")
    func trees() throws {
        let client = try TestClient(Self.app)
        for depth in [1, 10, 100, 400, 5_000] {
            let text =
                String(repeating: "{\"node\":{\"_0\":", count: depth) + "{\"leaf\":{}}"
                + String(repeating: "}}", count: depth)
            let answer = try client.post(
                "/tree", headers: ["Content-Type": "application/json"], body: Array(text.utf8))
            #expect([200, 400].contains(answer.status), "\(depth): \(answer.status) \(answer.text.prefix(100))")
        }
    }

    @Test("query, form and path arguments that do not fit are 400 and named")
    func pairs() throws {
        let client = try TestClient(Self.app)
        let form: Headers = ["Content-Type": "application/x-www-form-urlencoded"]
        for (text, name) in [
            ("", "page"), ("page=", "page"), ("page=x", "page"), ("page=1.5", "page"),
            ("page=99999999999999999999", "page"),
            ("page=1&size=huge", "size"), ("page=1&since=yesterday", "since"), ("page=%00", "page"),
            ("page=%zz", "page"),
            ("page=1&page=2&size=%FF", "size"),
        ] {
            for answer in [
                try client.get("/search?" + text), try client.post("/form", headers: form, body: Array(text.utf8)),
            ] {
                #expect(answer.status == 400, "\(text): \(answer.status) \(answer.text)")
                #expect(answer.text.contains("\"\(name)\""), "\(text): \(answer.text)")
            }
        }
        for target in [
            "/page?page=128", "/page?page=-129", "/items/65536", "/items/-1", "/items/x",
        ] {
            #expect(try client.get(target).status == 400, "\(target)")
        }
    }

    @Test("a thousand bodies that nobody would write are answered with 200 or 4xx")
    func mutations() throws {
        let client = try TestClient(Self.app, mode: .sync)
        var dice = SeededNumbers(20)
        let words = [
            "{", "}", "[", "]", ":", ",", "\"name\"", "\"count\"", "\"tags\"", "\"parent\"", "\"due\"", "null", "true",
            "1", "-1", "1e5", "256", "\"small\"", "\"\\u0000\"", "\"\\ud800\"", "\"2026-11-28T06:30:00Z\"", "\u{FEFF}",
            " ",
        ]
        for number in 0..<1_000 {
            var text = Self.item("parent", number % 2 == 0 ? nil : "[" + Self.item("due", "null") + "]")
            for _ in 0..<(1 + number % 4) {
                let place = text.index(text.startIndex, offsetBy: Int(dice.next() % UInt64(text.count)))
                let word = words[Int(dice.next() % UInt64(words.count))]
                if dice.next() % 2 == 0 { text.insert(contentsOf: word, at: place) } else { text.remove(at: place) }
            }
            let answer = try client.post(
                number % 3 == 0 ? "/numbers" : "/items", headers: ["Content-Type": "application/json"],
                body: Array(text.utf8))
            #expect(answer.status == 200 || answer.status == 400, "\(answer.status): \(text)")
        }
    }
}
