// Bars, colours and the head of a lane: what is drawn of what is known.

import Foundation
import Testing

@testable import Inspector
@testable import InspectorCore

@Suite struct BarTests {
    private func bar(
        _ mode: ExecutionMode, columns: Int, length: UInt64 = 1_200_000_000, glyphs: Glyphs = .unicode
    ) throws -> String {
        let studio = Studio()
        studio.dashboard(1, mode)
        let trace = try #require(studio.lane(0, mode).traces.first)
        var frame = Frame(width: columns + 2, height: 1)
        RequestBar(
            trace: trace, scale: TimeScale(start: trace.began, length: length, columns: columns), now: studio.now,
            glyphs: glyphs
        ).draw(on: &frame, x: 0, y: 0)
        return frame.text
    }

    @Test("a bar shows five calls in a row by their seams, and five at once by their height")
    func calls() throws {
        let sync = try bar(.sync, columns: 60)
        #expect(sync.count { $0 == "▌" } == 4, "\(sync)")
        #expect(sync.count { $0 == "▓" } > 40)
        let async = try bar(.async, columns: 60)
        #expect(async.hasPrefix("░"), "\(async)")
        #expect(async.count { $0 == "▆" } > 8 && !async.contains("▓"))
    }

    @Test("where a bar ends an eighth of a column can be seen")
    func eighths() throws {
        var ends: Set<Character> = []
        for step in 0..<16 {
            let text = try bar(.async, columns: 20, length: 1_000_000_000 + UInt64(step) * 20_000_000)
            if let last = text.last { ends.insert(last) }
        }
        #expect(ends.intersection("▏▎▍▌▋▊▉").count > 4, "\(ends)")
    }

    @Test("under six columns a bar is queue and work")
    func tiny() throws {
        for mode in [ExecutionMode.sync, .async] {
            let text = try bar(mode, columns: 5, length: mode == .sync ? 1_020_000_000 : 220_000_000)
            #expect(Set(text).isSubset(of: ["░", "█", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]), "\(text)")
        }
    }

    @Test("in ASCII the number of calls at once is a digit, and no mark means two things")
    func ascii() throws {
        #expect(try bar(.async, columns: 60, glyphs: .ascii).contains("5555"))
        let glyphs = Glyphs.ascii
        let marks =
            [
                glyphs.more, glyphs.arriving, glyphs.queued, glyphs.running, glyphs.blocked, glyphs.idle,
                glyphs.scheduled, glyphs.awaiting,
            ] + glyphs.awaited
        #expect(Set(marks).count == marks.count)
        #expect(Set(Glyphs.unicode.awaited + [Glyphs.unicode.queued, Glyphs.unicode.blocked, "█"]).count == 8)
    }

    // MARK: Colours

    private static let themes: [(name: String, theme: Theme)] = [
        ("8", .plain), ("16", .sixteen), ("8 and 16, light", .plainLight), ("256", .rich), ("256, light", .richLight),
    ]

    /// What must be told apart at a glance.
    private static let groups: [[Role]] = [
        [.queued, .running, .awaiting, .blocked, .failing], [.laneSync, .laneAsync, .laneNative, .laneOther],
        [.serviceOne, .serviceTwo, .serviceThree],
    ]

    @Test("what must be told apart is, also by who does not see red and green", arguments: themes.indices)
    func distances(index: Int) {
        let (name, theme) = Self.themes[index]
        for group in Self.groups {
            for (place, one) in group.enumerated() {
                for other in group[(place + 1)...] {
                    let (left, right) = (theme[one].foreground, theme[other].foreground)
                    // A terminal's own ink has no colour that could be measured.
                    guard left >= 0, right >= 0 else { continue }
                    #expect(Vision.distance(left, right, isDeuteranope: true) >= 15, "\(name): \(one), \(other)")
                    #expect(Vision.distance(left, right, isDeuteranope: false) >= 20, "\(name): \(one), \(other)")
                }
            }
        }
    }

    @Test("a lane has one hue, in its title, its bars' wait and its numbers")
    func hues() {
        for (name, theme) in Self.themes {
            #expect(theme[.laneSync].foreground == theme[.blocked].foreground, "\(name)")
            if !theme.isLight {
                #expect(theme[.laneAsync].foreground == theme[.awaiting].foreground, "\(name)")
            }
        }
    }

    // MARK: The head

    @Test("seconds are fitted into fewer columns without losing a peak")
    func fitted() {
        #expect(LaneHead.fitted([0, 0, 3, 1, 2], columns: 5) == [3, 1, 2])
        let seconds = (0..<60).map { $0 == 31 ? 99 : 1 }
        for columns in 1...60 {
            let line = LaneHead.fitted(seconds, columns: columns)
            #expect(line.count <= columns && line.max() == 99)
        }
        #expect(LaneHead.fitted([], columns: 4).isEmpty && LaneHead.fitted([1], columns: 0) == [1])
    }

    @Test("a ring of peaks keeps the largest of each second, however seldom it changes")
    func peaks() {
        var ring = PeakRing()
        let second: UInt64 = 1_000_000_000
        ring.set(3, at: 10 * second)
        ring.set(7, at: 10 * second + 5)
        ring.set(2, at: 10 * second + 9)
        #expect(ring.last(count: 3, at: 12 * second) == [7, 2, 2])
        ring.set(5, at: 14 * second)
        #expect(ring.last(count: 6, at: 14 * second) == [0, 7, 2, 2, 2, 5])
        ring.set(0, at: 14 * second + 1)
        #expect(ring.last(count: 2, at: 1_000 * second) == [0, 0])
        ring.set(9, at: 11 * second)
        #expect(ring.last(count: 1, at: 14 * second) == [9])
        #expect(ring.last(count: 200, at: 14 * second).count == PeakRing.length)
    }

    @Test("a name is cut in its middle, so that what differs stays")
    func middle() {
        #expect(TextWidth.fitMiddle(text: "/api/city/oslo", width: 10) == "/api…/oslo")
        #expect(TextWidth.fitMiddle(text: "/a", width: 10) == "/a")
        for width in 0...20 {
            #expect(TextWidth.of(text: TextWidth.fitMiddle(text: "await GET api/city/日本", width: width)) <= width)
        }
    }
}

/// Colours as eyes see them: CIE L*a*b*, and deuteranopia after Machado, Oliveira and Fernandes (2009).
private enum Vision {
    static func distance(_ one: Int, _ other: Int, isDeuteranope: Bool) -> Double {
        let (left, right) = (lab(one, isDeuteranope: isDeuteranope), lab(other, isDeuteranope: isDeuteranope))
        return zip(left, right).map { ($0 - $1) * ($0 - $1) }.reduce(0, +).squareRoot()
    }

    private static func lab(_ color: Int, isDeuteranope: Bool) -> [Double] {
        let parts = Palette256.parts(color: color)
        var light = [parts.red, parts.green, parts.blue].map { value -> Double in
            let part = Double(value) / 255
            return part <= 0.04045 ? part / 12.92 : power((part + 0.055) / 1.055, 2.4)
        }
        if isDeuteranope {
            light = [
                [0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881],
            ].map { row in min(1, max(0, zip(row, light).map(*).reduce(0, +))) }
        }
        func curve(_ value: Double) -> Double {
            value > 0.008856 ? power(value, 1.0 / 3) : 7.787 * value + 16.0 / 116
        }
        let x = curve((0.4124 * light[0] + 0.3576 * light[1] + 0.1805 * light[2]) / 0.9505)
        let y = curve(0.2126 * light[0] + 0.7152 * light[1] + 0.0722 * light[2])
        let z = curve((0.0193 * light[0] + 0.1192 * light[1] + 0.9505 * light[2]) / 1.089)
        return [116 * y - 16, 500 * (x - y), 200 * (y - z)]
    }

    private static func power(_ base: Double, _ exponent: Double) -> Double { pow(base, exponent) }
}
