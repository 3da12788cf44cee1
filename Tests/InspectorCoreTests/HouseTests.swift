// The order of the house: a folder may use the folders above it, and no other. The lists are those of
// docs/architecture.md.

import Foundation
import Testing

@Suite struct HouseTests {
    static let core = [
        "System", "Events", "Logs", "Execution", "Framework", "Calls", "Serving", "Filter", "Traces", "Traffic",
        "Replay", "Ingest", "Capacity", "Export", "Testing", "Upstream",
    ]
    static let dashboard = ["Canvas", "Dashboard", "Screens", "Terminal", "Command"]

    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// A source file without its comments and texts, line by line.
    struct Source {
        let path: String
        let lines: [String]
    }

    static func sources(_ folder: String) throws -> [Source] {
        let url = root.appendingPathComponent("Sources/\(folder)")
        guard let files = FileManager.default.enumerator(at: url, includingPropertiesForKeys: nil) else { return [] }
        return try files.compactMap { $0 as? URL }.filter { $0.pathExtension == "swift" }.map { file in
            let text = try String(contentsOf: file, encoding: .utf8)
            var isInText = false
            let lines = text.components(separatedBy: "\n").map { line -> String in
                if line.contains("\"\"\"") {
                    isInText.toggle()
                    return ""
                }
                if isInText { return "" }
                let bare = line.replacing(/"(?:[^"\\]|\\.)*"/, with: "\"\"")
                return String(bare.prefix(upTo: bare.range(of: "//")?.lowerBound ?? bare.endIndex))
            }
            return Source(path: file.path.replacingOccurrences(of: root.path + "/", with: ""), lines: lines)
        }
    }

    /// What a folder declares at the top level of its files, for others to use.
    static func names(in sources: [Source]) -> Set<String> {
        var names: Set<String> = []
        for source in sources {
            for line in source.lines {
                guard !line.hasPrefix("private"), !line.hasPrefix("fileprivate") else { continue }
                let type = /^(?:[a-z@]+ )*(?:class|struct|enum|protocol|actor|typealias|func) ([A-Za-z_]\w*)/
                if let match = line.firstMatch(of: type) { names.insert(String(match.1)) }
            }
        }
        return names
    }

    /// The types that a line mentions, and the functions that it calls as nobody's members.
    static func words(in line: String) -> [String] {
        line.matches(of: /([.\w]?)\b([A-Za-z_]\w*)(\(?)/).compactMap { match in
            let word = String(match.2)
            let isType = word.first?.isUppercase == true
            return isType || (match.1 != "." && !match.3.isEmpty) ? word : nil
        }
    }

    @Test("a folder mentions no name of a folder below it", arguments: ["InspectorCore", "Inspector"])
    func order(module: String) throws {
        let folders = module == "InspectorCore" ? Self.core : Self.dashboard
        var declared: [(folder: String, names: Set<String>)] = []
        var all: [(folder: String, sources: [Source])] = []
        for folder in folders {
            let sources = try Self.sources("\(module)/\(folder)")
            all.append((folder, sources))
            declared.append((folder, Self.names(in: sources)))
        }
        #expect(declared.reduce(0) { $0 + $1.names.count } > 20)
        for (index, room) in all.enumerated() {
            for later in declared[(index + 1)...] {
                for source in room.sources {
                    for (number, line) in source.lines.enumerated() {
                        for word in Self.words(in: line) where later.names.contains(word) {
                            Issue.record("\(source.path):\(number + 1) mentions \(word) of \(later.folder)")
                        }
                    }
                }
            }
        }
    }

    @Test("every source file lies in a folder of the house, and no two folders declare the same name")
    func rooms() throws {
        var owners: [String: String] = [:]
        for (module, folders) in [("InspectorCore", Self.core), ("Inspector", Self.dashboard)] {
            for source in try Self.sources(module) {
                let room = source.path.split(separator: "/")[2]
                #expect(folders.contains(String(room)), "\(source.path) lies in no folder of the house")
            }
            for folder in folders {
                for name in Self.names(in: try Self.sources("\(module)/\(folder)")) {
                    if let other = owners[name], other != folder {
                        Issue.record("\(name) is declared in \(folder) and in \(other)")
                    }
                    owners[name] = folder
                }
            }
        }
    }

    @Test("nothing writes to stdout, stderr or a new file but by the files that are there for it")
    func doors() throws {
        // The crash handler's own state, the one writer of each stream, the writer of files, what catches the streams and
        // the terminal, to which frames and clipboards go.
        let doors = [
            "System/StandardStream.swift", "System/FileWriting.swift", "Terminal/TerminalLine.swift",
        ]
        let ways = [
            #/\bprint\(/#, #/\bdebugPrint\(/#, #/\bdump\(/#, #/FileHandle/#,
            #/\bfputs\(|\bfwrite\(|\bputs\(|\bprintf\(/#,
            #/(?:Glibc\.)write\(/#, #/\.write\(to(?:File)?:/#, #/createFile\(/#, #/\bmkstemp\(/#, #/O_CREAT/#,
        ]
        for module in ["InspectorCore", "Inspector"] {
            for source in try Self.sources(module) where !doors.contains(where: source.path.hasSuffix) {
                for (number, line) in source.lines.enumerated() {
                    for way in ways where line.contains(way) {
                        // A temporary file that has no name any more is nobody's.
                        if source.path.hasSuffix("Traffic/TemporaryFile.swift"), line.contains("mkstemp(") { continue }
                        Issue.record(
                            "\(source.path):\(number + 1) writes by itself: \(line.trimmingCharacters(in: .whitespaces))"
                        )
                    }
                }
            }
        }
    }

    @Test("only the terminal's folder imports ncurses, and the core none of it")
    func curses() throws {
        for module in ["InspectorCore", "Inspector"] {
            for source in try Self.sources(module) where !source.path.contains("/Terminal/") {
                for (number, line) in source.lines.enumerated() where line.contains("import CNcurses") {
                    Issue.record("\(source.path):\(number + 1) imports CNcurses")
                }
            }
        }
    }

    @Test("no function takes three parameters without labels, and of all parameters under a quarter has none")
    func labels() throws {
        var all = 0
        var bare = 0
        for module in ["InspectorCore", "Inspector"] {
            for source in try Self.sources(module) {
                let text = source.lines.joined(separator: "\n")
                for match in text.matches(of: /\b(?:func \w+|init[?]?)(?:<[^(]*>)?\(/) {
                    let parameters = Self.parameters(in: text[match.range.upperBound...])
                    let unlabelled = parameters.count { $0.firstMatch(of: /^\s*(?:@\w+ )*_\s+\w+\s*:/) != nil }
                    all += parameters.count
                    bare += unlabelled
                    #expect(unlabelled < 3, "\(source.path): \(match.0) takes \(unlabelled) parameters without labels")
                }
            }
        }
        #expect(all > 3000 && bare * 4 < all, "\(bare) of \(all) parameters have no label")
    }

    /// The parameters of a declaration, whose opening parenthesis has been read.
    private static func parameters(in text: Substring) -> [Substring] {
        var parameters: [Substring] = []
        var depth = 0
        var begin = text.startIndex
        var last: Character = " "
        for place in text.indices {
            switch text[place] {
            case "(", "[", "{", "<": depth += 1
            case ")" where depth == 0, "," where depth == 0:
                let parameter = text[begin..<place]
                if parameter.contains(where: { !$0.isWhitespace }) { parameters.append(parameter) }
                if text[place] == ")" { return parameters }
                begin = text.index(after: place)
            case ">" where last == "-": break
            case ")", "]", "}", ">": depth -= 1
            default: break
            }
            last = text[place]
        }
        return parameters
    }
}
