// A recording as another recording: line by line, so that threads, lanes and lifecycles come along.

internal import Glibc

/// Copies a recording.
package struct RecordingCopy {
    /// How many requests were copied.
    package private(set) var requests = 0
    /// What was left out, and where.
    package private(set) var notes: [Note] = []

    private let redaction: Redaction?

    /// Whether a file is a recording, by its first line.
    package static func isRecording(_ path: String) -> Bool {
        guard let bytes = try? TrafficBytes(path: path) else { return false }
        var window = ByteWindow(bytes: bytes)
        guard let (range, _) = window.line(at: 0), let line = try? JSON(parsing: bytes.read(range)) else {
            return false
        }
        return line["inspector"]?.int == RecordingLine.version
    }

    /// Copies the recording at `path` into a new file.
    ///
    /// - Parameter redaction: what is taken out on the way; nil to copy each line to the byte.
    /// - Throws: `TrafficFileError` when it cannot be read or written.
    package init(of path: String, to output: String, redaction: Redaction?) throws(TrafficFileError) {
        self.redaction = redaction
        let bytes = try TrafficBytes(path: path)
        let descriptor: Int32
        do throws(FileProblem) { descriptor = try FileWriting.create(output) } catch {
            throw TrafficFileError(file: output, reason: error.reason)
        }
        defer { close(descriptor) }
        var window = ByteWindow(bytes: bytes)
        var offset = 0
        var number = 0
        while let (range, next) = window.line(at: offset, limit: 128 * 1024 * 1024) {
            offset = next
            number += 1
            guard !range.isEmpty, let line = copied(bytes.read(range), number: number, isLast: next >= bytes.count)
            else { continue }
            let (count, problem) = FileWriting.write((line + [10])[...], to: descriptor)
            if count < line.count + 1 {
                throw TrafficFileError(file: output, reason: problem ?? "it could not be written")
            }
        }
    }

    /// A line as it goes into the copy; nil for one that cannot be read, which is noted.
    private mutating func copied(_ line: [UInt8], number: Int, isLast: Bool) -> [UInt8]? {
        guard let json = try? JSON(parsing: line) else {
            notes.append(
                Note(place: "line \(number)", reason: isLast ? "the file ends within it" : "it is not JSON"))
            return nil
        }
        let type = json["type"]?.string
        if type == "request" { requests += 1 }
        guard let redaction, case .object(var members) = json else { return line }
        switch type {
        case "request", "response":
            members["target"] = json["target"]?.string.map { .string(redaction.text(text: $0)) }
            let body = RecordingLine.body(of: json) ?? []
            // All of them: to drop one that was taken out before is for a replay to do.
            let fields = (json["headers"]?.items ?? []).compactMap { pair in
                pair[0]?.string.flatMap { name in pair[1]?.string.map { Headers.Field(name, $0) } }
            }
            let (headers, clean) = redaction.message(
                headers: Headers(fields), body: body, length: json["cut"] == nil ? body.count : nil)
            members["headers"] = RecordingLine.headers(headers: headers)
            members["body"] = nil
            members["body64"] = nil
            for (name, value) in RecordingLine.body(bytes: clean) { members[name] = value }
        case "note":
            if let comment = json["comment"]?.string { members["comment"] = .string(redaction.text(text: comment)) }
        case "trace":
            guard let trace = json["trace"].flatMap({ Trace(json: $0) }) else {
                notes.append(Note(place: "line \(number)", reason: "its trace cannot be read for secrets"))
                return nil
            }
            members["trace"] = redaction.trace(trace: trace).json
        default: return line
        }
        return JSON.object(members).encoded
    }
}
