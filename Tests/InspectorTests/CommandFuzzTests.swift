// A few dozen whole runs on mutated files under random options: an exit code, no signal, no hang, no control byte.
// `FUZZ_COUNT` multiplies their number; `make fuzz FUZZ_TARGETS=commands` goes on for as long as it is told.

import Foundation
import Glibc
import Testing

@Suite struct CommandFuzzTests {
    /// Numbers that are odd wherever they stand.
    private static let numbers = [
        "0", "-1", "9223372036854775807", "9223372036854775808", "18446744073709551615", "-9223372036854775808",
        "1e999",
        "1e-9", "0x10", "1.5", "4294967296", "nan",
    ]

    /// What would drive a terminal, in 7 and in 8 bits.
    private static let controls: [[UInt8]] = [Array("\u{1B}[31m".utf8), Array("\u{9B}".utf8), [0x9B], [0x0A], [0x07]]

    /// The pieces that begin with a digit are numbers: some are exchanged for odd ones.
    private static func exchangeNumbers(_ bytes: [UInt8], _ random: inout SeededNumbers) -> [UInt8] {
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

    private static func mutate(_ bytes: [UInt8], with other: [UInt8], _ random: inout SeededNumbers) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 0...4, using: &random) where !bytes.isEmpty {
            let place = Int.random(in: 0..<bytes.count, using: &random)
            let length = Int.random(in: 1...40, using: &random)
            switch Int.random(in: 0..<6, using: &random) {
            case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
            case 1: bytes.removeSubrange(place..<min(bytes.count, place + length))
            case 2: bytes.insert(contentsOf: controls.randomElement(using: &random) ?? [], at: place)
            case 3: bytes += bytes[place...].prefix(400)
            case 4: bytes += other
            default: bytes = exchangeNumbers(bytes, &random)
            }
        }
        return bytes
    }

    @Test("whole runs on mutated files under random options end with a code of their own, in time, and print only text")
    func runs() throws {
        let folder = try Program.makeFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        // Patient, for the tests beside it take their time too.
        let fuzz = CommandFuzz(program: Program.path, folder: folder.path, patience: 60)
        let corpus = Program.root.appendingPathComponent("Benchmarks/corpus")
        func files(_ name: String) throws -> [URL] {
            try FileManager.default.contentsOfDirectory(
                at: corpus.appendingPathComponent(name), includingPropertiesForKeys: nil
            ).sorted { $0.path < $1.path }
        }
        // Each of the traffic begins with a byte that names it.
        let known =
            try files("traffic").map { [UInt8](try Data(contentsOf: $0)).dropFirst() }
            + files("recording").map { [UInt8](try Data(contentsOf: $0))[...] }
        try #require(known.count > 5)
        var random = SeededNumbers(17)
        let factor = max(1, Int(ProcessInfo.processInfo.environment["FUZZ_COUNT"] ?? "1") ?? 1)
        var commands: Set<String> = []
        for _ in 0..<40 * factor {
            let head = (0..<CommandFuzz.headSize).map { _ in UInt8.random(in: 0...255, using: &random) }
            let file = Self.mutate(
                Array(known.randomElement(using: &random) ?? []),
                with: Array(known.randomElement(using: &random) ?? []),
                &random)
            commands.insert(fuzz.draw(head + file).words[0])
            if let problem = fuzz.problem(head + file) {
                Issue.record("\(problem)\n\(String(decoding: file.prefix(2000), as: UTF8.self).debugDescription)")
            }
        }
        #expect(commands == ["plan", "convert", "open", "replay"])
    }

    @Test("a run that hangs, dies or prints control bytes is a find")
    func finds() throws {
        let folder = try Program.makeFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        func problem(_ script: String) throws -> String? {
            let program = folder.appendingPathComponent("program")
            try ("#!/bin/sh\n" + script + "\n").write(to: program, atomically: true, encoding: .utf8)
            chmod(program.path, 0o700)
            return CommandFuzz(program: program.path, folder: folder.path, patience: 2).problem([0, 0])
        }
        #expect(try problem("exit 3") == nil)
        #expect(try problem("echo fine") == nil)
        #expect(try problem("exec sleep 60")?.contains("did not end") == true)
        #expect(try problem("kill -ILL $$")?.contains("signal 4") == true)
        #expect(try problem("exit 64")?.contains("exit code 64") == true)
        #expect(try problem("exit 1")?.contains("not a word") == true)
        #expect(try problem("printf '\\033[31m'")?.contains("U+1b") == true)
        #expect(try problem("printf '\\302\\233' >&2")?.contains("U+9b") == true)
        #expect(try problem("printf '\\233'")?.contains("no UTF-8") == true)
    }
}
