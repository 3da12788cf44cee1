// .http files: what editors allow, and what such a file may not do.

import Foundation
import Glibc
import Testing

@testable import InspectorCore

@Suite struct HTTPFileTests {
    private func read(
        _ text: String, _ reading: TrafficReading = TrafficReading()
    ) throws -> (index: TrafficIndex, requests: [RecordedRequest]) {
        let index = try FormatCase.index(text, "x.http", reading)
        #expect(index.formatName == ".http requests")
        return (index, try FormatCase.requests(index))
    }

    // MARK: Files that people have

    @Test("a form on several lines is joined, and a value may hold a plus")
    func form() throws {
        let request = try #require(try FormatCase.requests(FormatCase.kept("http-form-on-several-lines.http")).first)
        #expect(FormatCase.text(request.body) == "name=ada&city=oslo&mode=x+y")
    }

    @Test(
        "forms as editors write them",
        arguments: [
            ("a=1&\nb=2", "a=1&b=2"), ("a = 1 &\n  b = two words &\nc=3", "a=1&b=two%20words&c=3"),
            ("a=1\nb=2", "a=1&b=2"), ("a=1", "a=1"), ("text=one\ntwo", "text=onetwo"), ("å=ø", "%C3%A5=%C3%B8"),
        ])
    func forms(text: String, body: String) throws {
        let file = "POST http://x/\nContent-Type: application/x-www-form-urlencoded; charset=utf-8\n\n\(text)\n\n\n"
        #expect(FormatCase.text(try read(file).requests.first?.body) == body)
    }

    @Test("a file within a multipart body is sent as its bytes, with the line ends that the form has")
    func multipart() throws {
        let request = try #require(try FormatCase.requests(FormatCase.kept("http-file-within-multipart.http")).first)
        let head = "Content-Disposition: form-data; name=\"photo\"; filename=\"note.txt\"\r\nContent-Type: text/plain"
        #expect(FormatCase.text(request.body) == "--X\r\n\(head)\r\n\r\nthe file itself\r\n--X--\r\n")
    }

    @Test("a file that is not there, or lies elsewhere, skips its request and no other")
    func missingFile() throws {
        let file = """
            POST http://x/a
            Content-Type: multipart/form-data; boundary=X

            --X

            < ./nobody.txt
            --X--
            ###
            POST http://x/b

            < ../../../etc/passwd
            ###
            GET http://x/c
            """
        let (index, requests) = try read(file)
        #expect(requests.map(\.target) == ["/c"])
        #expect(index.skipped.values.reduce(0, +) == 2)
        #expect(index.skipped.keys.contains { $0.contains("nobody.txt") })
        #expect(index.skipped.keys.contains { $0.contains("outside the folder") })
    }

    @Test("several files and lines make one body; variables within a file are filled only where it is asked for")
    func files() throws {
        let files = [
            "a.http":
                "@n = 5\nPOST http://x/a\n\nbefore\n< a.txt\nbetween {{n}}\n<@ a.txt\n> not a handler\nafter\n\n> done.js\n",
            "a.txt": "file {{n}}",
        ]
        try FormatCase.inFolder(files) { folder in
            let index = try TrafficIndex(path: folder.appendingPathComponent("a.http").path)
            let request = try #require(try FormatCase.requests(index).first)
            #expect(
                FormatCase.text(request.body)
                    == "before\nfile {{n}}\nbetween 5\nfile 5\n> not a handler\nafter")
            #expect(index.says("a file for its answer is not used"))
        }
    }

    @Test(
        "an address on several lines: a version behind the last, comments between them, no indentation",
        arguments: [
            "http-version-after-query.http", "http-comment-in-query.http",
        ])
    func query(file: String) throws {
        let request = try #require(try FormatCase.requests(FormatCase.kept(file)).first)
        #expect(request.target == "/city/oslo?page=2&size=10")
        #expect(request.headers["Accept"] == "*/*")
        let text = "get http://x/a HTTP/2\n?b=1\n// c\n&d=2\n\t&e=3 HTTP/1.1 (Prior Knowledge)\nA: b\n  c\n"
        let other = try #require(try read(text).requests.first)
        #expect(other.method == "GET" && other.target == "/a?b=1&d=2&e=3" && other.headers["A"] == "b c")
    }

    @Test("scripts before and behind a request are not run, and that is said")
    func scripts() throws {
        let index = try FormatCase.kept("http-script-before-request.http")
        #expect(try FormatCase.requests(index).map(\.target) == ["/city/oslo", "/city/lima"])
        #expect(index.notes.contains { $0.place == "line 2" && $0.reason == "a script is not run" })
        let (other, requests) = try read(
            "###\n< ./before.js\n# @name one\n# @no-redirect\nPOST http://x/a\nA: b\n> {% client.log(\"x\") %}\n###\n"
                + "POST http://x/b\n\nbody\n\n> {%\n  x\n%}\n\n<> old.json\n>> new.json\n")
        #expect(requests.map { FormatCase.text($0.body) } == ["", "body"])
        #expect(requests[0].headers["A"] == "b")
        #expect(other.says("a script is not run (3 times, first at line 2)"))
        #expect(other.says("a file for its answer is not used (2 times, first at line 9)"))
    }

    @Test("a byte order mark and CR LF are not part of anything")
    func lineEnds() throws {
        #expect(
            try FormatCase.requests(FormatCase.kept("http-byte-order-mark.http")).map(\.target)
                == ["/city/oslo", "/city/lima"])
        let text = "\u{FEFF}@h = http://x\r\n\r\nPOST {{h}}/a\r\nA: b\r\n\r\none\r\ntwo\r\n\r\n###\r\n{{h}}/b\r\n"
        let requests = try read(text).requests
        #expect(requests.map(\.target) == ["/a", "/b"])
        #expect(FormatCase.text(requests[0].body) == "one\ntwo" && requests[0].headers["A"] == "b")
    }

    @Test("a name and a password are encoded, a host without a scheme is taken, and a curl command is a request")
    func conveniences() throws {
        let (_, requests) = try read(
            "GET localhost:8080/a\nAuthorization: Basic ada:secret\n###\nGET x.example/b\nAuthorization: Basic ada secret\n"
                + "###\n@h = http://x\ncurl -X PUT {{h}}/c \\\n  -d 'e=f'\n")
        #expect(requests.map { "\($0.method) \($0.target)" } == ["GET /a", "GET /b", "PUT /c"])
        #expect(requests.prefix(2).allSatisfy { $0.headers["Authorization"] == "Basic YWRhOnNlY3JldA==" })
        #expect(requests[0].host == "localhost:8080" && FormatCase.text(requests[2].body) == "e=f")
    }

    // MARK: Variables

    @Test("the definition above a request holds, then one below it; variables stand within one another")
    func definitions() throws {
        let (index, requests) = try read(
            "@n = 1\n@path = a/{{n}}/{{later}}\nGET http://x/{{path}}\n###\n@n = 2\nGET http://x/{{n}}\n###\n@later = z\n"
                + "GET http://x/{{ nobody }}\n###\nPOST http://x/json\n\n{\"a\":{\"b\":{{n}}}}\n")
        #expect(requests.map(\.target) == ["/a/1/z", "/2", "/json"])
        #expect(FormatCase.text(requests[2].body) == "{\"a\":{\"b\":2}}")
        #expect(index.skipped == ["the variable nobody has no value": 1])
    }

    @Test("environments: private before public, shared below both, and a word about one that is not there")
    func environments() throws {
        let files = [
            "http-client.env.json":
                #"{"$shared":{"v":"v1"},"dev":{"host":"http://dev","token":"public","n":5},"prod":{"host":"http://prod"}}"#,
            "http-client.private.env.json": #"{"dev":{"token":"private"}}"#,
            "a.http": "GET {{host}}/{{v}}?t={{token}}&n={{n}}&s={{$shared v}}\n",
        ]
        try FormatCase.inFolder(files) { folder in
            var reading = TrafficReading()
            func index() throws -> TrafficIndex {
                try TrafficIndex(path: folder.appendingPathComponent("a.http").path, reading: reading)
            }
            let without = try index()
            #expect(without.skipped == ["the variable host has no value; --env chooses one of dev, prod": 1])
            reading.environment = "dev"
            let request = try #require(try FormatCase.requests(index()).first)
            #expect(request.host == "dev" && request.target == "/v1?t=private&n=5&s=v1")
            reading.environment = "test"
            #expect(try index().says("no environment test; they have: dev, prod"))
        }
    }

    @Test("random values are decided by the seed, differ between requests, and are the same within one")
    func random() throws {
        let text = """
            @id = {{$guid}}
            POST http://x/{{id}}/{{id}}?u={{$uuid}}&r={{$random.uuid}}&n={{$randomInt 5 7}}&t={{$timestamp}}
            Date: {{$datetime rfc1123 1 d}}
            X-Day: {{$datetime "YYYY-MM-DD"}}
            X-ISO: {{$isoTimestamp}}
            ###
            GET http://x/{{id}}
            """
        var reading = TrafficReading()
        let (index, requests) = try read(text, reading)
        let parts = requests[0].target.split(separator: "/").map(String.init)
        let uuid = /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/
        #expect(parts[0].wholeMatch(of: uuid) != nil && parts[1].prefix { $0 != "?" } == parts[0])
        #expect(requests[0].target.wholeMatch(of: /.*&n=[56]&t=\d{10}/) != nil, "\(requests[0].target)")
        #expect(requests[0].headers["Date"]?.wholeMatch(of: /\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT/) != nil)
        #expect(requests[0].headers["X-Day"]?.wholeMatch(of: /\d{4}-\d\d-\d\d/) != nil)
        #expect(requests[0].headers["X-ISO"]?.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/) != nil)
        #expect(requests[1].target != "/" + parts[0])
        // Read again, as a loop does: the same.
        #expect(try FormatCase.requests(index).map(\.target) == requests.map(\.target))
        func path(_ seed: UInt64) throws -> String {
            reading.seed = seed
            return String(try read(text, reading).requests[1].target)
        }
        #expect(try path(1) == requests[1].target)
        #expect(try path(2) != requests[1].target)
    }

    @Test("the process's environment is read only where a file asks for it by name, and that is said")
    func processEnvironment() throws {
        setenv("INSPECTOR_TEST_TOKEN", "hush", 1)
        defer { unsetenv("INSPECTOR_TEST_TOKEN") }
        let (index, requests) = try read(
            "GET http://x/{{INSPECTOR_TEST_TOKEN}}\n###\nGET http://x/{{$processEnv INSPECTOR_TEST_TOKEN}}\n###\n"
                + "GET http://x/{{$env.INSPECTOR_TEST_TOKEN}}\n")
        #expect(requests.map(\.target) == ["/hush", "/hush"])
        #expect(index.skipped == ["the variable INSPECTOR_TEST_TOKEN has no value": 1])
        let note = try #require(index.notes.first { $0.reason.contains("environment variable INSPECTOR_TEST_TOKEN") })
        #expect(note.count == 2 && note.place == "line 3")
        try FormatCase.inFolder([
            ".env": "# c\nexport KEY='a b'\nOTHER=KEY\n", "a.http": "GET http://x/{{$dotenv KEY}}/{{$dotenv %OTHER}}\n",
        ]) { folder in
            let index = try TrafficIndex(path: folder.appendingPathComponent("a.http").path)
            #expect(try FormatCase.requests(index).map(\.target) == ["/a%20b/a%20b"])
        }
    }

    @Test(
        "what would fill the memory, or never end, is a sentence",
        arguments: [
            (
                (1...60).map { "@a\($0) = {{a\($0 - 1)}}{{a\($0 - 1)}}" }.joined(separator: "\n") + "\n@a0 = xxxxxxxx",
                "a60", "longer than 64 kB"
            ),
            (
                (1...60).map { "@a\($0) = {{a\($0 - 1)}}{{a\($0 - 1)}}" }.joined(separator: "\n") + "\n@a0 = {{$guid}}",
                "a60", "longer than 64 kB"
            ),
            ("@a = {{b}}\n@b = {{c}}\n@c = {{a}}", "a", "stands for itself"),
            ("@a = {{a}}", "a", "stands for itself"),
            ((1...500).map { "@a\($0) = {{a\($0 - 1)}}" }.joined(separator: "\n") + "\n@a0 = x", "a500", "64 deep"),
        ])
    func bombs(definitions: String, name: String, reason: String) throws {
        let (index, requests) = try read("\(definitions)\n###\nGET http://x/{{\(name)}}\n###\nGET http://x/ok\n")
        #expect(requests.map(\.target) == ["/ok"])
        #expect(index.skipped.keys.contains { $0.contains(reason) }, "\(index.skipped)")
    }

    @Test("doubling that ends in nothing is made once, and a text that grows past its limit is left out")
    func growth() throws {
        let nothing = (1...60).map { "@a\($0) = {{a\($0 - 1)}}{{a\($0 - 1)}}" }.joined(separator: "\n") + "\n@a0 =\n"
        #expect(try read("\(nothing)###\nGET http://x/b{{a60}}\n").requests.map(\.target) == ["/b"])
        let long = String(repeating: "x", count: 60_000)
        let body = String(repeating: "{{a}}", count: 300)
        let (index, _) = try read("@a = \(long)\nPOST http://x/\n\n\(body)\n")
        #expect(index.skipped.keys.contains { $0.contains("longer than 16 MB") }, "\(index.skipped)")
        // A great many requests, each of them small enough: together they are not.
        let many = String(repeating: "###\nPOST http://x/\n\n\(String(repeating: "{{a}}", count: 200))\n", count: 60)
        let all = try TrafficIndex(bytes: TrafficBytes(bytes: Array("@a = \(long)\n\(many)".utf8), name: "x.http"))
        #expect(
            all.skipped == ["the file's requests become more than 256 MB by their variables": 60 - all.entries.count])
        #expect(all.entries.count < 30)
    }

    @Test("of many definitions of a name the nearest one above holds, and the first one before all of them")
    func manyDefinitions() throws {
        let blocks = (0..<1000).map { "@a = \($0)\nGET http://x/{{a}}\n###\n" }.joined()
        let (index, requests) = try read("GET http://x/{{a}}\n###\n\(blocks)GET http://x/{{a}}\n")
        #expect(requests.map(\.target) == ["/0"] + (0..<1000).map { "/\($0)" } + ["/999"])
        #expect(!index.says("variables; the others"))
        let many = (0...VariableTable.countLimit).map { "@a\($0) = \($0)\n" }.joined()
        let (cut, _) = try read("\(many)GET http://x/{{a9999}}\n###\nGET http://x/{{a10000}}\n")
        #expect(cut.says("it has more than 10000 variables; the others are not known"))
        #expect(cut.skipped == ["the variable a10000 has no value": 1])
    }

    @Test("what is filled in vain counts too")
    func inVain() throws {
        let long = String(repeating: "x", count: 60_000)
        let block = "###\nPOST http://x/\n\n\(String(repeating: "{{a}}", count: 200))\n{{nobody}}\n"
        let (index, _) = try read("@a = \(long)\n\(String(repeating: block, count: 60))")
        #expect(index.entries.isEmpty && index.count == 60)
        #expect(index.skipped["the file's requests become more than 256 MB by their variables"] ?? 0 > 30)
    }

    @Test("5,000 requests are looked through once, and each is read without the others")
    func many() throws {
        let text = "@host = http://x\n" + (0..<5000).map { "###\nGET {{host}}/page/\($0)\n" }.joined()
        let index = try TrafficIndex(bytes: TrafficBytes(bytes: Array(text.utf8), name: "x.http"))
        #expect(index.entries.count == 5000)
        #expect(index.entries.allSatisfy { $0.length < 40 })
        #expect(try index.request(index.entries[4999]).target == "/page/4999")
    }

    // MARK: Which kind

    @Test(
        "without a name that says so, a .http file is known by what no list of targets has",
        arguments: [
            ("@h = http://x\nGET http://x/a\n", true), ("GET {{h}}/a\n", true), ("GET http://x/a\n\nbody\n", true),
            ("# @name a\nGET http://x/a\n", true), ("GET http://x/a\n  ?b=1\n", true),
            ("GET http://x/a\n\n> {% x %}\n", true), ("### a\nGET http://x/a\n### b\nGET http://x/b\n", false),
            ("GET http://x/a HTTP/1.1\nA: b\n\nGET http://x/b HTTP/1.1\n", false),
            ("// c\nGET http://x/{{a}}\n", false), ("GET http://x/a\n@body.txt\n\nGET http://x/b\n", false),
            ("GET http://x/a\nA: b\n\n# c\nGET http://x/b\n", false),
        ])
    func kinds(text: String, isHTTPFile: Bool) throws {
        let index = try TrafficIndex(bytes: TrafficBytes(bytes: Array(text.utf8), name: "targets.txt"))
        #expect(index.formatName == (isHTTPFile ? ".http requests" : "vegeta targets"))
    }
}
