// From the words on the command line to a run, and to an exit code: 0 done, 1 bad input or a failed write, 2 wrong use, 3 a
// replay that was no success.

internal import ArgumentParser
internal import CInspectorSystem
internal import Foundation
internal import Glibc
internal import InspectorCore
internal import Logging

/// Runs the command.
struct CommandRunner {
    let factories: [AppFactory]
    let sink: LogSink
    let settings: Settings
    /// What is wrong with the settings file.
    let problems: [String]

    static func run(_ arguments: [String], hosting factories: [AppFactory]) -> Never {
        fillStreams()
        CrashGuard.catchStopSignals()
        raiseOpenFiles()
        cs_bound_heap(Int32(ProcessInfo.processInfo.activeProcessorCount) + 2, 1 << 20)
        let sink = LogSink { TaskContext.current?.call.log.summary.id }
        LoggingSystem.bootstrap { RequestLogHandler(label: $0, sink: sink) }
        RequestTracer.bootstrap()
        let (settings, problems) = Settings.read(Settings.path(environment: ProcessInfo.processInfo.environment))
        let runner = CommandRunner(factories: factories, sink: sink, settings: settings, problems: problems)
        runner.run(arguments)
    }

    /// Puts something in the place of streams that were closed by whoever started the program.
    ///
    /// Else the next file that is opened would get a stream's number, and error messages would end up in a recording. What is
    /// put there can be neither read nor written, so that its use fails and is reported.
    private static func fillStreams() {
        for (stream, way) in [(Int32(0), O_WRONLY), (1, O_RDONLY), (2, O_RDONLY)] where fcntl(stream, F_GETFD) < 0 {
            // The lowest free number is given, and those below are taken.
            _ = Glibc.open("/dev/null", way)
        }
    }

    /// As many open files as the system allows: each connection is one, and the usual 1024 are soon used up.
    private static func raiseOpenFiles() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    private func run(_ arguments: [String]) -> Never {
        var arguments = arguments
        // Without a subcommand it is `run`, said here: the library's own default makes of a mistyped word an
        // "unexpected argument", which helps nobody.
        if let first = arguments.first {
            if !InspectorCommand.names.contains(first), first != "--help", first != "-h", first != "--version" {
                arguments.insert("run", at: 0)
            }
        } else {
            arguments = ["run"]
        }
        do {
            // The help of `run` would tell nothing of a word that is no subcommand.
            if arguments.count > 2, arguments[0] == "run", !arguments[1].hasPrefix("-"),
                arguments.contains(where: { $0 == "--help" || $0 == "-h" })
            {
                _ = try choose(arguments[1], among: apps())
            }
            let command = try InspectorCommand.parseAsRoot(arguments)
            if let subcommand = command as? any Subcommand {
                try subcommand.run(with: self)
            } else {
                var command = command
                try command.run()
            }
            Self.finish(0)
        } catch let error as UsageError {
            Self.say(error.description)
            Self.finish(2)
        } catch let error as ExitCode {
            Self.finish(error.rawValue)
        } catch let error where Self.isOwn(error) {
            Self.say("\(error)")
            Self.finish(1)
        } catch {
            // The message repeats what was typed, which may hold anything.
            let lines = InspectorCommand.fullMessage(for: error).split(
                separator: "\n", omittingEmptySubsequences: false)
            let isHelp = InspectorCommand.exitCode(for: error) == .success
            (isHelp ? StandardStream.output : .error).lines(texts: lines.map(String.init))
            // The library's own code for wrong use is 64.
            Self.finish(isHelp ? 0 : 2)
        }
    }

    private static func isOwn(_ error: any Error) -> Bool {
        error is ListenError || error is TrafficFileError || error is AppProblems || error is StartFailed
            || error is ThreadError
            || error is FileProblem || error is ResourceProblem
    }

    /// Says a sentence on the error stream.
    static func say(_ text: String) { StandardStream.error.line(text: "inspector: " + text) }

    /// What became of the requests: on the error stream, for the other may be read by a program.
    static func tell(_ report: StopReport, onlyStuck: Bool = false) {
        let isQuiet = onlyStuck && report.stuck.isEmpty
        for line in isQuiet ? [report.exported?.words].compactMap({ $0 }) : report.lines { say(line) }
    }

    /// Ends the process; with 1 instead of 0 when not all of the output could be written.
    private static func finish(_ code: Int32) -> Never {
        fflush(nil)
        if let problem = StandardStream.output.problem {
            say("not all of the output could be written (\(problem))")
            exit(code == 0 ? 1 : code)
        }
        exit(code)
    }

    // MARK: Apps

    /// All apps, each made once.
    ///
    /// - Throws: `ResourceProblem` when the system has too little left: the libraries that an app's clients stand on would
    ///   trap.
    func apps(isDeadly: Bool = false) throws(ResourceProblem) -> [KnownApp] {
        try ResourceCheck.forServing()
        return KnownApp.all(factories: factories, isDeadly: isDeadly)
    }

    /// The app of that name, or the first.
    func choose(_ name: String?, hosting: HostingOptions) throws -> KnownApp {
        try choose(name, among: apps(isDeadly: hosting.deadly))
    }

    func choose(_ name: String?, among apps: [KnownApp]) throws(UsageError) -> KnownApp {
        guard let name else {
            guard let first = apps.first else { throw UsageError(description: "No app is hosted by this program.") }
            return first
        }
        if let app = apps.first(where: { $0.name == name }) { return app }
        func nearest(names: [String]) -> String {
            names.sorted {
                (EditDistance.between(left: $0, right: name), $0) < (EditDistance.between(left: $1, right: name), $1)
            }
            .joined(separator: ", ")
        }
        throw UsageError(
            description: "There is no app or subcommand “\(name)”. Apps: \(nearest(names: apps.map(\.name))). "
                + "Subcommands: \(nearest(names: InspectorCommand.names)).")
    }
}

/// Wrong use of the command, said in a sentence.
///
/// Exit code 2.
struct UsageError: Error, CustomStringConvertible {
    let description: String
}
