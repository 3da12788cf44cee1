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
        x = frame.put(model.known.url + "  ", x: x, y: rect.y, clip: rect)
        let moment = moment
        x = frame.put(moment.text + "  ", x: x, y: rect.y, role: moment.role, clip: rect)
        if model.known.thinning > 1 {
            // What is not there must be said before anything else is.
            x = frame.put("1 in \(model.known.thinning) in detail  ", x: x, y: rect.y, role: .warning, clip: rect)
        }
        if let recorder = model.known.recorder {
            let lost = recorder.lost > 0 ? ", \(recorder.lost) not" : ""
            x = frame.put(
                "\(glyphs.record) rec \(recorder.written)\(lost)  ", x: x, y: rect.y,
                role: recorder.lost > 0 ? .bad : .good,
                clip: rect)
        }
        if let service = model.known.service, service != UpstreamSettings() {
            x = frame.put(service.words + "  ", x: x, y: rect.y, role: .mark, clip: rect)
        }
        let lost = model.known.lanes.reduce(0) { $0 + $1.lost.requests }
        x = frame.put("lost \(lost)  ", x: x, y: rect.y, role: lost > 0 ? .bad : .faint, clip: rect)
        if let cost = model.known.ownCost {
            let text = "own cost \(TimeText.digits(value: cost * 100, places: 1))%  "
            if x + text.count + 8 <= rect.width { x = frame.put(text, x: x, y: rect.y, role: .faint, clip: rect) }
        }
        if let filter = model.filter, let matching = model.matching {
            let all = model.allNumbers
            let text =
                "/ \(filter.text.madeVisible)  \(Numbers.common(left: all, right: matching).count) of \(all.count)  "
            if x + 12 <= rect.width - 8 {
                x = frame.put(
                    TextWidth.fit(text: text, width: max(0, rect.width - 8 - x), mark: glyphs.more), x: x, y: rect.y,
                    role: .focus,
                    clip: rect)
            }
        }
        let warnings = model.known.findings.count { $0.level == .warn }
        if warnings > 0 {
            let text = "f: \(warnings) finding\(warnings == 1 ? "" : "s")  "
            if x + text.count + 8 <= rect.width { x = frame.put(text, x: x, y: rect.y, role: .warning, clip: rect) }
        }
        let help = "? help "
        if rect.width - x > 20 { frame.put(help, x: rect.width - help.count, y: rect.y, role: .faint) }
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
