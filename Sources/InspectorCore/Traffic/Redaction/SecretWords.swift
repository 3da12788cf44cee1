// The words of the table that are looked for in a text itself, ready to be compared with bytes.

/// Schemes of credentials, and names that no sign parts from their values.
final class SecretWords: Sendable {
    static let table = SecretWords()

    /// A name before a space.
    struct Spoken: Sendable {
        let name: [UInt8]
        /// Whether its value may stand without quotes.
        let isBare: Bool
        /// Whether every text in quotes after it is its value.
        let isQuoted: Bool
    }

    /// In lower case.
    private let schemes: [[UInt8]]
    /// By the last byte of the name, in lower case.
    let spoken: [[Spoken]]
    /// Whether such a name ends with these two bytes: most words are passed over so.
    let endings: [Bool]

    private init() {
        schemes = RedactionRules.schemes.map { Array($0.lowercased().utf8) }
        var spoken = [[Spoken]](repeating: [], count: 256)
        var endings = [Bool](repeating: false, count: 65_536)
        let names = Set(RedactionRules.spokenNames).union(RedactionRules.quotedNames)
        for name in names.sorted() {
            let bytes = Array(name.utf8)
            guard let last = bytes.last, let before = bytes.dropLast().last else { continue }
            spoken[Int(last)].append(
                Spoken(
                    name: bytes, isBare: RedactionRules.spokenNames.contains(name),
                    isQuoted: RedactionRules.quotedNames.contains(name)))
            for first in [before, before & 0xDF] {
                for second in [last, last & 0xDF] { endings[Int(first) << 8 | Int(second)] = true }
            }
        }
        self.spoken = spoken
        self.endings = endings
    }

    /// Whether a word is the name of a scheme, in any case.
    func isScheme(_ word: some Collection<UInt8>) -> Bool {
        schemes.contains { scheme in
            scheme.count == word.count && zip(scheme, word).allSatisfy { $0 | 0x20 == $1 | 0x20 }
        }
    }

    /// Whether a text is an option of a command line that announces a secret: `--token`, `-p`.
    static func isOption(_ text: [UInt8], names: SecretNames) -> Bool {
        let name = text.drop { $0 == 0x2D }
        guard (1...2).contains(text.count - name.count), name.count <= SecretNames.limit, let first = name.first,
            SecretScan.isWord(first), !name.contains(where: { $0 == 0x3D || SecretScan.isSpace($0) })
        else { return false }
        return names.isSecret(name) || RedactionRules.shortOptions.contains { $0.utf8.elementsEqual(text) }
    }
}
