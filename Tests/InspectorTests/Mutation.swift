// Bytes that are nearly a file: pieces changed, taken out, doubled, numbers exchanged for odd ones.

import Foundation

/// Changes bytes, the same way for the same numbers.
enum Mutation {
    /// Numbers that are odd wherever they stand.
    private static let numbers = [
        "0", "-1", "9223372036854775807", "9223372036854775808", "18446744073709551615", "-9223372036854775808",
        "1e999",
        "1e-9", "0x10", "1.5", "4294967296", "nan", "4611686018427387905",
    ]

    /// What would drive a terminal, in 7 and in 8 bits.
    private static let controls: [[UInt8]] = [
        Array("\u{1B}[31m".utf8), Array("\u{9B}".utf8), [0x9B], [0x0A], [0x07], [0x0D, 0x0A], [0],
    ]

    /// A few changes of `bytes`, at times with a piece of `other`.
    static func of(
        _ bytes: [UInt8], with other: [UInt8], _ random: inout some RandomNumberGenerator
    ) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 0...4, using: &random) where !bytes.isEmpty {
            let place = Int.random(in: 0..<bytes.count, using: &random)
            let length = Int.random(in: 1...40, using: &random)
            switch Int.random(in: 0..<7, using: &random) {
            case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
            case 1: bytes.removeSubrange(place..<min(bytes.count, place + length))
            case 2: bytes.insert(contentsOf: controls.randomElement(using: &random) ?? [], at: place)
            case 3: bytes += bytes[place...].prefix(400)
            case 4: bytes += other
            case 5: bytes.removeSubrange(place...)
            default: bytes = exchangingNumbers(bytes, &random)
            }
        }
        return bytes
    }

    /// Some of its numbers exchanged for odd ones.
    private static func exchangingNumbers(
        _ bytes: [UInt8], _ random: inout some RandomNumberGenerator
    ) -> [UInt8] {
        var changed: [UInt8] = []
        var place = 0
        while place < bytes.count {
            var end = place
            while end < bytes.count, (0x30...0x39).contains(bytes[end]) { end += 1 }
            guard end > place else {
                changed.append(bytes[place])
                place += 1
                continue
            }
            if Int.random(in: 0..<8, using: &random) == 0 {
                changed += Array((numbers.randomElement(using: &random) ?? "").utf8)
            } else {
                changed += bytes[place..<end]
            }
            place = end
        }
        return changed
    }

    /// What a fuzz target begins with, in the order of the files' names.
    static func corpus(_ target: String) throws -> [[UInt8]] {
        let root = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        return try FileManager.default.contentsOfDirectory(
            at: root.appendingPathComponent("Benchmarks/corpus/\(target)"), includingPropertiesForKeys: nil
        ).sorted { $0.path < $1.path }.map { [UInt8](try Data(contentsOf: $0)) }
    }
}
