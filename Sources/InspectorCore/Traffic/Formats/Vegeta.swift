// vegeta's targets: a list of requests without times, as text or as JSON lines.

internal import Foundation

/// Targets as text (vegeta: lib/targets.go): a request line, headers, `@file` for a body.
struct VegetaFormat: TrafficFormat {
    let name = "vegeta targets"
    let unit = "line"

    static func reader(for head: TrafficHead, _ reading: TrafficReading) -> Self? {
        head.texts.contains { requestLine($0) != nil } ? Self() : nil
    }

    /// Method and address, if `line` begins a target.
    static func requestLine(_ line: String) -> (method: String, url: String)? {
        let words = line.split(separator: " ", maxSplits: 1)
        guard words.count == 2, !words[0].isEmpty, words[0].allSatisfy({ $0.isASCII && $0.isUppercase }) else {
            return nil
        }
        let url = words[1].trimmingCharacters(in: .whitespaces)
        guard url.hasPrefix("/") || url.contains("://") else { return nil }
        return (String(words[0]), url)
    }

    func scan(_ bytes: TrafficBytes, into index: inout TrafficIndexBuilder) throws {
        var window = ByteWindow(bytes)
        var offset = 0
        var number = 0
        var start: (number: Int, offset: Int)?
        func finish(_ end: Int) {
            guard let begin = start else { return }
            start = nil
            let range = begin.offset..<end
            do throws(RecordedRequest.Refusal) {
                _ = try VegetaFormat.request(bytes.read(range), place: "line \(begin.number)", file: bytes.name)
                index.add(TrafficEntry(number: begin.number, range: range, time: nil))
            } catch {
                index.skip(begin.number, error.reason)
            }
        }
        while let (range, next) = window.line(at: offset, limit: 64 * 1024) {
            number += 1
            let line = String(decoding: bytes.read(range), as: UTF8.self)
            let isBlank = line.allSatisfy(\.isWhitespace)
            if VegetaFormat.requestLine(line) != nil {
                finish(offset)
                start = (number, offset)
            } else if isBlank {
                finish(offset)
            } else if start == nil, !line.hasPrefix("#") {
                index.skip(number, "it belongs to no target", detail: String(line.prefix(40)))
            } else if line.hasPrefix("@") {
                finish(next)
            }
            offset = next
        }
        finish(bytes.count)
    }

    func request(_ entry: TrafficEntry, in bytes: TrafficBytes) throws(RecordedRequest.Refusal) -> RecordedRequest {
        try VegetaFormat.request(bytes.read(entry.range), place: "line \(entry.number)", file: bytes.name)
    }

    private static func request(
        _ bytes: [UInt8], place: String, file: String
    ) throws(RecordedRequest.Refusal) -> RecordedRequest {
        let lines = String(decoding: bytes, as: UTF8.self).split { $0 == "\n" || $0 == "\r\n" }.map(String.init)
        guard let first = lines.first.flatMap(requestLine) else {
            throw RecordedRequest.Refusal(reason: "it has no request line any more: the file has changed")
        }
        var headers = Headers()
        var body: [UInt8] = []
        for line in lines.dropFirst() {
            let text = line.trimmingCharacters(in: .whitespaces)
            if text.hasPrefix("#") || text.isEmpty { continue }
            if text.hasPrefix("@") {
                body = try BodyFile.read(String(text.dropFirst()), beside: file)
                continue
            }
            guard let colon = text.firstIndex(of: ":") else {
                throw RecordedRequest.Refusal(reason: "a line of it is no header: \(text.prefix(40))")
            }
            headers.add(
                String(text[..<colon]), text[text.index(after: colon)...].trimmingCharacters(in: .whitespaces))
        }
        return try RecordedRequest(method: first.method, url: first.url, headers: headers, body: body, place: place)
    }
}

/// Targets as JSON, one a line.
struct VegetaJSONFormat: TrafficFormat {
    let name = "vegeta targets (JSON)"
    let unit = "line"

    static func reader(for head: TrafficHead, _ reading: TrafficReading) -> Self? {
        guard head.first == 0x7B, let first = head.lines.first, let value = try? JSON(parsing: first) else {
            return nil
        }
        return value["url"] != nil && value["log"] == nil ? Self() : nil
    }

    func scan(_ bytes: TrafficBytes, into index: inout TrafficIndexBuilder) throws {
        var window = ByteWindow(bytes)
        var offset = 0
        var number = 0
        while let (range, next) = window.line(at: offset, limit: 128 * 1024 * 1024) {
            offset = next
            number += 1
            let text = bytes.read(range)
            if text.allSatisfy({ $0 == 32 || $0 == 9 }) { continue }
            do throws(RecordedRequest.Refusal) {
                _ = try VegetaJSONFormat.request(text, place: index.place(number))
                index.add(TrafficEntry(number: number, range: range, time: nil))
            } catch {
                index.skip(number, error.reason)
            }
        }
    }

    func request(_ entry: TrafficEntry, in bytes: TrafficBytes) throws(RecordedRequest.Refusal) -> RecordedRequest {
        try VegetaJSONFormat.request(bytes.read(entry.range), place: "line \(entry.number)")
    }

    private static func request(_ bytes: [UInt8], place: String) throws(RecordedRequest.Refusal) -> RecordedRequest {
        guard let target = try? JSON(parsing: bytes) else { throw RecordedRequest.Refusal(reason: "it is no JSON") }
        guard let method = target["method"]?.string, let url = target["url"]?.string else {
            throw RecordedRequest.Refusal(reason: "it has no method or no url")
        }
        var headers = Headers()
        if case .object(let members)? = target["header"] {
            for (name, values) in members.sorted(by: { $0.key < $1.key }) {
                for value in values.items ?? [] { headers.add(name, value.string ?? "") }
            }
        }
        var body: [UInt8] = []
        if let text = target["body"]?.string {
            guard let data = Data(base64Encoded: text) else {
                throw RecordedRequest.Refusal(reason: "its body is no base64")
            }
            body = Array(data)
        }
        return try RecordedRequest(method: method, url: url, headers: headers, body: body, place: place)
    }
}

/// Files that hold a body, named in a list of requests.
enum BodyFile {
    /// Reads the file `name`, which has to lie in the folder of `list` or below it.
    static func read(_ name: String, beside list: String) throws(RecordedRequest.Refusal) -> [UInt8] {
        let folder = URL(fileURLWithPath: list).deletingLastPathComponent().resolvingSymlinksInPath()
        let named = name.hasPrefix("/") ? URL(fileURLWithPath: name) : folder.appendingPathComponent(name)
        let file = named.standardizedFileURL.resolvingSymlinksInPath()
        guard file.path.hasPrefix(folder.path.hasSuffix("/") ? folder.path : folder.path + "/") else {
            throw RecordedRequest.Refusal(reason: "its body lies outside the folder of the file: \(name)")
        }
        guard let size = try? file.resourceValues(forKeys: [.fileSizeKey]).fileSize, size <= RecordedRequest.bodyLimit,
            let data = FileManager.default.contents(atPath: file.path)
        else { throw RecordedRequest.Refusal(reason: "its body cannot be read: \(name)") }
        return Array(data)
    }
}
