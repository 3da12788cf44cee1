// The one door for text: what each destination is given.

import Foundation
import Testing

@testable import InspectorCore

@Suite struct SafeTextTests {
    /// Controls, direction marks, joiners, separators, what has no meaning, and letters that must stay.
    private static let hostile =
        "a\u{1B}]0;x\u{07}b\u{9B}31mc\u{7F}\u{0}\r\n\td\u{202E}e\u{200B}f\u{2028}g\u{E000}h\u{FEFF}i é e\u{301} ½ 👩‍👩‍👧 日本"

    @Test(
        "no destination is given a control, a direction mark or an invisible joiner",
        arguments: TextDestination.allCases)
    func hidden(destination: TextDestination) {
        let shown = Self.hostile.safe(for: destination)
        let allowed: Set<UInt32> =
            switch destination {
            case .log: [9]
            case .html, .svg: [9, 10]
            default: []
            }
        for scalar in shown.unicodeScalars where !allowed.contains(scalar.value) {
            #expect(!SafeText.isHidden(scalar), "U+\(String(scalar.value, radix: 16)) in \(shown.debugDescription)")
        }
        #expect(shown.contains("é") && shown.contains("日本"))
    }

    @Test(
        "a page, a picture and an attribute hold no sign that could begin something, with a combining mark after it or not"
    )
    func markup() {
        for destination in [TextDestination.html, .svg] {
            let shown = "<b>&\"'<\u{301}script>&\u{338}\"\u{338}".safe(for: destination)
            #expect(!shown.unicodeScalars.contains { "<>\"'".unicodeScalars.contains($0) })
            // By bytes: with the mark after it the last sign would be another character to Swift.
            #expect(shown.utf8.starts(with: "&lt;b&gt;&amp;&quot;&#39;&lt;".utf8))
        }
    }

    @Test("a JSON text is read back as it was")
    func json() throws {
        let text = Self.hostile + "\"\\/\u{8}\u{C}"
        let document = text.safe(for: .json)
        let data = try #require(document.data(using: .utf8))
        #expect(try JSONDecoder().decode([String].self, from: Data("[".utf8) + data + Data("]".utf8)) == [text])
    }

    @Test("bytes that are not UTF-8 are shown as they are, and those that are stay")
    func bytes() {
        #expect(String(showing: Array("caf".utf8) + [0xE9, 0x20, 0xC3, 0xA9, 0xFF, 0xC3]) == "caf\\xE9 é\\xFF\\xC3")
        #expect(String(showing: [0xED, 0xA0, 0x80]) == "\\xED\\xA0\\x80")
    }

    @Test(
        "what is made visible can be told apart from what was visible",
        arguments: ["\u{1B}", "\u{9B}", "\u{202E}", "\u{0}"])
    func visible(control: String) {
        let shown = "x\(control)y".madeVisible
        #expect(shown.hasPrefix("x") && shown.hasSuffix("y") && shown.utf8.count > 3)
        #expect("plain text, ~ and `ticks`".madeVisible == "plain text, ~ and `ticks`")
    }

    /// What bash makes of a word.
    private func shell(_ word: String) throws -> [UInt8] {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("word-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data("printf %s \(word)".utf8).write(to: file)
        let output = file.appendingPathExtension("out")
        defer { try? FileManager.default.removeItem(at: output) }
        let code = system("bash \(file.path) > \(output.path)")
        #expect(code == 0)
        return Array(try Data(contentsOf: output))
    }

    @Test(
        "a word for a shell is one argument and the same text",
        arguments: [
            "it's", "'", "'\u{301}", "$(touch x)", "`x`", "a\\b", "\u{3}\n\u{1B}[201~id\n", "\\'\u{1B}'", "!x!",
            "\u{9B}1é",
            "%s\\n", "-n", "\u{1B}7", "\t", "\u{202E}'; id; '",
        ])
    func words(text: String) throws {
        let word = text.safe(for: .shell)
        #expect(!word.unicodeScalars.contains { SafeText.isHidden($0) })
        #expect(try shell(word) == Array(text.utf8), "\(word)")
    }
}
