// The dashboard's loop: reads keys, performs effects, takes what is known, shows a frame. Main thread only.

internal import Foundation
internal import Glibc
internal import InspectorCore

/// Runs the dashboard on a host until the user leaves.
struct Console {
    private let source: any DashboardSource
    /// What serves; nil while a recording is open.
    private let host: Host?
    private var traffic: TrafficSource
    private let book: OutputBook
    private var model: Model
    /// The frame on the screen, for what the mouse points at.
    private var frame = Frame(width: 0, height: 0)
    /// When time was last let go by, for what is played.
    private var ticked: UInt64 = 0
    private var redraw = Redraw()
    /// The export that runs.
    private var export: ExportJob?

    /// What the inspection had cost when that was looked at last, and the processor time of drawing until now, in ns.
    private var cost: OwnCost.Sample?
    private var screenTime: UInt64 = 0

    /// When findings were looked for last, and among how many lanes.
    private var foundAt: UInt64 = 0
    private var foundLanes = 0
    private var foundWindow = TimeWindow.minute

    /// - Parameter redaction: what is taken out of what is copied and exported.
    init(
        host: Host, traffic: TrafficSource, book: OutputBook, usesMouse: Bool, redaction: Redaction = .standard,
        problems: [String]
    ) {
        self.init(source: host, host: host, traffic: traffic, book: book, usesMouse: usesMouse)
        model.settings.redaction = redaction
        model.known.trafficFile = traffic.name
        model.known.modelWords = traffic.options.model?.shortWords(plan: traffic.plan)
        model.message = problems.first ?? traffic.problems.first ?? host.portNote
        // As in Flask (`Flask: app.py log_exception`), an error that nobody handled is a line of the output.
        host.reader.onFinish { trace in
            for error in trace.unhandledWords {
                book.add(
                    OutputLine(
                        time: trace.done ?? trace.began, text: error, isError: true, request: trace.id, isLogged: true))
            }
        }
    }

    /// Opens a recording: held, and played from its beginning.
    init(
        opening recording: OpenedSource, book: OutputBook, usesMouse: Bool, redaction: Redaction = .standard,
        problems: [String]
    ) {
        self.init(source: recording, host: nil, traffic: TrafficSource.none, book: book, usesMouse: usesMouse)
        model.settings.redaction = redaction
        model.known.now = recording.range.upperBound
        model.notes = recording.notes
        // A recording is looked at as a whole, whenever it was.
        model.view.window = .all
        model.moment = .recording(
            file: recording.url,
            Transport(at: recording.range.lowerBound, in: recording.range, isPlaying: true, speed: 1))
        model.known.overview = Overview(lanes: model.known.lanes, range: recording.range, now: model.known.now)
        model.setFindings(recording.findings(window: .all, now: model.known.now, isASCII: false))
        model.message = problems.first ?? recording.note
    }

    private init(
        source: any DashboardSource, host: Host?, traffic: TrafficSource, book: OutputBook, usesMouse: Bool
    ) {
        self.source = source
        self.host = host
        self.traffic = traffic
        self.book = book
        let now = MonotonicClock.now()
        model = Model(app: source.appName, url: source.url, lanes: source.laneModels(now: now), now: now)
        model.settings.usesMouse = usesMouse
        source.takeControls(into: &model.known)
    }

    /// Shows the dashboard on `terminal` until it is left, or a signal asks for it.
    mutating func run(on terminal: inout Terminal, characters: Settings.Characters, replayAtOnce: Bool) {
        switch characters {
        case .auto: model.settings.glyphs = terminal.isUTF8 ? .unicode : .ascii
        case .unicode: model.settings.glyphs = .unicode
        case .ascii: model.settings.glyphs = .ascii
        }
        terminal.setMouse(model.settings.usesMouse)
        if let note = terminal.note { model.message = [note, model.message].compactMap { $0 }.joined(separator: " ") }
        if replayAtOnce {
            if model.message == nil, let file = traffic.name { model.tellReplay(file) }
            perform(.host(.startReplay(atBusyPart: false)), terminal: &terminal)
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
            if isOver { export?.stop() }
            var wait = redraw.isQuiet(at: ticked) ? 50 : model.known.thinning > 1 ? 100 : 33
            while let key = terminal.readKey(waiting: wait) {
                wait = 0
                redraw.press()
                if key == .resize {
                    terminal.forget()
                    continue
                }
                for effect in take(key) {
                    isOver = perform(effect, terminal: &terminal) || isOver
                    // The next key, which may be waiting already, has to meet the lanes as they are now.
                    if !model.isFrozen || effect.changesLanes { take(at: MonotonicClock.now()) }
                }
            }
        }
    }

    /// Changes the model by a key.
    private mutating func take(_ key: Key) -> [Effect] {
        defer {
            // Also while frozen: empty, they would say that nothing was answered.
            if model.screen == .statistics, model.known.routes.isEmpty { takeRoutes() }
            takeExchanges()
        }
        if model.needsExchanges(for: key) { takeExchanges(always: true) }
        return model.handle(key, on: frame)
    }

    /// Shows a frame, unless it would be the last one again.
    private mutating func draw(on terminal: inout Terminal) {
        let size = terminal.size
        guard redraw.wantsFrame(width: size.width, height: size.height, model: model) else { return }
        model.view.page = max(1, size.height - 8)
        model.view.columns = size.width
        frame = Screens.frame(model: model, width: size.width, height: size.height)
        // Else whoever went to the end would have to come back as far as he asked for.
        if let limit = frame.scrollLimit { model.view.scroll = min(model.view.scroll, limit) }
        // The selected request stays in the row in which it is seen.
        if model.screen == .lanes { model.view.row = frame.selectedRow }
        // A terminal that is still busy with the last frame is given this one, or a newer one, at the next turn.
        guard terminal.show(frame) else { return }
        redraw.drew(width: size.width, height: size.height, model: model)
    }

    /// Takes what is known now, unless the picture is held still.
    private mutating func refresh() {
        let now = MonotonicClock.now()
        model.advance(by: now - min(now, ticked))
        ticked = now
        source.takeControls(into: &model.known)
        let recorder = source.recorderStatus
        if let problem = recorder?.problem, model.known.recorder?.problem != problem {
            model.message = "The recording: \(problem)."
        }
        model.known.recorder = recorder
        let exporter = source.exporterStatus
        if let problem = exporter?.problem, model.known.exporter?.problem != problem {
            model.message = "The collector: \(problem)."
        }
        model.known.exporter = exporter
        showExport()
        lookAtCost(now)
        guard !model.isFrozen else { return }
        let turn = Redraw.Turn(now: now, version: source.version, lines: book.count, isMoving: isMoving(at: now))
        if redraw.wantsModel(turn) { take(at: now) }
    }

    /// Once a second: what part of the process's time the inspection takes.
    private mutating func lookAtCost(_ now: UInt64) {
        guard now >= (cost?.time ?? 0) + 1_000_000_000, let next = source.cost(screen: screenTime) else { return }
        if let cost { model.known.ownCost = next.part(since: cost) }
        cost = next
        model.known.thinning = source.thinning
    }

    /// Takes what is known now.
    private mutating func take(at now: UInt64) {
        model.known.now = now
        model.known.lanes = source.laneModels(now: now)
        source.takeControls(into: &model.known)
        model.known.output = book.lines
        if now >= model.known.overview?.range.upperBound.addingSaturated(Overview.age) ?? 0 {
            model.known.overview = nil
            model.known.overview = Overview(lanes: model.known.lanes, range: model.keptRange, now: now)
        }
        model.refilter()
        model.advanceTour()
        takeRoutes()
        takeExchanges()
        // Once a second: it goes through hundreds of traces.
        if now >= foundAt + 1_000_000_000 || model.known.lanes.count != foundLanes || foundWindow != model.view.window {
            foundAt = now
            foundWindow = model.view.window
            foundLanes = model.known.lanes.count
            model.setFindings(
                source.findings(window: model.view.window, now: now, isASCII: model.settings.glyphs == .ascii))
        }
    }

    /// Takes heads and bodies of the current request while they are looked at, or when something is done with them.
    private mutating func takeExchanges(always: Bool = false) {
        guard always || model.screen == .details else { return }
        model.known.exchanges = model.current.map(source.exchanges(of:)) ?? [:]
    }

    /// Takes the routes' numbers while they are shown, and releases them afterwards: a copy that is held makes the fold copy
    /// what it counts next.
    private mutating func takeRoutes() {
        model.known.routes = model.screen == .statistics ? source.routes : [:]
    }

    /// Whether something is pending and grows, or the threads' last seconds still move.
    private func isMoving(at now: UInt64) -> Bool {
        model.known.lanes.contains { lane in
            lane.statistics.inFlight + (lane.load.map { $0.busy + $0.queued } ?? 0) > 0
                || lane.traces.suffix(64).contains { $0.lastTime(until: now) + model.view.threadsReach > now }
        }
    }

    /// Does what the model asks for; true when the dashboard is to end.
    @discardableResult
    private mutating func perform(_ effect: Effect, terminal: inout Terminal) -> Bool {
        do {
            switch effect {
            case .host(let effect):
                try host?.perform(effect, traffic: traffic)
                // The next key has to meet what is, held picture or not.
                source.takeControls(into: &model.known)

            case .console(.copy(let text)): terminal.copy(text)
            case .console(.export(let choice)): export(choice, terminal: &terminal)
            case .console(.listFiles):
                let folder = FileManager.default.currentDirectoryPath
                model.prompt = .files(FilesPanel(folder: folder, entries: TrafficFolder.entries(folder: folder)))
                describeFile()
            case .console(.describeFile): describeFile()
            case .console(.replayFile(let path)): try replay(path)
            case .console(.stopExport): export?.stop()
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

    /// Says what is in the file that is chosen in the list.
    private mutating func describeFile() {
        guard case .files(var panel) = model.prompt, let chosen = panel.chosen else { return }
        panel.words = TrafficFolder.words(of: chosen)
        model.prompt = .files(panel)
    }

    /// Replays another file from now on, and at once.
    private mutating func replay(_ path: String) throws {
        let other = try TrafficSource(files: [path], options: traffic.options)
        guard !other.plan.items.isEmpty else {
            model.message = "\(path) holds no request that can be replayed: inspector plan says why."
            return
        }
        traffic = other
        TrafficFolder.remember(path)
        model.known.trafficFile = other.name
        model.tellReplay(path)
        try host?.perform(.stopReplay, traffic: traffic)
        try host?.perform(.startReplay(atBusyPart: false), traffic: traffic)
        source.takeControls(into: &model.known)
    }

    private mutating func export(_ choice: ExportChoice, terminal: inout Terminal) {
        let folder = FileManager.default.currentDirectoryPath
        guard choice.form != .screen else {
            model.message = nil
            let picture = Screens.frame(model: model.redacted, width: frame.width, height: frame.height)
            model.message = ScreenExport.write(picture, theme: terminal.theme, screen: model.screen, into: folder)
            return
        }
        guard export == nil else {
            model.message = "An export is being written; esc stops it."
            return
        }
        let writer = TraceExport(choice, model: model, source: source)
        do throws(ThreadError) {
            let job = try ExportJob(total: writer.numbers.count) { writer.write(into: folder, goesOn: $0) }
            export = job
            model.isExporting = true
            showExport()
        } catch {
            model.message = "\(error)"
        }
    }

    /// Says how far an export is, and what came of it when it is over.
    private mutating func showExport() {
        guard let export else { return }
        let (done, result) = export.progress
        if let result {
            self.export = nil
            model.isExporting = false
            model.message = result
        } else {
            let words = done < export.total ? "\(done) of \(export.total) requests" : "the file is written"
            model.message = "Exporting: \(words); esc stops it."
        }
        redraw.press()
    }
}
