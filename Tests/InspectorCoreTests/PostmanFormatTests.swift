// Postman's collections: folders, variables, bodies, who asks; scripts are not run.

import Foundation
import Testing

@testable import InspectorCore

@Suite struct PostmanFormatTests {
    private static let schema = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"

    private func collection(_ items: String, _ more: String = "") -> String {
        #"{"info":{"name":"c","schema":"\#(Self.schema)"},"item":[\#(items)]\#(more.isEmpty ? "" : "," + more)}"#
    }

    private func read(
        _ text: String, _ reading: TrafficReading = TrafficReading()
    ) throws -> (index: TrafficIndex, requests: [RecordedRequest]) {
        let index = try FormatCase.index(text, "c.json", reading)
        #expect(index.formatName == "Postman collection")
        return (index, try FormatCase.requests(index))
    }

    private func body(_ body: String, _ more: String = "") throws -> RecordedRequest {
        let item = #"{"name":"a","request":{"method":"POST","url":"http://x/"\#(more),"body":\#(body)}}"#
        return try #require(try read(collection(item)).requests.first)
    }

    @Test("requests in folders, in their order; addresses as text, as parts, with values in the path")
    func folders() throws {
        let (index, requests) = try read(
            collection(
                #"""
                {"name":"a","request":"http://x/plain"},
                {"name":"f","item":[
                  {"name":"g","item":[{"name":"b","request":{"method":"PUT","url":{"raw":"http://x/u/:id/:other?q=:id",
                    "variable":[{"key":"id","value":"5/6"}]},"header":[{"key":"A","value":"1"},{"key":"B","value":"2","disabled":true}]}}]},
                  {"name":"c","request":{"method":"GET","url":{"protocol":"https","host":["api","x"],"port":"8443",
                    "path":["v1","cities"],"query":[{"key":"a","value":"1"},{"key":"b","value":"2","disabled":true}]}}}]},
                {"name":"d","request":{"method":"GET"}},
                {"name":"e","request":{"method":"GET","url":"x.example/no-scheme"}}
                """#))
        #expect(
            requests.map { "\($0.method) \($0.target)" }
                == ["GET /plain", "PUT /u/5%2F6/:other?q=:id", "GET /v1/cities?a=1", "GET /no-scheme"])
        #expect(requests[1].headers.fields.map(\.name) == ["A"])
        #expect(requests[2].host == "api.x:8443" && requests[3].host == "x.example")
        #expect(index.skipped == ["it has no address": 1])
        #expect(index.notes.contains { $0.place == "request 4" && $0.reason.contains("(d)") })
    }

    @Test("bodies: raw, a form, a form with files, a file, GraphQL; what is disabled is not sent")
    func bodies() throws {
        let raw = try body(#"{"mode":"raw","raw":"{\"a\":1}","options":{"raw":{"language":"json"}}}"#)
        #expect(FormatCase.text(raw.body) == #"{"a":1}"# && raw.headers["Content-Type"] == "application/json")
        let form = try body(
            #"{"mode":"urlencoded","urlencoded":[{"key":"a b","value":"c&d"},{"key":"x","value":"y","disabled":true}]}"#
        )
        #expect(FormatCase.text(form.body) == "a%20b=c%26d")
        #expect(form.headers["Content-Type"] == "application/x-www-form-urlencoded")
        let query = try body(##"{"mode":"graphql","graphql":{"query":"{ a }","variables":"{\"b\": 1}"}}"##)
        #expect(FormatCase.text(query.body) == #"{"query":"{ a }","variables":{"b":1}}"#)
        #expect(try body(#"{"mode":"raw","raw":"x","disabled":true}"#).body.isEmpty)
        #expect(try body("null").body.isEmpty)
        let items = #"""
            {"request":{"method":"POST","url":"http://x/1","body":{"mode":"formdata","formdata":[{"key":"t","value":"v","type":"text"},
              {"key":"f","type":"file","src":"a.txt"},{"key":"g","type":"file","src":["a.txt","a.txt"]}]}}},
            {"request":{"method":"POST","url":"http://x/2","body":{"mode":"file","file":{"src":"a.txt"}}}},
            {"request":{"method":"POST","url":"http://x/3","body":{"mode":"file","file":{"src":"/etc/passwd"}}}}
            """#
        try FormatCase.inFolder(["c.json": collection(items), "a.txt": "content"]) { folder in
            let index = try TrafficIndex(path: folder.appendingPathComponent("c.json").path)
            let requests = try FormatCase.requests(index)
            #expect(requests.map(\.target) == ["/1", "/2"])
            let text = FormatCase.text(requests[0].body)
            #expect(text.contains("name=\"t\"\r\n\r\nv\r\n"))
            #expect(text.ranges(of: "filename=\"a.txt\"\r\nContent-Type: text/plain\r\n\r\ncontent\r\n").count == 3)
            #expect(FormatCase.text(requests[1].body) == "content")
            #expect(index.skipped.keys.allSatisfy { $0.contains("outside the folder") } && index.count == 3)
        }
    }

    @Test("who asks: of the request, else of its folder, else of the collection; none where it says so")
    func auth() throws {
        func item(_ name: String, _ auth: String) -> String {
            #"{"request":{"method":"GET","url":"http://x/\#(name)"\#(auth.isEmpty ? "" : #","auth":"# + auth)}}"#
        }
        let basic = #"{"type":"basic","basic":[{"key":"username","value":"ada"},{"key":"password","value":"secret"}]}"#
        let header = #"{"type":"apikey","apikey":[{"key":"key","value":"X-Key"},{"key":"value","value":"k"}]}"#
        let query = #"{"type":"apikey","apikey":{"key":"k","value":"a b","in":"query"}}"#
        let (index, requests) = try read(
            collection(
                [
                    item("1", ""),
                    #"{"item":[\#(item("2", "")),\#(item("3", #"{"type":"noauth"}"#))],"auth":\#(basic)}"#,
                    item("4", header), item("5", query), item("6", #"{"type":"hawk"}"#), item("7", "null"),
                ].joined(separator: ","),
                #""auth":{"type":"bearer","bearer":[{"key":"token","value":"{{t}}"}]},"variable":[{"key":"t","value":"tok"}]"#
            ))
        #expect(
            requests.map { $0.headers["Authorization"] }
                == ["Bearer tok", "Basic YWRhOnNlY3JldA==", nil, nil, nil, nil, "Bearer tok"])
        #expect(requests[3].headers["X-Key"] == "k" && requests[4].target == "/5?k=a%20b")
        #expect(index.says("authorization of the kind hawk is not made"))
    }

    @Test("variables of the collection, of an environment by its name or file, made up by the seed")
    func variables() throws {
        let items =
            #"{"request":{"method":"GET","url":"{{host}}/{{v}}/{{$guid}}/{{$timestamp}}"}},{"request":"{{nobody}}/x"}"#
        let files = [
            "c.json": collection(
                items,
                #""variable":[{"key":"host","value":"http://a"},{"key":"v","value":"{{w}}"},{"key":"w","value":"1"}]"#),
            "test.postman_environment.json":
                #"{"name":"Test stage","values":[{"key":"host","value":"http://env","enabled":true},{"key":"w","value":"off","enabled":false}]}"#,
        ]
        try FormatCase.inFolder(files) { folder in
            var reading = TrafficReading()
            func index() throws -> TrafficIndex {
                try TrafficIndex(path: folder.appendingPathComponent("c.json").path, reading: reading)
            }
            let first = try #require(try FormatCase.requests(index()).first)
            #expect(first.host == "a" && first.target.hasPrefix("/1/"))
            #expect(try index().skipped.keys.contains { $0.hasPrefix("the variable nobody has no value") })
            let environment = folder.appendingPathComponent("test.postman_environment.json").path
            for name in ["test", "Test stage", environment] {
                reading.environment = name
                let request = try #require(try FormatCase.requests(index()).first)
                #expect(request.host == "env", "\(name)")
                #expect(request.target.split(separator: "/")[1] == first.target.split(separator: "/")[1])
            }
            reading.environment = "nobody"
            #expect(try index().says("there is no environment nobody"))
            #expect(throws: TrafficFileError.self) { try TrafficIndex(path: environment) }
        }
    }

    @Test("scripts and saved answers are counted, not used")
    func scripts() throws {
        let event =
            #""event":[{"listen":"test","script":{"exec":["pm.test('x')"]}},{"listen":"prerequest","script":{"exec":[""]}}]"#
        let (index, requests) = try read(
            collection(#"{"request":"http://x/a","response":[{"code":200},{"code":404}],\#(event)}"#, event))
        #expect(requests.count == 1)
        #expect(index.says("2 scripts are not run") && index.says("2 saved examples of answers are not"))
    }

    @Test(
        "other versions and other exports are a sentence that says what they are",
        arguments: [
            (
                #"{"info":{"schema":"https://schema.getpostman.com/json/collection/v2.0.0/collection.json"},"item":[]}"#,
                "version 2.0.0"
            ),
            (#"{"id":"x","name":"n","order":[],"requests":[]}"#, "version 1"),
            (
                #"{"name":"e","values":[{"key":"a","value":"b","enabled":true}],"_postman_variable_scope":"environment"}"#,
                "environment"
            ),
        ])
    func others(text: String, words: String) {
        do {
            _ = try FormatCase.index(text, "x.json")
            Issue.record("it was read")
        } catch { #expect("\(error)".contains(words), "\(error)") }
    }

    @Test("requests that lie too deep are counted as skipped, and one folder is one folder")
    func deep() throws {
        func folders(_ depth: Int, _ items: String) -> String {
            String(repeating: #"{"item":["#, count: depth) + items + String(repeating: "]}", count: depth)
        }
        let inner = #"""
            {"request":{"url":"http://x/","body":{"mode":"raw","raw":"{\"item\":[{}]}"},"item":[{}]}},
            {"name":"item","request":"http://x/"}, {"item" : [ ]}, 5, "item", [{"item":[]}], {"request":{"item":[1]}}
            """#
        let ok = #"{"request":"http://x/ok"}"#
        let (index, requests) = try read(collection("\(ok),\(folders(40, inner)),\(folders(33, inner)),\(ok)"))
        #expect(requests.map(\.target) == ["/ok", "/ok"] && index.count == 8)
        #expect(index.skipped == ["it lies in folders more than 32 deep": 6])
        #expect(index.says("11 folders lie more than 32 deep and are left out, with 6 requests"))
        #expect(index.says("skipped: it lies in folders more than 32 deep (6 times, first at request 2)"))
        #expect(index.entries.map(\.number) == [1, 8])
        let (one, _) = try read(collection(folders(33, "") + "," + folders(32, ok)))
        #expect(one.entries.count == 1)
        #expect(one.says("1 folder lies more than 32 deep and is left out, with 0 requests"))
        let (many, _) = try read(collection(folders(20_000, ok)))
        #expect(many.entries.isEmpty && many.count == 1)
        #expect(many.says("19968 folders lie more than 32 deep and are left out, with 1 request"))
    }

    @Test("how a collection identifies itself is read once for all of its requests")
    func sharedAuth() throws {
        let note = String(repeating: "y", count: 1_000_000)
        let items = (0..<2000).map { #"{"request":"http://x/\#($0)"}"# }.joined(separator: ",")
        let (_, requests) = try read(
            collection(items, #""auth":{"note":"\#(note)","bearer":{"token":"t"},"type":"bearer"}"#))
        #expect(requests.count == 2000 && requests.allSatisfy { $0.headers["Authorization"] == "Bearer t" })
    }

    @Test("a cut collection keeps what was whole; folders without end end; the API's own form is taken")
    func broken() throws {
        let whole = collection(
            (0..<3).map { #"{"name":"\#($0)","request":{"method":"GET","url":"http://x/\#($0)"}}"# }.joined(
                separator: ","))
        for length in 150..<whole.utf8.count - 1 {
            guard
                let index = try? TrafficIndex(
                    bytes: TrafficBytes(bytes: Array(whole.utf8.prefix(length)), name: "c.json"))
            else {
                continue
            }
            #expect(index.failure != nil)
            #expect(try FormatCase.requests(index).map(\.target) == (0..<index.entries.count).map { "/\($0)" })
        }
        let deep =
            String(repeating: #"{"item":["#, count: 2000) + #"{"request":"http://x/"}"#
            + String(repeating: "]}", count: 2000)
        let (index, requests) = try read(collection(deep + #",{"request":"http://x/ok"}"#))
        #expect(requests.map(\.target) == ["/ok"])
        #expect(index.says("1968 folders lie more than 32 deep and are left out, with 1 request"))
        #expect(try read(#"{"collection":\#(collection(#"{"request":"http://x/api"}"#))}"#).requests.count == 1)
    }
}
