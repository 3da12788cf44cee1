// Pasted text is text where something is typed, and nothing anywhere else.

import Testing

@testable import Inspector
@testable import InspectorCore

@Suite struct PasteTests {
    private static let begin = "\u{1B}[200~"
    private static let end = "\u{1B}[201~"

    private static func keys(_ pieces: [String], apart: UInt64 = 10_000_000) -> [Key] {
        var decoder = KeyDecoder()
        var time: UInt64 = 1_000_000_000
        for piece in pieces {
            decoder.settle(at: time)
            decoder.take(Array(piece.utf8), at: time)
            time += apart
        }
        decoder.settle(at: time + 2_000_000_000)
        var keys: [Key] = []
        while let input = decoder.next() { if case .key(let key) = input { keys.append(key) } }
        return keys
    }

    private static func scene() -> Scene {
        let studio = Studio()
        studio.dashboard(1, .async)
        return Scene(studio.model([studio.lane(0, .async)]))
    }

    // MARK: From bytes

    @Test("a marked paste is one thing, in how many pieces it ever comes")
    func pieces() {
        let whole = Self.begin + "path:/city\r\nq\rb\u{3}日" + Self.end
        let paste = Key.paste(Paste(text: "path:/city\nq\nb\u{3}日"))
        #expect(Self.keys([whole, "q"]) == [paste, .character("q")])
        let bytes = Array(whole.utf8)
        for cut in 1..<bytes.count {
            var decoder = KeyDecoder()
            decoder.take(Array(bytes[..<cut]), at: 1_000)
            decoder.settle(at: 2_000)
            decoder.take(Array(bytes[cut...]), at: 3_000)
            #expect(decoder.next() == .key(paste), "cut at \(cut)")
            #expect(decoder.next() == nil)
        }
    }

    @Test("marks inside a paste end it no earlier, and begin no other one")
    func nested() {
        #expect(
            Self.keys([Self.begin + "a" + Self.begin + "b" + Self.end + "q\r" + Self.end])
                == [.paste(Paste(text: "a\u{1B}[200~bq\n"))])
        #expect(
            Self.keys([Self.begin + "a" + Self.end + "q" + Self.end + "b"])
                == [.paste(Paste(text: "aq")), .character("b")])
        #expect(
            Self.keys([Self.begin + "a" + Self.end + Self.begin + "q" + Self.end])
                == [.paste(Paste(text: "a")), .paste(Paste(text: "q"))])
        #expect(Self.keys([Self.begin + "q\u{1B}[20q" + Self.end]) == [.paste(Paste(text: "q\u{1B}[20q"))])
        #expect(Self.keys([Self.begin + Self.end + "q"]) == [.character("q")])
    }

    @Test("a paste without its end is given after a while, and keys are keys again")
    func endless() {
        let keys = Self.keys([Self.begin + "q\rq", "b"], apart: 3_000_000_000)
        #expect(keys == [.paste(Paste(text: "q\nq")), .character("b")])
        // Whoever does not wait so long can leave.
        #expect(
            Self.keys([Self.begin + "q", "\u{3}"], apart: 500_000_000) == [.paste(Paste(text: "q")), .control("c")])
        // What the network brings after that, with the end, is not a key either.
        let late = Self.keys([Self.begin + "a", "q\r" + Self.end], apart: 3_000_000_000)
        #expect(late == [.paste(Paste(text: "a")), .paste(Paste(text: "q\n"))])
    }

    @Test("a paste of a megabyte is kept in part, and counted to its end")
    func large() throws {
        let text = String(repeating: "q b\r", count: 262_144)
        let bytes = Array((Self.begin + text + Self.end).utf8)
        var decoder = KeyDecoder()
        for start in stride(from: 0, to: bytes.count, by: 4095) {
            decoder.take(Array(bytes[start..<min(start + 4095, bytes.count)]), at: UInt64(start))
        }
        guard case .key(.paste(let paste))? = decoder.next() else {
            Issue.record("It is not a paste.")
            return
        }
        #expect(decoder.next() == nil)
        #expect(paste.text.utf8.count == Paste.limit)
        #expect(paste.dropped == 1_048_576 - Paste.limit)
    }

    @Test("what comes faster than anybody types is a paste, where the terminal does not mark it")
    func fast() {
        #expect(Self.keys(["path:/city\rq"]) == [.paste(Paste(text: "path:/city\nq", isMarked: false))])
        // The next reading goes on with it, to its last letter.
        #expect(Self.keys(["path:/ci", "ty\rq"]) == [.paste(Paste(text: "path:/city\nq", isMarked: false))])
        #expect(Self.keys(["first line\rq\u{3}b\r"]) == [.paste(Paste(text: "first line\nq\u{3}b\n", isMarked: false))])
        #expect(
            Self.keys(["a burst", "\u{12}"]) == [.paste(Paste(text: "a burst", isMarked: false)), .control("r")])
        #expect(
            Self.keys(["a burst\u{1B}[A"]) == [.paste(Paste(text: "a burst", isMarked: false)), .up])
        #expect(
            Self.keys(["a burst", "q"], apart: 200_000_000)
                == [.paste(Paste(text: "a burst", isMarked: false)), .character("q")])
    }

    @Test("keys that are held down, or pressed one after another, are keys")
    func slow() {
        #expect(Self.keys([String(repeating: "]", count: 20)]) == Array(repeating: .character("]"), count: 20))
        #expect(Self.keys(["q", "b", "m", "s", "t"]).count == 5)
        #expect(Self.keys(["bms\r"]) == [.character("b"), .character("m"), .character("s"), .enter])
        #expect(Self.keys(["\u{1B}[C\u{1B}[C\u{1B}[C"]) == [.right, .right, .right])
        #expect(Self.keys(["日本語"]).count == 3)
    }

    @Test("bytes that are no text are shown, and a character that is cut is left out")
    func bytes() {
        #expect(Paste(bytes: [97, 0xE9, 13, 10, 98], dropped: 0, isMarked: true).text == "a\\xE9\nb")
        #expect(Paste(bytes: [97, 0xE6, 0x97], dropped: 1, isMarked: true).text == "a")
        #expect(Paste(bytes: [13, 13, 10, 10], dropped: 0, isMarked: true).text == "\n\n\n")
    }

    // MARK: Into the model

    @Test("over a screen a paste does nothing, and says so", arguments: ScreenName.allCases)
    func nothing(screen: ScreenName) {
        for text in ["q", "path:/city\nq", "b\n\u{3}", String(repeating: "sbm\n", count: 5000)] {
            for isMarked in [true, false] {
                var model = Self.scene().model
                model.view.screens = [.lanes, screen]
                let effects = model.paste(Paste(text: text, isMarked: isMarked))
                #expect(effects == [])
                #expect(model.message?.hasPrefix("Pasted text does nothing here.") == true)
                #expect(model.view.screens == [.lanes, screen] && model.prompt == nil && model.view.selected == nil)
            }
        }
    }

    @Test("in a filter a paste is a line: breaks are spaces, control characters are seen")
    func filter() throws {
        var scene = Self.scene()
        scene.press(.character("/"))
        #expect(scene.model.paste(Paste(text: "path:/city\nq\u{1B}[2J")) == [])
        guard case .filter(let input)? = scene.model.prompt else {
            Issue.record("The filter was left.")
            return
        }
        #expect(input.text == "path:/city q^[[2J")
        #expect(scene.model.filter == nil)
        // Two lines at once end nothing, marked or not; one with its end does what enter does.
        scene.press(.control("u"))
        _ = scene.model.paste(Paste(text: "path:/city\nq\n", isMarked: false))
        #expect(scene.model.prompt != nil)
        scene.press(.control("u"))
        _ = scene.model.paste(Paste(text: "path:/city\n"))
        #expect(scene.model.prompt != nil)
        scene.press(.control("u"))
        _ = scene.model.paste(Paste(text: "path:/city\n", isMarked: false))
        #expect(scene.model.prompt == nil)
        #expect(scene.model.filter?.text == "path:/city")
    }

    @Test("a prompt takes so much and says what it left")
    func bounded() {
        var scene = Self.scene()
        scene.press(.character("/"))
        _ = scene.model.paste(Paste(text: String(repeating: "a", count: 3000), dropped: 7))
        guard case .filter(let input)? = scene.model.prompt else {
            Issue.record("The filter was left.")
            return
        }
        #expect(input.text.count == FilterInput.limit)
        #expect(scene.model.message == "The last 1000 characters of the paste had no room here.")
        scene.press(.control("u"))
        _ = scene.model.paste(Paste(text: "error", dropped: 7))
        #expect(scene.sees("Only the first 65536 bytes of the paste were looked at"), "\(scene.text)")
        scene.press(.escape, .character(":"))
        _ = scene.model.paste(Paste(text: String(repeating: "b", count: 300)))
        guard case .palette(let palette)? = scene.model.prompt else {
            Issue.record("The palette was left.")
            return
        }
        #expect(palette.text.count == 100)
    }

    @Test("what a slow network hands over at once opens its prompt, and does nothing more")
    func opened() {
        var scene = Self.scene()
        #expect(scene.model.paste(Paste(text: "/path:/city", isMarked: false)) == [])
        guard case .filter(let input)? = scene.model.prompt else {
            Issue.record("The filter is not open.")
            return
        }
        #expect(input.text == "path:/city")
        scene.press(.escape)
        #expect(scene.model.paste(Paste(text: ":quit\n", isMarked: false)) == [])
        guard case .palette(let palette)? = scene.model.prompt else {
            Issue.record("The palette was left.")
            return
        }
        #expect(palette.text == "quit")
        scene.press(.escape)
        #expect(scene.model.paste(Paste(text: "/path:/city\n")) == [])
        #expect(scene.model.prompt == nil)
    }

    @Test("in the editor a paste keeps its lines, at the cursor")
    func editor() throws {
        var editor = RequestEditor(draft: RequestDraft(method: "POST", target: "/a", body: Array("xy".utf8)))
        editor.take(nil, key: .down)
        editor.take(nil, key: .down)
        editor.take(nil, key: .end)
        editor.take(nil, key: .left)
        let paste = Paste(bytes: Array("one\r\n\ttwo\u{1B}\nthree".utf8), dropped: 0, isMarked: true)
        #expect(editor.insert(paste.lines) == 0)
        #expect(editor.lines == ["POST /a", "", "xone", "\ttwo^[", "threey"])
        #expect(editor.row == 4 && editor.column == 5)
        editor.take(nil, key: .character("!"))
        #expect(editor.lines.last == "three!y")
        #expect(editor.insert("z") == 0)
        #expect(editor.lines.last == "three!zy" && editor.column == 7)
        #expect(try editor.draft().body == Array("xone\n\ttwo^[\nthree!zy".utf8))
    }

    @Test("the editor is bounded in lines and in bytes")
    func editorBounds() {
        var editor = RequestEditor(draft: RequestDraft(method: "GET", target: "/"))
        var left = 0
        for _ in 0..<40 { left += editor.insert(String(repeating: "q\n", count: 1000)) }
        #expect(editor.lines.count <= RequestEditor.limit.lines + 2)
        #expect(left > 0)
        var wide = RequestEditor(draft: RequestDraft(method: "GET", target: "/"))
        for _ in 0..<40 { _ = wide.insert(String(repeating: "q", count: 65_536)) }
        #expect(wide.lines.reduce(0) { $0 + $1.utf8.count } <= RequestEditor.limit.bytes)
    }

    @Test("where a key chooses, a paste does nothing")
    func choices() {
        for prompt in [Prompt.export(ExportPanel()), .service(ServicePanel())] {
            var model = Self.scene().model
            model.known.service = UpstreamSettings()
            model.prompt = prompt
            #expect(model.paste(Paste(text: "q\n", isMarked: false)) == [])
            #expect(model.prompt == prompt)
        }
    }
}
