// What subcommands share that serve or show: a host, a console, and their end.

internal import ArgumentParser
internal import Foundation
internal import Glibc
internal import InspectorCore

extension CommandRunner {
    /// Ends what serves.
    static func stop(_ host: Host) -> StopReport {
        StandardStream.letGo()
        return host.stop()
    }

    /// Starts what serves.
    ///
    /// From here on a signal that asks to stop is noted, and everything ends in order.
    func makeHost(
        _ app: KnownApp?, hosting: HostingOptions, options: ServeOptions,
        remotes: RemoteLanes = RemoteLanes(), keepsLittle: Bool = false, isInspecting: Bool = true
    ) throws -> Host {
        for problem in problems { Self.say(problem) }
        ThreadRecord.name(name: "main", track: ThreadRecord.track)
        SignalStacks.shared.useForEver()
        CrashGuard.noteStops()
        let collector = try options.export.options(
            allowRemote: options.allowRemote, redaction: options.secrets.redaction,
            environment: ProcessInfo.processInfo.environment)
        return try CrashGuard.keepingResizesHere {
            let host = try Host(
                app: app, hosting: hosting, options: options, remotes: remotes,
                keepsLittle: keepsLittle && options.record == nil,
                isInspecting: isInspecting)
            if let recorder = options.recorder {
                do {
                    if options.force { try FileWriting.makeRoom(at: recorder.path) }
                    try host.record(recorder)
                } catch {
                    _ = host.stop()
                    throw error
                }
            }
            if let collector {
                do { try host.export(collector) } catch {
                    _ = host.stop()
                    throw error
                }
            }
            return host
        }
    }

    /// Whether there is a terminal to draw a dashboard on.
    static var hasScreen: Bool { isatty(1) == 1 }

    /// Whether what is said on stderr is read as it is said.
    static var hasErrorScreen: Bool { isatty(2) == 1 }

    /// The dashboard where there is a terminal for it; false where there is none.
    func present(
        _ host: Host, options: ServeOptions, traffic: TrafficSource, isReplay: Bool, about: String? = nil
    ) throws -> Bool {
        guard Self.hasScreen else { return false }
        return try show(replayAtOnce: isReplay) { book in
            Console(
                host: host, traffic: traffic, book: book, usesMouse: options.mouse,
                redaction: options.secrets.redaction,
                problems: problems + [about].compactMap { $0 })
        }
    }

    /// Shows a console until it is left; false when the terminal cannot be drawn on, which is said.
    func show(replayAtOnce: Bool = false, make: (OutputBook) throws -> Console) throws -> Bool {
        let book = OutputBook()
        let caught = CrashGuard.keepingResizesHere { CaughtOutput(book: book) }
        sink.use(book)
        defer { sink.use(nil) }
        let environment = ProcessInfo.processInfo.environment
        let colors = Terminal.Colors(asks: settings.asksForGround(environment)) { count, isLight in
            settings.choice(colors: count, environment: environment, isLight: isLight)
        }
        var terminal: Terminal
        do throws(TerminalRefusal) { terminal = try Terminal.open(caught: caught, colors: colors) } catch {
            caught?.end()
            Self.say(error.reason + " Plain lines follow.")
            return false
        }
        do {
            var console = try make(book)
            console.run(on: &terminal, characters: settings.characters, replayAtOnce: replayAtOnce)
        } catch {
            _ = consume terminal
            caught?.end()
            throw error
        }
        _ = consume terminal
        caught?.end(isHurried: CrashGuard.stopSignal != nil)
        return true
    }
}
