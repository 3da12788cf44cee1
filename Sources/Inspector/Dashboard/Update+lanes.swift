// Actions on lanes and traffic: modes, workers, what is sent again, the simulated API.

internal import InspectorCore

extension Model {
    /// How a sentence calls the lanes on the screen.
    var laneWords: String {
        known.lanes.count > 2 ? "all lanes" : isSideBySide ? "both lanes" : "the \(laneName) lane"
    }

    private var laneName: String { known.lanes.indices.contains(known.focus) ? known.lanes[known.focus].name : "only" }

    mutating func toggleMode() -> [Effect] {
        guard known.lanes.indices.contains(known.focus) else { return [] }
        if isSideBySide {
            let next = (known.focus + 1) % known.lanes.count
            message =
                "The \(known.lanes[next].name) lane answers \(known.url) now. Press s for one lane whose mode you can "
                + "change."
            return [.host(.setFocus(next))]
        }
        let mode: ExecutionMode = known.lanes[known.focus].mode == .sync ? .async : .sync
        guard known.lanes[known.focus].modes.contains(mode) else { return refuseMode() }
        message = "Requests run \(mode.rawValue) from now on; those in flight end as they began."
        return [.host(.setMode(mode))]
    }

    private mutating func refuseMode() -> [Effect] {
        message = "The \(laneName) lane is not hosted here: its mode cannot be changed."
        return []
    }

    mutating func toggleNative() -> [Effect] {
        guard known.lanes.indices.contains(known.focus) else { return [] }
        if isSideBySide {
            let modes = known.lanes.compactMap(\.mode)
            guard modes.contains(.native) else {
                message = "A native lane is shown too: no worker is held there."
                return [.host(.show(modes + [.native]))]
            }
            let rest = modes.filter { $0 != .native }
            guard known.lanes[known.focus].mode != .native, rest.count > 0 else {
                message = "The native lane answers the address. S lets another one answer first."
                return []
            }
            message = "The native lane is left out."
            return [.host(.show(rest))]
        }
        let mode: ExecutionMode = known.lanes[known.focus].mode == .native ? .async : .native
        guard known.lanes[known.focus].modes.contains(mode) else { return refuseMode() }
        message = "Requests run \(mode.rawValue) from now on; those in flight end as they began."
        return [.host(.setMode(mode))]
    }

    mutating func toggleSideBySide() -> [Effect] {
        guard known.lanes.indices.contains(known.focus) else { return [] }
        if isSideBySide {
            message = "One lane again."
            return [.host(.showFocused)]
        }
        let own = known.lanes[known.focus].mode
        message =
            own == nil
            ? "The lanes side by side again." : "Side by side: what you send goes to all of them. l adds native."
        return [.host(.showOthersAgain([.sync, .async] + (own == .native ? [.native] : [])))]
    }

    mutating func changeWorkers(by step: Int) -> [Effect] {
        guard known.lanes.indices.contains(known.focus) else { return [] }
        let lane = known.lanes[known.focus]
        guard let workers = lane.load?.workers else {
            message =
                lane.mode == .native
                ? "A native lane has no workers: its requests run on the event loops."
                : "The workers of the \(laneName) lane are not ours to change."
            return []
        }
        let wanted = workers + step
        guard (1...512).contains(wanted) else {
            message = "A lane has 1 to 512 workers; this one has \(workers)."
            return []
        }
        message = "The \(laneName) lane has \(wanted) worker\(wanted == 1 ? "" : "s") now."
        return [.host(.setWorkers(wanted))]
    }

    mutating func toggleMirroring() -> [Effect] {
        let mirrors = !known.mirrorsUnsafe
        message =
            mirrors
            ? "Requests that change something go to every lane now, each of which makes the change for itself."
            : "Only requests that change nothing are given to the other lanes now."
        return [.host(.setMirrorsUnsafe(mirrors))]
    }

    mutating func toggleReplay() -> [Effect] {
        if let replay = known.replay, !replay.isOver, let trafficFile = known.trafficFile,
            Set(known.lanes.map(\.id)) != Set(replay.lanes)
        {
            message = "Replaying \(trafficFile.split(separator: "/").last ?? "") anew, to \(laneWords). r stops it."
            return [.host(.stopReplay), .host(.startReplay(atBusyPart: false))]
        }
        if let replay = known.replay, !replay.isOver {
            message = "The replay was stopped; what is in flight is still answered."
            return [.host(.stopReplay)]
        }
        guard let trafficFile = known.trafficFile else {
            message = "No traffic file is at hand. Start with: inspector replay FILE.har"
            return []
        }
        tellReplay(trafficFile)
        return [.host(.startReplay(atBusyPart: false))]
    }

    /// Sends what tells most, where there is no request yet: the traffic file from its busy part on, or a burst.
    mutating func showFirst() -> [Effect] {
        guard known.trafficFile != nil else { return burst() }
        message = "Traffic goes to \(laneWords), from its busiest seconds on. r stops it."
        return [.host(.startReplay(atBusyPart: true))]
    }

    /// Sends 32 requests at once: for the selected request's path, or that of the route which waits longest.
    mutating func burst() -> [Effect] {
        let target = burstTarget
        let of =
            target.map { " for \(TextWidth.fit(text: $0.madeVisible, width: 32, mark: settings.glyphs.more))" } ?? ""
        message = "32 requests\(of) sent to \(laneWords)."
        if screen == .lanes { message? += " \(Key.enter.name(glyphs: settings.glyphs)) opens one." }
        return [.host(.burst(target))]
    }

    /// What a burst asks for: only what changes nothing; nil for the app's own choice.
    private var burstTarget: String? {
        func isFit(_ trace: Trace) -> Bool { trace.summary.method == "GET" && (trace.status ?? 500) < 400 }
        if let selected = view.opened ?? selectedShown {
            return known.lanes.compactMap { $0[selected] }.first(where: isFit)?.summary.target
        }
        // Of the newest requests of each lane, by what they wait for: there the modes differ.
        let traces = known.lanes.flatMap { $0.traces.suffix(200) }.filter { $0.done != nil && isFit($0) }
        func waits(_ trace: Trace) -> UInt64 {
            trace.spans.filter(\.isOwnWait).map { $0.duration(until: known.now) }.sumSaturated()
        }
        let most = traces.max { waits($0) < waits($1) }
        return most.flatMap { waits($0) > 0 ? $0.summary.target : nil }
    }

    /// Says what a replay is that begins, and what its numbers are worth: lanes side by side slow each other down.
    package mutating func tellReplay(_ file: String) {
        let cores = known.lanes.count > 1 ? " The lanes share the cores; --headless gives a verdict." : ""
        message = "Replaying \(file.split(separator: "/").last ?? "").\(cores) r stops it."
    }

    /// Pauses, steps, moves or changes the speed of a replay, or of a recording that is open.
    mutating func control(action: Action) -> [Effect] {
        if recording != nil {
            switch action {
            case .pause: transport?.playOrPause()
            case .seekBack: seekKept(by: -0.05)
            case .seekForward: seekKept(by: 0.05)
            case .halfSpeed: slower()
            default: faster()
            }
            return []
        }
        if action == .seekBack || action == .seekForward, isFrozen || known.replay.map(\.isOver) ?? true {
            seekKept(by: action == .seekBack ? -0.05 : 0.05)
            return []
        }
        guard let replay = known.replay, !replay.isOver else {
            message = "No replay is running. r starts one."
            return []
        }
        switch action {
        case .pause:
            message =
                replay.isPaused ? nil : "The replay stands still; what is in flight goes on. p goes on, P sends one."
            return [.host(.pauseReplay)]
        case .stepOne: return [.host(.stepReplay)]
        case .seekBack, .seekForward:
            guard replay.length > 0 else {
                message = "All of it is due at once: there is no time to go through."
                return []
            }
            let step = action == .seekBack ? -0.05 : 0.05
            let part = max(0, min(1, Double(replay.time) / Double(replay.length) + step))
            let time = UInt64(saturating: part * Double(replay.length))
            message =
                "The replay goes on from \(TimeText.short(nanoseconds: time)) of "
                + "\(TimeText.short(nanoseconds: replay.length))."
            return [.host(.seekReplay(step))]
        default:
            let factor = action == .halfSpeed ? 0.5 : 2
            let speed = replay.speed(times: factor)
            message = "The replay runs \(TimeText.digits(value: speed, places: 2)) times as fast as recorded."
            return [.host(.speedReplay(factor))]
        }
    }

    mutating func openService() {
        guard known.service != nil else {
            message = "The app calls a real service (--upstream): only the simulated API can be changed here."
            return
        }
        prompt = .service(ServicePanel())
    }

    mutating func resend() -> [Effect] {
        guard let current else {
            message = "There is no request yet. Press b for a burst, or open \(known.url)."
            return []
        }
        message = "#\(current) is sent again to \(laneWords)."
        return [.host(.resend(current))]
    }

    /// Opens the editor on the current request; `exchanges` has to hold it.
    mutating func edit() {
        guard let current else {
            message = "There is no request yet. Press b for a burst, or open \(known.url)."
            return
        }
        guard let exchange = known.exchanges.values.first else {
            message = "What was sent with #\(current) is no longer kept."
            return
        }
        guard exchange.requestBody.isWhole else {
            message =
                "Only the first \(exchange.requestBody.bytes.count) bytes of its body are kept: it cannot be resent."
            return
        }
        prompt = .editor(RequestEditor(draft: exchange.draft))
    }

    /// Gives the body of the answer to the clipboard: of the lane that answers, or the first that has one.
    mutating func copyBody() -> [Effect] {
        guard let current else {
            message = "There is no request yet. Press b for a burst, or open \(known.url)."
            return []
        }
        let lanes = ([known.focus] + known.lanes.indices).filter(known.lanes.indices.contains).map {
            known.lanes[$0].id
        }
        let answers = lanes.compactMap { known.exchanges[$0] }
        guard let body = answers.first(where: { $0.status != nil })?.responseBody
        else {
            message = "What was answered to #\(current) is no longer kept."
            return []
        }
        guard let text = String(validating: body.bytes, as: UTF8.self) else {
            message = "The answer's \(body.bytes.count) bytes are no text; e writes them into a file, as HAR."
            return []
        }
        let clean = settings.redaction.text(text: text)
        message =
            "The body of the answer to #\(current) is on the clipboard, if the terminal lets programs write to it"
            + (body.isWhole ? "." : ": its first \(body.bytes.count) bytes, the rest is not kept.")
        return [.console(.copy(clean))]
    }

    mutating func copy() -> [Effect] {
        guard let current else {
            message = "There is no request yet. Press b for a burst, or open \(known.url)."
            return []
        }
        guard let exchange = known.exchanges.values.first else {
            message = "What was sent with #\(current) is no longer kept."
            return []
        }
        guard exchange.requestBody.isWhole else {
            message =
                "Only the first \(exchange.requestBody.bytes.count) bytes of its body are kept: no command can send it."
            return []
        }
        let (command, remarks) = command(for: exchange)
        message =
            (["#\(current) is on the clipboard as a curl command, if the terminal lets programs write to it."] + remarks)
            .joined(separator: " ")
        return [.console(.copy(command))]
    }
}
