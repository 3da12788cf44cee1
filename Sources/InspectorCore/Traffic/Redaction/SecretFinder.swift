// Finds secrets in a text: by the name before a value, and by the shape of a value. One pass over bytes; a text without
// a secret costs no memory.

/// Looks for secrets in bytes that are text.
///
/// It goes by bytes, not by characters: a combining mark after `&` or `=` joins it in a character, and hides nothing
/// here.
struct SecretFinder: Sendable {
    /// How often an encoding is taken off.
    static let depthLimit = 5

    let names: SecretNames
    let words = SecretWords.table
    /// The beginnings of well-known keys, by their first byte.
    let prefixes: [[(start: [UInt8], least: Int)]]
    /// Whether a word that begins with these two bytes may be a secret by its shape: most words are passed over so.
    let beginnings: [Bool]

    init(names: SecretNames) {
        self.names = names
        var table = [[(start: [UInt8], least: Int)]](repeating: [], count: 256)
        for (start, least) in RedactionRules.prefixes {
            let bytes = Array(start.utf8)
            if let first = bytes.first { table[Int(first)].append((bytes, least)) }
        }
        prefixes = table
        var beginnings = [Bool](repeating: false, count: 65_536)
        let words =
            RedactionRules.prefixes.map(\.start) + ["eyJ", "bearer", "basic", "Bearer", "Basic", "bEARER", "bASIC"]
        for word in words + ["BEARER", "BASIC"] {
            let bytes = Array(word.utf8)
            beginnings[Int(bytes[0]) << 8 | Int(bytes[1])] = true
        }
        self.beginnings = beginnings
    }

    /// Where secrets stand, in order; they do not overlap.
    func find(in bytes: UnsafeBufferPointer<UInt8>, depth: Int = 0) -> [Range<Int>] {
        var scan = SecretScan(finder: self, bytes: bytes)
        var found = scan.run()
        if scan.isEncoded { found = decodedToo(bytes: bytes, found: found, depth: depth) }
        return found
    }

    func find(in bytes: [UInt8], depth: Int = 0) -> [Range<Int>] {
        bytes.withUnsafeBufferPointer { find(in: $0, depth: depth) }
    }

    /// Where secrets stand in the value of a header: it may begin with a scheme, or be a list of names.
    func find(inHeader name: String, bytes: UnsafeBufferPointer<UInt8>) -> [Range<Int>] {
        let scan = SecretScan(finder: self, bytes: bytes)
        let isList = RedactionRules.listHeaders.contains(where: { Headers.same(left: $0, right: name) })
        let found = find(in: bytes)
        guard let start = isList ? scan.listedStart() : scan.credentialsStart() else { return found }
        return SecretFinder.merged(ranges: found + [start..<bytes.count])
    }

    /// `bytes` with the mark in the place of each range.
    static func replaced(bytes: [UInt8], ranges: [Range<Int>]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var place = 0
        for range in ranges {
            result += bytes[place..<range.lowerBound]
            result += Redaction.markBytes
            place = range.upperBound
        }
        return result + bytes[place...]
    }

    /// Ranges in order, those that overlap as one.
    static func merged(ranges: [Range<Int>]) -> [Range<Int>] {
        guard ranges.count > 1 else { return ranges }
        var result: [Range<Int>] = []
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = result.last, range.lowerBound < last.upperBound {
                result[result.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
            } else {
                result.append(range)
            }
        }
        return result
    }

    // MARK: Encoded texts

    /// What is found once an encoding is taken off, added to what was found without.
    ///
    /// A piece between the delimiters of an address is taken out whole where it holds a secret once decoded. Where one
    /// shows only across pieces, all of the run goes: a delimiter may be a part of the secret.
    private func decodedToo(
        bytes: UnsafeBufferPointer<UInt8>, found: [Range<Int>], depth: Int
    ) -> [Range<Int>] {
        var all = found
        var known = found[...]
        var place = 0
        let scan = SecretScan(finder: self, bytes: bytes)
        while place < bytes.count {
            guard !SecretScan.endsRun(bytes[place]) else {
                place += 1
                continue
            }
            var end = place
            var isEncoded = false
            while end < bytes.count, !SecretScan.endsRun(bytes[end]) {
                isEncoded =
                    isEncoded || SecretScan.isEncoding(bytes[end]) || (bytes[end] == 0x26 && scan.isEntity(at: end))
                end += 1
            }
            while let first = known.first, first.upperBound <= place { known = known.dropFirst() }
            if isEncoded {
                let inside = known.prefix { $0.lowerBound < end }
                all += decoded(bytes: bytes, run: place..<end, inside: Array(inside), depth: depth)
            }
            place = end
        }
        return SecretFinder.merged(ranges: all)
    }

    /// - Parameter inside: what is a secret in the run already.
    private func decoded(
        bytes: UnsafeBufferPointer<UInt8>, run: Range<Int>, inside: [Range<Int>], depth: Int
    ) -> [Range<Int>] {
        guard depth < SecretFinder.depthLimit else {
            // Encoded once more than anybody does by accident.
            return hasPercent(bytes, run: run) ? [run] : []
        }
        func holdsSecret(_ piece: [UInt8]) -> Bool {
            let plain = SecretCoding.plain(bytes: piece)
            return plain != piece && !find(in: plain, depth: depth + 1).isEmpty
        }
        var found: [Range<Int>] = []
        var start = run.lowerBound
        for place in run.lowerBound...run.upperBound
        where place == run.upperBound || SecretScan.partsAddress(byte: bytes[place]) {
            let piece = start..<place
            start = place + 1
            guard !piece.isEmpty, bytes[piece].contains(where: SecretScan.isEncoding),
                !inside.contains(where: { $0.overlaps(piece) }), holdsSecret(Array(bytes[piece]))
            else { continue }
            found.append(piece)
        }
        let taken = SecretFinder.merged(
            ranges: (inside + found).map { $0.clamped(to: run) }.filter { !$0.isEmpty }
        ).map { ($0.lowerBound - run.lowerBound)..<($0.upperBound - run.lowerBound) }
        return holdsSecret(SecretFinder.replaced(bytes: Array(bytes[run]), ranges: taken)) ? [run] : found
    }

    private func hasPercent(_ bytes: UnsafeBufferPointer<UInt8>, run: Range<Int>) -> Bool {
        run.contains { place in
            bytes[place] == 0x25 && place + 2 < run.upperBound && SecretCoding.digit(byte: bytes[place + 1]) != nil
                && SecretCoding.digit(byte: bytes[place + 2]) != nil
        }
    }
}
