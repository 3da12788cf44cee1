// The door of libFuzzer: each input is given to one of the parsers that take what strangers send. Built only with FUZZ
// set, by `make fuzz`.
//
//     FUZZ_TARGET=NAME fuzz CORPUS

import Foundation

/// Runs libFuzzer, whose own main function would be in the way of this one.
@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ callback: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

private enum Chosen {
    static let name = ProcessInfo.processInfo.environment["FUZZ_TARGET"] ?? "http"
    static let target = FuzzTargets.all[name]
}

guard Chosen.target != nil else {
    print(
        "There is no target \(Chosen.name). FUZZ_TARGET is one of: \(FuzzTargets.all.keys.sorted().joined(separator: ", "))."
    )
    exit(2)
}
private var count = CommandLine.argc
private var arguments = CommandLine.unsafeArgv
exit(
    runDriver(&count, &arguments) { start, count in
        if let problem = Chosen.target?(Array(UnsafeBufferPointer(start: start, count: count))) { fatalError(problem) }
        return 0
    })
