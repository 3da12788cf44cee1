import InspectorCore
import Testing

@testable import Inspector

@Suite struct CanvasTests {
    @Test("text from outside cannot drive the terminal")
    func madeVisible() {
        #expect("a\u{1B}[31mb\u{7}\u{7F}".madeVisible == "a^[[31mb^G^?")
        #expect("\u{9B}x\u{202E}y\u{200D}".madeVisible == "\\x9Bx<U+202E>y<U+200D>")
        #expect("plain ünï 日本".madeVisible == "plain ünï 日本")
        #expect("a\r\nb".madeVisible == "a^M^Jb")
    }

    @Test("widths are those of a terminal")
    func widths() {
        #expect(TextWidth.of(text: "héllo") == 5)
        #expect(TextWidth.of(text: "日本") == 4)
        #expect(TextWidth.of(text: "e\u{301}") == 1)
        #expect(TextWidth.fit(text: "日本語", width: 5) == "日本…")
        #expect(TextWidth.pad("ab", width: 4) == "ab  ")
        #expect(TextWidth.fit(text: "abc", width: 0) == "")
    }

    @Test("what is put outside a frame or its clip is cut, never a trap")
    func clips() {
        var frame = Frame(width: 5, height: 2)
        frame.put("abcdefgh", x: -2, y: 0)
        frame.put("xyz", x: 4, y: 1)
        frame.put("no", x: 0, y: -1)
        frame.put("no", x: 0, y: 2)
        frame.put("日本", x: 2, y: 1)
        #expect(frame.lines == ["cdefg", "  日x"])
        _ = Frame(width: -3, height: -1)
    }

    @Test("a wide character that is half overwritten leaves a space")
    func halves() {
        var frame = Frame(width: 4, height: 1)
        frame.put("日本", x: 0, y: 0)
        frame.put("x", x: 1, y: 0)
        #expect(frame.lines == [" x本"])
    }

    @Test("lengths of time have three digits and a unit")
    func times() {
        #expect(TimeText.short(nanoseconds: 740) == "740ns")
        #expect(TimeText.short(nanoseconds: 4_500) == "4.5µs")
        #expect(TimeText.short(nanoseconds: 61_000) == "61µs")
        #expect(TimeText.short(nanoseconds: 214_900_000) == "214ms")
        #expect(TimeText.short(nanoseconds: 1_020_000_000) == "1.02s")
        #expect(TimeText.short(nanoseconds: 125_000_000_000) == "2m05s")
        #expect(TimeText.niceCeiling(nanoseconds: 8_650_000_000) == 10_000_000_000)
        #expect(TimeText.niceCeiling(nanoseconds: 2_200_000_000) == 2_500_000_000)
    }
}
