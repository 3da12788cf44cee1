// `.http` and `.rest` files, as editors keep them: requests between lines of ###, with variables.

internal import Synchronization

/// The part of the form that needs no scripts (JetBrains' HTTP client, VS Code's REST client, Visual Studio).
final class HTTPFileFormat: TrafficFormat {
    let name = ".http requests"
    let unit = "line"

    private let reading: TrafficReading
    /// What the first pass learnt: each request is read again when it is sent, the variables are not.
    private let variables = Mutex<VariableTable?>(nil)

    private init(reading: TrafficReading) { self.reading = reading }

    static func reader(for head: TrafficHead, reading: TrafficReading) -> HTTPFileFormat? {
        HTTPFileSigns(head: head).isHTTPFile ? HTTPFileFormat(reading: reading) : nil
    }

    /// The largest file that is taken, in bytes: its variables may stand anywhere in it.
    private static let limit = 16 * 1024 * 1024
    /// How much all requests of a file may become by their variables, in bytes.
    private static let filledLimit = 256 * 1024 * 1024

    func scan(_ bytes: TrafficBytes, into index: inout TrafficIndexBuilder) throws {
        guard bytes.count <= Self.limit else {
            throw JSONFault(offset: 0, reason: "a .http file may have 16 MB")
        }
        let outline = HTTPFileOutline(bytes.read(0..<bytes.count))
        let environment = EnvironmentFiles.values(beside: bytes.name, name: reading.environment)
        let dotenv = outline.usesDotenv ? DynamicValues.dotenv(beside: bytes.name) : [:]
        let table = VariableTable(
            definitions: environment.definitions + outline.definitions,
            dynamic: DynamicValues(seed: reading.seed, dotenv: dotenv, shared: environment.shared),
            hint: environment.hint)
        variables.withLock { $0 = table }
        for note in environment.notes + (table.note.map { [$0] } ?? []) { index.note("file", reason: note) }
        for (line, note) in outline.notes { index.note(line, reason: note) }
        var filled = 0
        for block in outline.blocks {
            guard filled <= Self.filledLimit else {
                index.skip(block.line, reason: "the file's requests become more than 256 MB by their variables")
                continue
            }
            var filler = table.filler(line: block.line)
            do throws(RecordedRequest.Refusal) {
                let read = try HTTPFileRequest(
                    bytes: outline.bytes[block.range], filler: &filler, line: block.line, file: bytes.name)
                filled += max(read.size, filler.made)
                for note in read.notes { index.note(block.line, reason: note) }
                index.add(TrafficEntry(number: block.line, range: block.range, time: nil), request: read.request)
            } catch {
                // What was filled in vain took its time too.
                filled += max(block.range.count, filler.made)
                index.skip(block.line, reason: error.reason)
            }
        }
    }

    func request(_ entry: TrafficEntry, in bytes: TrafficBytes) throws(RecordedRequest.Refusal) -> RecordedRequest {
        guard let table = variables.withLock({ $0 }) else {
            throw RecordedRequest.Refusal(reason: "its file was not looked through")
        }
        var filler = table.filler(line: entry.number)
        return try HTTPFileRequest(
            bytes: bytes.read(entry.range)[...], filler: &filler, line: entry.number, file: bytes.name
        ).request
    }
}

/// Lines out of bytes, one after the other, without their ends.
struct LineCursor {
    private let bytes: ArraySlice<UInt8>
    /// Where the next line begins.
    private(set) var offset: Int

    init(bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        offset = bytes.startIndex
    }

    /// What was not taken yet.
    var rest: ArraySlice<UInt8> { bytes[offset...] }

    mutating func next() -> ArraySlice<UInt8>? {
        guard let line = peek() else { return nil }
        offset = (bytes[line.endIndex...].firstIndex(of: 10) ?? bytes.endIndex - 1) + 1
        return line
    }

    /// The next line, which stays the next one.
    func peek() -> ArraySlice<UInt8>? {
        guard offset < bytes.endIndex else { return nil }
        let line = bytes[offset..<(bytes[offset...].firstIndex(of: 10) ?? bytes.endIndex)]
        return line.last == 13 ? line.dropLast() : line
    }
}

extension ArraySlice<UInt8> {
    /// Whether nothing but spaces and tabs stands here.
    var isBlank: Bool { allSatisfy { $0 == 32 || $0 == 9 } }

    /// The bytes without the spaces and tabs around them.
    var trimmed: ArraySlice<UInt8> {
        var text = self
        while let first = text.first, first == 32 || first == 9 { text = text.dropFirst() }
        while let last = text.last, last == 32 || last == 9 { text = text.dropLast() }
        return text
    }

    func begins(with text: String) -> Bool { starts(with: text.utf8) }

    var string: String { String(decoding: self, as: UTF8.self) }
}
