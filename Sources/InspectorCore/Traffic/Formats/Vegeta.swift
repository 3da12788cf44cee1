// vegeta's targets as text: a list of requests without times.

internal import Foundation

/// Targets as text (vegeta: lib/targets.go): a request line, headers, `@file` for a body.
struct VegetaFormat: TrafficFormat {
    let name = "vegeta targets"
    let unit = "line"

    static func reader(for head: TrafficHead, reading: TrafficReading) -> Self? {
        head.texts.contains { requestLine(line: $0) != nil } ? Self() : nil
    }

    /// The largest target that is taken, in bytes: its body lies in a file of its own.
    private static let targetLimit = 1024 * 1024

    /// Method and address, if `line` begins a target.
    ///
    /// A version at its end is left out, as other tools write one.
    static func requestLine(line: String) -> (method: String, url: String)? {
        let words = line.split(maxSplits: 1, whereSeparator: { $0 == " " || $0 == "\t" })
        guard words.count == 2, !words[0].isEmpty, words[0].allSatisfy({ $0.isASCII && $0.isUppercase }) else {
            return nil
        }
        let url = TrailingVersion.left(line: words[1].trimmingCharacters(in: .whitespaces))
        guard url.hasPrefix("/") || url.contains("://") else { return nil }
        return (String(words[0]), url)
    }

    /// Why a line that begins as a target does is none; nil for every other line.
    static func fault(line: String) -> String? {
        let words = TrailingVersion.left(line: line).split(whereSeparator: { $0 == " " || $0 == "\t" }).map(String.init)
        guard let method = words.first, HTTPFileRequest.isMethod(method) else { return nil }
        guard words.count > 1 else { return "it has a method and no address" }
        let isUpper = method == method.uppercased()
        guard !words[1].hasPrefix("/"), !words[1].contains("://") else {
            return isUpper ? nil : "its method is not in capitals"
        }
        // More words, or small letters, may be anything.
        guard isUpper, words.count == 2 else { return nil }
        do throws(RecordedRequest.Refusal) {
            _ = try RecordedRequest(method: method, url: words[1], place: "")
            return nil
        } catch {
            return error.reason
        }
    }

    private static func isComment(_ line: String) -> Bool { line.hasPrefix("#") || line.hasPrefix("//") }

    /// Where a target begins.
    private struct Begin {
        let number: Int
        let offset: Int
        /// Why it is none; nil for one that may be whole.
        let fault: String?
    }

    func scan(_ bytes: TrafficBytes, into index: inout TrafficIndexBuilder) throws {
        var window = ByteWindow(bytes: bytes)
        var offset = bytes.read(0..<3) == [0xEF, 0xBB, 0xBF] ? 3 : 0
        var number = 0
        var start: Begin?
        func finish(_ end: Int) {
            guard let begin = start else { return }
            start = nil
            if let fault = begin.fault {
                index.skip(begin.number, reason: fault)
                return
            }
            let range = begin.offset..<end
            guard range.count <= VegetaFormat.targetLimit else {
                index.skip(begin.number, reason: "its target is too large", detail: "\(range.count) bytes")
                return
            }
            do throws(RecordedRequest.Refusal) {
                let request = try VegetaFormat.request(
                    bytes.read(range), place: "line \(begin.number)", file: bytes.name)
                index.add(TrafficEntry(number: begin.number, range: range, time: nil), request: request)
            } catch {
                index.skip(begin.number, reason: error.reason)
            }
        }
        while let (range, next) = window.line(at: offset, limit: 64 * 1024) {
            number += 1
            let line = String(decoding: bytes.read(range), as: UTF8.self).trimmingCharacters(in: .whitespaces)
            if VegetaFormat.requestLine(line: line) != nil {
                finish(offset)
                start = Begin(number: number, offset: offset, fault: nil)
            } else if let fault = VegetaFormat.fault(line: line) {
                // What stands around it may be whole; headers below it are its own.
                finish(offset)
                start = Begin(number: number, offset: offset, fault: fault)
            } else if line.isEmpty {
                finish(offset)
            } else if start == nil, !VegetaFormat.isComment(line) {
                index.skip(number, reason: "it belongs to no target", detail: String(line.prefix(40)))
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
        let lines = bytes.split(separator: 10).map {
            String(decoding: $0, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        }
        guard let first = lines.first.flatMap(requestLine) else {
            throw RecordedRequest.Refusal(reason: "it has no request line any more: the file has changed")
        }
        var headers = Headers()
        var body: [UInt8] = []
        for line in lines.dropFirst() where !isComment(line) && !line.isEmpty {
            if line.hasPrefix("@") {
                body = try BodyFile.read(String(line.dropFirst()), beside: file)
                continue
            }
            guard let colon = line.firstIndex(of: ":") else {
                throw RecordedRequest.Refusal(reason: "a line of it is not a header: \(line.prefix(40))")
            }
            headers.add(
                String(line[..<colon]), line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces))
        }
        return try RecordedRequest(method: first.method, url: first.url, headers: headers, body: body, place: place)
    }
}

/// The version that may stand at the end of a request line.
enum TrailingVersion {
    /// `line` without ` HTTP/1.1`, or what else of the kind stands at its end.
    static func left(line: String) -> String {
        var line = line
        // As JetBrains' editors write it.
        for remark in [" (Prior Knowledge)", " (prior knowledge)"] where line.hasSuffix(remark) {
            line.removeLast(remark.count)
        }
        guard let space = line.lastIndex(where: { $0 == " " || $0 == "\t" }) else {
            // A line that goes on with an address may hold nothing else.
            return isVersion(line[...]) ? "" : line
        }
        guard isVersion(line[line.index(after: space)...]) else { return line }
        return line[..<space].trimmingCharacters(in: .whitespaces)
    }

    private static func isVersion(_ word: Substring) -> Bool {
        word.hasPrefix("HTTP/") && word.count <= 8 && word.dropFirst(5).allSatisfy { $0.isNumber || $0 == "." }
    }
}
