// Whole runs of the built program: a command, its options and a file, all out of one piece of bytes. Also a part of the
// tests, which try a few of them with bytes of their own.

import Foundation
import Glibc

/// Runs commands on files that nobody would write, and looks at how they end.
struct CommandFuzz {
    /// A run: what stands after the program's name, and the file that it is given.
    struct Draw {
        var words: [String]
        let file: String
        let bytes: [UInt8]
        /// What the run may write; it is taken away afterwards.
        var output: String?
    }

    /// Where the built program is.
    let program: String
    /// Where files are written; made when it is not there.
    let folder: String
    /// How long a run may take, in seconds.
    let patience: Double
    /// How much address space it may have, in kB: what asks for more ends by itself, which is a find.
    let memory: Int

    init(program: String, folder: String, patience: Double = 10, memory: Int = 8 << 20) {
        self.program = program
        self.folder = folder
        self.patience = patience
        self.memory = memory
        mkdir(folder, 0o700)
    }

    // MARK: Drawing

    /// How many bytes of an input choose command and options; the others are the file.
    static let headSize = 12

    /// The most options of a run.
    private static let optionCount = 4

    private static let names = ["a.har", "a.gor", "access.log", "a.jsonl", "a.http", "targets.txt", "a.json"]

    /// What both a plan and a replay take; the last of a kind counts.
    private static let ofPlans: [(option: String, values: [String?])] = [
        ("--speed", ["1", "0.001", "1000", "1e-9", "nan", "0"]),
        ("--limit", ["1", "8", "100000", "0"]), ("--max-gap", ["none", "0s", "87600h", "1e300s", "5"]),
        ("--filter", ["method:GET", "status:5xx or >1ms", "not path:/a*", "(", ">1e300s", "id:9223372036854775808"]),
        ("--sample", ["50%", "0.0001%", "1e-300", "1"]), ("--seed", ["0", "18446744073709551615", "-1"]),
        ("--set-header", ["X: y", ":", "X:", "Host: z"]), ("--remove-header", ["Accept", "", "x y"]),
        ("--warm-up", ["0", "1", "10000000"]), ("--when-full", ["drop", "queue", "x"]), ("--keep-host", [nil]),
        ("--no-compare", [nil]), ("--ignore", ["time", ""]),
    ]

    private static let ofPlansAlone: [(option: String, values: [String?])] = [
        ("--rate", ["50/s", "0.001/s", "1e6", "1e-9", "5/h"]), ("--loop", ["1", "3", "1000", "0"]),
        ("--pace", ["original", "max", "closed"]), ("--app", ["model", "shop", "none"]),
    ]

    private static let ofReplays: [(option: String, values: [String?])] = [
        ("--loop", ["1", "2"]), ("--pace", ["max", "closed"]), ("--report", ["text", "json", "html", "x"]),
        ("--strict", [nil]), ("--mode", ["sync", "async", "native", "both"]), ("--workers", ["1", "2,4", "512", "0"]),
        ("--sub-threads", ["call", "request", "kept"]),
    ]

    private static let outputs = ["har", "gor", "vegeta.json", "jsonl", "trace.json", "otlp.json", "docx"]

    /// The run that `input` stands for.
    func draw(_ input: [UInt8]) -> Draw {
        let head = Array(input.prefix(CommandFuzz.headSize)) + [UInt8](repeating: 0, count: CommandFuzz.headSize)
        let file = folder + "/" + CommandFuzz.names[Int(head[1]) % CommandFuzz.names.count]
        var draw = Draw(words: [], file: file, bytes: Array(input.dropFirst(CommandFuzz.headSize)))
        var options: [(option: String, values: [String?])] = []
        switch head[0] % 4 {
        case 0:
            draw.words = ["plan", file]
            options = CommandFuzz.ofPlans + CommandFuzz.ofPlansAlone
        case 1:
            let output = folder + "/out." + CommandFuzz.outputs[Int(head[2]) % CommandFuzz.outputs.count]
            draw.words = ["convert", file, output]
            draw.output = output
        case 2: draw.words = ["open", file]
        default:
            // At once and to an app that answers at once: what is to be found is not how long a replay takes.
            draw.words = ["replay", file, "--headless", "--app", "shop", "--port", "0", "--pace", "max"]
            options = CommandFuzz.ofPlans + CommandFuzz.ofReplays
        }
        guard !options.isEmpty else { return draw }
        for place in 0..<(Int(head[2]) % (CommandFuzz.optionCount + 1)) {
            let (option, values) = options[Int(head[3 + 2 * place]) % options.count]
            if let value = values[Int(head[4 + 2 * place]) % values.count] {
                draw.words.append("\(option)=\(value)")
            } else {
                draw.words.append(option)
            }
        }
        return draw
    }

    // MARK: Running

    /// Makes the run that `input` stands for.
    ///
    /// - Returns: what is wrong with how it ended or with what it printed; nil when nothing is.
    func problem(_ input: [UInt8]) -> String? {
        let draw = draw(input)
        guard FileManager.default.createFile(atPath: draw.file, contents: Data(draw.bytes)) else {
            return "\(draw.file) cannot be written"
        }
        defer { unlink(draw.file) }
        defer { if let output = draw.output { unlink(output) } }
        let told = "inspector " + draw.words.joined(separator: " ")
        guard let status = run(draw.words) else { return "\(told): it did not end in \(patience) s" }
        let printed = text("output")
        let complaint = text("error")
        if status & 0x7F != 0 { return "\(told): signal \(status & 0x7F): \(complaint ?? "")" }
        let code = (status >> 8) & 0xFF
        guard (0...3).contains(code) else { return "\(told): exit code \(code): \(complaint ?? "")" }
        guard let printed, let complaint else { return "\(told): it printed bytes that are no UTF-8" }
        if code != 0, (printed + complaint).isEmpty { return "\(told): exit code \(code), and not a word" }
        for scalar in (printed + complaint).unicodeScalars where CommandFuzz.drives(scalar) {
            return "\(told): it printed U+\(String(scalar.value, radix: 16))"
        }
        return nil
    }

    /// Whether a terminal would do something else with it than show it.
    private static func drives(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 && scalar != "\n" || (0x7F...0x9F).contains(scalar.value)
    }

    /// Runs the program; its status as `waitpid` tells it, or nil when it had to be ended.
    private func run(_ words: [String]) -> Int32? {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        for (descriptor, name) in [(Int32(1), "output"), (Int32(2), "error")] {
            posix_spawn_file_actions_addopen(
                &actions, descriptor, folder + "/" + name, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // Who starts it may block signals, and a child inherits that.
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        let shell = ["/bin/sh", "-c", "ulimit -v \(memory); ulimit -c 0; exec \"$@\"", "sh", program] + words
        var arguments: [UnsafeMutablePointer<CChar>?] = shell.map { strdup($0) } + [nil]
        var variables: [UnsafeMutablePointer<CChar>?] =
            ProcessInfo.processInfo.environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for pointer in arguments + variables { free(pointer) } }
        var pid = pid_t()
        guard posix_spawn(&pid, "/bin/sh", &actions, &attributes, &arguments, &variables) == 0 else { return nil }
        let limit = Date().addingTimeInterval(patience)
        var status: Int32 = 0
        while true {
            if waitpid(pid, &status, WNOHANG) == pid { return status }
            guard Date() < limit else { break }
            usleep(2000)
        }
        kill(pid, SIGKILL)
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        return nil
    }

    /// What it has printed; nil where that is not UTF-8.
    private func text(_ name: String) -> String? {
        guard let data = FileManager.default.contents(atPath: folder + "/" + name) else { return "" }
        return String(data: data, encoding: .utf8)
    }
}
