// Command lines of curl, as browsers copy them and people keep them. They are read, never run.

internal import Synchronization

/// A file of commands; others may stand among those of curl.
final class CurlFormat: TrafficFormat {
    let name = "curl commands"
    let unit = "line"

    /// The command that was read last: one may make thousands of requests, and is not read again for each.
    private let last = Mutex<(range: Range<Int>, requests: [CurlRequest])?>(nil)

    /// The largest file that is taken, in bytes.
    private static let limit = 16 * 1024 * 1024

    static func reader(for head: TrafficHead, reading: TrafficReading) -> CurlFormat? {
        // Editors take a command for a request too, with their variables in it.
        let name = head.name.lowercased()
        guard !name.hasSuffix(".http"), !name.hasSuffix(".rest") else { return nil }
        return head.texts.contains { line in
            CurlScript.isCurl(line) || line.contains("| curl ")
        } ? CurlFormat() : nil
    }

    func scan(_ bytes: TrafficBytes, into index: inout TrafficIndexBuilder) throws {
        guard bytes.count <= Self.limit else {
            throw JSONFault(offset: 0, reason: "a file of curl commands may have 16 MB")
        }
        let script = CurlScript(bytes: bytes.read(0..<bytes.count))
        for (line, note) in script.notes { index.note(line, reason: note) }
        for command in script.commands {
            for note in command.notes { index.note(command.line, reason: note) }
            let read = CurlOptions(command: command)
            for note in read.notes { index.note(command.line, reason: note) }
            for (place, one) in read.requests.enumerated() {
                do throws(RecordedRequest.Refusal) {
                    let request = try one.request(place: index.place(number: command.line), file: bytes.name)
                    var entry = TrafficEntry(number: command.line, range: command.range, time: nil)
                    entry.part = UInt32(clamping: place) << 1 | (script.isWindows ? 1 : 0)
                    index.add(entry, request: request)
                } catch {
                    index.skip(command.line, reason: error.reason)
                }
            }
        }
    }

    func request(_ entry: TrafficEntry, in bytes: TrafficBytes) throws(RecordedRequest.Refusal) -> RecordedRequest {
        let requests = last.withLock { last in
            if let last, last.range == entry.range { return last.requests }
            let script = CurlScript(bytes: bytes.read(entry.range), isWindows: entry.part & 1 == 1)
            let requests = script.commands.first.map { CurlOptions(command: $0).requests } ?? []
            last = (entry.range, requests)
            return requests
        }
        let place = Int(entry.part >> 1)
        guard requests.indices.contains(place) else {
            throw RecordedRequest.Refusal(reason: "it is not a curl command any more: the file has changed")
        }
        return try requests[place].request(place: "line \(entry.number)", file: bytes.name)
    }
}

/// One command of curl as words.
struct CurlCommand {
    /// Where it stands.
    let line: Int
    let range: Range<Int>
    /// What follows `curl`, without quotes.
    let words: [[UInt8]]
    /// What it is given on stdin by the script itself.
    let input: CurlData.Input?
    /// What of it is not done.
    let notes: [String]
    /// Why it cannot be taken, or nil.
    let problem: String?
}

/// A script as far as it holds commands of curl.
struct CurlScript {
    let commands: [CurlCommand]
    /// What else stands in it.
    let notes: [(line: Int, note: String)]
    /// Whether it is quoted as Windows' command line has it.
    let isWindows: Bool

    /// - Parameter isWindows: nil to see it from the first command.
    init(bytes: [UInt8], isWindows: Bool? = nil) {
        let isWindows = isWindows ?? CurlScript.looksLikeWindows(bytes)
        self.isWindows = isWindows
        var commands: [CurlCommand] = []
        var notes: [(line: Int, note: String)] = []
        var line = 1
        var counted = 0
        func take(_ words: ShellWords) {
            let texts = words.words.map { String(decoding: $0.prefix(200), as: UTF8.self) }
            let rest = words.words[CurlScript.start(texts)...]
            guard let first = rest.first else { return }
            let start = words.range.lowerBound
            line += bytes[counted..<start].count { $0 == 10 }
            counted = start
            let name = String(decoding: first, as: UTF8.self)
            guard CurlScript.isCurl(name + " -") else {
                notes.append((line, "it is not a command of curl and is not run: \(name.prefix(40))"))
                return
            }
            commands.append(
                CurlCommand(
                    line: line, range: words.range, words: Array(rest.dropFirst()), input: words.input,
                    notes: words.notes, problem: words.problem))
        }
        if isWindows { WindowsWords.each(bytes: bytes, body: take) } else { ShellWords.each(bytes: bytes, body: take) }
        self.commands = commands
        self.notes = notes
    }

    /// Where the command itself begins: prompts, variables, other programs that run it may stand in front.
    private static func start(_ words: [String]) -> Int {
        let before: Set<String> = ["$", "%", ">", "sudo", "time", "command", "exec", "env", "nohup"]
        return words.firstIndex { !before.contains($0) && !isAssignment($0) } ?? words.count
    }

    /// Whether a line begins with curl.
    static func isCurl(_ line: String) -> Bool {
        let words = line.split(maxSplits: 8, whereSeparator: { $0 == " " || $0 == "\t" }).map(String.init)
        let start = start(words)
        guard words.count - start > 1 else { return false }
        let name = words[start].split(whereSeparator: { $0 == "/" || $0 == "\\" || $0 == "@" }).last ?? ""
        return name == "curl" || name.lowercased() == "curl.exe"
    }

    private static func isAssignment(_ word: String) -> Bool {
        guard let sign = word.firstIndex(of: "="), sign > word.startIndex else { return false }
        return word[..<sign].allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" }
    }

    /// Carets before quotes or at the ends of lines, where the first command stands.
    private static func looksLikeWindows(_ bytes: [UInt8]) -> Bool {
        var cursor = LineCursor(bytes: bytes[...])
        while let line = cursor.next() {
            guard isCurl(line.prefix(200).string) else { continue }
            if line.trimmed.last == 0x5E { return true }
            // The first quote decides: between a shell's own a caret is a caret.
            guard let quote = line.firstIndex(where: { $0 == 0x22 || $0 == 0x27 }) else { continue }
            return line[quote] == 0x22 && quote > line.startIndex && line[quote - 1] == 0x5E
        }
        return false
    }
}
