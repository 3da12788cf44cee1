// Command lines of curl, as browsers copy them and people keep them. They are read, never run.

internal import Synchronization

/// A file of commands; others may stand among those of curl.
final class CurlFormat: TrafficFormat {
    let name = "curl commands"
    let unit = "line"

    /// The largest file that is taken, in bytes.
    private static let limit = 16 * 1024 * 1024
    /// How long the heads of all requests of a file may become, in bytes: the options of one command hold for each of
    /// its addresses.
    fileprivate static let headLimit = 256 * 1024 * 1024

    /// What was read last: a command may have thousands of addresses, and each of them is asked for by itself.
    private let kept = Mutex<CurlCommands?>(nil)

    private init() {}

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
        var scan = CurlScan(file: bytes.name, isWindows: script.isWindows)
        for command in script.commands { scan.take(command, index: &index) }
    }

    func request(_ entry: TrafficEntry, in bytes: TrafficBytes) throws(RecordedRequest.Refusal) -> RecordedRequest {
        let before = kept.withLock { $0 }
        var place: CurlCommands
        if let before, before.range == entry.range {
            place = before
        } else {
            place = CurlCommands(
                script: CurlScript(bytes: bytes.read(entry.range), isWindows: entry.part & 1 == 1), at: entry.range)
        }
        guard let number = place.group(of: Int(entry.part >> 1)), let address = place.address(of: Int(entry.part >> 1))
        else { throw RecordedRequest.Refusal(reason: "it is not a curl command any more: the file has changed") }
        let options = place.groups[number].options
        let content: CurlContent
        if let made = place.made, made.group == number {
            content = made.content
        } else {
            content = try options.content(file: bytes.name)
            place.made = (number, content)
            // A place with one request is asked for once, and its bytes need not be held.
            let newest = place.count > 1 ? place : nil
            kept.withLock { $0 = newest }
        }
        return try options.request(address, content: content, place: "line \(entry.number)")
    }
}

/// What stands at one place of a file of commands: one command, or all of a line with texts behind it.
private struct CurlCommands: Sendable {
    let range: Range<Int>
    /// The requests, by what they have in common.
    let groups: [CurlOptions.Group]
    /// How many requests there are.
    let count: Int
    /// What the newest request has in common with others of its group.
    var made: (group: Int, content: CurlContent)?
    /// The number of the first request of each group, from 0.
    private let firsts: [Int]

    init(script: CurlScript, at range: Range<Int>) {
        self.range = range
        groups = script.commands.flatMap { CurlOptions(command: $0).groups }
        var firsts: [Int] = []
        var count = 0
        for group in groups {
            firsts.append(count)
            count += group.addresses.count
        }
        self.firsts = firsts
        self.count = count
    }

    /// The group of the request with that number; nil when there is none.
    func group(of number: Int) -> Int? {
        guard (0..<count).contains(number) else { return nil }
        var (low, high) = (0, firsts.count)
        while high - low > 1 {
            let middle = low + (high - low) / 2
            if firsts[middle] <= number { low = middle } else { high = middle }
        }
        return low
    }

    /// The address of the request with that number.
    func address(of number: Int) -> String? {
        group(of: number).map { groups[$0].addresses[number - firsts[$0]] }
    }
}

/// What was found of a file of commands so far.
private struct CurlScan {
    let file: String
    let isWindows: Bool
    /// How long the heads of the requests are, in bytes.
    private var heads = 0
    /// The newest place, and how many requests were found at it.
    private var range = 0..<0
    private var count = 0

    init(file: String, isWindows: Bool) {
        self.file = file
        self.isWindows = isWindows
    }

    mutating func take(_ command: CurlCommand, index: inout TrafficIndexBuilder) {
        for note in command.notes { index.note(command.line, reason: note) }
        let options = CurlOptions(command: command)
        for note in options.notes { index.note(command.line, reason: note) }
        if command.range != range { (range, count) = (command.range, 0) }
        for group in options.groups {
            take(group, of: command, index: &index)
            count += group.addresses.count
        }
    }

    private mutating func take(
        _ group: CurlOptions.Group, of command: CurlCommand, index: inout TrafficIndexBuilder
    ) {
        let content: CurlContent
        do throws(RecordedRequest.Refusal) { content = try group.options.content(file: file) } catch {
            index.skip(command.line, reason: error.reason, times: group.addresses.count)
            return
        }
        let size = content.headSize
        for (place, address) in group.addresses.enumerated() {
            heads += address.utf8.count + size
            guard heads <= CurlFormat.headLimit else {
                index.skip(
                    command.line, reason: "the file's requests become more than 256 MB, even without their bodies",
                    times: group.addresses.count - place)
                return
            }
            do throws(RecordedRequest.Refusal) {
                let request = try group.options.request(
                    address, content: content, place: index.place(number: command.line))
                var entry = TrafficEntry(number: command.line, range: command.range, time: nil)
                entry.part = UInt32(clamping: count + place) << 1 | (isWindows ? 1 : 0)
                index.add(entry, request: request)
            } catch {
                index.skip(command.line, reason: error.reason)
            }
        }
    }
}

/// One command of curl as words.
struct CurlCommand {
    /// Where it stands.
    let line: Int
    /// What has to be read to find it again: the command, or all of its line where texts for commands stand behind it.
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

    /// - Parameter isWindows: nil to see it from the first command, in a whole file.
    init(bytes: [UInt8], isWindows: Bool? = nil) {
        // Within a file it is no mark.
        let begin = isWindows == nil && bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
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
            line += bytes[counted..<words.start].count { $0 == 10 }
            counted = words.start
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
        if isWindows {
            WindowsWords.each(bytes: bytes, from: begin, body: take)
        } else {
            ShellWords.each(bytes: bytes, from: begin, body: take)
        }
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
