// Copied commands, run by a shell with a curl that only tells what it was given: every word arrives as it was, whatever
// the client sent, and nothing else happens.

import Foundation
import Testing

@testable import Inspector
@testable import InspectorCore

@Suite struct CurlCopyTests {
    /// What a curl is given by `command` in bash: its arguments and its input.
    private static func given(_ command: String) throws -> (arguments: [String], input: [UInt8], made: [String]) {
        let folder = try Program.makeFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let work = folder.appendingPathComponent("work")
        let tools = folder.appendingPathComponent("tools")
        for place in [work, tools] {
            try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        }
        let curl = tools.appendingPathComponent("curl")
        try Program.install(
            script: "#!/bin/sh\nprintf '%s\\0' \"$@\" > \"$OUT\"\ncat > \"$OUT.in\"\n", at: curl.path)
        let out = folder.appendingPathComponent("out").path
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        let result = try Program.run(
            ["bash", "--norc", "-c", "cd \"$WORK\" || exit 9\n" + command],
            environment: ["PATH": tools.path + ":" + path, "OUT": out, "WORK": work.path])
        #expect(result.code == 0, "\(command): \(result.error)")
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: out)))
        let words = bytes.split(separator: 0, omittingEmptySubsequences: false).dropLast()
        return (
            words.map { String(decoding: $0, as: UTF8.self) },
            [UInt8](try Data(contentsOf: URL(fileURLWithPath: out + ".in"))),
            try FileManager.default.contentsOfDirectory(atPath: work.path)
        )
    }

    private static func isHarmless(_ text: String) -> Bool {
        !text.unicodeScalars.contains { scalar in
            scalar.value < 32 || (127...159).contains(scalar.value) || scalar.properties.generalCategory == .format
        }
    }

    private static let hostile = [
        "plain", "\u{3}touch evil\u{1B}[201~", "\u{1B}]52;c;x\u{7}", "o'hara", "a\\'b\\",
        "'\u{301}; touch evil; '\u{301}",
        "! !! !touch", "$(touch evil)", "`touch evil`", "a;touch evil&", "\"${HOME}\"", "\u{9B}31m", "\u{202E}evil",
        "tab\there", "\u{7F}", "$'\\x41'", "%s%n", "é日本", "'", "\u{1B}7 1", "\\u0041",
    ]

    @Test("each word is an argument to the byte, and the command holds no control byte", arguments: hostile)
    func words(text: String) throws {
        var model = Model(app: "x", url: "http://127.0.0.1:8080", lanes: [], now: 1)
        model.settings.redaction = Redaction(isOn: false)
        let exchange = Exchange(
            request: IncomingRequest(method: "A" + text, target: "/a?" + text, body: Array(text.utf8)),
            headers: ["X-One": text, "X-Two": "2 " + text, "Host": "h", "Content-Length": "5"])
        let (command, remarks) = model.command(for: exchange)
        #expect(Self.isHarmless(command), "\(command)")
        #expect(remarks == [])
        let (arguments, input, made) = try Self.given(command)
        #expect(made == [])
        let isPlain = text.madeVisible == text
        var wanted = ["-i"]
        if text.utf8.contains(where: { "[]{}".utf8.contains($0) }) { wanted.append("--globoff") }
        wanted += ["-X", "A" + text, "-H", "X-One: " + text, "-H", "X-Two: 2 " + text]
        wanted += isPlain ? ["--data-raw", text] : ["--data-binary", "@-"]
        wanted.append("http://127.0.0.1:8080/a?" + text)
        #expect(arguments == wanted)
        #expect(input == (isPlain ? [] : Array(text.utf8)))
    }

    @Test("any bytes of a body arrive, and a header without a value is sent without one")
    func bodies() throws {
        let body = (0...255).map { UInt8($0) } + Array("0'1\\2\n7".utf8)
        let exchange = Exchange(
            request: IncomingRequest(method: "PUT", target: "/", body: body),
            headers: ["X-Empty": "", "X-Blank": " ", "@/etc/passwd": "x", "Accept": "*/*"])
        let command = exchange.curl(url: "http://h")
        #expect(Self.isHarmless(command))
        let (arguments, input, _) = try Self.given(command)
        #expect(input == body)
        #expect(
            arguments == [
                "-i", "-X", "PUT", "-H", "X-Empty;", "-H", "X-Blank;", "-H", "Accept: */*", "--data-binary", "@-",
                "http://h/",
            ])
        let head = Exchange(request: IncomingRequest(method: "HEAD", target: "/../a", body: []), headers: [:])
        #expect(
            try Self.given(head.curl(url: "http://h")).arguments == ["-i", "--path-as-is", "--head", "http://h/../a"])
        let star = Exchange(request: IncomingRequest(method: "OPTIONS", target: "*", body: []), headers: [:])
        #expect(
            try Self.given(star.curl(url: "http://h")).arguments == [
                "-i", "-X", "OPTIONS", "--request-target", "*", "http://h",
            ])
    }

    @Test("of an opened recording the command goes to the recorded host, and never to the file's name")
    func recordings() throws {
        var model = Model(app: "x", url: "morning.jsonl", lanes: [], now: 1)
        model.moment = .recording(file: "morning.jsonl", Transport(at: 0, in: 0...1))
        func command(_ host: String?) throws -> (address: String?, remarks: [String]) {
            var headers: Headers = [:]
            headers["Host"] = host
            let exchange = Exchange(request: IncomingRequest(method: "GET", target: "/a", body: []), headers: headers)
            let (text, remarks) = model.command(for: exchange)
            return (try Self.given(text).arguments.last, remarks)
        }
        #expect(try command("shop.example:81").address == "http://shop.example:81/a")
        #expect(try command("shop.example:81").remarks == ["It is sent to shop.example:81, as recorded."])
        for host in [nil, "", "a b", "x/../y", "u:p@h", "h\u{1B}", "REDACTED@h"] {
            #expect(try command(host).address == "http://HOST/a", "\(host ?? "nil")")
            #expect(try command(host).remarks.first?.hasPrefix("HOST stands for the server") == true)
        }
    }

    @Test("a copied command and the command on the screen hold no secret, and the message says so")
    func secrets() {
        let studio = Studio()
        studio.dashboard(7, .async)
        var scene = Scene(studio.model([studio.lane(0, .async)]))
        var exchange = Exchange(
            request: IncomingRequest(
                method: "POST", target: "/a?token=s3cret1", body: Array(#"{"password":"s3cret2"}"#.utf8)),
            headers: [
                "Authorization": "Bearer s3cret3", "Referer": "http://u:s3cret4@h/?api_key=s3cret5", "X-A": "shown",
                "Content-Type": "application/json",
            ])
        exchange.answer(Response("<input name='csrf' value='s3cret6'>", headers: ["Set-Cookie": "sid=s3cret7"]))
        scene.model.known.exchanges = [LaneID(rawValue: 0): exchange]
        let at: UInt64 = 10_050_000_000
        scene.model.known.output = [
            OutputLine(
                time: at, text: "login with password=s3cret8", isError: false,
                request: RequestID(number: 7, lane: LaneID(rawValue: 0)), isLogged: true)
        ]
        scene.press(.enter, .character("d"), .character("y"))
        guard case .console(.copy(let command))? = scene.effects.last else {
            Issue.record("nothing was copied")
            return
        }
        #expect(!command.contains("s3cret") && command.contains("'X-A: shown'"))
        #expect(command.contains("'Authorization: REDACTED'"))
        #expect(scene.model.message?.contains("Secrets in it are REDACTED") == true)
        // On the screen they are seen: it is the developer's own. In a picture of it they are not.
        #expect(scene.sees("Bearer s3cret3"))
        for (width, height) in [(118, 60), (60, 90), (200, 50)] {
            for screen in ScreenName.allCases {
                scene.model.view.screens = [screen]
                let frame = Screens.frame(model: scene.model.redacted, width: width, height: height)
                #expect(!frame.text.contains("s3cret") && !frame.svg(theme: .rich).contains("s3cret"), "\(screen)")
            }
        }
        scene.model.view.screens = [.details]
        #expect(
            Screens.frame(model: scene.model.redacted, width: 118, height: 60).text.contains("Authorization: REDACTED"))
        scene.model.settings.redaction = Redaction(isOn: false)
        #expect(scene.model.command(for: exchange).text.contains("s3cret3"))
        #expect(Screens.frame(model: scene.model.redacted, width: 118, height: 60).text.contains("s3cret3"))
    }
}
