// From a line of a log to the request that is sent: what stands in its request line, and whether it can be sent.

/// What the client sent, by what a line says.
enum LogSent: Equatable {
    /// Nothing, or nothing was kept.
    case nothing
    /// Something that is not an HTTP request.
    case noRequest
    /// Where method and address stand.
    case request(method: Range<Int>, target: Range<Int>)
}

extension LogRecord {
    /// Why a line is not replayed.
    enum Reason {
        static let nothing = "the client sent no request"
        static let noRequest = "what the client sent is not an HTTP request"
        static let noBody = "its body is not in the log"
    }

    /// What the client sent.
    func sent(bytes: [UInt8]) -> LogSent {
        if let request { return LogRecord.split(bytes, range: request) }
        guard let method, let target, !bytes.isNothing(method), !bytes.isNothing(target) else { return .nothing }
        return .request(method: method, target: target)
    }

    /// Takes a request line apart: the first word, the version, and what lies between, spaces and all.
    ///
    /// The version is `HTTP/1.1` or, from servers that write it so, `1.1` or `2`. Where there is none (HTTP/0.9, load
    /// balancers, daphne) the first word has to be a method and the address a path or an absolute one.
    static func split(_ bytes: [UInt8], range: Range<Int>) -> LogSent {
        let range = bytes.trimmed(range: range)
        if bytes.isNothing(range) { return .nothing }
        guard let space = bytes.place(of: 32, in: range) else { return .noRequest }
        var last = range.upperBound
        while last > space + 1, bytes[last - 1] != 32 { last -= 1 }
        let method = range.lowerBound..<space
        if last > space + 1, isVersion(bytes, range: last..<range.upperBound) {
            let target = (space + 1)..<(last - 1)
            guard !method.isEmpty, !target.isEmpty else { return .noRequest }
            // Envoy has dashes where a client sent nothing.
            return bytes.isNothing(method) ? .nothing : .request(method: method, target: target)
        }
        let target = bytes.trimmed(range: (space + 1)..<range.upperBound)
        guard method.count >= 3, method.allSatisfy({ bytes[$0].isCapital }), let first = target.first,
            bytes[first] == UInt8(ascii: "/") || bytes.has("http://", at: first, before: target.upperBound)
                || bytes.has("https://", at: first, before: target.upperBound)
        else { return .noRequest }
        return .request(method: method, target: target)
    }

    private static func isVersion(_ bytes: [UInt8], range: Range<Int>) -> Bool {
        if bytes.has("HTTP/", at: range.lowerBound, before: range.upperBound) { return true }
        guard range.count == 1 || range.count == 3, let first = range.first, (0x31...0x33).contains(bytes[first]) else {
            return false
        }
        return range.count == 1 || (bytes[first + 1] == UInt8(ascii: ".") && bytes[first + 2].isDigit)
    }

    /// What becomes of a line.
    enum Decision: Equatable {
        case taken
        case skipped(reason: String, detail: String?)
        /// It has something in it that has to be decoded first.
        case unsure
    }

    /// Says what becomes of the line without making a request, where that can be told: most lines of a log are plain.
    func decision(bytes: [UInt8]) -> Decision {
        switch sent(bytes: bytes) {
        case .nothing: return .skipped(reason: Reason.nothing, detail: nil)
        case .noRequest: return .skipped(reason: Reason.noRequest, detail: nil)
        case .request(let method, let target):
            guard
                bytes.has("GET", at: method.lowerBound, before: method.upperBound) && method.count == 3
                    || bytes.has("HEAD", at: method.lowerBound, before: method.upperBound) && method.count == 4
            else { return .unsure }
            guard host == nil, headers == nil, otherHeaders.isEmpty, bytes[target.lowerBound] == UInt8(ascii: "/"),
                bytes.isPlain(target), referer.map({ bytes.isPlain($0) }) ?? true,
                agent.map({ bytes.isPlain($0) }) ?? true
            else { return .unsure }
            return .taken
        }
    }

    /// The request of the line.
    ///
    /// - Throws: `Refusal` when nothing can be sent.
    func request(_ bytes: [UInt8], place: String) throws(RecordedRequest.Refusal) -> RecordedRequest {
        let parts: (method: Range<Int>, target: Range<Int>)
        switch sent(bytes: bytes) {
        case .nothing: throw RecordedRequest.Refusal(reason: Reason.nothing)
        case .noRequest: throw RecordedRequest.Refusal(reason: Reason.noRequest)
        case .request(let method, let target): parts = (method, target)
        }
        func text(range: Range<Int>) -> String {
            bytes.isPlain(range) && headerEscapes != .plus
                ? String(decoding: bytes[range], as: UTF8.self)
                : String(decoding: bytes.decoded(range: range, escapes: headerEscapes), as: UTF8.self)
        }
        var headers = Headers()
        // A server's own name may be anything; only what can be a host is one.
        if let host, !bytes[host].contains(where: { $0 <= 32 || $0 == 127 }) { headers.add("Host", text(range: host)) }
        if let referer { headers.add("Referer", text(range: referer)) }
        if let agent { headers.add("User-Agent", text(range: agent)) }
        for (name, range) in otherHeaders { headers.add(name, text(range: range)) }
        if let range = self.headers { LogRecord.add(bytes, range: range, to: &headers) }
        return try RecordedRequest(
            method: String(decoding: bytes.decoded(range: parts.method, escapes: escapes), as: UTF8.self),
            url: address(bytes: bytes, target: parts.target), headers: headers, time: start, place: place,
            response: status.map { RecordedResponse(status: $0, size: size, duration: duration) })
    }

    /// Path and query, with every byte encoded that is not ASCII: so it stays the byte that the client sent.
    private func address(bytes: [UInt8], target: Range<Int>) -> String {
        var text =
            bytes.isPlain(target) && escapes != .hash
            ? Array(bytes[target]) : bytes.decoded(range: target, escapes: escapes)
        if let query, !text.contains(UInt8(ascii: "?")) {
            let added = bytes.decoded(range: query, escapes: escapes)
            if added.first != UInt8(ascii: "?") { text.append(UInt8(ascii: "?")) }
            text += added
        }
        guard text.contains(where: { $0 < 33 || $0 > 126 }) else { return String(decoding: text, as: UTF8.self) }
        let digits = Array("0123456789ABCDEF".utf8)
        var encoded: [UInt8] = []
        for byte in text {
            if byte < 33 || byte > 126 {
                encoded += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            } else {
                encoded.append(byte)
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }

    /// Adds the fields of an object of texts or of arrays of texts; what was blacked out was not sent so.
    private static func add(_ bytes: [UInt8], range: Range<Int>, to headers: inout Headers) {
        guard case .object(let members)? = try? JSON(parsing: bytes[range]) else { return }
        for (name, value) in members.sorted(by: { $0.key < $1.key }) {
            for value in value.items ?? [value] {
                guard let text = value.string, text != "REDACTED" else { continue }
                headers.add(name, text)
            }
        }
    }
}
