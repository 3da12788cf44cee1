// What an action makes of the model. Pure: the effects are only named here.

internal import InspectorCore

extension Model {
    /// Changes the model by `action`, and names what has to be done outside it.
    ///
    /// What cannot be done now says why in `message`.
    package mutating func update(_ action: Action) -> [Effect] {
        message = nil
        if recording != nil, !action.isOfRecording {
            message = "This is a recording: nothing is served. inspector replay sends its requests again."
            return []
        }
        if recording == nil, isFrozen,
            [.toggleMode, .toggleNative, .toggleSideBySide, .moreWorkers, .fewerWorkers].contains(action)
        {
            message = "The picture is held: \(Key.character(" ").name(glyphs: settings.glyphs)) goes on first."
            return []
        }
        switch action {
        case .toggleMode: return toggleMode()
        case .toggleNative: return toggleNative()
        case .toggleSideBySide: return toggleSideBySide()
        case .moreWorkers: return changeWorkers(by: 1)
        case .fewerWorkers: return changeWorkers(by: -1)
        case .mirrorUnsafe: return toggleMirroring()
        case .burst:
            view.question = 0
            return burst()
        case .replay: return toggleReplay()
        case .pause, .stepOne, .seekBack, .seekForward, .halfSpeed, .doubleSpeed: return control(action: action)
        case .resend: return resend()
        case .edit: edit()
        case .copy: return copy()
        case .service: openService()
        case .freeze: freezeOrGoOn()
        case .slower: slower()
        case .faster: faster()
        case .earlier where screen == .statistics: shiftRoutes(-1)
        case .later where screen == .statistics: shiftRoutes(1)
        case .sortBefore: sort(by: -1)
        case .sortAfter: sort(by: 1)
        case .invertOrder: invertOrder()
        case .columns: prompt = .columns(ColumnsPanel())
        case .mark: return toggleMark()
        case .tour: toggleTour()
        case .files: return [.console(.listFiles)]
        case .copyBody: return copyBody()
        case .questions: prompt = .questions(QuestionPanel())
        case .onlyMarked: toggleOnlyMarked()
        case .comment: openComment()
        case .compare: compare()
        case .nextHit: goToNext(1)
        case .hitBefore: goToNext(-1)
        case .halfPageUp: move(-max(1, view.page / 2))
        case .halfPageDown: move(max(1, view.page / 2))
        case .earlier: if screen == .waterfall, transport?.request == nil { moveCursor(-1) } else { step(-1) }
        case .later: if screen == .waterfall, transport?.request == nil { moveCursor(1) } else { step(1) }
        case .zoomIn: zoom(in: true)
        case .zoomOut: zoom(in: false)
        case .zoomWhole: if screen == .lanes { view.reach = nil } else { view.waterfall.window = nil }
        case .leaveQueueOut:
            view.waterfall.choice = !WaterfallGeometry(model: self).leavesQueueOut
            view.waterfall.window = nil
            view.waterfall.cursor = nil
        case .nextPanel: return next()
        case .axis:
            view.axis = axis == .sending ? .clock : .sending
            message =
                axis == .clock
                ? "Bars stand at their time on the clock, newest at the right."
                : "Bars begin where each request was sent, as far as that is known."
        case .up: move(-1)
        case .down: move(1)
        case .pageUp: move(-view.page)
        case .pageDown: move(view.page)
        case .first: goFirst()
        case .last: goLast()
        case .open: return open()
        case .back:
            if isExporting { return [.console(.stopExport)] }
            back()
        case .details: openDetails()
        case .threads: show(.threads)
        case .findings:
            view.finding = 0
            show(.findings)
        case .statistics: show(.statistics)
        case .window:
            view.window = view.window.next
            message = "Percentiles, counts and shares are of \(view.window.phrase)."
        case .clear:
            view.selected = nil
            view.finding = 0
            view.compared = nil
            view.question = 0
            notes = [:]
            view.onlyMarked = false
            message = "Cleared: numbers and requests begin anew. What is recorded stays."
            return [.host(.clear)]
        case .output: show(.output)
        case .filter: openFilter()
        case .toggleFilter: toggleFilter()
        case .export: prompt = .export(ExportPanel())
        case .toggleMouse:
            settings.usesMouse.toggle()
            message =
                settings.usesMouse
                ? "The mouse selects, scrolls and drags now; with shift the terminal selects text."
                : "The mouse is the terminal's again."
            return [.console(.setMouse(settings.usesMouse))]
        case .palette: prompt = .palette(Palette())
        case .help: show(.help)
        case .quit: return [.console(.quit)]
        }
        return []
    }

    private mutating func zoom(in isIn: Bool) {
        if screen == .threads {
            let reach = isIn ? view.threadsReach / 2 : view.threadsReach * 2
            guard (250_000_000...64_000_000_000).contains(reach) else {
                message = "The threads show from a quarter of a second to a minute."
                return
            }
            view.threadsReach = reach
        } else if screen == .lanes {
            zoomClock(in: isIn)
        } else {
            zoomWaterfall(in: isIn)
        }
    }

    private mutating func next() -> [Effect] {
        if screen == .waterfall {
            nextPanel()
            return []
        }
        guard isSideBySide else {
            message = "There is one lane. s shows two side by side."
            return []
        }
        if let recording {
            known.focus = (known.focus + 1) % known.lanes.count
            message = "The \(known.lanes[known.focus].name) lane of \(recording) has the keys."
            return []
        }
        return toggleMode()
    }

    // MARK: Places

    private mutating func move(_ rows: Int) {
        switch screen {
        case .findings: view.finding = max(0, min(view.finding + rows, known.findings.count - 1))
        case .waterfall: moveRow(rows)
        case .lanes: select(rows)
        case .statistics: moveRoute(rows)
        // The newest line stands at the foot: up goes back.
        case .output: view.scroll = max(0, view.scroll - rows)
        default: view.scroll = max(0, view.scroll + rows)
        }
    }

    private mutating func select(_ rows: Int) {
        let all = listed
        guard !all.isEmpty else {
            message =
                matching == nil && !view.onlyMarked
                ? "There is no request yet. Press b for a burst, or open \(known.url)."
                : "Nothing is chosen of them. x shows all, M those without a mark too."
            return
        }
        let isByNumber = view.order.isByNumber
        let place =
            view.selected.flatMap { number in
                all.firstIndex(of: number) ?? all.firstIndex { $0 >= number && isByNumber }
            }
            ?? (isByNumber ? all.count - 1 : 0)
        // The first step from following selects the newest itself; sorted otherwise, what stands at the head.
        let isFirst = view.selected == nil && (rows < 0 || !isByNumber)
        let target = isFirst ? place : place + rows
        guard target < all.count || !isByNumber else {
            view.selected = nil
            view.row = nil
            return
        }
        let held = max(0, min(target, all.count - 1))
        select(all[held], at: held, from: isFirst ? held : place)
    }

    /// Selects the request at `target`; the list stays where it is as far as that can be seen.
    mutating func select(_ number: UInt64, at target: Int, from place: Int) {
        if let row = view.row { view.row = max(0, row + target - max(0, place)) }
        view.selected = number
    }

    private mutating func goFirst() {
        switch screen {
        case .findings: view.finding = 0
        case .statistics: moveRoute(-1_000_000)
        case .waterfall: moveRow(-1_000_000)
        case .lanes:
            view.selected = listed.first
            view.row = 0
        case .output: view.scroll = 1_000_000
        default: view.scroll = 0
        }
    }

    private mutating func goLast() {
        switch screen {
        case .findings: view.finding = max(0, known.findings.count - 1)
        case .statistics: moveRoute(1_000_000)
        case .waterfall: moveRow(1_000_000)
        case .lanes:
            view.selected = view.order.isByNumber ? nil : listed.last
            view.row = nil
        case .output: view.scroll = 0
        default: view.scroll = 1_000_000
        }
    }

    private mutating func open() -> [Effect] {
        switch screen {
        case .findings:
            guard known.findings.indices.contains(view.finding) else {
                message = "There is no finding to open."
                return []
            }
            openWaterfall(of: known.findings[view.finding].example.number)
        case .lanes:
            guard let current else {
                guard allNumbers.isEmpty, recording == nil, known.replay.map(\.isOver) ?? true else {
                    message = "There is no request to open."
                    return []
                }
                return showFirst()
            }
            openWaterfall(of: current)
        case .waterfall: if !openHolder() { openDetails() }
        case .statistics: openRoute()
        default: message = "A waterfall is opened from the list of requests: esc goes back to it."
        }
        return []
    }

    /// Opens the waterfall of a request, at its beginning and whole.
    mutating func openWaterfall(of number: UInt64) {
        view.compared = view.compared?.second == nil ? view.compared : nil
        if view.opened != number {
            view.waterfall = WaterfallView()
        }
        view.opened = number
        // From one waterfall to another it stays open.
        if screen != .waterfall { show(.waterfall) }
    }

    /// Opens the request that held up what the selected row tells of; false where none did.
    private mutating func openHolder() -> Bool {
        guard let row = view.waterfall.row,
            let panel = WaterfallGeometry(model: self).focused(view: view.waterfall), let span = panel.trace[row],
            let holder = panel.trace.holder(of: span, until: known.now)
        else { return false }
        guard known.lanes.contains(where: { $0.id == holder.request.lane && $0[holder.request.number] != nil }) else {
            message = "\(holder.request), which held it up, is no longer kept."
            return true
        }
        openWaterfall(of: holder.request.number)
        message = "This is what held #\(panel.trace.id.number) up."
        return true
    }

    private mutating func openDetails() {
        guard let current else {
            message = "There is no request yet. Press b for a burst, or open \(known.url)."
            return
        }
        view.opened = current
        show(.details)
    }

    private mutating func back() {
        if screen == .waterfall, endPlaying() { return }
        if screen == .waterfall, view.waterfall.cursor != nil || view.waterfall.row != nil {
            view.waterfall.cursor = nil
            view.waterfall.row = nil
            return
        }
        view.scroll = 0
        if leaveRoute() { return }
        if view.screens.count > 1 {
            view.screens.removeLast()
        } else {
            view.selected = nil
            view.row = nil
        }
        if !view.screens.contains(.waterfall), !view.screens.contains(.details) { view.opened = nil }
    }

    mutating func show(_ screen: ScreenName) {
        view.scroll = 0
        if screen != .waterfall { _ = endPlaying() }
        if self.screen == screen {
            if view.screens.count > 1 { view.screens.removeLast() }
            return
        }
        view.screens.removeAll { $0 == screen }
        view.screens.append(screen)
    }

    // MARK: The filter

    private mutating func openFilter() {
        if screen == .help {
            prompt = .search("")
            return
        }
        guard screen == .lanes else {
            message = "A filter chooses requests of the list: esc goes back to it."
            return
        }
        prompt = .filter(FilterInput(text: isFilterOn ? filter?.text ?? "" : ""))
    }

    private mutating func toggleFilter() {
        guard filter != nil else {
            message = "There is no filter yet. / types one."
            return
        }
        isFilterOn.toggle()
        refilter()
        message = isFilterOn ? nil : "All requests are shown. x turns the filter on again."
    }
}
