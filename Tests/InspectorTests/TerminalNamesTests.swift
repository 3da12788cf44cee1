// Descriptions of terminals: the nearest where one's own is not installed, and what is said where there is none.

import Testing

@testable import Inspector
@testable import InspectorCore

@Suite struct TerminalNamesTests {
    @Test(
        "a terminal without a description is drawn on by the nearest one",
        arguments: [
            ("xterm-kitty", "xterm-256color"), ("xterm-ghostty", "xterm-256color"), ("alacritty", "xterm-256color"),
            ("foot", "xterm-256color"), ("wezterm", "xterm-256color"), ("contour", "xterm-256color"),
            ("st-256color", "xterm-256color"), ("nonsense-256color", "xterm-256color"),
            ("XTERM-KITTY", "xterm-256color"),
            ("tmux-direct", "tmux-256color"), ("screen.foot", "screen-256color"),
            ("screen.xterm-kitty", "screen-256color"),
            ("rxvt-unicode-truecolor", "rxvt-unicode-256color"), ("linux-16color", "linux"), ("fbterm", "linux"),
            ("vt420", "vt220"), ("xterm-16color", "xterm"),
        ])
    func near(name: String, first: String) {
        let near = TerminalNames.near(name: name)
        #expect(near.first == first)
        #expect(Set(near).count == near.count)
        #expect(Set(near).isSuperset(of: ["xterm-256color", "xterm", "linux", "vt100", "ansi"]))
    }

    @Test("a name that is none is never looked for as a file")
    func names() {
        for name in ["xterm", "xterm-256color", "screen.xterm-256color", "Eterm"] {
            #expect(TerminalNames.isName(name))
        }
        for name in ["", "../x", "x/y", ".", "a b", "a\u{1B}[2J", String(repeating: "x", count: 65), "é"] {
            #expect(!TerminalNames.isName(name))
        }
    }

    @Test("each refusal names TERM, what it is, and what to do", arguments: [nil, "", "dumb", "unknown"] as [String?])
    func refusals(name: String?) throws {
        let reason = try #require(TerminalNames.refusal(name: name)).reason
        #expect(reason.hasPrefix("TERM is "))
        #expect(reason.contains("export TERM=xterm-256color"))
        if let name, !name.isEmpty { #expect(reason.contains("“\(name)”")) }
        #expect(TerminalNames.refusal(name: "xterm")?.reason == nil)
    }

    @Test("where nothing is found the packages are named, and TERMINFO where it is set")
    func notFound() {
        let none = TerminalNames.notFound(name: "foot", hasDatabase: true, terminfo: nil).reason
        #expect(none.contains("“foot”") && none.contains("ncurses-term") && none.contains("is installed here"))
        let unread = TerminalNames.notFound(name: "foot", hasDatabase: false, terminfo: "/nowhere").reason
        #expect(unread.contains("can be read here") && unread.contains("TERMINFO is “/nowhere”"))
        let long = TerminalNames.notFound(name: String(repeating: "x", count: 10_000), hasDatabase: true, terminfo: nil)
        #expect(long.reason.count < 400)
        #expect(TerminalNames.note("foot", drawnAs: "xterm").contains("“foot” (TERM) has no description here"))
    }

    @Test("terminals that would show a question are not asked")
    func asked() {
        for name in ["xterm", "xterm-256color", "tmux-256color", "screen", "rxvt", "foot", "alacritty"] {
            #expect(TerminalNames.canBeAsked(name))
        }
        for name in ["linux", "vt100", "vt220", "ansi", "cons25", "sun", "hurd", "cygwin"] {
            #expect(!TerminalNames.canBeAsked(name))
        }
    }
}
