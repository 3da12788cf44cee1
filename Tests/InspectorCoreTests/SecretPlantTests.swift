// Secrets planted in every place of a request and its answer, in every way of writing them: none comes out anywhere.

import Foundation
import Testing

@testable import InspectorCore

@Suite struct SecretPlantTests {
    /// Chooses by a seed.
    private struct Dice {
        var state: UInt64

        mutating func roll(_ limit: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % UInt64(max(1, limit)))
        }

        mutating func pick<Item>(_ items: [Item]) -> Item { items[roll(items.count)] }
    }

    private static func percent(_ text: String) -> String {
        text.utf8.map { byte in "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    }

    private static func escaped(_ text: String) -> String {
        text.utf16.map { unit in
            let digits = String(unit, radix: 16)
            return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }.joined()
    }

    /// One request with secrets in it, and what must not be seen of them.
    private struct Planted {
        var dice: Dice
        var secrets: [String] = []

        init(seed: UInt64) { dice = Dice(state: seed) }

        /// A secret that nothing but its name or its shape gives away.
        mutating func secret() -> String {
            let letters = Array("abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789")
            let text = "q" + String((0..<14).map { _ in dice.pick(letters) })
            secrets.append(text)
            return text
        }

        mutating func name() -> String {
            let name = dice.pick([
                "password", "access_token", "clientSecret", "private_key", "refreshToken", "API_KEY", "sessionId",
                "otp",
                "user[password]", "Passwd", "x.auth.token", "signature", "accessKey", "PIN", "dbPass",
            ])
            return dice.roll(4) == 0 ? name.uppercased() : name
        }

        /// A name or a value of a query as a client may write it.
        mutating func written(_ text: String) -> String {
            switch dice.roll(4) {
            case 0: SecretPlantTests.percent(text)
            case 1: SecretPlantTests.percent(SecretPlantTests.percent(text))
            case 2:
                text.map { dice.roll(3) == 0 ? SecretPlantTests.percent(String($0)) : String($0) }.joined()
            default: text
            }
        }

        mutating func pair() -> String { written(name()) + "=" + written(secret()) }

        mutating func shape() -> String {
            switch dice.roll(7) {
            case 0: "eyJhbGciOiJIUzI1NiJ9.eyJ\(secret()).\(secret())"
            case 1: "Bearer \(secret())"
            case 2: "Basic \(basic())"
            case 3: "https://\(secret()):\(secret())@api.example/x"
            case 4: "ghp_\(secret())"
            case 5: "-----BEGIN PRIVATE KEY-----\n\(secret())\n-----END PRIVATE KEY-----"
            default: "xoxb-\(secret())"
            }
        }

        mutating func basic() -> String {
            let text = Data("ada:\(secret())".utf8).base64EncodedString()
            secrets.append(text)
            return text
        }

        mutating func target() -> String {
            var target =
                "/shop/\(dice.pick(["a", "b;jsessionid=\(secret())", "eyJhbGciOiJIUzI1NiJ9.eyJ\(secret()).x"]))"
            target += "?page=2&" + pair()
            if dice.roll(2) == 0 { target += "&next=" + SecretPlantTests.percent("https://h/a?\(pair())") }
            if dice.roll(2) == 0 { target += "&x=" + SecretPlantTests.percent(shape()) }
            if dice.roll(2) == 0 { target += "&auth=Bearer+\(secret())" }
            return target
        }

        mutating func address() -> String {
            dice.pick([
                "https://h/a?\(pair())", "https://h/a#\(pair())", "https://ada:\(secret())@h/a", "//ada:\(secret())@h/",
                "https://h/\(SecretPlantTests.percent("a?\(pair())"))",
            ])
        }

        mutating func json() -> String {
            let name = name()
            let key = dice.roll(3) == 0 ? SecretPlantTests.escaped(name) : name
            let value: String
            switch dice.roll(4) {
            case 0: value = "\"\(SecretPlantTests.escaped(secret()))\""
            case 1: value = "[{\"deep\": \"\(secret())\"}]"
            case 2: value = "{\"a\": {\"b\": \"\(secret())\"}}"
            default: value = "\"\(secret())\""
            }
            var members = "\"\(key)\": \(value), \"city\": \"oslo\", \"url\": \"\(address())\""
            if dice.roll(3) == 0 { members += ", \"n\": 1e400" }
            if dice.roll(3) == 0 {
                members += ", \"list\": [{\"name\": \"password\", \"value\": \"\(secret())\"}]"
            }
            if dice.roll(3) == 0 { members += ", \"text\": \"{\\\"token\\\": \\\"\(secret())\\\"}\"" }
            return "{\"a\": [1, {\(members)}]}"
        }

        /// Headers that belong to a body, and the body.
        mutating func body() -> (Headers, [UInt8]) {
            let text: String
            let type: String
            switch dice.roll(9) {
            case 0: (type, text) = ("application/x-www-form-urlencoded", "city=oslo&\(pair())&x=\(Self.form(shape()))")
            case 1:
                type = "multipart/form-data; boundary=XX"
                text =
                    "--XX\r\nContent-Disposition: form-data; name=\"\(name())\"\r\n\r\n\(secret())\r\n"
                    + "--XX\r\nContent-Disposition: form-data; name=\"city\"\r\n\r\noslo \(shape())\r\n--XX--\r\n"
            case 2:
                return (
                    ["Content-Type": "application/json", "Content-Encoding": "gzip"], Gzip.stored(Array(json().utf8))
                )
            case 3: (type, text) = ("text/plain", "a line\n\(name()): \(secret()), and \(secret())\n\(shape())\n")
            case 4:
                (type, text) = ("application/xml", "<a><password>\(secret())</password><b token=\"\(secret())\"/></a>")
            case 5: (type, text) = ("application/x-ndjson", json() + "\n" + json() + "\n")
            case 6: (type, text) = ("application/json", json() + " trailing")
            case 7: (type, text) = ("text/html", "<input name='\(name())' value='\(secret())'><p>\(address())</p>")
            default: (type, text) = ("application/json", json())
            }
            return (["Content-Type": type], Array(text.utf8))
        }

        static func form(_ text: String) -> String {
            SecretPlantTests.percent(text).replacingOccurrences(of: "%20", with: "+")
        }

        mutating func requestHeaders() -> Headers {
            var headers: Headers = [
                "Host": "shop.example", "Authorization": shape(), "Cookie": "theme=\(secret()); sid=\(secret())",
                "X-Api-Key": secret(), "Referer": address(), "X-Forwarded-Uri": "/a?\(pair())",
                "Origin": "https://ada:\(secret())@h", "X-Plain": "shown",
                "X-Trace": shape().replacing("\n", with: " "),
            ]
            headers["Authorization"] = headers["Authorization"]?.replacing("\n", with: " ")
            for name in ["Private-Token", "Session-Id", "X-Access-Key", "PROXY-AUTHORIZATION", "X-Goog-Foo"] {
                headers.add(name, secret())
            }
            return headers
        }

        mutating func responseHeaders() -> Headers {
            [
                "Location": address(), "Link": "<\(address())>; rel=next", "Set-Cookie": "session=\(secret()); Path=/",
                "WWW-Authenticate": "Digest nonce=\(secret())",
            ]
        }

        mutating func trace(_ target: String) -> Trace {
            let log = EventLog()
            let id = RequestID(number: 7, lane: LaneID(rawValue: 0))
            let request = log.open(
                RequestSummary(id: id, mode: .async, method: "POST", target: target, accepted: 1000))
            request.instant(.accepted, at: 1000)
            request.end(.queued, span: request.begin(.queued, at: 1000), at: 1100)
            for label in ["GET api/x?\(pair())", "GET \(address())", "SELECT 1 WHERE password = '\(secret())'"] {
                request.end(.await, span: request.begin(.await, label: request.own(text: label), track: 7))
            }
            request.end(
                .view, span: request.begin(.view, label: Label("view")), outcome: .raised,
                detail: request.own(text: "no answer from \(address()), \(name())=\(secret()), \(shape())"))
            request.instant(.mark, label: Label("here"), detail: request.own(text: "{\"\(name())\": \"\(secret())\"}"))
            request.finish(status: 201, at: 1900)
            var fold = TraceFold()
            _ = log.read(waiting: 0) { fold.apply($0) }
            return fold[id] ?? Trace(summary: request.summary)
        }

        /// Every way in which a secret may stand in an output.
        var forms: [String] {
            secrets.flatMap { secret in
                [
                    secret, SecretPlantTests.percent(secret),
                    SecretPlantTests.percent(SecretPlantTests.percent(secret)),
                    SecretPlantTests.escaped(secret), Data(secret.utf8).base64EncodedString(),
                ]
            }
        }
    }

    @Test("no planted secret is in any output", arguments: 1...UInt64(40))
    func planted(seed: UInt64) throws {
        var planted = Planted(seed: seed)
        let target = planted.target()
        let trace = planted.trace(target)
        let (bodyHeaders, body) = planted.body()
        var headers = planted.requestHeaders()
        for field in bodyHeaders.fields { headers.add(field.name, field.value) }
        var exchange = Exchange(request: IncomingRequest(method: "POST", target: target, body: body), headers: headers)
        let (answerHeaders, answer) = planted.body()
        var all = planted.responseHeaders()
        for field in answerHeaders.fields where field.name != "Content-Type" { all.add(field.name, field.value) }
        exchange.answer(
            Response(bytes: answer, status: 201, contentType: answerHeaders["Content-Type"], headers: all))

        let outputs = try Self.outputs(trace, exchange, &planted)
        let forms = planted.forms
        #expect(forms.count > 60)
        for (name, text) in outputs {
            #expect(!text.isEmpty, "\(name), seed \(seed)")
            // By bytes: these are thousands of searches in long texts.
            let bytes = Data(text.utf8)
            for form in forms where bytes.range(of: Data(form.utf8)) != nil {
                Issue.record("seed \(seed): \(form) is in \(name)")
            }
        }
        // It is not by taking out everything that it takes out secrets.
        #expect(outputs["recording"]?.contains("shown") == true && outputs["recording"]?.contains("page=2") == true)
    }

    private static func outputs(
        _ trace: Trace, _ exchange: Exchange, _ planted: inout Planted
    ) throws -> [String: String] {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("inspector-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        func path(_ name: String) -> String { folder.appendingPathComponent(name).path }
        var outputs: [String: String] = [:]
        let recorder = try Recorder(options: Recorder.Options(path: path("a.jsonl")), app: "shop") { _, _ in "worker-1"
        }
        recorder.record(trace, exchange: exchange)
        recorder.stop()
        #expect(recorder.status.written == 1)
        outputs["recording"] = try String(contentsOfFile: path("a.jsonl"), encoding: .utf8)
        // Of the recording, and of what is in memory.
        let index = try TrafficIndex(path: path("a.jsonl"))
        var requests = index.entries.compactMap { try? index.request($0) }
        if let live = try? exchange.recorded(trace: trace, offset: 0, redaction: .standard) { requests.append(live) }
        for kind in TrafficWriter.Kind.allCases where !requests.isEmpty {
            let writer = try TrafficWriter(kind: kind, path: path(String(kind.suffix.dropFirst())))
            for request in requests { try writer.write(request) }
            try writer.finish()
            let text = try String(
                decoding: Data(contentsOf: URL(fileURLWithPath: path(String(kind.suffix.dropFirst())))), as: UTF8.self)
            outputs[kind.suffix] = text + decodedBase64(in: text)
        }
        outputs["OTLP"] = String(
            decoding: OTLP.document(traces: [trace], app: "shop", offset: 0).encoded, as: UTF8.self)
        outputs["Chrome's trace"] = String(
            decoding: ChromeTrace.document(lanes: [([trace], [:])]).encoded, as: UTF8.self)
        let plan = Plan(indexes: [index])
        var lane = LaneOutcome(lane: LaneDescription(id: LaneID(rawValue: 0), kind: .hosted(.async)), workers: 4)
        lane.failures["no answer from \(planted.address())"] = 1
        lane.routes["POST \(exchange.target)"] = Times()
        lane.slowest = [
            SentRequest(
                number: 1, request: "POST \(exchange.target)", status: 200, due: 0, sent: 1, firstByte: 2, end: 9)
        ]
        lane.differences = [
            ResponseDifference(
                place: "line 2", request: "POST \(exchange.target)", what: "body",
                recorded: ".\(planted.name()) = \"\(planted.secret())\"", now: "{\"token\": \"\(planted.secret())\"}")
        ]
        let result = ReplayResult(plan: plan, options: ReplayOptions(), format: "x", model: nil, lanes: [lane])
        let report = ReplayReport(result: result) { "\($0)" }
        outputs["report as JSON"] = String(decoding: report.json.encoded, as: UTF8.self)
        outputs["report as a page"] = report.html
        outputs["report as text"] = report.lines.joined(separator: "\n")
        return outputs
    }

    /// What stands in base64 in a file: bodies of vegeta's targets.
    private static func decodedBase64(in text: String) -> String {
        text.matches(of: /"([A-Za-z0-9+\/=]{12,})"/).compactMap { match in
            Data(base64Encoded: String(match.1)).map { String(decoding: $0, as: UTF8.self) }
        }.joined(separator: "\n")
    }

    @Test("a recorded body that holds secrets is not compared by them, and a difference tells none")
    func differences() throws {
        func difference(
            _ recorded: String, _ now: String, type: String = "application/json"
        ) throws -> ResponseDifference? {
            let request = try RecordedRequest(
                method: "GET", url: "/", place: "line 1",
                response: RecordedResponse(
                    status: 200, headers: ["Content-Type": type], body: Array(recorded.utf8)))
            return ResponseDifference.between(
                request: request, status: 200, body: Array(now.utf8), contentEncoding: nil, ignoring: [])
        }
        #expect(try difference(#"{"token":"REDACTED","a":1}"#, #"{"token":"live","a":1}"#) == nil)
        #expect(try difference(#"{"token":"one","a":1}"#, #"{"token":"two","a":2}"#)?.now == ".a = 2")
        // Cut out of its middle, a value would stand there without its name.
        let long = String(repeating: "x", count: 100)
        let found = try difference(
            "\(long) password=aaaaaaaaaaaaaaaaaaaaaaaab", "\(long) password=aaaaaaaaaaaaaaaaaaaaaaaac",
            type: "text/plain")
        #expect(found == nil)
        let broken = try difference(#"{"password":"a"#, #"{"password":"b"#)
        #expect(broken?.now.contains("REDACTED (14 bytes") == true)
    }
}
