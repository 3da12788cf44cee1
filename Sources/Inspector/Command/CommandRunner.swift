// From the words on the command line to a run, and to an exit code: 0 done, 1 bad input, 2 wrong use.

internal import ArgumentParser
internal import Foundation
internal import Glibc
internal import InspectorCore
internal import Logging

/// Runs the command.
struct CommandRunner {
    private let factories: [AppFactory]
    private let sink: LogSink
    private let settings: Settings
    /// What is wrong with the settings file.
    private let problems: [String]

    static let names = ["run", "replay", "apps", "help"]

    static func run(_ arguments: [String], hosting factories: [AppFactory]) -> Never {
        CrashGuard.catchStopSignals()
        let sink = LogSink { TaskContext.current?.call.log.summary.id }
        LoggingSystem.bootstrap { RequestLogHandler(label: $0, sink: sink) }
        let (settings, problems) = Settings.read(Settings.path(ProcessInfo.processInfo.environment))
        let runner = CommandRunner(factories: factories, sink: sink, settings: settings, problems: problems)
        runner.run(arguments)
    }

    private func run(_ arguments: [String]) -> Never {
        var arguments = arguments
        // Without a subcommand it is `run`, said here: the library's own default makes of a mistyped word an
        // "unexpected argument", which helps nobody.
        if let first = arguments.first {
            if !CommandRunner.names.contains(first), first != "--help", first != "-h", first != "--version" {
                arguments.insert("run", at: 0)
            }
        } else {
            arguments = ["run"]
        }
        do {
            let command = try InspectorCommand.parseAsRoot(arguments)
            switch command {
            case let command as RunCommand: try serve(command)
            case let command as ReplayCommand: try replay(command)
            case is AppsCommand: Self.list(HostedApp.all(factories, isDeadly: true))
            default:
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
            let text = InspectorCommand.fullMessage(for: error)
            let isHelp = InspectorCommand.exitCode(for: error) == .success
            if isHelp { print(text) } else { FileHandle.standardError.write(Data((text + "\n").utf8)) }
            // The library's own code for wrong use is 64.
            Self.finish(isHelp ? 0 : 2)
        }
    }

    private static func isOwn(_ error: any Error) -> Bool {
        error is ListenError || error is TrafficFileError || error is AppProblems || error is ThreadError
    }

    private static func say(_ text: String) {
        FileHandle.standardError.write(Data(("inspector: " + text.madeVisible + "\n").utf8))
    }

    private static func finish(_ code: Int32) -> Never {
        fflush(nil)
        exit(code)
    }

    // MARK: Subcommands

    private func serve(_ command: RunCommand) throws {
        let options = command.serve.filled(from: settings)
        let app = try choose(command.app, options)
        let traffic = TrafficSource()
        try present(app, options, traffic: traffic, isReplay: false, isHeadless: command.headless)
    }

    private func replay(_ command: ReplayCommand) throws {
        let options = command.serve.filled(from: settings)
        let app = try choose(command.app, options)
        let traffic = TrafficSource(file: command.file)
        if traffic.isUnusable {
            throw TrafficFileError(
                file: command.file,
                reason: Self.reason(of: traffic.problem ?? "nothing in it can be replayed", command.file)
            )
        }
        if case .success(let plan) = traffic.plan, plan.items.isEmpty {
            throw TrafficFileError(file: command.file, reason: "it holds no request that can be replayed")
        }
        for note in (try? traffic.plan.get().notes) ?? [] { Self.say("\(command.file): \(note)") }
        if let moved = try? traffic.plan.get().outOfOrder, moved > 0 {
            Self.say("\(command.file): \(moved) requests stood out of the order of time; they are sent in it")
        }
        if let problem = traffic.problem { Self.say(problem) }
        try present(app, options, traffic: traffic, isReplay: true, isHeadless: command.headless)
        // What could be read was replayed; the rest of the file is still bad input.
        if traffic.problem != nil { throw ExitCode(1) }
    }

    private static func reason(of problem: String, _ file: String) -> String {
        problem.hasPrefix(file + ": ") ? String(problem.dropFirst(file.count + 2)) : problem
    }

    /// The dashboard where there is a terminal for it, else plain lines.
    private func present(
        _ app: HostedApp, _ options: ServeOptions, traffic: TrafficSource, isReplay: Bool, isHeadless: Bool
    ) throws {
        for problem in problems { Self.say(problem) }
        let wantsScreen = !isHeadless && isatty(1) == 1
        ThreadRecord.name("main", track: ThreadRecord.track)
        SignalStacks.shared.useForEver()
        let host = try CrashGuard.keepingResizesHere { try Host(app, options) }
        defer { host.stop() }
        if wantsScreen {
            let book = OutputBook()
            let caught = CrashGuard.keepingResizesHere { CaughtOutput(book: book) }
            sink.use(book)
            defer { sink.use(nil) }
            let environment = ProcessInfo.processInfo.environment
            if var terminal = Terminal.open(
                caught: caught, { settings.choice(colors: $0, environment) })
            {
                var console = Console(host, traffic: traffic, book, usesMouse: options.mouse, problems: problems)
                console.run(on: &terminal, replayAtOnce: isReplay)
                _ = consume terminal
                caught?.end()
                return
            }
            caught?.end()
            Self.say("this terminal cannot place text, so plain lines follow.")
        }
        let plan = isReplay ? try? traffic.plan.get() : nil
        try Headless(host).run(replaying: plan)
    }

    private static func list(_ apps: [HostedApp]) {
        for app in apps {
            print(app.name)
            for route in app.routes {
                print("  \(route.methods.joined(separator: ",")) \(route.rule)")
            }
        }
    }

    private func choose(
        _ name: String?, _ options: ServeOptions
    ) throws(UsageError) -> HostedApp {
        let apps = HostedApp.all(factories, isDeadly: options.deadly)
        guard let name else {
            guard let first = apps.first else { throw UsageError(description: "No app is hosted by this program.") }
            return first
        }
        if let app = apps.first(where: { $0.name == name }) { return app }
        func nearest(_ names: [String]) -> String {
            names.sorted { (EditDistance.between($0, name), $0) < (EditDistance.between($1, name), $1) }
                .joined(separator: ", ")
        }
        throw UsageError(
            description: "There is no app or subcommand “\(name)”. Apps: \(nearest(apps.map(\.name))). "
                + "Subcommands: \(nearest(CommandRunner.names)).")
    }
}

/// Wrong use of the command, said in a sentence.
///
/// Exit code 2.
struct UsageError: Error, CustomStringConvertible {
    let description: String
}
