// Which description is drawn with when TERM's own is not installed, and what is said when there is none.

internal import InspectorCore

/// Why there is no dashboard, in a sentence.
struct TerminalRefusal: Error {
    let reason: String
}

/// Names of terminals' descriptions (terminfo).
enum TerminalNames {
    /// Names that say of a terminal that nothing is known of it.
    private static let empty: Set<String> = ["", "dumb", "unknown", "network", "dialup"]

    /// Descriptions that are near `name`, the nearest first.
    ///
    /// New terminals bring their own description, which is not on the machine that one logs in to; all of them
    /// understand what xterm does.
    static func near(name: String) -> [String] {
        let name = name.lowercased()
        var near: [String] = []
        func begins(_ words: String...) -> Bool { words.contains { name.hasPrefix($0) } }
        if begins("tmux") {
            near = ["tmux-256color", "screen-256color", "tmux", "screen"]
        } else if begins("screen") {
            near = ["screen-256color", "screen"]
        } else if begins("rxvt", "urxvt") {
            near = ["rxvt-unicode-256color", "rxvt-unicode", "rxvt"]
        } else if begins("linux", "fbterm", "kmscon", "bterm", "jfbterm") {
            near = ["linux"]
        } else if begins("vt", "ansi", "pcansi", "cons", "wsvt", "sun", "hurd", "mach") {
            near = ["vt220", "vt100", "ansi"]
        } else if name.contains("16color") || name.contains("88color") || name.contains("8color") {
            near = ["xterm"]
        }
        for other in ["xterm-256color", "xterm", "linux", "vt220", "vt100", "ansi"] where !near.contains(other) {
            near.append(other)
        }
        return near
    }

    /// Whether `name` can be the name of a description at all: it becomes a part of a file's path.
    static func isName(_ name: String) -> Bool {
        (1...64).contains(name.utf8.count) && !name.hasPrefix(".")
            && name.utf8.allSatisfy { $0 > 32 && $0 < 127 && $0 != UInt8(ascii: "/") }
    }

    /// Whether a terminal of that name may be asked for its colours: the question is a string that older ones would
    /// show.
    static func canBeAsked(_ name: String) -> Bool {
        let name = name.lowercased()
        return !["linux", "vt", "ansi", "pcansi", "cons", "wsvt", "sun", "hurd", "mach", "cygwin", "fbterm", "kmscon"]
            .contains { name.hasPrefix($0) }
    }

    /// Why a terminal called so cannot be drawn on, before anything is tried; nil where it may be.
    static func refusal(name: String?) -> TerminalRefusal? {
        guard let name, !name.isEmpty else {
            let state = name == nil ? "not set" : "empty"
            return TerminalRefusal(
                reason: "TERM is \(state), so it is not known what this terminal understands: "
                    + "“export TERM=xterm-256color” says it for most.")
        }
        return empty.contains(name) ? cannotPlace(name) : nil
    }

    /// The description says that text cannot be placed.
    static func cannotPlace(_ name: String) -> TerminalRefusal {
        TerminalRefusal(
            reason: "TERM is “\(shown(name: name))”, a terminal that cannot place text: if it can, "
                + "“export TERM=xterm-256color” says so.")
    }

    /// No description was found.
    static func notFound(name: String, hasDatabase: Bool, terminfo: String?) -> TerminalRefusal {
        var reason = "TERM is “\(shown(name: name))”, and no description of it or of a terminal like it "
        reason += hasDatabase ? "is installed here" : "can be read here"
        if let terminfo, !terminfo.isEmpty { reason += " (TERMINFO is “\(shown(name: terminfo))”)" }
        return TerminalRefusal(
            reason: reason + ": the packages ncurses-base and ncurses-term hold them; “export TERM=xterm-256color” "
                + "names one that is in the first.")
    }

    /// What is said once when another description is drawn with.
    static func note(_ name: String, drawnAs other: String) -> String {
        "“\(shown(name: name))” (TERM) has no description here: drawn as \(other). The package ncurses-term has many more."
    }

    /// As much of a name as a sentence takes.
    private static func shown(name: String) -> String {
        name.count > 60 ? String(name.prefix(60)) + "…" : name
    }
}
