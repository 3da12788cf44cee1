// From the words on the command line to a run, and to an exit code: 0 done, 1 bad input, 2 wrong use.

internal import ArgumentParser
internal import Foundation
internal import Glibc
internal import InspectorCore

/// Runs the command.
enum CommandRunner {
    static let names = ["run", "replay", "apps", "help"]

    static func run(_ arguments: [String], hosting factories: [AppFactory]) -> Never {
        CrashGuard.catchStopSignals()
        var arguments = arguments
        // Without a subcommand it is `run`, said here: the library's own default makes of a mistyped word an
        // "unexpected argument", which helps nobody.
        if let first = arguments.first {
            if !names.contains(first), first != "--help", first != "-h", first != "--version" {
                arguments.insert("run", at: 0)
            }
        } else {
            arguments = ["run"]
        }
        do {
            let command = try InspectorCommand.parseAsRoot(arguments)
            switch command {
            case let command as RunCommand: try serve(command, factories)
            case let command as ReplayCommand: try replay(command, factories)
            case is AppsCommand: list(HostedApp.all(factories, isDeadly: true))
            default:
                var command = command
                try command.run()
            }
            finish(0)
        } catch let error as UsageError {
            say(error.description)
            finish(2)
        } catch let error as ExitCode {
            finish(error.rawValue)
        } catch let error where isOwn(error) {
            say("\(error)")
            finish(1)
        } catch {
            let text = InspectorCommand.fullMessage(for: error)
            let isHelp = InspectorCommand.exitCode(for: error) == .success
            if isHelp { print(text) } else { FileHandle.standardError.write(Data((text + "\n").utf8)) }
            // The library's own code for wrong use is 64.
            finish(isHelp ? 0 : 2)
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

    private static func serve(_ command: RunCommand, _ factories: [AppFactory]) throws {
        let app = try choose(command.app, factories, command.serve)
        let traffic = TrafficSource()
        try present(app, command.serve, traffic: traffic, isReplay: false, isHeadless: command.headless)
    }

    private static func replay(_ command: ReplayCommand, _ factories: [AppFactory]) throws {
        let app = try choose(command.app, factories, command.serve)
        let traffic = TrafficSource(file: command.file)
        if traffic.isUnusable {
            throw TrafficFileError(
                file: command.file, reason: reason(of: traffic.problem ?? "nothing in it can be replayed", command.file)
            )
        }
        if case .success(let plan) = traffic.plan, plan.items.isEmpty {
            throw TrafficFileError(file: command.file, reason: "it holds no request that can be replayed")
        }
        for note in (try? traffic.plan.get().notes) ?? [] { say("\(command.file): \(note)") }
        if let moved = try? traffic.plan.get().outOfOrder, moved > 0 {
            say("\(command.file): \(moved) requests stood out of the order of time; they are sent in it")
        }
        if let problem = traffic.problem { say(problem) }
        try present(app, command.serve, traffic: traffic, isReplay: true, isHeadless: command.headless)
        // What could be read was replayed; the rest of the file is still bad input.
        if traffic.problem != nil { throw ExitCode(1) }
    }

    private static func reason(of problem: String, _ file: String) -> String {
        problem.hasPrefix(file + ": ") ? String(problem.dropFirst(file.count + 2)) : problem
    }

    /// The dashboard where there is a terminal for it, else plain lines.
    private static func present(
        _ app: HostedApp, _ options: ServeOptions, traffic: TrafficSource, isReplay: Bool, isHeadless: Bool
    ) throws {
        let wantsScreen = !isHeadless && isatty(1) == 1
        ThreadRecord.name("main", track: ThreadRecord.track)
        SignalStacks.shared.useForEver()
        let host = try CrashGuard.keepingResizesHere { try Host(app, options) }
        defer { host.stop() }
        if wantsScreen {
            let caught = CrashGuard.keepingResizesHere { CaughtOutput() }
            let noColor = !(ProcessInfo.processInfo.environment["NO_COLOR"] ?? "").isEmpty
            if var terminal = Terminal.open(caught: caught, noColor: noColor) {
                var console = Console(host, traffic: traffic)
                console.run(on: &terminal, caught: caught, replayAtOnce: isReplay)
                _ = consume terminal
                caught?.end()
                return
            }
            caught?.end()
            say("this terminal cannot place text, so plain lines follow.")
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

    private static func choose(
        _ name: String?, _ factories: [AppFactory], _ options: ServeOptions
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
                + "Subcommands: \(nearest(names)).")
    }
}

/// Wrong use of the command, said in a sentence.
///
/// Exit code 2.
struct UsageError: Error, CustomStringConvertible {
    let description: String
}
