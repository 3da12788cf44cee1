// What an action makes of the model. Pure: the effects are only named here.

internal import InspectorCore

extension Model {
    /// Changes the model by `action`, and names what has to be done outside it.
    ///
    /// What cannot be done now says why in `message`.
    package mutating func update(_ action: Action) -> [Effect] {
        message = nil
        switch action {
        case .toggleMode: return toggleMode()
        case .toggleNative: return toggleNative()
        case .toggleSideBySide:
            message = isSideBySide ? "One lane again." : "Sync and async side by side: what you send goes to both."
            return [.setSideBySide(!isSideBySide)]
        case .burst:
            let lanes = lanes.count > 2 ? "all lanes" : isSideBySide ? "both lanes" : "the \(laneName) lane"
            message = "32 requests sent to \(lanes)."
            return [.burst]
        case .replay: return toggleReplay()
        case .freeze:
            isFrozen.toggle()
            message = isFrozen ? "Frozen: collecting goes on behind it. space goes on." : nil
        case .up: move(-1)
        case .down: move(1)
        case .pageUp: move(-page)
        case .pageDown: move(page)
        case .first: goFirst()
        case .last: goLast()
        case .open: open()
        case .zoom:
            isZoomed.toggle()
            if screen != .waterfall {
                message = "Waterfalls \(isZoomed ? "begin where the queue ends" : "show the queue too") now."
            }
        case .back: back()
        case .threads: show(.threads)
        case .findings:
            finding = 0
            show(.findings)
        case .statistics: show(.statistics)
        case .filter:
            if screen != .lanes {
                message = "A filter chooses requests of the list: esc goes back to it."
            } else {
                input = FilterInput(text: isFilterOn ? filter?.text ?? "" : "")
            }
        case .toggleFilter:
            guard filter != nil else {
                message = "There is no filter yet. / types one."
                return []
            }
            isFilterOn.toggle()
            refilter()
            message = isFilterOn ? nil : "All requests are shown. x turns the filter on again."
        case .moreWorkers: return changeWorkers(by: 1)
        case .fewerWorkers: return changeWorkers(by: -1)
        case .mirrorUnsafe:
            mirrorsUnsafe.toggle()
            message =
                mirrorsUnsafe
                ? "Requests that change something go to every lane now, each of which makes the change for itself."
                : "Only requests that change nothing are given to the other lanes now."
            return [.setMirrorsUnsafe(mirrorsUnsafe)]
        case .output: show(.output)
        case .help: show(.help)
        case .quit: return [.quit]
        }
        return []
    }

    private var laneName: String { lanes.indices.contains(focus) ? lanes[focus].mode.rawValue : "only" }

    private mutating func toggleMode() -> [Effect] {
        guard lanes.indices.contains(focus) else { return [] }
        if isSideBySide {
            focus = (focus + 1) % lanes.count
            message = "The \(laneName) lane answers \(url) now. Press s for one lane whose mode you can change."
            return [.setFocus(focus)]
        }
        let mode: ExecutionMode = lanes[focus].mode == .sync ? .async : .sync
        message = "Requests run \(mode.rawValue) from now on; those in flight end as they began."
        return [.setMode(mode)]
    }

    private mutating func toggleNative() -> [Effect] {
        guard lanes.indices.contains(focus) else { return [] }
        if isSideBySide {
            message = "Several lanes are shown, each with its mode. Press s for one lane first."
            return []
        }
        let mode: ExecutionMode = lanes[focus].mode == .native ? .async : .native
        message = "Requests run \(mode.rawValue) from now on; those in flight end as they began."
        return [.setMode(mode)]
    }

    private mutating func changeWorkers(by step: Int) -> [Effect] {
        guard lanes.indices.contains(focus) else { return [] }
        let lane = lanes[focus]
        guard lane.mode != .native else {
            message = "A native lane has no workers: its requests run on the event loops."
            return []
        }
        let wanted = lane.load.workers + step
        guard (1...512).contains(wanted) else {
            message = "A lane has 1 to 512 workers; this one has \(lane.load.workers)."
            return []
        }
        message = "The \(laneName) lane has \(wanted) worker\(wanted == 1 ? "" : "s") now."
        return [.setWorkers(wanted)]
    }

    private mutating func toggleReplay() -> [Effect] {
        if let replay, !replay.isOver {
            message = "The replay was stopped; what is in flight is still answered."
            return [.stopReplay]
        }
        guard let trafficFile else {
            message = "No traffic file is at hand. Start with: inspector replay FILE.har"
            return []
        }
        message = "Replaying \(trafficFile) at its recorded pace. r stops it."
        return [.startReplay]
    }

    private mutating func move(_ rows: Int) {
        if screen == .findings {
            finding = max(0, min(finding + rows, findings.count - 1))
            return
        }
        guard screen == .lanes else {
            scroll = max(0, scroll + rows)
            return
        }
        let numbers = numbers
        guard !numbers.isEmpty else {
            message =
                matching == nil
                ? "There is no request yet. Press b for a burst, or open \(url)."
                : "The filter chooses none of them. x shows all."
            return
        }
        let place = selected.flatMap { number in numbers.firstIndex { $0 >= number } } ?? numbers.count - 1
        let isFollowing = selected == nil
        // The first step from following selects the newest itself.
        let target = isFollowing && rows < 0 ? place : place + rows
        selected = target >= numbers.count ? nil : numbers[max(0, min(target, numbers.count - 1))]
    }

    private mutating func goFirst() {
        if screen == .findings { finding = 0 }
        guard screen == .lanes else {
            scroll = 0
            return
        }
        selected = numbers.first
    }

    private mutating func goLast() {
        if screen == .findings { finding = max(0, findings.count - 1) }
        guard screen == .lanes else {
            scroll = 1_000_000
            return
        }
        selected = nil
    }

    private mutating func open() {
        if screen == .findings {
            guard findings.indices.contains(finding) else {
                message = "There is no finding to open."
                return
            }
            opened = findings[finding].example.number
            show(.waterfall)
            return
        }
        guard screen == .lanes else {
            message = "A waterfall is opened from the list of requests: esc goes back to it."
            return
        }
        guard let current else {
            message = "There is no request yet. Press b for a burst, or open \(url)."
            return
        }
        opened = current
        show(.waterfall)
    }

    private mutating func back() {
        scroll = 0
        if screens.count > 1 { screens.removeLast() } else { selected = nil }
        if !screens.contains(.waterfall) { opened = nil }
    }

    private mutating func show(_ screen: ScreenName) {
        scroll = 0
        if self.screen == screen {
            if screens.count > 1 { screens.removeLast() }
            return
        }
        screens.removeAll { $0 == screen }
        screens.append(screen)
    }
}
