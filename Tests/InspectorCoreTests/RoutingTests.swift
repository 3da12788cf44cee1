// The router, held to the real Werkzeug by rules and paths drawn at random, and by the rules that no draw would meet.

import Foundation
import Testing

@testable import InspectorCore

@Suite struct RoutingTests {
    @Test("rules and paths drawn at random are matched as Werkzeug matched them")
    func likeWerkzeug() throws {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("RoutingVectors/cases.json")
        let cases = try JSON(parsing: Data(contentsOf: file)).items ?? []
        try #require(cases.count >= 200)
        var count = 0
        for (number, one) in cases.enumerated() {
            let app = App("case")
            app.options.isStrictAboutSlashes = one["config"]?["strict"] == true
            app.options.mergesSlashes = one["config"]?["merge"] == true
            for rule in one["rules"]?.items ?? [] {
                app.route(
                    rule["rule"]?.string ?? "", methods: Set(rule["methods"]?.items?.compactMap(\.string) ?? []),
                    endpoint: rule["endpoint"]?.string, options: [.automaticOptions(false)]
                ) { _ in "" }
            }
            #expect(app.problems == [], "case \(number)")
            let router = app.freeze().table.router
            for request in one["requests"]?.items ?? [] {
                let path = request["path"]?.string ?? ""
                let match = router.match(method: request["method"]?.string ?? "", path: path, query: "")
                #expect(
                    describe(match) == request["got"],
                    "case \(number), \(request["method"] ?? .null) \(path) with \(one["rules"] ?? .null)")
                count += 1
            }
        }
        print("routing: \(count) look-ups as Werkzeug made them")
    }

    private func describe(_ match: RouteMatch) -> JSON {
        switch match {
        case .view(let route, let arguments), .automaticOptions(let route, let arguments, _):
            return ["endpoint": .string(route.endpoint), "args": .object(arguments.mapValues(describe))]
        case .error(let error):
            guard let error = error as? HTTPError else { return ["error": 500] }
            if error.kind == .requestRedirect { return ["redirect": .string(error.headers["Location"] ?? "")] }
            if let allow = error.headers["Allow"] {
                return ["allow": .array(allow.components(separatedBy: ", ").map { .string($0) })]
            }
            return ["error": .int(error.status)]
        }
    }

    private func describe(_ value: ViewArgument) -> JSON {
        switch value {
        case .string(let text): ["str": .string(text)]
        case .int(let number): ["int": .string("\(number)")]
        case .float(let number): ["float": .string("\(number)")]
        case .uuid(let id): ["uuid": .string(id.uuidString.lowercased())]
        case .custom(let value): ["custom": .string(value.description)]
        }
    }
}
