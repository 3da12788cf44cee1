// The dashboard's loop: reads keys, performs effects, takes what is known, shows a frame. Main thread only.

internal import Foundation
internal import Glibc
internal import InspectorCore

/// Runs the dashboard on a host until the user leaves.
struct Console {
    private let host: Host
    private let traffic: TrafficSource
    private var model: Model
    /// What the fold's version was when the model was made last, and when that was.
    private var seen = (version: -1, time: UInt64(0))

    /// When findings were looked for last, and among how many lanes.
    private var foundAt: UInt64 = 0
    private var foundLanes = 0

    /// What the frame on the screen was made of.
    private var drawn = (
        seen: (version: -2, time: UInt64(0)), size: (width: 0, height: 0), replay: ReplayProgress?.none
    )

    init(_ host: Host, traffic: TrafficSource) {
        self.host = host
        self.traffic = traffic
        let now = MonotonicClock.now()
        model = Model(app: host.app.name, url: host.url, lanes: host.laneModels(now: now), now: now)
        model.trafficFile = traffic.name
        model.message = traffic.problem ?? host.portNote
    }

    /// Shows the dashboard on `terminal` until it is left, or a signal asks for it.
    mutating func run(on terminal: inout Terminal, caught: CaughtOutput?, replayAtOnce: Bool) {
        model.glyphs = terminal.isUTF8 ? .unicode : .ascii
        if replayAtOnce { perform(.startReplay) }
        var isOver = false
        while !isOver, CrashGuard.stopSignal == nil {
            // A hosted view may await the main actor, whose queue this thread has to drain.
            _ = RunLoop.main.run(mode: .default, before: Date())
            refresh(caught)
            draw(on: &terminal)
            var wait = 33
            while let key = terminal.readKey(waiting: wait) {
                wait = 0
                seen.version = -1
                if key == .resize {
                    terminal.forget()
                } else if model.input != nil, key != .control("c") {
                    model.type(key)
                } else if let action = Keymap.action(for: key) {
                    let effects = model.update(action)
                    // Also while frozen: empty, they would say that nothing was answered.
                    if model.screen == .statistics, model.routes.isEmpty { takeRoutes() }
                    for effect in effects {
                        isOver = perform(effect) || isOver
                        // The next key, which may be waiting already, has to meet the lanes as they are now.
                        if !model.isFrozen || effect.changesLanes { take(at: MonotonicClock.now(), caught) }
                    }
                } else {
                    model.message = "\(key.name(model.glyphs)) does nothing here. ? shows the keys."
                }
            }
        }
    }

    /// Shows a frame, unless it would be the last one again.
    private mutating func draw(on terminal: inout Terminal) {
        let size = terminal.size
        let isSame = seen == drawn.seen && size == drawn.size && model.replay == drawn.replay
        guard !isSame || model.isFrozen || seen.version == -1 else { return }
        drawn = (seen, size, model.replay)
        model.page = max(1, size.height - 8)
        terminal.show(Screens.frame(model, width: size.width, height: size.height))
    }

    /// Takes what is known now, unless the picture is held still.
    private mutating func refresh(_ caught: CaughtOutput?) {
        let now = MonotonicClock.now()
        model.replay = host.replay?.progress
        guard !model.isFrozen, isNews(at: now) else { return }
        take(at: now, caught)
    }

    /// Takes what is known now.
    private mutating func take(at now: UInt64, _ caught: CaughtOutput?) {
        model.now = now
        model.lanes = host.laneModels(now: now)
        model.focus = host.focus
        model.output = caught?.lines ?? []
        model.refilter()
        takeRoutes()
        // Once a second: it goes through hundreds of traces.
        if now >= foundAt + 1_000_000_000 || model.lanes.count != foundLanes {
            foundAt = now
            foundLanes = model.lanes.count
            model.setFindings(host.findings(now: now, isASCII: model.glyphs == .ascii))
        }
    }

    /// Takes the routes' numbers while they are shown, and lets go of them then: a copy that is held makes the fold copy
    /// what it counts next.
    private mutating func takeRoutes() {
        model.routes = model.screen == .statistics ? host.reader.look(\.routes.all) : [:]
    }

    /// Whether a frame would differ: something happened, something is pending and grows, or the threads' last seconds
    /// still move.
    ///
    /// Else twice a second will do, for the rates.
    private mutating func isNews(at now: UInt64) -> Bool {
        let version = host.reader.look(\.version)
        let isMoving = model.lanes.contains { lane in
            lane.statistics.inFlight + lane.load.busy + lane.load.queued > 0
                || lane.traces.last.map { $0.lastTime(until: now) + ThreadsScreen.window > now } == true
        }
        guard version != seen.version || isMoving || now > seen.time + 500_000_000 else { return false }
        seen = (version, now)
        return true
    }

    /// Does what the model asks for; true when the dashboard is to end.
    @discardableResult
    private mutating func perform(_ effect: Effect) -> Bool {
        do {
            switch effect {
            case .setMode(let mode): host.setMode(mode)
            case .setSideBySide(true): try host.showSideBySide([.sync, .async])
            case .setSideBySide(false): host.showOne()
            case .setFocus(let index): host.setFocus(index)
            case .setWorkers(let count): host.setWorkers(count)
            case .setMirrorsUnsafe(let mirrors): host.setMirrorsUnsafe(mirrors)
            case .burst: try host.send(.burst(32, target: host.app.showcase), isReplay: false)
            case .startReplay:
                switch traffic.plan {
                case .success(let plan): try host.send(plan, isReplay: true)
                case .failure(let error): model.message = "\(error)"
                }
            case .stopReplay: host.replay?.stop()
            case .quit: return true
            }
        } catch {
            model.message = "\(error)"
        }
        return false
    }
}
