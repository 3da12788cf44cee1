// As much of JSON Schema as docs/*.schema.json use, so that files can be held to them without another program.

import Foundation

@testable import InspectorCore

/// Checks values against a schema.
struct SchemaCheck {
    private let root: JSON

    init(file: String) throws {
        let path = HouseTests.root.appendingPathComponent("docs/\(file)").path
        root = try JSON(parsing: FileManager.default.contents(atPath: path) ?? Data())
    }

    /// What is wrong with a value; empty when nothing is.
    func problems(in value: JSON) -> [String] { check(value, root, at: "$") }

    private func check(_ value: JSON, _ schema: JSON, at path: String) -> [String] {
        guard case .object(var rules) = schema else { return [] }
        if let reference = rules["$ref"]?.string {
            let resolved = reference.dropFirst(2).split(separator: "/").reduce(root) { $0[String($1)] ?? .null }
            return check(value, resolved, at: path)
        }
        var problems: [String] = []
        if let choices = rules["oneOf"]?.items {
            let results = choices.map { check(value, $0, at: path) }
            let fitting = results.count { $0.isEmpty }
            if fitting != 1 {
                problems.append("\(path) fits \(fitting) forms: \(results.min { $0.count < $1.count } ?? [])")
            }
            rules["oneOf"] = nil
        }
        if let constant = rules["const"], constant != value { problems.append("\(path) is not \(constant)") }
        if let choices = rules["enum"]?.items, !choices.contains(value) {
            problems.append("\(path) is none of the choices")
        }
        if let types = rules["type"]?.items ?? rules["type"].map({ [$0] }),
            !types.contains(where: { fits(value, $0.string) })
        {
            problems.append("\(path) is no \(types.compactMap(\.string))")
        }
        if let least = rules["minimum"]?.number, let number = value.number, number < least {
            problems.append("\(path) is under \(least)")
        }
        if let items = value.items {
            if let least = rules["minItems"]?.int, items.count < least { problems.append("\(path) has too few items") }
            if let rule = rules["items"] {
                for (place, item) in items.enumerated() { problems += check(item, rule, at: "\(path)[\(place)]") }
            }
        }
        if case .object(let members) = value {
            for name in (rules["required"]?.items ?? []).compactMap(\.string) where members[name] == nil {
                problems.append("\(path).\(name) is missing")
            }
            for (name, member) in members {
                let rule = rules["properties"]?[name] ?? rules["additionalProperties"]
                if let rule { problems += check(member, rule, at: "\(path).\(name)") }
            }
        }
        return problems
    }

    private func fits(_ value: JSON, _ type: String?) -> Bool {
        switch (type, value) {
        case ("null", .null), ("boolean", .bool), ("string", .string), ("integer", .int), ("array", .array),
            ("object", .object), ("number", .int), ("number", .double):
            true
        default: false
        }
    }
}
