// HAR 1.2, read one entry at a time. What real exporters do differently is taken with a note, or passed over with one.

internal import Foundation

/// Reads HAR files.
package enum HAR {
    /// Reads the file at `path`.
    ///
    /// - Returns: what could be read; `failure` says what ended the reading early.
    /// - Throws: `TrafficFileError` when nothing can be read of it at all.
    package static func read(_ path: String) throws(TrafficFileError) -> Recording {
        let data: Data
        do { data = try Data(contentsOf: URL(fileURLWithPath: path), options: .mappedIfSafe) } catch {
            throw TrafficFileError(file: path, reason: "it cannot be read (\(sentence(error)))")
        }
        guard !data.isEmpty else { throw TrafficFileError(file: path, reason: "it is empty") }
        return data.withUnsafeBytes { read($0, file: path) }
    }

    /// Reads a HAR from bytes; `file` is for messages.
    package static func read(_ bytes: UnsafeRawBufferPointer, file: String) -> Recording {
        var reader = Reader(file: file)
        do { try reader.read(bytes) } catch let fault as JSONFault {
            let place = reader.entries > 0 ? "after entry \(reader.entries), " : ""
            reader.recording.failure = TrafficFileError(
                file: file,
                reason: "\(place)at byte \(fault.offset), \(fault.reason); "
                    + "\(reader.recording.requests.count) requests were read before that")
        } catch {
            reader.recording.failure = TrafficFileError(file: file, reason: "\(error)")
        }
        reader.finish()
        return reader.recording
    }

    private static func sentence(_ error: any Error) -> String {
        let error = error as NSError
        if let under = error.userInfo[NSUnderlyingErrorKey] as? NSError { return under.localizedDescription }
        return error.localizedDescription
    }

    private struct Reader {
        var recording: Recording
        var entries = 0
        private var hasLog = false
        private var hasEntries = false

        init(file: String) { recording = Recording(file: file, requests: [], notes: [], failure: nil) }

        mutating func read(_ bytes: UnsafeRawBufferPointer) throws {
            var scanner = JSONScanner(bytes)
            guard scanner.next() == 0x7B else {
                throw JSONFault(offset: scanner.offset, reason: "this is no HAR: it does not begin with an object")
            }
            try scanner.members { scanner, key in
                guard key == "log", scanner.next() == 0x7B else {
                    _ = try scanner.value()
                    return
                }
                hasLog = true
                try scanner.members { scanner, key in
                    switch key {
                    case "version": try checkVersion(bytes[try scanner.value()])
                    case "entries":
                        hasEntries = true
                        try scanner.items { scanner in
                            let range = try scanner.value()
                            entries += 1
                            take(bytes[range], at: range.lowerBound)
                        }
                    default: _ = try scanner.value()
                    }
                }
            }
            guard hasLog, hasEntries else {
                throw JSONFault(offset: 0, reason: "this is no HAR: it has no log with entries at its top")
            }
        }

        private func checkVersion(_ bytes: Slice<UnsafeRawBufferPointer>) throws {
            let version = String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: ["\"", " "])
            guard version.isEmpty || version.hasPrefix("1.") else {
                throw JSONFault(offset: bytes.startIndex, reason: "this is HAR \(version); only 1.x can be read")
            }
        }

        private mutating func take(_ bytes: Slice<UnsafeRawBufferPointer>, at offset: Int) {
            let place = "entry \(entries)"
            do {
                let entry = try JSONDecoder().decode(HAREntry.self, from: Data(bytes))
                for note in entry.oddities { recording.notes.append(Note(place: place, reason: note)) }
                if let reason = entry.reasonToSkip {
                    recording.notes.append(Note(place: place, reason: "skipped: " + reason))
                    return
                }
                recording.requests.append(try entry.request(place: place))
            } catch let refusal as RecordedRequest.Refusal {
                recording.notes.append(Note(place: place, reason: "skipped: " + refusal.reason))
            } catch {
                recording.notes.append(
                    Note(place: place, reason: "skipped: at byte \(offset), it is no HAR entry (\(HAR.what(error)))"))
            }
        }

        mutating func finish() {
            let without = recording.requests.count { $0.time == nil }
            if without > 0 {
                recording.notes.append(
                    Note(
                        place: "file",
                        reason: "\(without) requests have no time; they are sent with the one before them"))
            }
        }
    }

    private static func what(_ error: any Error) -> String {
        switch error {
        case DecodingError.keyNotFound(let key, _): "\(key.stringValue) is missing"
        case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context):
            "\(context.codingPath.map(\.stringValue).joined(separator: ".")) has the wrong type"
        case DecodingError.dataCorrupted(let context): context.debugDescription
        default: "\(error)"
        }
    }
}
