// HAProxy's HTTP log: the request stands last, and the times are five numbers in a word.

/// Reads lines of `option httplog` (HAProxy: configuration manual, 8.2.3).
enum HAProxyLog {
    /// `10.0.1.2:33317 [06/Feb/2026:12:14:14.655] front back/srv 10/0/30/69/109 200 2750 - - ---- 1/1/1/1/0 0/0 "GET /x
    /// HTTP/1.1"`.
    ///
    /// Its clock tells when the request began. Of the times (in ms) the last is the whole; the second is the wait for a
    /// server, which is not part of the service.
    static func read(_ bytes: [UInt8], line: Range<Int>, record: inout LogRecord) -> Bool {
        let end = line.upperBound
        let client = bytes.word(at: bytes.afterSpace(place: line.lowerBound, before: end), before: end)
        guard client.upperBound + 1 < end, bytes[client.upperBound + 1] == UInt8(ascii: "["),
            let found = LogTime.bracketed(bytes: bytes, open: client.upperBound + 1, before: end)
        else { return false }
        var words: [Range<Int>] = []
        var at = found.close + 1
        while words.count < 10 {
            let word = bytes.word(at: bytes.afterSpace(place: at, before: end), before: end)
            guard !word.isEmpty else { return false }
            words.append(word)
            at = word.upperBound
        }
        let times = bytes[words[2]].split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard times.count == 5, bytes[words[1]].contains(UInt8(ascii: "/")) else { return false }
        record.client = client
        record.time = found.time
        record.timeRange = (client.upperBound + 2)..<found.close
        record.isBegin = true
        record.durationRange = words[2]
        guard record.take(.status, bytes: bytes, range: words[3]) else { return false }
        record.size = bytes.whole(range: words[4])
        // With `option logasap` the whole is what it was so far, with a plus in front.
        let whole = times[4].first == UInt8(ascii: "+") ? times[4].dropFirst() : times[4]
        _ = record.take(.duration(unit: 1e6), bytes: bytes, range: whole.startIndex..<whole.endIndex)
        record.durationRange = words[2]
        _ = record.take(.queued(unit: 1e6), bytes: bytes, range: times[1].startIndex..<times[1].endIndex)
        record.finish()
        // Captured headers stand in braces before the request, and may hold quotes.
        guard let quote = bytes.place(of: [32, 0x22], in: at..<end).map({ $0 + 1 }) else { return false }
        // A long line is cut, quote and all.
        let close = bytes[(quote + 1)..<end].lastIndex(of: 0x22) ?? end
        record.request = (quote + 1)..<close
        record.escapes = .hash
        return true
    }
}
