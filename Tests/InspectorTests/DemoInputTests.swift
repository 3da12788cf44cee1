// What the demo apps make of input that means harm: from an API, a header, a form.

import Foundation
import InspectorCore
import Testing

@testable import Inspector
@testable import inspector

@Suite(.serialized) struct DemoInputTests {
    /// An API that says of each city what it is told to.
    private final class OddUpstream {
        private let loops = ServerLoops(threads: 1, name: "odd")
        private let lane: HostedLane
        private let server: HTTPServer

        init(report: String) throws {
            let app = App("odd")
            app.get("/delay/<int:ms>") { _ in "" }
            app.get("/city/<name>") { _ in Response(report, headers: ["Content-Type": "application/json"]) }
            lane = HostedLane(
                id: LaneID(rawValue: 9), app: app.freeze(), mode: .native, workers: 1, log: EventLog(capacity: 0),
                numbers: RequestNumbers(), isRecording: false)
            server = try HTTPServer.start(port: 0, responder: lane, loops: loops)
        }

        var host: AppEnvironment { AppEnvironment(upstreamURL: server.url, isDeadly: false) }

        deinit {
            server.stop()
            lane.stop()
            loops.stop(waiting: 0.2)
        }
    }

    @Test(
        "a temperature that is none is the service's failure, not the program's end",
        arguments: [
            "1e300", "-1e300", "9223372036854775808", "1e19", "null", "\"warm\"", "[]", "1e308", "18446744073709551615",
        ])
    func temperatures(celsius: String) async throws {
        let upstream = try OddUpstream(report: #"{"city":"oslo","sky":"clear","celsius":\#(celsius)}"#)
        for mode in ExecutionMode.allCases {
            let client = try TestClient(Weather.make(upstream.host), mode: mode)
            for path in ["/city/oslo", "/dashboard"] {
                let answer = try await client.get(path).response
                #expect(answer.status == 502, "\(mode) \(path)")
                #expect(answer.text.contains("no temperature for oslo"))
            }
        }
    }

    @Test("a temperature with a fraction is rounded")
    func fraction() async throws {
        let upstream = try OddUpstream(report: #"{"city":"oslo","sky":"clear","celsius":-6.5e0}"#)
        let answer = try await TestClient(Weather.make(upstream.host)).get("/city/oslo").response
        #expect(try JSON(parsing: answer.body)["celsius"] == -7)
    }

    @Test("neither who asks nor what the service says gets a tag into the page")
    func markup() async throws {
        let upstream = try OddUpstream(report: #"{"city":"<b>","sky":"\u0d4e<script>","celsius":1}"#)
        let client = try TestClient(Weather.make(upstream.host))
        for user in ["<x", "\u{D4E}<x", "a\u{200D}<x", "\"><x"] {
            let page = try await client.get("/dashboard", headers: ["X-User": user]).response
            #expect(page.status == 200)
            #expect(
                page.text.utf8.split(separator: 0x3C).allSatisfy { piece in
                    !piece.starts(with: "x".utf8) && !piece.starts(with: "b>".utf8)
                        && !piece.starts(with: "script".utf8)
                })
            #expect(page.text.contains("&lt;script&gt;"))
        }
        // An error that names a city, too.
        let odd = try OddUpstream(report: #"{"city":"<x>","celsius":null}"#)
        let failed = try await TestClient(Weather.make(odd.host)).get("/city/oslo").response
        #expect(failed.status == 502 && failed.text.contains("&lt;x&gt;"))
    }

    @Test("a city is letters and hyphens, byte for byte, when it goes on to the service")
    func cities() async throws {
        let upstream = try OddUpstream(report: #"{"city":"oslo","sky":"clear","celsius":1}"#)
        let client = try TestClient(Weather.make(upstream.host))
        for path in ["/city/OS%CC%B8LO", "/city/o%00s%0Dlo", "/city/o%25%E2%84%AA"] {
            #expect(try await client.get(path).response.status == 200, "\(path)")
        }
    }

    // MARK: The shop

    private func shop(_ body: (TestClient) throws -> Void) throws {
        let upstream = try SimulatedUpstream()
        defer { upstream.stop() }
        try body(try TestClient(Shop.make(AppEnvironment(upstreamURL: upstream.url, isDeadly: false))))
    }

    @Test("someone who is not logged in is shown how to, and someone who is sees their name")
    func navigation() throws {
        try shop { client in
            let stranger = try client.get("/").response.text
            #expect(stranger.contains("Log in") && !stranger.contains("Log out") && !stranger.contains("nil"))
            _ = try client.post("/account/login", form: [("name", "ada")])
            let known = try client.get("/").response.text
            #expect(known.contains("Log out") && known.contains(">ada<") && !known.contains("Log in<"))
        }
    }

    @Test("logging out takes the cookie away with the attributes that it was set with")
    func logout() throws {
        try shop { client in
            func attributes(_ response: Response) -> Set<String> {
                let fields = (response.headers["Set-Cookie"] ?? "").components(separatedBy: "; ").dropFirst()
                return Set(fields.filter { !$0.hasPrefix("Expires=") && !$0.hasPrefix("Max-Age=") })
            }
            let set = try client.post("/account/login", form: [("name", "ada")]).response
            let gone = try client.send("POST", "/account/logout").response
            #expect(gone.headers["Set-Cookie"]?.contains("Max-Age=0") == true)
            #expect(attributes(set) == ["HttpOnly", "Path=/", "SameSite=Lax"])
            #expect(attributes(gone) == attributes(set))
        }
    }

    @Test("a photo whose name is told in the extended form alone is kept (RFC 5987, as in Flask)")
    func extendedName() throws {
        try shop { client in
            _ = try client.post("/account/login", form: [("name", "ada")])
            let body =
                "--B\r\nContent-Disposition: form-data; name=\"photo\"; filename*=UTF-8''f%C3%B6.png\r\n"
                + "Content-Type: image/png\r\n\r\nPIXELS\r\n--B--\r\n"
            let answer = try client.send(
                "POST", "/account/photo", headers: ["Content-Type": "multipart/form-data; boundary=B"],
                body: Array(body.utf8)
            ).response
            #expect(answer.status == 303)
            #expect(try client.get("/account/photo").response.text == "PIXELS")
        }
    }

    @Test(
        "a customer's name is letters and digits, scalar for scalar, and not many of them",
        arguments: [
            ("\u{D4E}/\u{D4E}.\u{D4E}<ada", "\u{D4E}\u{D4E}\u{D4E}ada"), ("a\u{338}/b", "ab"), ("e\u{301}", "\u{E9}"),
            ("a" + String(repeating: "\u{301}", count: 500), "\u{E1}"), (String(repeating: "\u{D4E}", count: 41), nil),
            ("<>/", nil), (String(repeating: "\u{1D400}", count: 40), String(repeating: "\u{1D400}", count: 40)),
        ] as [(String, String?)])
    func names(sent: String, kept: String?) throws {
        try shop { client in
            let answer = try client.post("/account/login", form: [("name", sent)]).response
            #expect(answer.status == (kept == nil ? 400 : 303))
            guard let kept else { return }
            #expect(
                try client.get("/").response.text.utf8.split(separator: 0x3C).contains {
                    $0.elementsEqual("a href=\"/account/orders/\">\(kept)".utf8)
                })
            // The longest name and the longest file's name are still one that a system takes.
            let body =
                "--B\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"\(String(repeating: "x", count: 300)).png\"\r\n"
                + "Content-Type: image/png\r\n\r\nPIXELS\r\n--B--\r\n"
            let photo = try client.send(
                "POST", "/account/photo", headers: ["Content-Type": "multipart/form-data; boundary=B"],
                body: Array(body.utf8)
            ).response
            #expect(photo.status == 303)
        }
    }
}
