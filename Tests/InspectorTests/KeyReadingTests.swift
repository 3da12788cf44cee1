// Bytes from a terminal as keys: every sequence is taken whole, whether it is known or not.

import Testing

@testable import Inspector
@testable import InspectorCore

@Suite struct KeyReadingTests {
    private static let start: UInt64 = 1_000_000_000

    /// What a decoder makes of `pieces` that come 10 ms apart, and of nothing for a while after them.
    private static func read(
        _ pieces: [String], mouse: Bool = false, keys: [[UInt8]: Key] = [:], apart: UInt64 = 10_000_000
    ) -> [TerminalInput] {
        var decoder = KeyDecoder(keys)
        decoder.readsMouse = mouse
        var time = start
        for piece in pieces {
            decoder.settle(at: time)
            decoder.take(Array(piece.utf8), at: time)
            time += apart
        }
        decoder.settle(at: time + 2_000_000_000)
        var inputs: [TerminalInput] = []
        while let input = decoder.next() { inputs.append(input) }
        return inputs
    }

    private static func keys(_ pieces: String..., mouse: Bool = false) -> [Key] {
        read(pieces, mouse: mouse).compactMap { if case .key(let key) = $0 { key } else { nil } }
    }

    @Test(
        "a key is what the terminal sends for it",
        arguments: [
            ("q", .character("q")), ("é", .character("é")), ("日", .character("日")), ("\r", .enter), ("\n", .enter),
            ("\t", .tab), ("\u{7F}", .backspace), ("\u{8}", .backspace), ("\u{3}", .control("c")),
            ("\u{13}", .control("s")), ("\u{1C}", .control("\\")), ("\u{1B}", .escape), ("\u{1B}[A", .up),
            ("\u{1B}OA", .up), ("\u{1B}[B", .down), ("\u{1B}OC", .right), ("\u{1B}[D", .left), ("\u{1B}[H", .home),
            ("\u{1B}[1~", .home), ("\u{1B}[7~", .home), ("\u{1B}OF", .end), ("\u{1B}[4~", .end), ("\u{1B}[5~", .pageUp),
            ("\u{1B}[6~", .pageDown), ("\u{1B}[3~", .delete), ("\u{1B}OM", .enter), ("\u{1B}Ok", .character("+")),
            ("\u{1B}[1;1A", .up),
        ] as [(String, Key)])
    func plain(bytes: String, key: Key) {
        #expect(Self.keys(bytes) == [key])
    }

    @Test(
        "a key with Alt, with other keys held, or of no meaning here is not a letter, and has a name",
        arguments: [
            ("\u{1B}q", "Alt-q"), ("\u{1B}b", "Alt-b"), ("\u{1B}é", "Alt-é"), ("\u{1B}\r", "Alt-Enter"),
            ("\u{1B}\u{7F}", "Alt-Backspace"), ("\u{1B}[", "Alt-["), ("\u{1B}O", "Alt-O"), ("\u{1B}]", "Alt-]"),
            ("\u{1B}P", "Alt-P"), ("\u{1B}\u{1B}[A", "Alt-Up"), ("\u{1B}[1;5D", "Ctrl-Left"),
            ("\u{1B}[1;2A", "Shift-Up"), ("\u{1B}[1;6C", "Shift-Ctrl-Right"), ("\u{1B}[3;5~", "Ctrl-Del"),
            ("\u{1B}OP", "F1"), ("\u{1B}[11~", "F1"), ("\u{1B}[[A", "F1"), ("\u{1B}[15~", "F5"), ("\u{1B}[24~", "F12"),
            ("\u{1B}[15;2~", "Shift-F5"), ("\u{1B}[2~", "Ins"), ("\u{1B}[Z", "Shift-Tab"), ("\u{1B}O5A", "Ctrl-Up"),
            ("\u{1B}[27;5;113~", "This key"), ("\u{1B}[113;5u", "This key"), ("\u{1B}[113u", "This key"),
            ("\u{1B}[113:81;2:1u", "This key"), ("\u{1B}[E", "This key"), ("\u{1B}Oq\u{1B}Ob", "1 This key"),
        ])
    func others(bytes: String, names: String) {
        let keys = Self.keys(bytes)
        #expect(keys.map { $0.name(glyphs: .ascii) }.joined(separator: " ") == names)
        for key in keys where key != .character("1") { #expect(Keymap.action(for: key, on: .lanes) == nil) }
    }

    @Test(
        "what a terminal tells by itself is not a key",
        arguments: [
            "\u{1B}[I", "\u{1B}[O", "\u{1B}[<0;10;5M", "\u{1B}[<0;10;5m", "\u{1B}[M !!", "\u{1B}[32;10;5M",
            "\u{1B}[12;40R", "\u{1B}[0n", "\u{1B}[>41;354;0c", "\u{1B}[8;24;80t", "\u{1B}[?2004;1$y",
            "\u{1B}]10;rgb:0/0/0\u{1B}\\", "\u{1B}]52;c;cXE=\u{7}", "\u{1B}P1$r0m\u{1B}\\", "\u{1B}P>|xterm\u{1B}\\",
            "\u{1B}_Gi=1;OK\u{1B}\\", "\u{1B}^q\u{1B}\\", "\u{1B}Xq\u{1B}\\", "\u{1B}[201~", "\u{1B}\\", "\u{0}",
            "\u{9B}", "\u{1B}[3$",
        ])
    func silent(bytes: String) {
        #expect(Self.read([bytes]) == [])
        // And what comes after it is a key again.
        #expect(Self.keys(bytes, "q").last == .character("q") || bytes.hasSuffix("$"))
    }

    @Test("answers are told apart from keys, wherever they are cut")
    func answers() {
        let light = TerminalInput.answer(.ground(red: 1, green: 1, blue: 1))
        for text in [
            "\u{1B}]11;rgb:ffff/ffff/ffff\u{1B}\\", "\u{1B}]11;rgb:ff/ff/ff\u{7}", "\u{1B}]11;rgba:ff/ff/ff/ff\u{7}",
            "\u{1B}]11;#ffffff\u{7}",
        ] {
            let bytes = Array(text.utf8)
            for cut in 1..<bytes.count {
                var decoder = KeyDecoder()
                decoder.take(Array(bytes[..<cut]), at: Self.start)
                decoder.settle(at: Self.start + 40_000_000)
                decoder.take(Array(bytes[cut...]), at: Self.start + 45_000_000)
                #expect(decoder.next() == light, "\(text.debugDescription) cut at \(cut)")
                #expect(decoder.next() == nil)
            }
        }
        #expect(Self.read(["\u{1B}[?62;4;22c"]) == [.answer(.attributes)])
        #expect(Self.read(["\u{1B}]11;blue\u{7}"]) == [])
    }

    @Test(
        "a colour is read in each of its forms, and nothing else is one",
        arguments: [
            ("rgb:0/0/0", 0.0), ("rgb:f/f/f", 1), ("rgb:8080/8080/8080", 0.502), ("rgb:fff/fff/fff", 1),
            ("rgba:ffff/ffff/ffff/0", 1), ("#fff", 1), ("#000000000", 0), ("rgb:ff/ff", nil), ("rgb:ff/ff/fg", nil),
            ("rgb:fffff/0/0", nil), ("rgb:/0/0", nil), ("rgb:+f/+f/+f", nil), ("#ffff", nil), ("#", nil), ("", nil),
            ("white", nil), ("rgba:0/0/0", nil),
        ] as [(String, Double?)])
    func colors(text: String, red: Double?) {
        let color = TerminalAnswer.color(text: text)
        #expect((color == nil) == (red == nil))
        if let color, let red { #expect(abs(color.red - red) < 0.001 && abs(color.blue - red) < 0.001) }
    }

    @Test("a lone escape is given after a short while; one with a key after it is that key with Alt")
    func escapes() {
        #expect(Self.keys("\u{1B}\u{1B}\u{1B}") == [.escape, .escape, .escape])
        #expect(Self.keys("\u{1B}\u{3}") == [.escape, .control("c")])
        var decoder = KeyDecoder()
        decoder.take([27], at: Self.start)
        #expect(decoder.next() == nil)
        let deadline = decoder.deadline ?? 0
        #expect(deadline > Self.start + 20_000_000 && deadline <= Self.start + 60_000_000)
        decoder.settle(at: deadline - 1)
        #expect(decoder.next() == nil)
        decoder.settle(at: deadline)
        #expect(decoder.next() == .key(.escape))
        decoder.take([113], at: deadline + 1)
        #expect(decoder.next() == .key(.character("q")))
        #expect(decoder.deadline == nil)
    }

    @Test("a key that is pressed soon after an escape is that key; what a network has cut is one sequence still")
    func soonAfter() {
        #expect(Self.keys("\u{1B}", "q") == [.escape, .character("q")])
        #expect(Self.keys("\u{1B}", "]") == [.escape, .character("]")])
        #expect(Self.keys("\u{1B}", "\u{1B}", "\r") == [.escape, .escape, .enter])
        #expect(Self.keys("\u{1B}", "[A") == [.up])
        #expect(Self.keys("\u{1B}", "OA") == [.up])
        #expect(Self.keys("\u{1B}", "[", "1;5", "D") == [.other("Ctrl-Left")])
        #expect(Self.read(["\u{1B}", "]10;rgb:0/0/0\u{7}"]) == [])
        // At once, in one reading or in two, it is the key with Alt.
        #expect(Self.read(["\u{1B}", "q"], apart: 1_000_000) == [.key(.other("Alt-q"))])
    }

    @Test("the rest of a sequence that a slow network brings after its escape was given is not a letter")
    func lateRest() {
        for (rest, after) in [
            ("[A", [Key]()), ("OB", []), ("OP", []), ("[15~", []), ("[1;5Dq", [.character("q")]),
            ("[x", [.character("["), .character("x")]), ("[", [.character("[")]),
        ] {
            let inputs = Self.read(["\u{1B}", rest], apart: 200_000_000)
            #expect(inputs == ([.escape] + after).map { .key($0) }, "\(rest)")
        }
    }

    @Test("what the terminal's description says of its keys holds")
    func described() {
        let keys: [[UInt8]: Key] = [
            Array("\u{1B}A".utf8): .up, Array("\u{1B}[214z".utf8): .home, Array("\u{1B}&r1".utf8): .end, [8]: .left,
        ]
        #expect(Self.read(["\u{1B}A"], keys: keys) == [.key(.up)])
        #expect(Self.read(["\u{1B}[214z"], keys: keys) == [.key(.home)])
        #expect(Self.read(["\u{1B}[21", "4zq"], keys: keys) == [.key(.home), .key(.character("q"))])
        #expect(Self.read(["\u{1B}&", "r1"], keys: keys) == [.key(.end)])
        #expect(Self.read(["\u{8}"], keys: keys) == [.key(.backspace)])
        #expect(Self.read(["\u{1B}B"], keys: keys) == [.key(.other("Alt-B"))])
    }

    @Test("the mouse, where it is ours, presses, drags and turns its wheel")
    func mouse() {
        func key(_ kind: Key.Mouse.Kind, _ x: Int, _ y: Int) -> Key { .mouse(Key.Mouse(kind: kind, x: x, y: y)) }
        let keys = Self.keys(
            "\u{1B}[<32;1;1M\u{1B}[<0;10;5M\u{1B}[<32;11;5M\u{1B}[<0;11;5m\u{1B}[<32;12;5M\u{1B}[<64;1;1M", mouse: true)
        #expect(keys == [key(.press, 9, 4), key(.drag, 10, 4), key(.wheelUp, 0, 0)])
        #expect(Self.keys("\u{1B}[M !!q", mouse: true) == [key(.press, 0, 0), .character("q")])
        #expect(Self.keys("\u{1B}[<2;3;3M\u{1B}[<0;0;9M\u{1B}[<0;1M", mouse: true) == [])
        #expect(
            Self.keys("\u{1B}[<0;99999999999999999999;1M\u{1B}[<0;9999999;1M", mouse: true)
                == [key(.press, 99_999, 0)])
    }

    @Test("a sequence without an end, or one that is too long, takes no key after it")
    func endless() {
        let long = String(repeating: "q", count: 10_000)
        #expect(Self.keys("\u{1B}[1;") == [])
        #expect(Self.keys("\u{1B}[" + String(repeating: "1;", count: 10_000) + "mq") == [.character("q")])
        #expect(Self.keys("\u{1B}]0;" + String(repeating: "q", count: 100_000) + "\u{7}q") == [.character("q")])
        #expect(Self.keys("\u{1B}P" + String(repeating: "q", count: 100_000) + "\u{1B}\\q") == [.character("q")])
        for text in ["\u{1B}[" + String(repeating: "1;", count: 500) + "m", "\u{1B}]0;" + long + "\u{1B}\\"] {
            let bytes = Array((text + "q").utf8)
            var decoder = KeyDecoder()
            for start in stride(from: 0, to: bytes.count, by: 100) {
                decoder.take(Array(bytes[start..<min(start + 100, bytes.count)]), at: Self.start)
            }
            #expect(decoder.next() == .key(.character("q")))
            #expect(decoder.next() == nil)
        }
        // Whoever asks to leave is heard in the middle of one.
        #expect(Self.keys("\u{1B}]0;title", "\u{3}") == [.control("c")])
        #expect(Self.keys("\u{1B}[1;", "\u{3}") == [.control("c")])
        #expect(Self.read(["\u{1B}]0;never", "q"], apart: 1_500_000_000) == [.key(.character("q"))])
    }

    @Test("any bytes in any pieces are decoded without a trap, and the decoder comes to rest")
    func anything() {
        var random = SystemRandomNumberGenerator()
        let alphabet: [UInt8] = [
            27, 27, 91, 79, 93, 80, 92, 50, 48, 48, 126, 49, 7, 3, 77, 60, 59, 65, 113, 13, 200, 227, 255, 0, 104, 36,
        ]
        for _ in 0..<3000 {
            var decoder = KeyDecoder([Array("\u{1B}OA".utf8): .up])
            decoder.readsMouse = Bool.random(using: &random)
            var time: UInt64 = 0
            var sent: [UInt8] = []
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                let bytes = (0..<Int.random(in: 0...24, using: &random)).map { _ in
                    alphabet.randomElement(using: &random) ?? 27
                }
                sent += bytes
                decoder.take(bytes, at: time)
                time += UInt64.random(in: 0...1_500_000_000, using: &random)
                if Bool.random(using: &random) { decoder.settle(at: time) }
                while decoder.next() != nil {}
            }
            decoder.settle(at: .max)
            while decoder.next() != nil {}
            #expect(decoder.deadline == nil, "\(sent)")
        }
    }
}
