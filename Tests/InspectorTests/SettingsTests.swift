// The settings file, the themes it chooses, and the screen as a file.

import Foundation
import Testing

@testable import Inspector
@testable import InspectorCore

@Suite struct SettingsTests {
    private static func parse(_ text: String) -> (settings: Settings, problems: [String]) {
        Settings.parse(Array(text.utf8), name: "config.json")
    }

    @Test("settings are read, and what is not named stays")
    func reads() {
        let (settings, problems) = Self.parse(
            """
            {
              "background": "light", "colors": 16,
              "mouse": true,
              "workers": 8, "mode": "both"
            }
            """)
        #expect(problems.isEmpty)
        #expect(settings.ground == .light && settings.colors == .sixteen && settings.usesMouse)
        #expect(settings.workers == 8 && settings.mode == .both && settings.characters == .auto)
    }

    @Test("names of secrets are a list, and are added to those of the command line")
    func secrets() throws {
        let (settings, problems) = Self.parse(#"{ "redact": ["x-tenant", "customer_id"] }"#)
        #expect(problems.isEmpty && settings.redact == ["x-tenant", "customer_id"])
        for value in [#""x-tenant""#, "[1]", #"["-"]"#, #"["a", null]"#] {
            #expect(Self.parse("{ \"redact\": \(value) }").problems.count == 1, "\(value)")
        }
    }

    @Test("what the command line and the settings call a secret is taken out as a file is converted")
    func convertsWithoutSecrets() throws {
        let folder = try Program.makeFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let settings = folder.appendingPathComponent("inspector")
        try FileManager.default.createDirectory(at: settings, withIntermediateDirectories: true)
        try #"{ "redact": ["customer_id"] }"#.write(
            to: settings.appendingPathComponent("config.json"), atomically: true, encoding: .utf8)
        let file = folder.appendingPathComponent("a.har").path
        try #"""
        {"log":{"version":"1.2","entries":[{"startedDateTime":"2026-03-02T08:30:00.000Z","request":{"method":"GET",
        "url":"http://x/a?customerId=s3cret1&token=s3cret2&city=oslo","headers":[{"name":"X-Tenant","value":"s3cret3"}]}}]}}
        """#.write(toFile: file, atomically: true, encoding: .utf8)
        func convert(_ name: String, _ more: String...) throws -> String {
            let output = folder.appendingPathComponent(name).path
            let result = try Program.run(
                [Program.path, "convert", file, output] + more, environment: ["XDG_CONFIG_HOME": folder.path])
            #expect(result.code == 0, "\(result.error)")
            return try String(contentsOfFile: output, encoding: .utf8)
        }
        let clean = try convert("clean.gor", "--redact", "x-tenant", "--redact", "shop")
        #expect(!clean.contains("s3cret") && clean.contains("city=oslo") && clean.contains("X-Tenant: REDACTED"))
        // Its owner's file, as it is.
        let kept = try convert("kept.gor")
        for number in 1...3 { #expect(kept.contains("s3cret\(number)")) }
        #expect(try convert("all.gor", "--redact", "x-tenant", "--no-redact").contains("s3cret2"))
        let wrong = try Program.run([Program.path, "convert", file, file + ".gor", "--redact", "-"])
        #expect(wrong.code == 2 && wrong.error.contains("a name has a letter or a digit"))
    }

    @Test("a wrong value is named with its line, and the right ones still hold")
    func wrong() {
        let (settings, problems) = Self.parse(
            """
            {
              "background": "drak",
              "workers": 0,
              "mouse": "yes",
              "colour": "256",
              "mode": "sync"
            }
            """)
        #expect(
            problems == [
                "config.json:2: “background” takes \"auto\", \"dark\", \"light\".",
                "config.json:3: “workers” takes a number from 1 to 512.",
                "config.json:4: “mouse” takes true or false.",
                "config.json:5: there is no setting “colour”. There are: background, characters, colors, mode, mouse, "
                    + "redact, workers.",
            ])
        #expect(settings.mode == .sync && settings.ground == .auto)
    }

    @Test(
        "what is not JSON is told with its line", arguments: ["", "{\n\"mode\": sync\n}", "[1]", "{\n\n\"a\": 1,,\n}"])
    func noJSON(text: String) {
        let (settings, problems) = Self.parse(text)
        #expect(settings == Settings())
        #expect(problems.count == 1)
        let lines = (1...4).map { "config.json:\($0): " }
        #expect(lines.contains { problems.first?.hasPrefix($0) == true }, "\(problems)")
        if text.contains("sync") { #expect(problems.first?.hasPrefix("config.json:2: ") == true, "\(problems)") }
    }

    @Test("a file that is not there is no mistake; one that cannot be read is")
    func missing() throws {
        #expect(Settings.read("/nowhere/at/all.json").problems.isEmpty)
        #expect(Settings.path(environment: ["XDG_CONFIG_HOME": "/x"]) == "/x/inspector/config.json")
        #expect(Settings.path(environment: ["HOME": "/home/ada"]) == "/home/ada/.config/inspector/config.json")
        #expect(
            Settings.path(environment: ["HOME": "/home/ada", "XDG_CONFIG_HOME": "relative"])?.hasPrefix("/home/ada")
                == true)
        #expect(Settings.path(environment: [:]) == nil)
        let folder = try Program.makeFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appendingPathComponent("config.json").path
        try String(repeating: " ", count: 70_000).write(toFile: file, atomically: true, encoding: .utf8)
        #expect(Settings.read(file).problems.count == 1)
    }

    @Test("colours follow the terminal, NO_COLOR, the ground and the settings")
    func colors() {
        var settings = Settings()
        #expect(settings.choice(colors: 256, environment: [:]) == ColorChoice(colors: 256))
        #expect(settings.choice(colors: 256, environment: ["NO_COLOR": "1"]).isPlain)
        #expect(!settings.choice(colors: 256, environment: ["NO_COLOR": ""]).isPlain)
        #expect(settings.choice(colors: 256, environment: ["COLORFGBG": "0;15"]).isLight)
        #expect(!settings.choice(colors: 256, environment: ["COLORFGBG": "15;0"]).isLight)
        // What the terminal has answered holds where nothing else says it, and it is asked only then.
        #expect(settings.choice(colors: 256, environment: [:], isLight: true).isLight)
        #expect(!settings.choice(colors: 256, environment: ["COLORFGBG": "15;0"], isLight: true).isLight)
        #expect(settings.asksForGround([:]) && settings.asksForGround(["COLORFGBG": "15;default"]))
        #expect(!settings.asksForGround(["COLORFGBG": "0;15"]) && !settings.asksForGround(["NO_COLOR": "1"]))
        settings.colors = .sixteen
        settings.ground = .light
        #expect(!settings.asksForGround([:]))
        #expect(settings.choice(colors: 256, environment: [:], isLight: false).isLight)
        #expect(settings.choice(colors: 256, environment: ["NO_COLOR": "1"]) == ColorChoice(colors: 16, isLight: true))
        #expect(settings.choice(colors: 8, environment: [:]).colors == 8)
        let themes = [0, 8, 16, 256].flatMap { count in
            [false, true].map { Theme.forTerminal(ColorChoice(colors: count, isLight: $0)) }
        }
        for theme in themes {
            // The selected row and what runs stand out in every theme, colours or none.
            #expect(theme[.selected] != theme[.text])
            #expect(theme[.lit] != theme[.text])
            for role in Role.allCases { #expect(theme[role].foreground < 256 && theme[role].background < 256) }
        }
        #expect(Theme.forTerminal(ColorChoice(colors: 256, isPlain: true))[.bad].foreground == -1)
    }

    @Test("a ground is light by how bright it is seen")
    func grounds() {
        #expect(ColorChoice.isLight(red: 1, green: 1, blue: 1))
        #expect(ColorChoice.isLight(red: 0.99, green: 0.96, blue: 0.89))  // Solarized light
        #expect(!ColorChoice.isLight(red: 0, green: 0.17, blue: 0.21))  // Solarized dark
        #expect(!ColorChoice.isLight(red: 0, green: 0, blue: 1))
        #expect(!ColorChoice.isLight(red: 0.19, green: 0.04, blue: 0.14))  // Ubuntu's aubergine
    }

    @Test("a selected cell of every role can be read in every theme, whatever the terminal's own colours are")
    func selection() {
        for count in [0, 8, 16, 256] {
            for isLight in [false, true] {
                let theme = Theme.forTerminal(ColorChoice(colors: count, isLight: isLight))
                for role in Role.allCases {
                    let look = theme.look(of: Cell(text: "x", role: role, isSelected: true))
                    let name = "\(role), \(count) colours, light \(isLight): \(look)"
                    // Told apart from a row that is not selected; some stand out either way.
                    if role != .lit, role != .selected { #expect(look != theme[role], "\(name)") }
                    if look.background >= 0 || look.foreground >= 0, !look.isReversed {
                        // Both are chosen, and differ enough.
                        #expect(look.background >= 0 && look.foreground >= 0, "\(name)")
                        let contrast = Palette256.contrast(one: look.foreground, other: look.background)
                        #expect(contrast >= (role == .text ? 7 : 3), "\(name): \(contrast)")
                    } else if look.foreground >= 0 {
                        // Exchanged: as readable as the row is without selection, on the ground of the theme.
                        let ground = isLight ? (255, 255, 255) : (0, 0, 0)
                        let back = look.background >= 0 ? Palette256.parts(color: look.background) : ground
                        let contrast = Palette256.contrast(one: Palette256.parts(color: look.foreground), other: back)
                        #expect(contrast >= 2, "\(name): \(contrast)")
                    }
                    // Where the terminal's own colours are left, both are, and exchanged.
                    if look.foreground < 0 {
                        #expect(look.background < 0 && look.isReversed != theme[role].isReversed, "\(name)")
                    }
                }
            }
        }
        #expect(abs(Palette256.contrast(one: 0, other: 15) - 21) < 0.01)
        #expect(Palette256.contrast(one: 244, other: 244) == 1)
        #expect(
            Palette256.hex(color: 74) == "#5fafd7" && Palette256.hex(color: 236) == "#303030"
                && Palette256.hex(color: 16) == "#000000")
    }

    @Test("a screen is exported as text and as a picture, never over another one")
    func exports() throws {
        let folder = try Program.makeFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        var frame = Frame(width: 40, height: 8)
        frame.put("a < b & \"c\"", x: 1, y: 1, role: .bad)
        frame.put("日本", x: 1, y: 2, role: .good)
        frame.select(row: 2, in: frame.rect)
        for theme in [Theme.rich, .richLight, .monochrome] {
            let said = ScreenExport.write(frame, theme: theme, screen: .lanes, into: folder.path)
            #expect(said.hasPrefix("Written: inspector-lanes"))
        }
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        #expect(
            names == [
                "inspector-lanes-2.svg", "inspector-lanes-2.txt", "inspector-lanes-3.svg", "inspector-lanes-3.txt",
                "inspector-lanes.svg", "inspector-lanes.txt",
            ])
        let svg = try String(contentsOf: folder.appendingPathComponent("inspector-lanes.svg"), encoding: .utf8)
        #expect(svg.contains(">a &lt; b &amp; &quot;c&quot;</text>"))
        let parser = XMLReader(svg)
        #expect(parser.isWellFormed)
        #expect(parser.text.contains("日本"))
        let text = try String(contentsOf: folder.appendingPathComponent("inspector-lanes.txt"), encoding: .utf8)
        #expect(text == frame.text + "\n")
        #expect(
            ScreenExport.write(frame, theme: .rich, screen: .lanes, into: "/nowhere").contains("could not be written"))
    }

    /// Reads markup by the simplest rules there are: every tag is closed, and in order.
    private struct XMLReader {
        var isWellFormed = true
        var text = ""

        init(_ source: String) {
            var open: [String] = []
            var rest = source[...]
            while let start = rest.firstIndex(of: "<") {
                text += rest[..<start]
                guard let end = rest[start...].firstIndex(of: ">") else {
                    isWellFormed = false
                    return
                }
                let tag = rest[rest.index(after: start)..<end]
                if tag.hasPrefix("/") {
                    if open.popLast() != String(tag.dropFirst()) { isWellFormed = false }
                } else if !tag.hasSuffix("/") {
                    open.append(String(tag.prefix { $0 != " " && $0 != "\n" }))
                }
                rest = rest[rest.index(after: end)...]
            }
            isWellFormed = isWellFormed && open.isEmpty
        }
    }
}
