// A reader who follows docs/your-own-app.md gets an app that answers: its code is a target of this package, built with the
// tests, and its package says what that target says.

import Foundation
import Testing

@Suite struct OwnAppTests {
    private static let document = Program.root.appendingPathComponent("docs/your-own-app.md")

    @Test("the app of docs/your-own-app.md is the one that is built here, in about 20 lines, and answers")
    func answers() throws {
        let files = try Self.files(in: String(contentsOf: Self.document, encoding: .utf8))
        #expect(files.map(\.path) == ["cities/Package.swift", "cities/Sources/cities/main.swift"])
        let built = Program.root.appendingPathComponent("Tests/OwnApp/main.swift")
        #expect(
            try String(contentsOf: built, encoding: .utf8) == files.last?.text,
            "Tests/OwnApp/main.swift has to be the document's code, letter by letter")
        let lines = files.last?.text.split(separator: "\n").count ?? 0
        #expect(lines <= 25, "the app has \(lines) lines; about 20 were promised")

        let program = try RunningProgram(
            ["--port", "0"], path: Program.root.appendingPathComponent(".build/debug/cities").path)
        let url = try program.url()
        #expect(try Program.fetch(url + "/hello/ada") == "Hello, ada!\n")
        let sum = try Program.fetch(url + "/sum")
        #expect(sum?.contains("oslo") == true && sum?.contains("cairo") == true)
    }

    // Building it as a package of its own would build every library once more, which is half of what the tests take.
    // So what could differ is compared: the manifest is read, its product is one of ours, and we ask for nothing that a
    // package cannot ask of a dependency.
    @Test("the package of docs/your-own-app.md is read by SwiftPM, and names a product that this package has")
    func package() throws {
        let files = try Self.files(in: String(contentsOf: Self.document, encoding: .utf8))
        let folder = try Program.makeFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let manifest = folder.appendingPathComponent("Package.swift")
        try #require(files.first).text.write(to: manifest, atomically: true, encoding: .utf8)
        let read = try Program.run(["swift", "package", "--package-path", folder.path, "dump-package"])
        try #require(read.code == 0, "\(read.output)\(read.error)")
        let said = try JSONDecoder().decode(Manifest.self, from: Data(read.output.utf8))
        #expect(said.name == "cities")
        #expect(said.dependencies.flatMap { $0.fileSystem ?? [] }.map(\.identity) == ["inspector"])
        #expect(said.targets.map(\.name) == ["cities"])
        let products = said.targets.flatMap(\.dependencies).compactMap { $0.product?.compactMap(\.self).prefix(2) }
        #expect(products.map(Array.init) == [["Inspector", "inspector"]])

        let ours = try String(contentsOf: Program.root.appendingPathComponent("Package.swift"), encoding: .utf8)
        #expect(ours.contains(#".library(name: "Inspector", targets: ["Inspector"])"#))
        #expect(ours.contains(#".executableTarget(name: "cities", dependencies: ["Inspector"], path: "Tests/OwnApp")"#))
        #expect(!ours.contains("unsafeFlags"), "SwiftPM builds no dependency that has unsafe flags")
    }

    /// What is read of `swift package dump-package`.
    private struct Manifest: Decodable {
        struct Dependency: Decodable {
            struct FileSystem: Decodable { var identity: String }
            var fileSystem: [FileSystem]?
        }
        struct Target: Decodable {
            struct Dependency: Decodable {
                /// The product, its package, and conditions.
                var product: [String?]?
            }
            var name: String
            var dependencies: [Dependency]
        }
        var name: String
        var dependencies: [Dependency]
        var targets: [Target]
    }

    /// The code blocks that follow a line with a file's name.
    private static func files(in document: String) throws -> [(path: String, text: String)] {
        var files: [(path: String, text: String)] = []
        var path: String?
        var text: String?
        for line in document.components(separatedBy: "\n") {
            if let open = text {
                if line == "```" {
                    if let path { files.append((path, open)) }
                    path = nil
                    text = nil
                } else {
                    text = open + line + "\n"
                }
            } else if line.hasPrefix("```") {
                text = ""
            } else if let match = line.wholeMatch(of: /`(\S+)`:/) {
                path = String(match.1)
            }
        }
        return files
    }
}
