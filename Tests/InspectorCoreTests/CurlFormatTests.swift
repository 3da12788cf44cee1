// curl commands as browsers copy them and people keep them: read, never run.

import Foundation
import Testing

@testable import InspectorCore

@Suite struct CurlFormatTests {
    private func read(_ text: String) throws -> (index: TrafficIndex, requests: [RecordedRequest]) {
        let index = try FormatCase.index(text, "pasted")
        #expect(index.formatName == "curl commands")
        return (index, try FormatCase.requests(index))
    }

    private func one(_ text: String) throws -> RecordedRequest {
        let (_, requests) = try read(text)
        return try #require(requests.count == 1 ? requests.first : nil)
    }

    // MARK: As browsers copy it

    @Test("as Chrome copies it for bash: $'…' with code units, headers, a cookie, several commands")
    func chrome() throws {
        let (index, requests) = try read(
            #"""
            curl 'https://x.example/a?b=c' \
              -H 'accept: */*' \
              -H 'content-type: application/json' \
              -b 'sid=1; theme=dark' \
              --data-raw $'{"text":"it\'s \u0021 \ud83d\ude00 \n é"}' \
              --compressed ;
            curl 'https://x.example/d' \
              -X 'DELETE' \
              -H 'x-empty;'
            """#)
        #expect(requests.map { "\($0.method) \($0.target)" } == ["POST /a?b=c", "DELETE /d"])
        #expect(FormatCase.text(requests[0].body) == "{\"text\":\"it's ! 😀 \n é\"}")
        #expect(requests[0].headers["Cookie"] == "sid=1; theme=dark")
        #expect(requests[0].headers["content-type"] == "application/json" && requests[0].host == "x.example")
        #expect(requests[0].headers["Accept-Encoding"] == "deflate, gzip")
        #expect(requests[1].headers["x-empty"] == "")
        #expect(index.entries.map(\.number) == [1, 7])
    }

    @Test("as Firefox copies it, with quotes within quotes")
    func firefox() throws {
        let request = try one(
            #"curl 'http://x/a' --compressed -X POST -H 'User-Agent: Mozilla/5.0 (X11)' --data-raw 'q=it'\''s&r=2'"#)
        #expect(FormatCase.text(request.body) == "q=it's&r=2")
        #expect(request.headers["Content-Type"] == "application/x-www-form-urlencoded")
        #expect(request.headers["User-Agent"] == "Mozilla/5.0 (X11)")
    }

    @Test(
        "as browsers copy it for Windows: carets before quotes, or only at the ends of lines",
        arguments: [
            "curl ^\"https://x.example/a?b=c^&d=^%^7B1^\" ^\r\n  -H ^\"accept: */*^\" ^\r\n  -H ^\"sec-ch-ua: ^\\^\"Chromium^\\^\";v=^\\^\"130^\\^\"^\" ^\r\n  --data-raw ^\"^{^\\^\"a^\\^\":^\\^\"x^\\^\\y^\\^\"^}^\" &\r\ncurl ^\"https://x.example/e^\"\r\n",
            "curl \"https://x.example/a?b=c^&d=^%^7B1\" ^\n  -H \"accept: */*\" ^\n  -H \"sec-ch-ua: ^\\^\"Chromium^\\^\";v=^\\^\"130^\\^\"\" ^\n  --data-raw \"^{^\\^\"a^\\^\":^\\^\"x^\\^\\y^\\^\"^}\"\ncurl \"https://x.example/e\"\n",
        ])
    func windows(text: String) throws {
        let (_, requests) = try read(text)
        #expect(requests.map(\.target) == ["/a?b=c&d=%7B1", "/e"])
        #expect(requests[0].headers["sec-ch-ua"] == "\"Chromium\";v=\"130\"")
        #expect(FormatCase.text(requests[0].body) == #"{"a":"x\y"}"#)
    }

    @Test("doubled quotes are quotes, and a line end after a caret is one of the text")
    func windowsQuotes() throws {
        let request = try one(
            "curl ^\"http://x/a^\" --data-raw ^\"say \"\"hi\"\" 100\"%\" ^\n\nnext^\" ^\n -H \"A: b\" > out.txt")
        #expect(FormatCase.text(request.body) == "say \"hi\" 100% \nnext")
        #expect(request.headers["A"] == "b" && request.method == "POST")
    }

    // MARK: Options

    @Test(
        "what options make of a request",
        arguments: [
            ("curl -d a=1 -d b=2 http://x/", "POST / a=1&b=2"),
            ("curl -G -d a=1 --data-urlencode 'b=two words' 'http://x/p?z=0'", "GET /p?z=0&a=1&b=two%20words "),
            ("curl --data-urlencode '=a&b' --data-urlencode c http://x/", "POST / a%26b&c"),
            ("curl --json '{\"a\":' --json '1}' http://x/", "POST / {\"a\":1}"),
            ("curl -XPUT -dx http://x/", "PUT / x"), ("curl -sSLIk http://x/", "HEAD / "),
            ("curl --url http://x/a --url-query 'b=c d'", "GET /a?b=c%20d "),
            ("curl x.example/a", "GET /a "), ("curl.exe --request PATCH \"http://x/a\"", "PATCH /a "),
            ("$ curl http://x/a", "GET /a "), ("TOKEN=1 sudo curl http://x/a#frag", "GET /a "),
            ("curl http://x/ --data-binary $'a\\x41\\101\\t\\\\'", "POST / aAA\t\\"),
            ("curl -o out.txt -m 5 --retry 3 --no-progress-meter http://x/a 2>/dev/null", "GET /a "),
            ("curl http://x/a --data-raw @not-a-file", "POST /a @not-a-file"),
            ("curl -d 'multi\nline' http://x/", "POST / multi\nline"),
        ])
    func options(command: String, expected: String) throws {
        let request = try one(command)
        #expect("\(request.method) \(request.target) \(FormatCase.text(request.body))" == expected)
    }

    @Test("who asks, from where, with which cookies; headers set, emptied and taken away")
    func headers() throws {
        let request = try one(
            "curl -u ada:secret -A agent -e 'http://r/;auto' -b a=1 --cookie b=2 -r 0-9 -H 'X-A: 1' -H 'X-A: 2' -H 'Accept:' "
                + "-H 'Content-Type:' -H 'Host: other:1' -d z http://x/p")
        #expect(request.headers["Authorization"] == "Basic YWRhOnNlY3JldA==")
        #expect(request.headers["User-Agent"] == "agent" && request.headers["Referer"] == "http://r/")
        #expect(request.headers["Cookie"] == "a=1; b=2" && request.headers["Range"] == "bytes=0-9")
        #expect(request.headers.all("X-A") == ["1", "2"])
        #expect(request.headers["Accept"] == nil && request.headers["Content-Type"] == nil)
        #expect(request.host == "other:1" && request.target == "/p")
        #expect(try one("curl http://ada:s%20t@x/").headers["Authorization"] == "Basic YWRhOnMgdA==")
        #expect(try one("curl --oauth2-bearer abc http://x/").headers["Authorization"] == "Bearer abc")
    }

    @Test("several addresses and --next are requests of their own")
    func several() throws {
        let (index, requests) = try read("curl -H 'A: b' http://x/1 http://x/2 --next -d c http://x/3\n")
        #expect(requests.map { "\($0.method) \($0.target)" } == ["GET /1", "GET /2", "POST /3"])
        #expect(requests.map { $0.headers["A"] } == ["b", "b", nil])
        #expect(index.count == 3)
    }

    @Test("an option that is not known, or cannot be done, is told, and the rest kept")
    func unknown() throws {
        let (index, requests) = try read(
            "curl --frobnicate --flavour sweet -% --digest -L -K config.txt -b jar.txt -H 'no colon' http://x/a\n")
        #expect(requests.map(\.target) == ["/a"])
        for words in [
            "--frobnicate is not known", "--flavour is not known", "-% is not known", "--digest: sent without it",
            "redirects are not followed", "--config: its file is not read", "cookies of the file jar.txt",
            "has no colon: no colon",
        ] {
            #expect(index.says(words), "\(words): \(index.notes)")
        }
    }

    @Test("@file is read beside the file, and nowhere else; forms with files, uploads")
    func files() throws {
        let commands = """
            # a comment
            curl http://x/1 -d @body.txt
            curl http://x/2 --data-binary @body.txt
            curl http://x/3 -F 'a=1;2' -F 'f=@body.txt;type=text/csv;filename="n.csv"' -F 'c=<body.txt' --form-string 'd=@x'
            curl -T body.txt http://x/up/
            curl http://x/5 -d @/etc/passwd
            curl http://x/6 --data-binary @nobody.txt
            curl http://x/7 -d @-
            curl http://x/8 --data-urlencode n@body.txt -H @head.txt
            """
        try FormatCase.inFolder(["c.sh": commands, "body.txt": "one\ntwo\n", "head.txt": "X-A: 1\nX-B: 2\n"]) {
            folder in
            let index = try TrafficIndex(path: folder.appendingPathComponent("c.sh").path)
            let requests = try FormatCase.requests(index)
            #expect(requests.map(\.target) == ["/1", "/2", "/3", "/up/body.txt", "/8"])
            #expect(requests.map(\.method) == ["POST", "POST", "POST", "PUT", "POST"])
            #expect(FormatCase.text(requests[0].body) == "onetwo")
            #expect(FormatCase.text(requests[1].body) == "one\ntwo\n")
            let form = FormatCase.text(requests[2].body)
            #expect(form.contains("name=\"a\"\r\n\r\n1;2\r\n") && form.contains("name=\"d\"\r\n\r\n@x\r\n"))
            #expect(form.contains("name=\"f\"; filename=\"n.csv\"\r\nContent-Type: text/csv\r\n\r\none\ntwo\n\r\n"))
            #expect(form.contains("name=\"c\"\r\n\r\none\ntwo\n\r\n"))
            let boundary = try #require(requests[2].headers["Content-Type"]?.split(separator: "=").last)
            #expect(form.hasSuffix("--\(boundary)--\r\n"))
            #expect(FormatCase.text(requests[3].body) == "one\ntwo\n")
            #expect(FormatCase.text(requests[4].body) == "n=one%0Atwo%0A" && requests[4].headers["X-B"] == "2")
            #expect(index.skipped.values.reduce(0, +) == 3)
            for words in ["outside the folder", "cannot be read: nobody.txt", "another program writes"] {
                #expect(index.skipped.keys.contains { $0.contains(words) }, "\(words)")
            }
        }
    }

    // MARK: Many requests of one command

    @Test("thousands of addresses of one command are read again one by one, and share one body")
    func addresses() throws {
        let count = 5000
        let list = (0..<count).map { "http://x/\($0)" }.joined(separator: " ")
        let body = String(repeating: "y", count: 1_000_000)
        let (index, requests) = try read("curl -H 'A: b' --url-query q=1 -d \(body) \(list)\n")
        #expect(index.count == count)
        #expect(requests.map(\.target) == (0..<count).map { "/\($0)?q=1" })
        let places = Set(requests.map { request in request.body.withUnsafeBufferPointer { $0.baseAddress } })
        #expect(places.count == 1, "a copy for each would be five gigabytes")
    }

    @Test("thousands of --next and of commands on one line are requests of their own, in any order")
    func nexts() throws {
        let nexts = (0..<3000).map { "-d \($0) http://x/\($0) http://y/\($0)" }.joined(separator: " --next ")
        let commands = (0..<3000).map { "curl http://z/\($0); " }.joined()
        let index = try FormatCase.index("curl \(nexts)\n\(commands) cat <<END\ntext\nEND\ncurl http://x/last", "x.sh")
        #expect(index.entries.count == 9001)
        for place in [9000, 0, 5999, 1, 6000, 2, 3001, 8999, 3000] {
            let request = try index.request(index.entries[place])
            let found = "\(request.host ?? "")\(request.target) \(FormatCase.text(request.body))"
            if place == 9000 {
                #expect(found == "x/last ")
            } else if place >= 6000 {
                #expect(found == "z/\(place - 6000) ")
            } else {
                #expect(found == "\(place % 2 == 0 ? "x" : "y")/\(place / 2) \(place / 2)")
            }
        }
    }

    @Test("options that hold for many addresses are taken until the heads become too long together")
    func heads() throws {
        // A method that cannot be sent: each address is refused before the whole of it is looked at.
        let options = "-G -X 'G T' -d \(String(repeating: "y", count: 1_000_000))"
        let index = try FormatCase.index("curl \(options) \(String(repeating: "x ", count: 1000))\n", "x.sh")
        #expect(
            index.skipped == [
                "its method is not an HTTP token": 268,
                "the file's requests become more than 256 MB, even without their bodies": 732,
            ])
    }

    @Test("many parts of a query, and many semicolons of a field, are put together at once")
    func parts() throws {
        let query = (0..<20_000).map { "--url-query +a\($0)=1#c" }.joined(separator: " ")
        let target = try one("curl \(query) 'http://x/p#f'").target
        #expect(target.hasPrefix("/p?a0=1") && target.hasSuffix("&a19998=1&a19999=1"))
        let text = String(repeating: ";", count: 100_000)
        #expect(FormatCase.text(try one("curl -F 'a=\(text)' http://x/").body).contains("\r\n\r\n\(text)\r\n"))
    }

    @Test("texts that stand behind a line go to its commands in their order, when they are read again too")
    func documents() throws {
        let (_, requests) = try read(
            """
            cat <<ZERO; curl http://x/1 --data-binary @- <<ONE; curl http://x/2 --data-binary @- <<TWO; curl http://x/3 -d 'a
            b'
            nothing
            ZERO
            one
            ONE
            two
            TWO
            <<ALONE
            curl http://x/never
            ALONE
            curl http://x/4 >; curl http://x/5
            """)
        #expect(requests.map(\.target) == ["/1", "/2", "/3", "/4", "/5"])
        #expect(requests.map { FormatCase.text($0.body) } == ["one\n", "two\n", "a\nb", "", ""])
    }

    // MARK: Nothing is run

    @Test("commands in it, pipes, variables: text, or a note, never run")
    func nothingIsRun() throws {
        let mark = FileManager.default.temporaryDirectory.appendingPathComponent("inspector-\(UUID().uuidString)").path
        let (index, requests) = try read(
            """
            #!/bin/sh
            touch \(mark)
            curl "http://x/$(touch \(mark))" -H "A: `touch \(mark)`" -H "B: $TOKEN ${OTHER} $5" | sh > \(mark)
            echo '{"a":1}' | curl http://x/b -d @- && touch \(mark); curl http://x/c & curl http://x/d
            curl http://x/e -d @- <<'END' && echo done
            {"from": "here"}
            END
            curl http://x/f -d @- <<< text
            """)
        #expect(!FileManager.default.fileExists(atPath: mark))
        #expect(requests.map { $0.target.prefix(3) } == ["/$(", "/c", "/d", "/e", "/f"])
        #expect(requests[0].headers["A"] == "`touch \(mark)`" && requests[0].headers["B"] == "$TOKEN ${OTHER} $5")
        #expect(FormatCase.text(requests[3].body) == "{\"from\": \"here\"}")
        #expect(FormatCase.text(requests[4].body) == "text")
        #expect(index.skipped == ["its body is what another program writes, which is not run": 1])
        for words in [
            "a command in $(…) is not run", "a command in backquotes is not run", "a variable of the shell is not",
        ] {
            #expect(index.says(words), "\(words)")
        }
        #expect(index.notes.contains { $0.place == "line 2" && $0.reason.contains("is not run: touch") })
        #expect(index.says("is not run: sh"))
    }

    @Test(
        "a command that was cut is skipped",
        arguments: [
            "curl http://x/a -d 'cut", "curl http://x/a -d \"cut", "curl http://x/a -d $'cut", "curl -d a",
            "curl ^\"http://x/a^\" -d ^\"cut", "curl http://x/a -d @- <<END\ncut",
        ])
    func cut(text: String) throws {
        let (index, requests) = try read(text)
        #expect(requests.isEmpty)
        #expect(index.count == 1)
    }

    @Test("no command crashes the reader, whatever is cut or put into it")
    func fuzz() throws {
        let seeds = [
            "curl 'http://x/a' \\\n -H 'a: b' --data-raw $'\\u0021\\x41' -F 'a=@b;type=c' ;\ncurl -d @- <<END\nx\nEND\n",
            "curl ^\"http://x/^\" ^\r\n -H ^\"a: ^\\^\"b^\\^\"^\" --data-raw \"a\"\"b\" & curl http://y/ > z",
        ].map { Array($0.utf8) }
        var state: UInt64 = 11
        func roll(_ limit: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % UInt64(max(1, limit)))
        }
        for round in 0..<2000 {
            var bytes = seeds[round % seeds.count]
            for _ in 0...roll(5) where !bytes.isEmpty {
                let place = roll(bytes.count)
                switch roll(3) {
                case 0: bytes[place] = UInt8(roll(256))
                case 1: bytes = Array(bytes[..<place])
                default: bytes.insert([10, 13, 34, 36, 39, 40, 60, 92, 94, 96][roll(10)], at: place)
                }
            }
            guard let index = try? TrafficIndex(bytes: TrafficBytes(bytes: bytes, name: "fuzz")) else { continue }
            #expect(index.count == index.entries.count + index.skipped.values.reduce(0, +))
            for entry in index.entries { #expect(throws: Never.self) { try index.request(entry) } }
        }
    }
}
