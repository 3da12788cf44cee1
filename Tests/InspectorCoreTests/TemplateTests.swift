// Templates: escaped, inherited, rendered as a span; and what is wrong with one is named with its line.

import Foundation
import Testing

@testable import InspectorCore

@Suite struct TemplateTests {
    @Test(
        "a template is escaped, included and inherited, and its rendering is a span", arguments: ExecutionMode.allCases)
    func renders(mode: ExecutionMode) throws {
        let app = App("templates")
        app.template("base", "<title>{{$title}}none{{/title}}</title>{{$body}}{{/body}}")
        app.template("item", "<li>{{name}}</li>")
        app.template(
            "page",
            "{{<base}}{{$title}}{{heading}}{{/title}}{{$body}}{{#items}}{{>item}}{{/items}}{{{raw}}}{{user}}{{/body}}{{/base}}"
        )
        app.contextProcessor { _ in ["user": "ada", "heading": "not this"] }
        app.get("/async") { request in
            try await sleep(for: .milliseconds(1))
            return try request.render(
                "page", ["heading": "A & B", "items": JSON([["name": "<x>"], ["name": "y"]]), "raw": "<b>"])
        }
        app.get("/link/<int:n>", endpoint: "link") { request in
            try request.render("link", ["n": 3])
        }
        app.template("link", "{{#urlFor}}link n=3 q=a&b{{/urlFor}}")
        let client = try TestClient(app, mode: mode)
        let answer = try client.get("/async")
        #expect(
            answer.response.text
                == "<title>A &amp; B</title><li>&lt;x&gt;</li><li>y</li><b>ada")
        let span = try #require(answer.trace.first(.render))
        let view = try #require(answer.trace.first(.view))
        #expect(span.parent == view.id)
        #expect(span.outcome == .done)
        #expect(try client.get("/link/1").response.text == "/link/3?q=a%26b")
    }

    @Test("a template that is wrong is a problem of the app, named with its line")
    func wrong() {
        let app = App("wrong")
        app.template("open", "one\n{{#a}}\ntwo")
        app.template("partial", "\n\n{{> nowhere}}")
        app.template("round", "{{> about}}")
        app.template("about", "{{> round}}")
        app.template("tree", "{{#.children}}{{> tree}}{{/.children}}")
        app.template("climber", "{{#children}}{{> climber}}{{/children}}")
        app.template("tagged", "\n{{#urlFor}}x n={{n}}{{/urlFor}}")
        app.templates(in: "/no/such/folder")
        let problems = app.problems
        #expect(problems.contains { $0.contains("open") && $0.contains("line 3") }, "\(problems)")
        #expect(problems.contains { $0.contains("partial") && $0.contains("line 3") && $0.contains("nowhere") })
        #expect(problems.contains { $0.contains("round includes itself") })
        #expect(!problems.contains { $0.contains("tree") && $0.contains("itself") })
        #expect(problems.contains { $0.contains("climber includes itself") })
        #expect(problems.contains { $0.contains("/no/such/folder") })
        #expect(problems.contains { $0.contains("tagged") && $0.contains("line 2") && $0.contains("within urlFor") })
    }

    @Test("a template that is not there is an error that names those that are")
    func missing() throws {
        let app = App("missing")
        app.template("page", "x")
        app.get("/") { request in try request.render("pgae") }
        let answer = try TestClient(app).get("/")
        #expect(answer.response.status == 500)
        #expect(answer.trace.moment(.unhandled)?.detail == "There is no template pgae: there are page.")
        #expect(answer.trace.first(.render)?.outcome == .raised)
    }

    @Test("null and nil are nothing: no section, an inverted one, and nothing printed (mustache(5), False Values)")
    func null() throws {
        let app = App("null")
        app.template(
            "page",
            "[{{#user}}in {{user}}{{/user}}{{^user}}out{{/user}}][{{user}}][{{{user}}}][{{#a}}{{b}}{{^b}}-{{/b}}{{/a}}]"
        )
        app.get("/json") { request in
            try request.render("page", ["user": JSON.null, "a": JSON([["b": nil], ["b": "x"]])])
        }
        app.get("/nil") { request in
            let nobody: String? = nil
            return try request.render("page", ["user": nobody as any Sendable, "a": [["b": nobody]]])
        }
        app.get("/some") { request in
            let somebody: String? = "<ada>"
            return try request.render("page", ["user": somebody as any Sendable, "a": JSON.null])
        }
        app.get("/missing") { request in try request.render("page") }
        let client = try TestClient(app)
        #expect(try client.get("/json").response.text == "[out][][][-x]")
        #expect(try client.get("/nil").response.text == "[out][][][-]")
        #expect(try client.get("/some").response.text == "[in &lt;ada&gt;][&lt;ada&gt;][<ada>][]")
        #expect(try client.get("/missing").response.text == "[out][][][]")
    }

    /// Marks that join what follows them into one character, and one that joins what stands before it.
    @Test(
        "a value is escaped scalar by scalar: no mark beside a sign keeps it from being escaped",
        arguments: ["\u{600}", "\u{D4E}", "\u{110BD}", "\u{200D}", "\u{301}", ""])
    func marks(mark: String) throws {
        let app = App("marks")
        app.template("base", "{{$body}}{{/body}}|{{value}}|{{>part}}")
        app.template("part", "<a title='{{value}}'>")
        app.template("page", "{{<base}}{{$body}}{{#items}}{{.}}{{/items}}{{#in}}{{value}}{{/in}}{{/body}}{{/base}}")
        app.template("line", "\n  {{value}}\n{{#items}}\n{{.}}\n{{/items}}\n")
        let value = "\(mark)<\(mark)s>\(mark)&\(mark)\"\(mark)'\(mark)"
        let values: [String: any Sendable] = ["value": value, "items": JSON.array([.string(value)]), "in": JSON(true)]
        app.get("/page") { request in try request.render("page", values) }
        app.get("/line") { request in try request.render("line", values) }
        let client = try TestClient(app)
        let escaped = "\(mark)&lt;\(mark)s&gt;\(mark)&amp;\(mark)&quot;\(mark)&#39;\(mark)"
        let page = try client.get("/page").response.body
        #expect(page == Array("\(escaped)\(escaped)|\(escaped)|<a title='\(escaped)'>".utf8))
        // The line that chooses the way of escaping leaves no line behind, and takes none away.
        #expect(try client.get("/line").response.body == Array("\n  \(escaped)\n\(escaped)\n".utf8))
    }
}
