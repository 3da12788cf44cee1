// The first line: which app, where it listens, which moment is shown, what was lost, what is filtered.

internal import InspectorCore

/// Draws the head of every screen.
struct HeadLine {
    private let model: Model
    private let glyphs: Glyphs

    init(model: Model) {
        self.model = model
        glyphs = model.settings.glyphs
    }

    func draw(on frame: inout Frame, rect: Rect) {
        var x = frame.put(" inspector ", x: rect.x, y: rect.y, role: .title)
        // On a narrow screen which moment is shown matters more than how the model spends its time.
        let isNarrow = rect.width < 110
        let words = model.known.modelWords.map { isNarrow ? String($0.prefix { $0 != ":" }) : $0 }
        let name = words ?? model.known.app
        x = frame.put(
            " \(name.madeVisible)  ", x: x, y: rect.y, role: model.known.modelWords == nil ? .strong : .mark, clip: rect
        )
        let moment = moment
        // The way to the help is always there; what finds no room beside it is left out whole, the least worthy first.
        let help = "? help "
        let right = rect.x + rect.width - help.count
        // Where it has to be short, an address says enough without its scheme.
        let url = model.known.url.madeVisible
        let short = url.hasPrefix("http://") ? String(url.dropFirst(7)) : url
        let fitting = [url, short].first {
            x + TextWidth.of(text: $0) + 2 + TextWidth.of(text: moment.text) < right
        }
        if let fitting { x = frame.put(fitting + "  ", x: x, y: rect.y, clip: rect) }
        let shown = TextWidth.fit(text: moment.text, width: max(0, right - x - 1), mark: glyphs.more)
        x = frame.put(shown + "  ", x: x, y: rect.y, role: moment.role, clip: rect)
        for item in items where x + TextWidth.of(text: item.text) <= right {
            x = frame.put(item.text + "  ", x: x, y: rect.y, role: item.role, clip: rect)
        }
        frame.put(help, x: right, y: rect.y, role: .faint, clip: rect)
    }

    /// What else is worth a word, in the order of its worth.
    private var items: [(text: String, role: Role)] {
        var items: [(text: String, role: Role)] = []
        if model.known.thinning > 1 {
            // What is not there must be said before anything else is.
            items.append(("1 in \(model.known.thinning) in detail", .warning))
        }
        let lost = model.known.lanes.reduce(0) { $0 + $1.lost.requests }
        if lost > 0 { items.append(("lost \(lost)", .bad)) }
        if model.known.spansLeftOut > 0 { items.append(("\(model.known.spansLeftOut) spans left out", .warning)) }
        if let filter = model.filter, let matching = model.matching {
            let all = model.allNumbers
            let count = "\(Numbers.common(left: all, right: matching).count) of \(all.count)"
            items.append(
                ("/ \(TextWidth.fit(text: filter.text.madeVisible, width: 30, mark: glyphs.more))  \(count)", .focus))
        }
        if model.view.onlyMarked { items.append(("only marked", .focus)) }
        if let recorder = model.known.recorder {
            let lost = recorder.lost > 0 ? ", \(recorder.lost) not" : ""
            items.append(("\(glyphs.record) rec \(recorder.written)\(lost)", recorder.lost > 0 ? .bad : .good))
        }
        if let exporter = model.known.exporter {
            let isWhole = exporter.lost == 0 && exporter.rejected == 0
            var text = "otlp \(exporter.sent)"
            if exporter.lost > 0 { text += ", \(exporter.lost) lost" }
            if exporter.rejected > 0 { text += ", \(exporter.rejected) spans refused" }
            // Who waits and is told why may still come through.
            if exporter.waiting > 0, exporter.problem != nil { text += ", \(exporter.waiting) wait" }
            items.append((text, !isWhole ? .bad : exporter.problem == nil ? .good : .warning))
        }
        if let service = model.known.service, service != UpstreamSettings() { items.append((service.words, .mark)) }
        let warnings = model.known.findings.count { $0.level == .warn }
        if warnings > 0 { items.append(("f: \(warnings) warning\(warnings == 1 ? "" : "s")", .warning)) }
        if lost == 0 { items.append(("lost 0", .faint)) }
        if let cost = model.known.ownCost {
            items.append(("own cost \(TimeText.digits(value: cost * 100, places: 1))%", .faint))
        }
        return items
    }

    /// Which moment is shown.
    private var moment: (text: String, role: Role) {
        let isASCII = glyphs == .ascii
        if let transport = model.transport, transport.request != nil {
            let at = TimeText.short(nanoseconds: transport.time - transport.range.lowerBound, isASCII: isASCII)
            let of = TimeText.short(
                nanoseconds: transport.range.upperBound - transport.range.lowerBound, isASCII: isASCII)
            let sign = transport.isPlaying ? glyphs.play : glyphs.pause
            return ("\(sign) SLOW MOTION \(transport.speedWords)  \(at) of \(of)", .focus)
        }
        if model.recording != nil, let transport = model.transport {
            let at = TimeText.short(nanoseconds: transport.time - transport.range.lowerBound, isASCII: isASCII)
            let of = TimeText.short(
                nanoseconds: transport.range.upperBound - transport.range.lowerBound, isASCII: isASCII)
            let sign = transport.isPlaying ? glyphs.play : glyphs.pause
            return ("\(sign) RECORDING \(transport.speedWords)  \(at) of \(of)", .focus)
        }
        if let transport = model.transport {
            let back = TimeText.short(
                nanoseconds: model.known.now - min(model.known.now, transport.time), isASCII: isASCII)
            return ("FROZEN, \(back) back  space goes on", .warning)
        }
        return model.isFrozen ? ("FROZEN  space goes on", .warning) : ("LIVE", .good)
    }
}
