// --log-format: what people already have in their configuration, and mistakes in it.

import Testing

@testable import InspectorCore

@Suite struct LogFormatTests {
    private static let begin = "2024-01-04T07:25:02Z"

    /// A format, a line of it, and what it must give.
    struct Example: Sendable {
        let format: String
        let line: String
        var start = begin
        /// In µs.
        var duration: UInt64? = nil
        var target = "/x?a=1"
        var host: String? = nil
        var headers: [String: String] = [:]
    }

    static let examples: [Example] = [
        Example(
            format: #"$remote_addr - $remote_user [$time_local] "$request" $status $request_time"#,
            line: #"10.0.0.1 - - [04/Jan/2024:07:25:02 +0000] "GET /x?a=1 HTTP/1.1" 200 0.250"#,
            start: "2024-01-04T07:25:01.750Z", duration: 250_000),
        Example(
            format: """
                log_format  main escape=default '$remote_addr - $remote_user [$time_local] "$request" '
                                  '$status $body_bytes_sent "$http_referer" '
                                  '"$http_user_agent" "$http_x_forwarded_for"';
                """,
            line:
                #"10.0.0.1 - - [04/Jan/2024:07:25:02 +0000] "GET /x?a=1 HTTP/1.1" 200 12 "-" "curl" "1.2.3.4, 5.6.7.8""#,
            headers: ["User-Agent": "curl", "X-Forwarded-For": "1.2.3.4, 5.6.7.8"]),
        Example(
            format: "'$time_iso8601|$request_method|$scheme://$host$request_uri|$status|${request_time}'",
            line: "2024-01-04T07:25:02+00:00|GET|https://h.example/x?a=1|200|0.001", start: "2024-01-04T07:25:01.999Z",
            duration: 1000, host: "h.example"),
        Example(
            format: "$msec $request_method $uri$is_args$args $status $upstream_response_time $request_time",
            line: "1704353102.500 GET /x?a=1 200 0.100, 0.200 : 0.1 0.500", duration: 500_000),
        Example(
            format: #"{"t":"$time_iso8601","r":"$request","s":$status,"d":$request_time}"#,
            line: #"{"t":"2024-01-04T07:25:02+00:00","r":"GET /x?a=1 HTTP/1.1","s":200,"d":0.000}"#, duration: 0),
        Example(
            format: #"%h %l %u %t \"%r\" %>s %b %D"#,
            line: #"10.0.0.1 - ada [04/Jan/2024:07:25:02 +0000] "GET /x?a=1 HTTP/1.1" 200 12 250000"#, duration: 250_000
        ),
        Example(
            format: #"LogFormat "%v:%p %h %l %u %t \"%r\" %>s %O \"%{Referer}i\" \"%{User-Agent}i\" %T %{ms}T" vhost"#,
            line:
                #"h.example:443 10.0.0.1 - - [04/Jan/2024:07:25:02 +0000] "GET /x?a=1 HTTP/1.1" 200 12 "-" "a b" 0 250"#,
            duration: 250_000, host: "h.example", headers: ["User-Agent": "a b"]),
        Example(
            format: #"%{%Y-%m-%dT%H:%M:%S}t.%{usec_frac}t%{%z}t "%m %U%q %H" %>s %{X-Foo}i"#,
            line: #"2024-01-04T08:25:02.500000+0100 "GET /x?a=1 HTTP/1.1" 200 bar"#, start: "2024-01-04T07:25:02.500Z",
            headers: ["X-Foo": "bar"]),
        Example(
            format: #"%t "%m %U%q %H" %>s"#, line: #"[04/Jan/2024:07:25:02 +0000] "GET /a b?c=d HTTP/1.1" 200"#,
            target: "/a%20b?c=d"),
        Example(
            format: #"[%{begin:%d/%b/%Y:%T}t.%{begin:msec_frac}t %{begin:%z}t] %{end:sec}t "%r" %s"#,
            line: #"[04/Jan/2024:07:25:02.250 +0000] 1704353109 "GET /x?a=1 HTTP/1.1" 200"#,
            start: "2024-01-04T07:25:02.250Z"),
        Example(
            format: #"%{end}t "%r" %>s %{us}T"#,
            line: #"[04/Jan/2024:07:25:02 +0000] "GET /x?a=1 HTTP/1.1" 200 1000000"#, start: "2024-01-04T07:25:01Z",
            duration: 1_000_000),
        Example(
            format: #"%400,501{User-agent}i %!200{Referer}i %% %t "%r" %>s"#,
            line: #"- - % [04/Jan/2024:07:25:02 +0000] "GET /x?a=1 HTTP/1.1" 200"#),
        Example(
            format: "%h %l %u %t \"%r\" %>s %b %D",
            line: #"10.0.0.1 - - [04/Jan/2024:07:25:02 +0000] "GET /x?a=1 HTTP/1.1" 200 12 -"#),
        Example(
            format: #"%(h)s %(l)s %(u)s %(t)s "%(r)s" %(s)s %(b)s "%(f)s" "%(a)s" %(D)s %(M)s %(L)s %(T)s"#,
            line:
                #"127.0.0.1 - - [04/Jan/2024:07:25:02 +0000] "GET /x?a=1 HTTP/1.1" 200 2 "-" "curl/7.88.1" 2889 2 0.002889 0"#,
            start: "2024-01-04T07:25:01.997111Z", duration: 2889, headers: ["User-Agent": "curl/7.88.1"]),
        Example(
            format: #"access_log_format = '%(t)s %(m)s %(U)s?%(q)s %(s)s %(L)s %({x-request-id}i)s'"#,
            line: "[04/Jan/2024:07:25:02 +0000] GET /x?a=1 200 0.250 id7", start: "2024-01-04T07:25:01.750Z",
            duration: 250_000, headers: ["x-request-id": "id7"]),
        Example(
            format: "combined",
            line: #"10.0.0.1 - - [04/Jan/2024:07:25:02 +0000] "GET /x?a=1 HTTP/1.1" 200 12 "-" "Mozilla "x" 1.5 foo""#,
            headers: ["User-Agent": #"Mozilla "x" 1.5 foo"#]),
        Example(
            format: "json:time=t,request=http.line,status=code,duration=took:ms",
            line: #"{"t":1704353102,"http":{"line":"GET /x?a=1 HTTP/1.1"},"code":"200","took":250}"#,
            start: "2024-01-04T07:25:01.750Z", duration: 250_000),
        Example(
            format: "json: start=t, method=m, uri=u, host=h, status=s, duration=d us",
            line: #"{"t":"04/Jan/2024:07:25:02 +0000","m":"GET","u":"/x?a=1","h":"h.example","s":200,"d":"250"}"#,
            duration: 250, host: "h.example"),
        Example(
            format: "json:time=t,request=r,status=s,duration=tookms",
            line: #"{"t":1704353102.25,"r":"GET /x?a=1 HTTP/1.1","s":200,"took":250}"#, duration: 250_000),
        Example(
            format: "json:time=t,request=r,status=s,duration=took_ms",
            line: #"{"t":1704353102250,"r":"GET /x?a=1 HTTP/1.1","s":200,"took_ms":250}"#, duration: 250_000),
    ]

    @Test("a format as the server's configuration has it reads its lines", arguments: examples)
    func formats(one: Example) throws {
        let index = try LogFile.index(one.line + "\nsomething else\n", one.format)
        #expect(index.formatName.contains("--log-format"))
        let request = try #require(try LogFile.requests(index).first, "\(index.notes)")
        #expect(request.target == one.target && request.method == "GET" && request.status == 200)
        #expect(request.response?.duration == one.duration.map { $0 * 1000 })
        #expect(index.entries.first?.time == LogFile.time(one.start), "\(one.format)")
        if let host = one.host { #expect(request.host?.hasPrefix(host) == true) }
        for (name, value) in one.headers { #expect(request.headers[name] == value) }
        #expect(index.skipped == ["it does not look as --log-format says": 1])
    }

    @Test("a format that was told is used behind docker's JSON and syslog too")
    func around() throws {
        let format = #"%h %t "%r" %>s %D"#
        let line = #"10.0.0.1 [04/Jan/2024:07:25:02 +0000] "GET /x HTTP/1.1" 200 7"#
        let escaped = line.replacing("\"", with: "\\\"")
        for file in [
            "{\"log\":\"\(escaped)\\n\",\"stream\":\"stdout\",\"time\":\"2024-01-04T07:25:02.1Z\"}\n",
            "Jan  4 07:25:02 h httpd[7]: \(line)\n", "web-1  | \(line)\n",
        ] {
            #expect(try LogFile.requests(LogFile.index(file, format)).first?.response?.duration == 7000, "\(file)")
        }
    }

    @Test(
        "a wrong format is told with its column, the word and what is known instead",
        arguments: [
            (#"$remote_addr [$time_locl] "$request" $status"#, ["column 15", "$time_locl", "$time_local"]),
            (#"$remote_addr [$time_local] "$requst" $status"#, ["column 29", "$requst", "$request"]),
            ("$remote_addr [$time_local] $status", ["at its end", "$request"]),
            (#"$remote_addr$status "$request""#, ["column 13", "$status", "nothing between"]),
            ("${remote_addr $request", ["column 1", "brace"]),
            ("log_format main '$remote_addr \"$request\"", ["column 17", "do not end"]),
            ("log_format main", ["quotes"]),
            (#"%h %Y "%r""#, ["column 4", "%Y", "%D"]),
            (#"%h %t %>s"#, ["at its end", "%r"]),
            (#"%h%s "%r""#, ["column 3", "%s"]),
            (#"%{%Q}t "%r""#, ["column 3", "%Q", "%Y"]),
            (#"%{h}T "%r""#, ["column 1", "{ms}"]),
            (#"%{X-Foo "%r""#, ["column 1", "brace"]),
            (#""%r" %"#, ["column 6", "letter"]),
            (#"LogFormat "%h %Y \"%r\"" x"#, ["column 15", "%Y"]),
            (#"%h "%r %>s"#, ["column 4", "%r %>s", "does not close"]),
            (#"%h "%r" %>s "%{Referer}i"#, ["column 13", "%{Referer}i", "does not close"]),
            (#"%h %t "%r %>s "%{Referer}i" "%{User-Agent}i""#, ["column 7", "does not close"]),
            (#"%h %t %r" %>s"#, ["column 9", "does not close"]),
            (#"LogFormat "%h \"%r %>s" x"#, ["column 15", "%r %>s", "does not close"]),
            (#"$remote_addr "$request $status"#, ["column 14", "does not close"]),
            (#"log_format main '$remote_addr "$request $status';"#, ["column 31", "does not close"]),
            (#"{"r":"$request","s":"$status}"#, ["column 21", "does not close"]),
            (#"%(h)s "%(r)s %(s)s"#, ["column 7", "does not close"]),
            (#"%(h)s %(nope)s "%(r)s""#, ["column 7", "%(nope)s", "%(h)s"]),
            (#"%(h)s %(r "#, ["column 7", "%(h)s"]),
            ("json:time=t,requst=r", ["column 13", "requst", "request"]),
            ("json:time=t", ["at its end", "request"]),
            ("json:request", ["column 6", "equals"]),
            ("json:request=", ["column 6", "missing"]),
            ("json:request=a..b", ["column 6", "missing"]),
            ("json:request=r,duration=took", ["column 16", "unit", "took:ms"]),
            ("json:request=r,duration=took:m", ["column 16", "m is not a unit", "ms"]),
            ("", ["empty", "log_format"]), ("   ", ["empty"]), ("hello", ["column 1", "hello", "log_format"]),
        ])
    func mistakes(format: String, words: [String]) {
        do throws(LogFormatError) {
            _ = try LogFormat(format)
            Issue.record("\(format) was taken")
        } catch {
            for word in words { #expect(error.description.contains(word), "\(format): \(error)") }
        }
    }

    @Test("names of one's own are taken: a format may have any field beside those that count")
    func own() throws {
        let format = #"$remote_addr $my_map $sent_http_etag $cookie_session [$time_local] "$request" $status"#
        let line = #"10.0.0.1 a "x" 7 [04/Jan/2024:07:25:02 +0000] "GET / HTTP/1.1" 200"#
        #expect(try LogFile.requests(LogFile.index(line + "\n", format)).map(\.target) == ["/"])
    }

    @Test("a file that does not look as the format says is told with the place where it stops to fit")
    func misfit() throws {
        let line = #"10.0.0.1 - - [04/Jan/2024:07:25:02 +0000] "GET / HTTP/1.1" 200 12"#
        let error = try #require(LogFile.refusal(line + "\n", #"$remote_addr [$time_local] "$request""#))
        #expect(error.contains("--log-format") && error.contains("byte 9"), "\(error)")
        #expect(LogFile.refusal("[1] [INFO] Starting gunicorn 23.0.0\n", "%h %X %r")?.contains("--log-format") == true)
        let json = try #require(LogFile.refusal("{\"a\":1}\n", "json:request=r"))
        #expect(json.contains("--log-format"), "\(json)")
    }
}
