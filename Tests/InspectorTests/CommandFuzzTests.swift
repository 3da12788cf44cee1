// A few dozen whole runs on mutated files under random options: an exit code, no signal, no hang, no control byte.
// `FUZZ_COUNT` multiplies their number; `make fuzz FUZZ_TARGETS=commands` goes on for as long as it is told.

import Foundation
import Glibc
import Testing

@Suite struct CommandFuzzTests {
    @Test("whole runs on mutated files under random options end with a code of their own, in time, and print only text")
    func runs() throws {
        let folder = try Program.makeFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        // Patient, for the tests beside it take their time too.
        let fuzz = CommandFuzz(program: Program.path, folder: folder.path, patience: 60)
        // Each of the traffic begins with a byte that names its kind.
        let known = try Mutation.corpus("traffic").map { Array($0.dropFirst()) } + Mutation.corpus("recording")
        try #require(known.count > 5)
        var random = SeededNumbers(17)
        let factor = max(1, Int(ProcessInfo.processInfo.environment["FUZZ_COUNT"] ?? "1") ?? 1)
        var commands: Set<String> = []
        for _ in 0..<40 * factor {
            let head = (0..<CommandFuzz.headSize).map { _ in UInt8.random(in: 0...255, using: &random) }
            let file = Mutation.of(
                known.randomElement(using: &random) ?? [], with: known.randomElement(using: &random) ?? [], &random)
            commands.insert(fuzz.draw(head + file).words[0])
            if let problem = fuzz.problem(head + file) {
                Issue.record("\(problem)\n\(String(decoding: file.prefix(2000), as: UTF8.self).debugDescription)")
            }
        }
        #expect(commands == ["plan", "convert", "open", "replay"])
    }

    @Test(
        "nothing is wrong with the screens of the corpus, and of mutations of it",
        arguments: FuzzFrames.all.keys.sorted())
    func screens(target: String) throws {
        let check = try #require(FuzzFrames.all[target])
        let corpus = try Mutation.corpus(target)
        #expect(!corpus.isEmpty, "a target needs something to begin with")
        var random = SeededNumbers(29)
        let mutated = (0..<60).map { _ in
            Mutation.of(corpus.randomElement(using: &random) ?? [], with: corpus[0], &random)
        }
        for input in corpus + [[]] + mutated {
            #expect(check(input) == nil, "\(String(decoding: input, as: UTF8.self).debugDescription)")
        }
    }

    @Test("a run that hangs, dies or prints control bytes is a find")
    func finds() throws {
        let folder = try Program.makeFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        // Patient but where the run never ends: on a busy machine a shell may take seconds to start.
        func problem(_ script: String, patience: Double = 60) throws -> String? {
            let program = folder.appendingPathComponent("program")
            try Program.install(script: "#!/bin/sh\n" + script + "\n", at: program.path)
            return CommandFuzz(program: program.path, folder: folder.path, patience: patience).problem([0, 0])
        }
        #expect(try problem("echo no answer; exit 3") == nil)
        #expect(try problem("echo fine") == nil)
        #expect(try problem("exec sleep 600", patience: 2)?.contains("did not end") == true)
        #expect(try problem("kill -ILL $$")?.contains("signal 4") == true)
        #expect(try problem("exit 64")?.contains("exit code 64") == true)
        #expect(try problem("exit 1")?.contains("not a word") == true)
        #expect(try problem("printf '\\033[31m'")?.contains("U+1b") == true)
        #expect(try problem("printf '\\302\\233' >&2")?.contains("U+9b") == true)
        #expect(try problem("printf '\\233'")?.contains("no UTF-8") == true)
    }
}
