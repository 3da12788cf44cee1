// What people type first has to compile; what cannot be meant has to say why not.

import Foundation
import Testing

@Suite struct SnippetTests {
    /// Lines that were tried with the habits of Flask, Vapor and Hummingbird.
    static let compiling = [
        #"app.get("/a", index)"#,
        #"app.get("/a", endpoint: "a", later)"#,
        #"app.get("/a") { _ in links }"#,
        #"app.post("/a") { request in (try request.json(as: Link.self), .created) }"#,
        #"app.get("/a") { _ in try Response.json(links) }"#,
        #"app.get("/a") { _ in JSON(["code": code, "hits": 3]) }"#,
        #"app.get("/a") { _ in ["ok": true] }"#,
        #"""
        app.get("/a") { request in
            if request.method == "GET" { return .redirect(to: "/b") }
            return Response(status: .noContent)
        }
        """#,
        #"""
        app.get("/a") { request -> any ResponseConvertible in
            if request.arg("json") != nil { return JSON(["json": true]) }
            return "text"
        }
        """#,
        #"app.get("/a/<id>") { request in "\(try request.argument("id", as: Int.self) + 1)" }"#,
        #"app.get("/a/<name>") { request in request.viewArgs["name"]?.string ?? "" }"#,
        #"app.errorHandler(404) { _, error in error.message }"#,
        #"app.group("/api") { api in api.delete("/a/<id>") { _ in Response(status: .noContent) } }"#,
        #"app.get("/a/<id>", options: [.nilIsNotFound]) { _ in links.first }"#,
        #"app.get("/a") { _ in try await api.post("/b", json: links).json(as: [Link].self) }"#,
    ]

    /// Lines that mean nothing, and what the compiler says of them.
    static let refused = [
        (
            line: #"app.get("/a") { _ in Plain() }"#,
            says: "cannot convert value of type 'Plain' to closure result type 'Response'"
        ),
        (
            line: #"app.get("/a", .deadline(.seconds(1))) { _ in "" }"#,
            says: "'callAsFunction(_:_:endpoint:view:)' is unavailable: options are a list with a label"
        ),
        (
            line: #"app.get("/a") { _ in print("a") }"#,
            says: "cannot convert value of type '()' to closure result type 'Response'"
        ),
    ]

    private static let before = """
        import InspectorCore
        struct Link: Codable, Sendable { var code: String }
        struct Plain: Sendable {}
        @Sendable func index(_ request: Request) -> String { "index" }
        @Sendable func later(_ request: Request) async throws -> [Link] { [] }
        func register(app: App, api: ExternalClient, links: [Link], code: String) {

        """

    /// What the compiler says of a line, by itself.
    private static func compile(_ line: String) throws -> (code: Int32, error: String) {
        try compile(file: before + line + "\n}\n")
    }

    /// What the compiler says of a whole file.
    static func compile(file text: String) throws -> (code: Int32, error: String) {
        let folder = try Program.makeFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appendingPathComponent("snippet.swift")
        try Data(text.utf8).write(to: file)
        // The modules as they were built with these tests, and the C modules that they stand on.
        let script = """
            set -eu
            built=$1/.build/debug
            flags=()
            for map in $(find -L "$1"/.build/checkouts/*/Sources "$1"/Sources -path '*include*' -name module.modulemap) \\
                "$1"/Sources/*/module.modulemap "$1"/.build/checkouts/*/Sources/*/module.modulemap \\
                "$built"/*.build/module.modulemap; do
                flags+=(-Xcc "-fmodule-map-file=$map")
            done
            exec swiftc -typecheck -swift-version 6 -I "$built/Modules" "${flags[@]}" "$2"
            """
        let result = try Program.run(["bash", "-c", script, "snippet", Program.root.path, file.path])
        return (result.code, result.error)
    }

    @Test("what people type first compiles")
    func compiles() throws {
        for line in SnippetTests.compiling {
            let result = try SnippetTests.compile(line)
            #expect(result.code == 0, "\(line)\n\(result.error)")
        }
    }

    @Test("what cannot be meant does not compile, and the compiler says what is wrong")
    func refuses() throws {
        for (line, says) in SnippetTests.refused {
            let result = try SnippetTests.compile(line)
            #expect(result.code != 0 && result.error.contains("error: \(says)"), "\(line)\n\(result.error)")
        }
    }

    /// What the articles' code stands in.
    private static let around = """
        import Foundation
        import InspectorCore
        actor Store {
            func open() throws {}
            func close() {}
        }
        func register(app: App, api: ExternalClient, folder: URL, store: Store, secret: String) throws {

        """

    @Test(
        "the code of the articles compiles",
        arguments: ["Responses", "Uploads", "CookiesAndSessions", "Converters", "Errors", "Pieces"])
    func articles(name: String) throws {
        let file = Program.root.appendingPathComponent("Sources/InspectorCore/InspectorCore.docc/\(name).md")
        let text = try String(contentsOf: file, encoding: .utf8)
        let blocks = text.components(separatedBy: "```swift\n").dropFirst().compactMap {
            $0.components(separatedBy: "```").first
        }
        #expect(!blocks.isEmpty)
        let result = try SnippetTests.compile(file: SnippetTests.around + blocks.joined() + "\n}\n")
        #expect(result.code == 0, "\(result.error)")
    }
}
