// The environment files that lie beside a file of requests: which host, which token, by the name of an environment.

internal import Foundation
internal import Glibc

/// What the environment files give.
struct EnvironmentFiles {
    /// The variables of the environment that was chosen, and under them those that all have.
    private(set) var definitions: [VariableTable.Definition] = []
    /// The variables that all environments have.
    private(set) var shared: [String: String] = [:]
    private(set) var notes: [String] = []
    /// What is said of a variable that has no value.
    private(set) var hint = ""

    private static let sizeLimit = 1024 * 1024

    /// What `http-client.env.json` and `http-client.private.env.json` beside `file` hold of the environment `name`
    /// (JetBrains; `$shared` as VS Code and Visual Studio have it).
    static func values(beside file: String, name: String?) -> EnvironmentFiles {
        var found = EnvironmentFiles()
        var names: [String] = []
        // What stands later holds.
        var chosen: [(String, String)] = []
        let files = ["http-client.env.json", "http-client.private.env.json", "http-client.env.json.user"]
        let present = files.filter { (try? BodyFile.size(name: $0, beside: file)) != nil }
        for each in present {
            guard let bytes = try? BodyFile.read(each, beside: file, limit: sizeLimit), LooseJSON(bytes).isObject else {
                found.notes.append("\(each) beside it cannot be read as JSON of up to 1 MB, and is not used")
                continue
            }
            for (environment, values) in LooseJSON(bytes).members where values.isObject {
                if environment == "$shared" {
                    for (key, value) in pairs(json: values) { found.shared[key] = value }
                } else if !names.contains(environment), names.count < 100 {
                    names.append(environment)
                }
                if environment == name { chosen += pairs(json: values) }
            }
        }
        var values = found.shared
        for (key, value) in chosen { values[key] = value }
        found.take(values)
        let list = names.joined(separator: ", ").prefix(200)
        if let name, !names.contains(name), !name.hasSuffix(".json") {
            found.notes.append(
                present.isEmpty
                    ? "there is no http-client.env.json beside it, and so no environment \(name)"
                    : "its environment files have no environment \(name); they have: \(list)")
        } else if name == nil, !names.isEmpty {
            found.hint = "; --env chooses one of \(list)"
        }
        return found
    }

    /// What a Postman environment holds: `name` is a file, or the name of one that lies beside `file`.
    static func postman(beside file: String, name: String?) -> EnvironmentFiles {
        var found = EnvironmentFiles()
        guard let name else {
            found.hint = "; --env names an environment's file"
            return found
        }
        let folder = URL(fileURLWithPath: file).deletingLastPathComponent().path
        let path = name.contains("/") || name.hasSuffix(".json") ? name : nil
        // What the user names may lie anywhere; what is looked for only beside the collection.
        var candidates = path.map { [$0] } ?? ["\(folder)/\(name).postman_environment.json"]
        if path == nil {
            let others = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
                .filter { $0.hasSuffix(".postman_environment.json") }
            candidates += others.prefix(200).map { "\(folder)/\($0)" }
        }
        for (place, candidate) in candidates.enumerated() {
            let named = URL(fileURLWithPath: candidate)
            let file = path == nil ? named : named.resolvingSymlinksInPath()
            guard let bytes = try? BodyFile.read(file.lastPathComponent, beside: file.path, limit: sizeLimit) else {
                continue
            }
            let json = LooseJSON(bytes)
            guard let values = json["values"], values.isArray, place == 0 || json["name"]?.string == name else {
                continue
            }
            var chosen: [String: String] = [:]
            for item in values.items where item["enabled"]?.word != "false" {
                if let key = item["key"]?.scalar, let value = item["value"]?.scalar { chosen[key] = value }
            }
            found.take(chosen)
            return found
        }
        found.notes.append(
            path == nil
                ? "there is no environment \(name) beside it (\(name).postman_environment.json)"
                : "\(name) is not a Postman environment that can be read")
        return found
    }

    private mutating func take(_ values: [String: String]) {
        definitions = values.sorted { $0.key < $1.key }.map { name, value in
            VariableTable.Definition(name: name, line: 0, value: Array(value.utf8))
        }
    }

    /// Names and values; an object within is told by its path, `server.host`.
    private static func pairs(json: LooseJSON, path: String = "", depth: Int = 0) -> [(String, String)] {
        json.members.flatMap { name, value -> [(String, String)] in
            if value.isObject { return depth < 8 ? pairs(json: value, path: path + name + ".", depth: depth + 1) : [] }
            return value.scalar.map { [(path + name, $0)] } ?? []
        }
    }
}
