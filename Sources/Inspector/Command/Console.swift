// The dashboard's loop: reads keys, performs effects, takes what is known, shows a frame. Main thread only.

internal import Foundation
internal import Glibc
internal import InspectorCore

/// Runs the dashboard on a host until the user leaves.
struct Console {
    private let source: any DashboardSource
    /// What serves; nil while a recording is open.
    private let host: Host?
    private let traffic: TrafficSource
    private let book: OutputBook
    private var model: Model
    /// The frame on the screen, for what the mouse points at.
    private var frame = Frame(width: 0, height: 0)
    /// When time was last let go by, for what is played.
    private var ticked: UInt64 = 0
    /// What the fold's version was when the model was made last, and when that was.
    private var seen = (version: -1, time: UInt64(0))

    /// How many lines had been printed when the model was made last.
    private var seenLines = 0

    /// When something happened last.
    private var moved: UInt64 = 0

    /// What the inspection had cost when that was looked at last, and the processor time of drawing until now, in ns.
    private var cost: OwnCost.Sample?
    private var screenTime: UInt64 = 0

    /// When findings were looked for last, and among how many lanes.
    private var foundAt: UInt64 = 0
    private var foundLanes = 0

    /// What the frame on the screen was made of.
    private var drawn = (
        seen: (version: -2, time: UInt64(0)), size: (width: 0, height: 0), replay: ReplayProgress?.none,
        transport: Transport?.none
    )

    /// - Parameter redaction: what is taken out of what is copied and exported.
    init(
        _ host: Host, traffic: TrafficSource, _ book: OutputBook, usesMouse: Bool, redaction: Redaction = .standard,
        problems: [String]
    ) {
        self.init(source: host, host: host, traffic, book, usesMouse: usesMouse)
        model.redaction = redaction
        model.trafficFile = traffic.name
        model.modelWords = traffic.options.model?.shortWords(traffic.plan)
        model.message = problems.first ?? traffic.problems.first ?? host.portNote
    }

    /// Opens a recording: held, and played from its beginning.
    init(
        opening recording: OpenedSource, _ book: OutputBook, usesMouse: Bool, redaction: Redaction = .standard,
        problems: [String]
    ) {
        self.init(source: recording, host: nil, TrafficSource.none, book, usesMouse: usesMouse)
        model.redaction = redaction
        model.recording = recording.url
        model.isFrozen = true
        model.now = recording.range.upperBound
        model.transport = Transport(at: recording.range.lowerBound, in: recording.range, isPlaying: true, speed: 1)
        model.setFindings(recording.findings(now: model.now, isASCII: false))
        model.message = problems.first ?? recording.note
    }

    private init(
        source: any DashboardSource, host: Host?, _ traffic: TrafficSource, _ book: OutputBook, usesMouse: Bool
    ) {
        self.source = source
        self.host = host
        self.traffic = traffic
        self.book = book
        let now = MonotonicClock.now()
        model = Model(app: source.appName, url: source.url, lanes: source.laneModels(now: now), now: now)
        model.usesMouse = usesMouse
        model.service = source.service
    }

    /// Shows the dashboard on `terminal` until it is left, or a signal asks for it.
    mutating func run(on terminal: inout Terminal, _ characters: Settings.Characters, replayAtOnce: Bool) {
        switch characters {
        case .auto: model.glyphs = terminal.isUTF8 ? .unicode : .ascii
        case .unicode: model.glyphs = .unicode
        case .ascii: model.glyphs = .ascii
        }
        terminal.setMouse(model.usesMouse)
        if let note = terminal.note { model.message = [note, model.message].compactMap { $0 }.joined(separator: " ") }
        if replayAtOnce {
            if model.message == nil, let file = traffic.name { model.tellReplay(file) }
            perform(.host(.startReplay), &terminal)
        }
        var isOver = false
        while !isOver, CrashGuard.stopSignal == nil {
            // A hosted view may await the main actor, whose queue this thread has to drain.
            _ = RunLoop.main.run(mode: .default, before: Date())
            let before = ProcessorTime.thread
            refresh()
            draw(on: &terminal)
            screenTime &+= ProcessorTime.thread &- before
            // Under a flood nobody can follow thirty pictures a second, and each costs what could be answered meanwhile.
            var wait = isQuiet ? 50 : model.thinning > 1 ? 100 : 33
            while let key = terminal.readKey(waiting: wait) {
                wait = 0
                seen.version = -1
                if key == .resize {
                    terminal.forget()
                    continue
                }
                for effect in take(key) {
                    isOver = perform(effect, &terminal) || isOver
                    // The next key, which may be waiting already, has to meet the lanes as they are now.
                    if !model.isFrozen || effect.changesLanes { take(at: MonotonicClock.now()) }
                }
            }
        }
    }

    /// Whether nothing has happened for a while: then fewer turns will do.
    private var isQuiet: Bool { ticked > moved + 3_000_000_000 }

    /// Changes the model by a key.
    private mutating func take(_ key: Key) -> [Effect] {
        defer {
            // Also while frozen: empty, they would say that nothing was answered.
            if model.screen == .statistics, model.routes.isEmpty { takeRoutes() }
            takeExchanges()
        }
        if case .mouse(let mouse) = key { return model.prompt == nil ? model.point(mouse, on: frame) : [] }
        if case .paste(let paste) = key { return model.paste(paste) }
        if model.prompt != nil, key != .control("c") {
            // The palette may choose what needs them.
            if case .palette = model.prompt, key == .enter { takeExchanges(always: true) }
            return model.type(key)
        }
        guard let action = Keymap.action(for: key, on: model.screen) else {
            model.message = "\(key.name(model.glyphs)) does nothing here. ? shows the keys."
            return []
        }
        // What is sent again or copied has to be at hand, whatever screen is open.
        if [.edit, .copy].contains(action) { takeExchanges(always: true) }
        return model.update(action)
    }

    /// Shows a frame, unless it would be the last one again.
    private mutating func draw(on terminal: inout Terminal) {
        let size = terminal.size
        let isSame =
            seen == drawn.seen && size == drawn.size && model.replay == drawn.replay
            && model.transport == drawn.transport
        guard !isSame || seen.version == -1 else { return }
        model.page = max(1, size.height - 8)
        model.columns = size.width
        frame = Screens.frame(model, width: size.width, height: size.height)
        // Else whoever went to the end would have to come back as far as he asked for.
        if let limit = frame.scrollLimit { model.scroll = min(model.scroll, limit) }
        // A terminal that is still busy with the last frame is given this one, or a newer one, at the next turn.
        guard terminal.show(frame) else { return }
        drawn = (seen, size, model.replay, model.transport)
        if seen.version == -1 { seen.version = -3 }
    }

    /// Takes what is known now, unless the picture is held still.
    private mutating func refresh() {
        let now = MonotonicClock.now()
        model.advance(by: now - min(now, ticked))
        ticked = now
        model.replay = host?.desk.replay?.progress
        let recorder = source.recorderStatus
        if let problem = recorder?.problem, model.recorder?.problem != problem {
            model.message = "The recording: \(problem)."
        }
        model.recorder = recorder
        lookAtCost(now)
        guard !model.isFrozen, isNews(at: now) else { return }
        take(at: now)
    }

    /// Once a second: what part of the process's time the inspection takes.
    private mutating func lookAtCost(_ now: UInt64) {
        guard now >= (cost?.time ?? 0) + 1_000_000_000, let next = source.cost(screen: screenTime) else { return }
        if let cost { model.ownCost = next.part(since: cost) }
        cost = next
        model.thinning = source.thinning
    }

    /// Takes what is known now.
    private mutating func take(at now: UInt64) {
        model.now = now
        model.lanes = source.laneModels(now: now)
        model.focus = source.focus
        model.marks = source.marks
        model.service = source.service
        model.output = book.lines
        model.refilter()
        takeRoutes()
        takeExchanges()
        // Once a second: it goes through hundreds of traces.
        if now >= foundAt + 1_000_000_000 || model.lanes.count != foundLanes {
            foundAt = now
            foundLanes = model.lanes.count
            model.setFindings(source.findings(now: now, isASCII: model.glyphs == .ascii))
        }
    }

    /// Takes heads and bodies of the current request while they are looked at, or when something is done with them.
    private mutating func takeExchanges(always: Bool = false) {
        guard always || model.screen == .details else { return }
        model.exchanges = model.current.map(source.exchanges(of:)) ?? [:]
    }

    /// Takes the routes' numbers while they are shown, and lets go of them then: a copy that is held makes the fold copy
    /// what it counts next.
    private mutating func takeRoutes() {
        model.routes = model.screen == .statistics ? source.routes : [:]
    }

    /// Whether a frame would differ: something happened, something is pending and grows, or the threads' last seconds
    /// still move.
    ///
    /// Else once a second will do, for the rates.
    private mutating func isNews(at now: UInt64) -> Bool {
        let version = source.version
        let isMoving = model.lanes.contains { lane in
            lane.statistics.inFlight + (lane.load.map { $0.busy + $0.queued } ?? 0) > 0
                || lane.traces.suffix(64).contains { $0.lastTime(until: now) + model.threadsReach > now }
        }
        let printed = book.count
        if version != seen.version || isMoving || printed != seenLines { moved = now }
        seenLines = printed
        // The rates go down while nothing happens, until a minute has gone by.
        let isSettled = now > moved + 65_000_000_000
        guard moved == now || (!isSettled && now > seen.time + 1_000_000_000) else { return false }
        seen = (version, now)
        return true
    }

    /// Does what the model asks for; true when the dashboard is to end.
    @discardableResult
    private mutating func perform(_ effect: Effect, _ terminal: inout Terminal) -> Bool {
        do {
            switch effect {
            case .host(let effect): try host?.perform(effect, traffic)
            case .console(.copy(let text)): terminal.copy(text)
            case .console(.export(let choice)): export(choice, &terminal)
            case .console(.setMouse(let uses)): terminal.setMouse(uses)
            case .console(.quit): return true
            }
        } catch let error as RecordedRequest.Refusal {
            model.message = "It cannot be sent: \(error.reason)."
        } catch {
            model.message = "\(error)"
        }
        return false
    }

    private mutating func export(_ choice: ExportChoice, _ terminal: inout Terminal) {
        let folder = FileManager.default.currentDirectoryPath
        guard choice.form != .screen else {
            model.message = nil
            let picture = Screens.frame(model.redacted, width: frame.width, height: frame.height)
            model.message = ScreenExport.write(picture, terminal.theme, screen: model.screen, into: folder)
            return
        }
        model.message = TraceExport(model, source).write(choice, into: folder)
    }
}
