// How far a replay has come, in the line above the messages.

internal import Foundation
internal import InspectorCore

/// Draws a replay's progress.
struct ReplayLine {
    private let replay: ReplayProgress
    private let glyphs: Glyphs

    init(replay: ReplayProgress, glyphs: Glyphs) {
        self.replay = replay
        self.glyphs = glyphs
    }

    func draw(on frame: inout Frame, rect: Rect) {
        // Where there is little room the file's name is cut, what is nothing is left out, and what went wrong is first.
        let full = counts(isNarrow: false)
        var counts = TextWidth.of(text: full) + 20 <= rect.width ? full : counts(isNarrow: true)
        // A number that is cut reads as another one: what finds no room is left out whole.
        while TextWidth.of(text: counts) + 11 > rect.width, let gap = counts.range(of: "  ", options: .backwards) {
            counts = String(counts[..<gap.lowerBound])
        }
        let name = TextWidth.fit(
            text: "replay \(replay.name.madeVisible)", width: max(6, rect.width - TextWidth.of(text: counts) - 4),
            mark: glyphs.more)
        let sign = replay.isOver ? glyphs.stop : replay.isPaused ? glyphs.pause : glyphs.play
        var x = frame.put(" \(sign) \(name) ", x: rect.x, y: rect.y, role: .strong, clip: rect)
        let room = max(0, min(30, rect.width - (x - rect.x) - TextWidth.of(text: counts) - 1))
        // By its time, where it has one: that is what the keys move.
        let part =
            replay.length > 0
            ? Double(replay.time) / Double(replay.length) : Double(replay.sent) / Double(max(1, replay.planned))
        let filled = replay.isOver && !replay.isStopped ? room : max(0, min(room, Int(saturating: part * Double(room))))
        if room >= 4 {
            if replay.length > 0, !replay.isOver {
                frame.mark(Rect(x: x, y: rect.y, width: room, height: 1), spot: .replay)
            }
            x = frame.put(String(repeating: glyphs.full, count: filled), x: x, y: rect.y, role: .good, clip: rect)
            x = frame.put(
                String(repeating: glyphs.empty, count: room - filled), x: x, y: rect.y, role: .faint, clip: rect)
        }
        frame.put(counts, x: x, y: rect.y, role: replay.failed > 0 ? .bad : .text, clip: rect)
    }

    /// How far it is in its time: ` at 12.3s of 32s`.
    private var position: String {
        guard replay.length > 0 else { return "" }
        let isASCII = glyphs == .ascii
        return " at \(TimeText.short(nanoseconds: replay.time, isASCII: isASCII)) of "
            + TimeText.short(nanoseconds: replay.length, isASCII: isASCII)
    }

    private func counts(isNarrow: Bool) -> String {
        let over =
            replay.isOver
            ? (replay.isStopped ? "stopped" : "over")
            : replay.isPaused
                ? "paused" + position
                : "running" + position
                    + (replay.speed == 1 ? "" : " x\(TimeText.digits(value: replay.speed, places: 2))")
        var counts = " \(replay.sent)/\(replay.planned) \(over)"
        let ends = "  done \(replay.done)  failed \(replay.failed)"
        let dropped = replay.dropped > 0 ? "  dropped \(replay.dropped)" : ""
        let differ = replay.differ > 0 ? "  differ \(replay.differ)" : ""
        guard !isNarrow else {
            let queued = replay.queued > 0 ? "  queued \(replay.queued)" : ""
            let late = replay.late > 0 ? "  late \(replay.late)" : ""
            return counts + ends + dropped + differ + late + queued + "  in flight \(replay.inFlight)"
        }
        counts += "  sent \(replay.sent)  queued \(replay.queued)  late \(replay.late)"
        if replay.late > 0 {
            counts += " (max \(TimeText.short(nanoseconds: replay.maxLag, isASCII: glyphs == .ascii)))"
        }
        return counts + "  in flight \(replay.inFlight)" + ends + dropped + differ
    }
}
