// The filter grammar: what it chooses, and where it says what is wrong.

import Foundation
import Testing

@testable import InspectorCore

@Suite struct FilterTests {
    private struct Subject: FilterSubject {
        var method = "GET"
        var path = "/shop/cart?x=1"
        var mode = "async"
        var awaits = ["GET api/city/oslo", "SELECT user"]
        var filterStatus: Int? = 404
        var filterDuration: UInt64? = 250_000_000
        var filterHasError = false

        func filterHas(field: FilterField, condition: (String) -> Bool) -> Bool {
            texts(field).contains(where: condition)
        }

        private func texts(_ field: FilterField) -> [String] {
            switch field {
            case .method: [method]
            case .path: [path]
            case .route: ["/shop/<page>"]
            case .mode: [mode]
            case .await: awaits
            case .thread: ["worker-1", "loop-87.1"]
            case .id: ["87"]
            }
        }
    }

    @Test(
        "a filter chooses what it says",
        arguments: [
            ("method:get", true), ("method:ge", false), ("method:POST", false), ("path:/shop/*", true),
            ("path:shop", true), ("path:/shop", true), ("path:*cart", false), ("path:*cart*", true), ("cart", true),
            ("\"cart?x\"", true), ("route:/shop/<page>", true), ("status:404", true), ("status:4xx", true),
            ("status:5xx", false), ("status:>=400", true), ("status:<400", false), (">200ms", true), (">0.25s", false),
            (">=250ms", true), ("<=250000us", true), ("<1s", true), ("await:api", true),
            ("await:\"select user\"", true),
            ("await:db", false), ("mode:async", true), ("mode:sync", false), ("thread:worker-1", true),
            ("thread:loop-*", true), ("error", false), ("\"error\"", false), ("id:87", true), ("id:#87", true),
            ("id:8", false), ("not error", true), ("not not error", false), ("method:GET status:5xx", false),
            ("method:GET or status:5xx", true), ("status:5xx or method:POST and cart", false),
            ("(status:5xx or method:GET) and cart", true), ("not (status:4xx cart)", false),
            ("NOT status:5xx AND cart OR error", true), ("path:/shop*x=1", true), ("path:/shop*x=2", false),
            ("path:*/shop/cart?x=1", true), ("await:GET*oslo", true), ("await:*oslo*oslo", false),
        ])
    func chooses(text: String, expected: Bool) throws {
        #expect(try Filter(text).matches(Subject()) == expected)
    }

    @Test("case does not matter beyond ASCII either")
    func unicode() throws {
        #expect(try Filter("path:ÄRGER").matches(Subject(path: "/ärger")))
        #expect(try !Filter("path:ärgern").matches(Subject(path: "/ÄRGER")))
    }

    @Test("what is not known yet is not chosen, neither above nor below")
    func unknown() throws {
        let subject = Subject(filterStatus: nil, filterDuration: nil)
        for text in ["status:404", "status:>=0", "status:<999", ">0ms", "<1s"] {
            #expect(try !Filter(text).matches(subject), "\(text)")
        }
    }

    @Test(
        "what is wrong is said, with its place",
        arguments: [
            ("", 0, "empty"), ("meth:GET", 0, "no field meth"), ("cart meth:GET", 5, "no field meth"),
            (">fast", 0, "fast is not a time"), ("cart >200", 5, "200 is not a time"),
            ("status:abc", 0, "abc is not a status"),
            ("status:", 0, "nothing after it"), ("(cart", 0, "has no )"), ("cart)", 4, "has no ("),
            ("and cart", 0, "missing before and"), ("cart and", 8, "missing at its end"),
            ("not", 3, "missing at its end"),
            ("\"cart", 0, "quote has no end"), ("cart or", 7, "missing at its end"), ("()", 1, "missing before )"),
            (">-5ms", 0, "not a time"), (">1e300s", 0, "not a time"), (">nans", 0, "not a time"),
        ])
    func wrong(text: String, position: Int, reason: String) {
        do {
            _ = try Filter(text)
            Issue.record("\(text) was taken")
        } catch {
            #expect(error.position == position, "\(text): \(error)")
            #expect(error.reason.contains(reason), "\(text): \(error)")
        }
    }

    @Test("a filter of any characters is taken or refused, and ends")
    func fuzz() {
        var numbers = SeededNumbers(7)
        let pieces = [
            "method:", "GET", "(", ")", "not ", "and ", "or ", "status:", "5xx", ">", "<=", "ms", "\"", "*", " ", "é",
            "path:", "/", "1.5s", "error", ":", "\u{0}", "👩‍👩‍👧", "((((((((", "not not not ",
        ]
        for _ in 0..<5000 {
            let text = String(decoding: FuzzTests.draw(pieces, &numbers, most: 30), as: UTF8.self)
            do { _ = try Filter(text).matches(Subject()) } catch {
                #expect(error.position >= 0 && error.position <= text.count)
            }
        }
        #expect(throws: FilterError.self) { try Filter(String(repeating: "(", count: 900)) }
        #expect(throws: FilterError.self) { try Filter(String(repeating: "not ", count: 200) + "x") }
        #expect(throws: FilterError.self) { try Filter(String(repeating: "x", count: 2000)) }
    }
}
