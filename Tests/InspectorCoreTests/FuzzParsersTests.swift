// Each fuzz target of the library on what it begins with, and on a few hundred mutations of that: the targets hold, and are
// known to compile without libFuzzer. `FUZZ_COUNT` multiplies the mutations.

import Testing

@testable import InspectorCore

@Suite struct FuzzParsersTests {
    @Test(
        "nothing is wrong with what a parser makes of its corpus and of mutations of it",
        arguments: (Array(FuzzParsers.all.keys) + Array(FuzzSpans.all.keys)).sorted())
    func holds(target: String) throws {
        let check = try #require(FuzzParsers.all[target] ?? FuzzSpans.all[target])
        let corpus = try Mutation.corpus(target)
        #expect(!corpus.isEmpty, "a target needs something to begin with")
        for input in corpus + [[]] {
            #expect(check(input) == nil, "\(String(decoding: input, as: UTF8.self).debugDescription)")
        }
        var numbers = SeededNumbers(23)
        for _ in 0..<300 * FuzzTests.factor {
            let input = Mutation.of(
                corpus.randomElement(using: &numbers) ?? [], with: corpus.randomElement(using: &numbers) ?? [], &numbers
            )
            #expect(check(input) == nil, "\(String(decoding: input, as: UTF8.self).debugDescription)")
        }
    }
}
