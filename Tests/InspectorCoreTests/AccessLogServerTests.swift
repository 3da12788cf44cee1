// A line of each server that writes access logs, and of each thing that keeps them.

import Foundation
import Testing

@testable import InspectorCore

@Suite struct AccessLogServerTests {
    /// A line, and what it must give.
    struct Server: Sendable, CustomTestStringConvertible {
        let line: String
        /// What the form is called, or a part of it.
        let name: String
        /// When the request began; nil where the line has no time.
        let start: String?
        var target = "/x?a=1"
        var status: Int? = 200
        /// In µs.
        var duration: UInt64? = nil
        var size: Int? = 12
        var host: String? = nil
        var agent: String? = nil

        var testDescription: String { name }
    }

    static let servers: [Server] = [
        // As these servers print them.
        Server(
            line: #"127.0.0.1 - - [26/Nov/2026 02:24:27] "GET /x?a=1 HTTP/1.1" 200 -"#,
            name: "Flask's development server", start: "2026-11-26T02:24:27Z", size: nil),
        Server(
            line: "127.0.0.1 - - [26/Nov/2026 02:24:27] \"\u{1B}[33mGET /x?a=1 HTTP/1.1\u{1B}[0m\" 404 -",
            name: "Flask's development server", start: "2026-11-26T02:24:27Z", status: 404, size: nil),
        Server(
            line: #"[26/Nov/2026 02:24:27] "GET /x?a=1 HTTP/1.1" 200 12"#, name: "Django's development server",
            start: "2026-11-26T02:24:27Z"),
        Server(
            line: #"127.0.0.1 - - [26/Nov/2026:02:24:28 +0000] "GET /x?a=1 HTTP/1.1" 200 12 "-" "curl/7.88.1""#,
            name: "combined", start: "2026-11-26T02:24:28Z", agent: "curl/7.88.1"),
        Server(
            line: #"INFO:     127.0.0.1:57038 - "GET /x?a=1 HTTP/1.1" 200 OK"#, name: "uvicorn's lines", start: nil,
            size: nil),
        Server(
            line: "\u{1B}[32mINFO\u{1B}[0m:     127.0.0.1:42810 - \"\u{1B}[1mGET /x?a=1 HTTP/1.1\u{1B}[0m\" "
                + "\u{1B}[32m200 OK\u{1B}[0m",
            name: "uvicorn's lines", start: nil, size: nil),
        Server(
            line: "[2026-11-26 02:24:34 +0000] [12990] [INFO] 127.0.0.1:51334 - - [26/Nov/2026:02:24:34 +0000] "
                + "\"GET /x?a=1 1.1\" 200 12 \"-\" \"curl/7.88.1\"",
            name: "hypercorn's lines behind the server's own prefix", start: "2026-11-26T02:24:34Z",
            agent: "curl/7.88.1"),
        Server(
            line: #"127.0.0.1:45414 - - [26/Nov/2026:02:24:36] "GET /x?a=1" 200 12"#, name: "daphne's lines",
            start: "2026-11-26T02:24:36Z"),
        // As their documentation has them.
        Server(
            line: #"10.0.0.1 - ada [25/Nov/2026:22:35:45 +0000] "GET /x?a=1 HTTP/1.1" 200 12"#, name: "common",
            start: "2026-11-25T22:35:45Z"),
        Server(
            line:
                #"www.example.org:443 10.0.0.1 - - [25/Nov/2026:22:35:45 +0000] "GET /x?a=1 HTTP/1.1" 200 12 "-" "a""#,
            name: "combined with the host in front", start: "2026-11-25T22:35:45Z", host: "www.example.org:443",
            agent: "a"),
        Server(
            line: #"10.0.0.1 - - [25/Nov/2026:22:35:45 +0000] "GET /x?a=1 HTTP/2.0" 200 12 "-" "a" rt=0.250 uct="0.0""#,
            name: "combined with its duration", start: "2026-11-25T22:35:44.750Z", duration: 250_000, agent: "a"),
        Server(
            line: #"10.0.0.1 - - [25/Nov/2026:22:35:45 +0000] "GET /x?a=1 HTTP/2.0" 200 12 "-" "a" 7 "r@file" "#
                + #""http://10.0.0.2:80" 5ms"#,
            name: "Traefik's common format", start: "2026-11-25T22:35:45Z", duration: 5000, agent: "a"),
        Server(
            line:
                #"[2026-11-25T22:35:45.310Z] "GET /x?a=1 HTTP/2" 200 - 154 12 226 100 "10.0.0.1" "a" "id" "h.example" "#
                + #""10.0.2.1:80""#,
            name: "Envoy", start: "2026-11-25T22:35:45.310Z", duration: 226_000, host: "h.example", agent: "a"),
        Server(
            line:
                #"[2026-11-25T22:35:45.310Z] "GET /x?a=1 HTTP/1.1" 200 - via_upstream - "-" 0 12 226 100 "-" "a" "id" "#
                + #""h.example" "10.0.2.1:80" outbound|80||s 10.0.2.1:3 10.0.2.1:80 10.0.0.1:4 - default"#,
            name: "Envoy, as Istio", start: "2026-11-25T22:35:45.310Z", duration: 226_000, host: "h.example",
            agent: "a"),
        Server(
            line: "Feb  6 12:14:14 localhost haproxy[14389]: 10.0.1.2:33317 [06/Feb/2026:12:14:14.655] front back/srv "
                + "10/40/30/69/149 200 12 - - ---- 1/1/1/1/0 0/0 {h.example|\"} {} \"GET /x?a=1 HTTP/1.1\"",
            name: "HAProxy's HTTP log behind syslog's prefix", start: "2026-02-06T12:14:14.655Z", duration: 109_000),
        Server(
            line:
                "http 2026-07-02T22:23:00.186641Z app/lb/50dc 10.0.0.9:2817 10.0.0.1:80 0.000 0.001 0.002 200 200 34 12 "
                + "\"GET http://h.example:80/x?a=1 HTTP/1.1\" \"a\" - - arn:aws:x \"Root=1-58337281\" \"-\" \"-\" 0 "
                + "2026-07-02T22:22:48.364000Z \"forward\" \"-\" \"-\" \"10.0.0.1:80\" \"200\" \"-\" \"-\"",
            name: "AWS's application load balancer", start: "2026-07-02T22:23:00.183641Z", duration: 3000,
            host: "h.example:80", agent: "a"),
        Server(
            line: "2015-05-13T23:39:43.945958Z lb 10.0.0.9:2817 10.0.0.1:80 0.000073 0.001048 0.000057 200 200 0 12 "
                + "\"GET http://h.example:80/x?a=1 HTTP/1.1\" \"curl/7.38.0\" - -",
            name: "AWS's classic load balancer", start: "2015-05-13T23:39:43.944780Z", duration: 1178,
            host: "h.example:80"),
        Server(
            line:
                "[25/Nov/2026:22:35:45 +0000] - 200 200 - GET https h.example \"/x?a=1\" [Client 10.0.0.1] [Length 12] "
                + "[Gzip -] [Sent-to 10.0.0.2] \"a\" \"-\"",
            name: "Nginx Proxy Manager", start: "2026-11-25T22:35:45Z", host: "h.example", agent: "a"),
        Server(
            line: "2026-11-25T22:35:45.123456+00:00 heroku[router]: at=info method=GET path=\"/x?a=1\" host=h.example "
                + "request_id=8601 fwd=\"10.0.0.1\" dyno=web.1 connect=1ms service=18ms status=200 bytes=12 protocol=https",
            name: "names and values (Heroku's router) behind syslog's prefix", start: "2026-11-25T22:35:45.104456Z",
            duration: 19_000, host: "h.example"),
        // In JSON.
        Server(
            line:
                #"{"level":"info","ts":1693840791.75,"logger":"http.log.access.log0","request":{"remote_ip":"10.0.0.1","#
                + #""proto":"HTTP/1.1","method":"GET","host":"h.example","uri":"/x?a=1","headers":{"User-Agent":["a"],"#
                + #""Cookie":["REDACTED"],"Authorization":[]}},"duration":0.25,"size":12,"status":200}"#,
            name: "Caddy's JSON", start: "2023-09-04T15:19:51.500Z", duration: 250_000, host: "h.example", agent: "a"),
        Server(
            line: #"caddy  | {"ts":"2023-09-04T15:19:51.750Z","request":{"method":"GET","host":"h.example","#
                + #""uri":"/x?a=1"},"duration":"250ms","size":12,"status":200}"#,
            name: "Caddy's JSON behind docker compose's prefix", start: "2023-09-04T15:19:51.500Z", duration: 250_000,
            host: "h.example"),
        Server(
            line: #"{"ts":"2023/09/04 15:19:51.750","request":{"method":"GET","host":"h.example","uri":"/x?a=1"},"#
                + #""duration":250000000,"size":12,"status":200}"#,
            name: "Caddy's JSON", start: "2023-09-04T15:19:51.500Z", duration: 250_000, host: "h.example"),
        Server(
            line: #"{"ts":1693840791750,"request":{"method":"GET","host":"h.example","uri":"/x?a=1"},"#
                + #""duration":250,"size":12,"status":200}"#,
            name: "Caddy's JSON", start: "2023-09-04T15:19:51.500Z", duration: 250_000, host: "h.example"),
        Server(
            line: #"{"ClientHost":"10.0.0.1","DownstreamContentSize":12,"DownstreamStatus":200,"Duration":5000000,"#
                + #""RequestHost":"h.example","RequestMethod":"GET","RequestPath":"/x?a=1","RequestProtocol":"HTTP/1.1","#
                + #""StartUTC":"2026-11-25T22:35:45.123456789Z","request_User-Agent":"a","time":"2026-11-25T22:35:45Z"}"#,
            name: "Traefik's JSON", start: "2026-11-25T22:35:45.123456789Z", duration: 5000, host: "h.example",
            agent: "a"),
        Server(
            line:
                #"{"time_local":"25/Nov/2026:22:35:45 +0000","remote_addr":"10.0.0.1","request":"GET \/x?a=1 HTTP\/1.1","#
                + #""status": "200","body_bytes_sent":"12","request_time":"0.250","upstream_response_time":"0.1, 0.1","#
                + #""http_host":"h.example","http_user_agent":"a \"b\""}"#,
            name: "JSON with the usual names", start: "2026-11-25T22:35:44.750Z", duration: 250_000, host: "h.example",
            agent: "a \"b\""),
        Server(
            line:
                #"{"@timestamp":"2026-11-25T22:35:45+01:00","request_method":"GET","uri":"/x","args":"a=1","status":200,"#
                + #""bytes_sent":12,"msec":1795642545.500,"request_time":0.5}"#,
            name: "JSON with the usual names", start: "2026-11-25T21:35:45Z", duration: 500_000),
        Server(
            line: #"{"start_time":"2026-11-25T22:35:45.310Z","method":"GET","path":"/x?a=1","response_code":200,"#
                + #""duration":226,"bytes_sent":12,"authority":"h.example","user_agent":"a"}"#,
            name: "Envoy's JSON", start: "2026-11-25T22:35:45.310Z", duration: 226_000, host: "h.example", agent: "a"),
        Server(
            line: #"{"level":30,"time":1795642545310,"req":{"id":1,"method":"GET","url":"/x?a=1","headers":"#
                + #"{"host":"h.example","user-agent":"a"}},"res":{"statusCode":200},"responseTime":10,"msg":"done"}"#,
            name: "pino's JSON", start: "2026-11-25T21:35:45.300Z", duration: 10_000, size: nil, host: "h.example",
            agent: "a"),
        Server(
            line: #"{"httpRequest":{"requestMethod":"GET","requestUrl":"https://h.example/x?a=1","status":200,"#
                + #""responseSize":"12","userAgent":"a","latency":"0.250s"},"timestamp":"2026-11-25T22:35:45.310Z"}"#,
            name: "Google Cloud's JSON", start: "2026-11-25T22:35:45.310Z", duration: 250_000, host: "h.example",
            agent: "a"),
        Server(
            line: #"{"@timestamp":"2026-11-25T22:35:45.310Z","http.request.method":"GET","url.original":"/x?a=1","#
                + #""http":{"response":{"status_code":200,"body":{"bytes":12}}},"event":{"duration":10000000}}"#,
            name: "JSON in Elastic's common schema", start: "2026-11-25T22:35:45.300Z", duration: 10_000),
        // Around lines.
        Server(
            line: #"{"log":"INFO:     127.0.0.1:57038 - \"GET /x?a=1 HTTP/1.1\" 200 OK\n","stream":"stdout","#
                + #""time":"2026-11-25T22:35:45.1Z"}"#,
            name: "uvicorn's lines behind docker's JSON", start: "2026-11-25T22:35:45.100Z", size: nil),
        Server(
            line: #"{"log":"{\"ts\":1693840791.75,\"request\":{\"method\":\"GET\",\"host\":\"h\",\"uri\":\"/x?a=1\"},"#
                + #"\"duration\":0.25,\"size\":12,\"status\":200}\n","stream":"stderr","time":"2026-11-25T22:35:45.1Z"}"#,
            name: "Caddy's JSON behind docker's JSON", start: "2023-09-04T15:19:51.500Z", duration: 250_000, host: "h"),
        Server(
            line: #"2026-11-25T22:35:45.1Z stdout F INFO:     127.0.0.1:57038 - "GET /x?a=1 HTTP/1.1" 200 OK"#,
            name: "uvicorn's lines behind Kubernetes' prefix", start: "2026-11-25T22:35:45.100Z", size: nil),
        Server(
            line: #"<134>1 2026-11-25T22:35:45.5Z host app 7 - [a@1 k="] v\""] INFO:     127.0.0.1:5 - "#
                + #""GET /x?a=1 HTTP/1.1" 200 OK"#,
            name: "uvicorn's lines behind syslog's prefix", start: "2026-11-25T22:35:45.500Z", size: nil),
        Server(
            line: "83 <190>1 2026-11-25T22:35:45.5Z host nginx - - - 10.0.0.1 - - [25/Nov/2026:22:35:45 +0000] "
                + "\"GET /x?a=1 HTTP/1.1\" 200 12",
            name: "common behind syslog's prefix", start: "2026-11-25T22:35:45Z"),
        Server(
            line:
                "<190>Nov 25 22:35:45 host nginx: 10.0.0.1 - - [25/Nov/2026:22:35:45 +0000] \"GET /x?a=1 HTTP/1.1\" 200 12",
            name: "common behind syslog's prefix", start: "2026-11-25T22:35:45Z"),
        Server(
            line: #"2026-11-25T22:35:45+0000 host gunicorn[7]: 10.0.0.1 - - [25/Nov/2026:22:35:45 +0000] "#
                + #""GET /x?a=1 HTTP/1.1" 200 12"#,
            name: "common behind syslog's prefix", start: "2026-11-25T22:35:45Z"),
        Server(
            line: #"2026-11-25T22:35:45.123456+00:00 app[web.1]: 10.0.0.1 - - [25/Nov/2026:22:35:45 +0000] "#
                + #""GET /x?a=1 HTTP/1.1" 200 12"#,
            name: "common behind syslog's prefix", start: "2026-11-25T22:35:45Z"),
        Server(
            line: #"{"__REALTIME_TIMESTAMP":"1795642545500000","MESSAGE":"INFO:     127.0.0.1:5 - \"GET /x?a=1 "#
                + #"HTTP/1.1\" 200 OK","_COMM":"uvicorn"}"#,
            name: "uvicorn's lines behind journald's JSON", start: "2026-11-25T21:35:45.500Z", size: nil),
        Server(
            line:
                "\u{1B}[36mweb-1  |\u{1B}[0m 10.0.0.1 - - [25/Nov/2026:22:35:45 +0000] \"GET /x?a=1 HTTP/1.1\" 200 12",
            name: "common behind docker compose's prefix", start: "2026-11-25T22:35:45Z"),
        Server(
            line: #"[2026-11-25 22:35:45 +0000] [7] [INFO] 127.0.0.1:53000 - "GET /x?a=1 HTTP/1.1" 200"#,
            name: "uvicorn's lines behind the server's own prefix", start: "2026-11-25T22:35:45Z", size: nil),
    ]

    @Test("a line of each server gives its request, when it began, and how long it took", arguments: servers)
    func server(one: Server) throws {
        for before in ["", "Starting up\n", "{\"msg\":\"starting\"}\n"] {
            let index = try LogFile.index(before + one.line + "\n")
            #expect(index.formatName.hasPrefix("access log, \(one.name)"), "\(index.formatName)")
            let request = try #require(try LogFile.requests(index).first)
            #expect(request.method == "GET" && request.target == one.target)
            #expect(request.status == one.status && request.response?.size == one.size)
            #expect(request.response?.duration == one.duration.map { $0 * 1000 })
            #expect(index.entries.first?.time == one.start.flatMap { LogFile.time($0) }, "\(index.entries)")
            #expect(request.host == one.host)
            if let agent = one.agent { #expect(request.headers["User-Agent"] == agent) }
            #expect(request.headers["Cookie"] == nil)
            #expect(index.skipped.values.reduce(0, +) == (before.isEmpty ? 0 : 1))
            #expect(!index.firstFields.isEmpty)
        }
    }

    @Test("IIS' and CloudFront's logs are read by their #Fields, which may change within the file")
    func w3c() throws {
        let file = """
            #Software: Microsoft Internet Information Services 10.0
            #Version: 1.0
            #Date: 2026-11-25 22:35:40
            #Fields: date time s-ip cs-method cs-uri-stem cs-uri-query cs(User-Agent) sc-status time-taken
            2026-11-25 22:35:45 10.0.0.1 GET /x a=1 Mozilla/5.0+(X11) 200 250
            2026-11-25 22:35:46 10.0.0.1 POST /x - - 200 250
            2026-11-25 22:35:46 10.0.0.1 GET /short
            #Fields: time cs-method cs-uri-stem sc-status c-ip cs-host
            22:35:47 GET /y 404 10.0.0.9 h.example
            22:35:48 GET /z - 10.0.0.9 -

            """
        let index = try LogFile.index(file)
        #expect(index.formatName == "access log, W3C's extended format (IIS)")
        let requests = try LogFile.requests(index)
        #expect(requests.map(\.target) == ["/x?a=1", "/y", "/z"])
        #expect(requests.map(\.status) == [200, 404, nil])
        #expect(requests[0].headers["User-Agent"] == "Mozilla/5.0 (X11)" && requests[1].host == "h.example")
        #expect(
            index.entries.map(\.time)
                == ["2026-11-25T22:35:44.750Z", "2026-11-25T22:35:47Z", "2026-11-25T22:35:48Z"].map { LogFile.time($0) }
        )
        #expect(index.skipped == ["its body is not in the log": 1, "it is not a line of an access log": 1])
        #expect(index.firstFields.contains { $0.name == "duration" && $0.value == "250, taken as 250.0 ms" })

        let cloud =
            "#Version: 1.0\n#Fields: date time cs-method cs(Host) cs-uri-stem sc-status cs-uri-query time-taken\n"
            + "2026-11-25\t22:35:45\tGET\tx.cloudfront.net\t/a\t200\tq=1\t0.250\n"
        let request = try #require(try LogFile.requests(LogFile.index(cloud)).first)
        #expect(request.target == "/a?q=1" && request.host == "x.cloudfront.net")
        #expect(request.response?.duration == 250_000_000)
    }

    @Test("lines that docker and Kubernetes have split are joined, though others stand between")
    func split() throws {
        let long = String(repeating: "y", count: 40_000)
        let line = #"10.0.0.1 - - [04/Jan/2024:07:25:02 +0000] \"GET /\#(long) HTTP/1.1\" 200 12"#
        let parts = [
            String(line.prefix(16_000)), String(line.dropFirst(16_000).prefix(16_000)), String(line.dropFirst(32_000)),
        ]
        func docker(_ text: String, _ stream: String, isLast: Bool) -> String {
            "{\"log\":\"\(text)\(isLast ? "\\n" : "")\",\"stream\":\"\(stream)\",\"time\":\"2024-01-04T07:25:02.1Z\"}\n"
        }
        let other = #"10.0.0.1 - - [04/Jan/2024:07:25:03 +0000] \"GET /between HTTP/1.1\" 200 12"#
        let file =
            docker(other, "stdout", isLast: true) + docker(parts[0], "stdout", isLast: false)
            + docker("an error", "stderr", isLast: true) + docker(parts[1], "stdout", isLast: false)
            + docker(other, "stderr", isLast: true) + docker(parts[2], "stdout", isLast: true)
            + docker(#"10.0.0.1 - - [04/Jan/2024:07:25:04 +0000] \"GET /cut"#, "stdout", isLast: false)
        let index = try LogFile.index(file)
        let requests = try LogFile.requests(index)
        #expect(Set(requests.map(\.target)) == ["/between", "/" + long])
        #expect(requests.count == 3 && index.entries.map(\.number).sorted() == [1, 2, 5])
        #expect(index.skipped == ["it is not a line of an access log": 2])

        let kubernetes = ["P", "P", "F"].enumerated().map { place, tag in
            "2024-01-04T07:25:02.\(place)Z stdout \(tag) "
                + parts[place].replacingOccurrences(of: "\\\"", with: "\"") + "\n"
        }.joined()
        let whole =
            "2024-01-04T07:25:01.0Z stdout F "
            + #"10.0.0.1 - - [04/Jan/2024:07:25:01 +0000] "GET / HTTP/1.1" 200 12"# + "\n"
        #expect(try LogFile.requests(LogFile.index(whole + kubernetes)).map(\.target) == ["/", "/" + long])
    }

    @Test("servers that write into one file are read beside one another")
    func mixed() throws {
        let file = """
            web-1  | 10.0.0.1 - - [25/Nov/2026:22:35:45 +0000] "GET /nginx HTTP/1.1" 200 12 "-" "a"
            db-1   | LOG:  database system is ready to accept connections
            api-1  | INFO:     127.0.0.1:57038 - "GET /uvicorn HTTP/1.1" 200 OK
            api-1  | {"ts":1693840791.75,"msg":"GET / HTTP/1.1"}
            app-1  | {"method":"GET","url":"/call","status":200,"time":1693840791.75}
            edge-1  | {"ts":1693840791.75,"request":{"method":"GET","host":"h","uri":"/caddy"},"duration":0.25,"status":200}

            """
        let index = try LogFile.index(file)
        #expect(try LogFile.requests(index).map(\.target) == ["/nginx", "/uvicorn", "/caddy"])
    }

    @Test("syslog's times have no year: they go on from December to January")
    func years() throws {
        let file = """
            Dec 31 23:59:59 h uvicorn[7]: INFO:     127.0.0.1:5 - "GET /a HTTP/1.1" 200 OK
            Jan  1 00:00:01 h uvicorn[7]: INFO:     127.0.0.1:5 - "GET /b HTTP/1.1" 200 OK

            """
        let index = try LogFile.index(file)
        let times = index.entries.compactMap(\.time)
        #expect(times.count == 2 && times[1] - times[0] == 2_000_000_000)
        #expect(index.notes.contains { $0.reason.contains("no year") })
    }
}
