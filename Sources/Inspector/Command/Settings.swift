// What a person likes, in one small file: $XDG_CONFIG_HOME/inspector/config.json. Written by hand, read at the start.

internal import Foundation
internal import InspectorCore

/// The settings that the file can hold; what it does not name stays as it is here.
struct Settings: Equatable {
    /// The ground that colours are chosen for.
    enum Ground: String, CaseIterable {
        /// By what the terminal says of itself, unasked (`COLORFGBG`) or asked (OSC 11); dark where it says nothing.
        case auto
        case dark
        case light
    }

    /// How many colours are used.
    enum Colors: String, CaseIterable {
        case auto
        case none
        case eight = "8"
        case sixteen = "16"
        case all = "256"
    }

    /// Which characters are drawn with.
    enum Characters: String, CaseIterable {
        /// By the locale.
        case auto
        case unicode
        case ascii
    }

    var ground = Ground.auto
    var colors = Colors.auto
    var characters = Characters.auto
    var usesMouse = false
    /// Used where the command line says nothing.
    var mode: ModeChoice?
    /// Used where the command line says nothing.
    var workers: Int?
    /// Names that are secrets, beside those that are known.
    var redact: [String] = []

    /// Where the file is, by the environment (XDG Base Directory Specification).
    static func path(environment: [String: String]) -> String? {
        if let folder = environment["XDG_CONFIG_HOME"], folder.hasPrefix("/") {
            return folder + "/inspector/config.json"
        }
        guard let home = environment["HOME"], !home.isEmpty else { return nil }
        return home + "/.config/inspector/config.json"
    }

    /// Reads the file at `path`: the settings that are right, and a sentence for each that is not.
    ///
    /// A file that is not there is no mistake.
    static func read(_ path: String?) -> (settings: Settings, problems: [String]) {
        guard let path, FileManager.default.fileExists(atPath: path) else { return (Settings(), []) }
        guard let data = FileManager.default.contents(atPath: path) else {
            return (Settings(), ["\(path) cannot be read; the program's own settings hold."])
        }
        guard data.count <= 65_536 else {
            return (Settings(), ["\(path) has \(data.count) bytes; settings take a few hundred. It was not read."])
        }
        return parse([UInt8](data), name: path)
    }

    /// - Parameter name: what sentences call the file.
    static func parse(_ bytes: [UInt8], name: String) -> (settings: Settings, problems: [String]) {
        let members: [(key: String, value: JSON, line: Int)]
        do {
            members = try JSONLines.members(of: bytes)
        } catch {
            return (Settings(), ["\(name):\(error.line): \(error.reason). The program's own settings hold."])
        }
        var settings = Settings()
        var problems: [String] = []
        for (key, value, line) in members {
            func wrong(wanted: String) { problems.append("\(name):\(line): “\(key)” takes \(wanted).") }
            func choice<Choice: RawRepresentable & CaseIterable>(set: (Choice) -> Void)
            where Choice.RawValue == String {
                let text = value.string ?? value.int.map(String.init)
                guard let choice = text.flatMap(Choice.init(rawValue:)) else {
                    wrong(wanted: Choice.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", "))
                    return
                }
                set(choice)
            }
            switch key {
            case "background": choice { settings.ground = $0 }
            case "colors": choice { settings.colors = $0 }
            case "characters": choice { settings.characters = $0 }
            case "mode": choice { settings.mode = $0 }
            case "mouse":
                if case .bool(let flag) = value { settings.usesMouse = flag } else { wrong(wanted: "true or false") }
            case "workers":
                if let count = value.int, (1...512).contains(count) {
                    settings.workers = count
                } else {
                    wrong(wanted: "a number from 1 to 512")
                }
            case "redact":
                if let names = value.items?.compactMap(\.string), names.count == value.items?.count,
                    names.allSatisfy(Redaction.isName)
                {
                    settings.redact = names
                } else {
                    wrong(
                        wanted: "a list of names with a letter or digit in each, as in [\"x-tenant\", \"customer_id\"]")
                }
            default:
                problems.append(
                    "\(name):\(line): there is no setting “\(key)”. There are: background, characters, colors, mode, "
                        + "mouse, redact, workers.")
            }
        }
        return (settings, problems)
    }

    /// Whether the terminal is to be asked for its ground: nothing else says it, and colours are wanted.
    func asksForGround(_ environment: [String: String]) -> Bool {
        ground == .auto && !choice(colors: 256, environment: environment).isPlain
            && ColorChoice.isLight(colorFGBG: environment["COLORFGBG"]) == nil
    }

    /// What is drawn with on a terminal of that many colours.
    ///
    /// - Parameter isLight: what the terminal has answered; nil when it was not asked, or has not answered.
    func choice(colors available: Int, environment: [String: String], isLight: Bool? = nil) -> ColorChoice {
        var choice = ColorChoice(colors: available)
        switch colors {
        case .auto: choice.isPlain = !(environment["NO_COLOR"] ?? "").isEmpty
        case .none: choice.isPlain = true
        case .eight, .sixteen, .all: choice.colors = min(available, Int(colors.rawValue) ?? available)
        }
        choice.isLight =
            ground == .auto
            ? ColorChoice.isLight(colorFGBG: environment["COLORFGBG"]) ?? isLight ?? false : ground == .light
        return choice
    }
}

/// The members of a JSON object with the lines on which they stand: what a sentence about a mistake has to name.
private enum JSONLines {
    struct Mistake: Error {
        let line: Int
        let reason: String
    }

    static func members(of bytes: [UInt8]) throws(Mistake) -> [(key: String, value: JSON, line: Int)] {
        let whole: JSON
        do { whole = try JSON(parsing: bytes) } catch {
            let offset = (error as? JSONSyntaxError)?.offset ?? bytes.count
            throw Mistake(line: bytes.prefix(offset).count { $0 == 10 } + 1, reason: "this is not JSON")
        }
        guard case .object(let members) = whole else {
            throw Mistake(line: 1, reason: "settings are an object: { \"background\": \"light\" }")
        }
        return members.map { ($0.key, $0.value, line(ofKey: $0.key, bytes: bytes)) }.sorted {
            ($0.line, $0.key) < ($1.line, $1.key)
        }
    }

    private static func line(ofKey key: String, bytes: [UInt8]) -> Int {
        let text = String(decoding: bytes, as: UTF8.self)
        guard let place = text.range(of: "\"\(key)\"") else { return 1 }
        return text[..<place.lowerBound].count { $0.isNewline } + 1
    }
}
