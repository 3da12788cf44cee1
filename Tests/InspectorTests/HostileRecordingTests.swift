// Recordings with numbers as odd as a file can hold them, through the same way as any: opened, drawn at every size under
// every key, exported, printed.

import Foundation
import Testing

@testable import Inspector
@testable import InspectorCore

/// Writes recordings that no lane of ours would.
private struct HostileRecording {
    private static let times: [Int] = [
        0, 1, -1, 999, 1000, 5_000_000_000, 1 << 53, (1 << 53) + 1, 1 << 62, (1 << 62) - 1, (1 << 62) + 1,
        .max - 1, .max, .min,
    ]
    private static let small: [Int] = [
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 255, 256, 4_294_967_295, 4_294_967_296, -1, .max, .min,
    ]
    private static let texts = [
        "", "/", "GET api/oslo", "\u{1b}[31m", "漢字", "e\u{301}", String(repeating: "x", count: 600),
    ]

    var numbers: SeededNumbers

    private mutating func odd(_ values: [Int]) -> JSON { .int(values.randomElement(using: &numbers) ?? 0) }

    /// A time near the others, or one that is as odd as it can be.
    private mutating func time() -> JSON {
        switch Int.random(in: 0..<10, using: &numbers) {
        case 0..<5: .int(Int.random(in: 1_000_000...9_000_000_000, using: &numbers))
        case 9: .double(1.8446744073709552e19)
        default: odd(Self.times)
        }
    }

    private mutating func text() -> JSON { .string(Self.texts.randomElement(using: &numbers) ?? "") }

    private mutating func kind() -> JSON { .string("\(EventKind.allCases.randomElement(using: &numbers) ?? .view)") }

    private mutating func span(_ place: Int) -> JSON {
        let outcome = Outcome.allCases.randomElement(using: &numbers) ?? .done
        // Most have a number of their own and lie in an earlier one.
        let isTame = Int.random(in: 0..<4, using: &numbers) > 0
        return .object([
            "id": isTame ? .int(place + 1) : odd(Self.small), "kind": kind(),
            "parent": isTame ? .int(Int.random(in: 0...place, using: &numbers)) : odd(Self.small), "label": text(),
            "scope": text(), "detail": text(), "begin": time(), "end": Bool.random(using: &numbers) ? time() : .null,
            "outcome": .string("\(outcome)"), "value": odd(Self.small + Self.times),
            "endValue": odd(Self.small + Self.times),
            "track": odd(Self.small), "task": odd(Self.small), "flags": .int(Int.random(in: -1...300, using: &numbers)),
        ])
    }

    private mutating func moment() -> JSON {
        .object([
            "kind": kind(), "label": text(), "detail": text(), "time": time(), "value": odd(Self.times),
            "track": odd(Self.small), "parent": odd(Self.small), "flags": odd(Self.small), "order": odd(Self.small),
        ])
    }

    private mutating func trace(_ number: Int) -> JSON {
        let spans = (0..<Int.random(in: 0...30, using: &numbers)).map { span($0) }
        let moments = (0..<Int.random(in: 0...6, using: &numbers)).map { _ in moment() }
        let lane = JSON.int([0, 0, 0, 1, 2, 255].randomElement(using: &numbers) ?? 0)
        let id = Int.random(in: 0..<6, using: &numbers) == 0 ? odd(Self.times) : JSON.int(number)
        return .object([
            "type": "trace", "id": id, "lane": lane,
            "trace": .object([
                "number": id, "lane": lane,
                "mode": .string((ExecutionMode.allCases.randomElement(using: &numbers) ?? .sync).rawValue),
                "method": text(), "target": text(), "accepted": time(),
                "done": Bool.random(using: &numbers) ? time() : .null,
                "status": odd([200, 404, 500] + Self.times), "endpoint": text(), "rule": text(),
                "open": odd(Self.times),
                "spans": .array(spans), "moments": .array(moments),
                "skipped": .object(["poll": odd(Self.times), "await": odd(Self.times)]),
            ]),
        ])
    }

    mutating func lines() -> [UInt8] {
        var lines: [JSON] = [
            .object(["inspector": 1, "type": "header", "app": text(), "clock": time()]),
            .object(["type": "lost", "requests": odd(Self.times)]),
            .object(["type": "lost", "requests": odd(Self.times)]),
        ]
        for number in 1...Int.random(in: 2...14, using: &numbers) {
            lines.append(
                .object(["type": "thread", "lane": odd(Self.small), "track": odd(Self.small), "name": text()]))
            lines.append(.object(["type": "lane", "lane": odd([0, 1, 2]), "workers": odd(Self.small)]))
            lines.append(
                .object([
                    "type": "request", "id": .int(number), "lane": 0, "time": time(), "method": "GET", "target": "/a",
                    "headers": .array([]),
                ]))
            lines.append(
                .object([
                    "type": "response", "id": .int(number), "lane": 0, "status": odd([200] + Self.times),
                    "headers": .array([]), "size": odd(Self.times), "duration": time(),
                ]))
            lines.append(trace(number))
        }
        return Array(lines.map { $0.encoded + [10] }.joined())
    }
}

@Suite struct HostileRecordingTests {
    private static let factor = max(1, Int(ProcessInfo.processInfo.environment["FUZZ_COUNT"] ?? "1") ?? 1)

    /// The recording as the dashboard begins with it.
    private static func model(_ recording: OpenedRecording) -> Model {
        let source = OpenedSource(recording: recording)
        let now = source.range.upperBound
        var model = Model(app: source.appName, url: source.url, lanes: source.laneModels(now: now), now: now)
        model.moment = .recording(
            file: source.url,
            Transport(at: source.range.lowerBound, in: source.range, isPlaying: true, speed: 1))
        model.setFindings(source.findings(window: .all, now: now, isASCII: false))
        model.known.routes = source.routes
        model.message = source.note
        return model
    }

    private static func draw(_ model: Model, _ width: Int, _ height: Int) {
        let frame = Screens.frame(model: model, width: width, height: height)
        #expect(frame.width == width && frame.height == height)
        for row in frame.lines {
            #expect(TextWidth.of(text: row) <= width, "\(width)x\(height): \(row)")
            #expect(!row.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F })
        }
    }

    @Test("hostile recordings are opened, drawn at any size under any keys, and exported")
    func screens() throws {
        var numbers = SeededNumbers(11)
        let keys = Keymap.bindings.flatMap(\.keys) + [.control("u"), .tab, .resize] + ">ms5".map { Key.character($0) }
        var drawn = 0
        for round in 0..<30 * Self.factor {
            var writer = HostileRecording(numbers: numbers)
            let bytes = writer.lines()
            numbers = writer.numbers
            guard let recording = try? OpenedRecording(bytes: TrafficBytes(bytes: bytes, name: "hostile.jsonl")) else {
                continue
            }
            let source = OpenedSource(recording: recording)
            var model = Self.model(recording)
            for (width, height) in [(1, 1), (40, 8), (80, 24), (300, 100)] { Self.draw(model, width, height) }
            for _ in 0..<10 {
                let key = keys.randomElement(using: &numbers) ?? .escape
                if model.prompt != nil {
                    _ = model.type(key: key)
                } else if let action = Keymap.action(for: key, on: model.screen) {
                    _ = model.update(action)
                }
                model.view.columns = Int.random(in: 1...300, using: &numbers)
                let frame = Screens.frame(
                    model: model, width: model.view.columns, height: Int.random(in: 1...60, using: &numbers))
                let kinds: [Key.Mouse.Kind] = [.press, .drag, .wheelUp]
                let mouse = Key.Mouse(
                    kind: kinds.randomElement(using: &numbers) ?? .press,
                    x: Int.random(in: -1...300, using: &numbers), y: Int.random(in: -1...60, using: &numbers))
                if model.prompt == nil { _ = model.point(mouse: mouse, on: frame) }
                model.advance(by: Bool.random(using: &numbers) ? 33_000_000 : .max)
                if let number = model.current { model.known.exchanges = source.exchanges(of: number) }
                Self.draw(model, Int.random(in: 1...300, using: &numbers), Int.random(in: 1...100, using: &numbers))
                drawn += 1
            }
            for lane in recording.lanes {
                _ = OTLP.document(traces: lane.traces, app: recording.app, offset: recording.clock).encoded
                for trace in lane.traces { #expect(!Headless.line(for: trace).isEmpty, "\(round)") }
            }
            _ = ChromeTrace.document(lanes: recording.lanes.map { ($0.traces, $0.threadNames) }).encoded
            if let index = try? TrafficIndex(bytes: TrafficBytes(bytes: bytes, name: "hostile.jsonl")) {
                let plan = Plan(indexes: [index])
                #expect(plan.entries == plan.items.count + plan.skipped.values.reduce(0, +))
            }
        }
        #expect(drawn > 100, "most of them can be opened")
    }

    @Test(
        "the screens of a recording are drawn while one key is held down",
        arguments: ["z", "Z", "]", "[", ">", "<", ".", ","])
    func held(key: String) throws {
        var writer = HostileRecording(numbers: SeededNumbers(UInt64(key.utf8.first ?? 0)))
        var found: OpenedRecording?
        while found == nil {
            found = try? OpenedRecording(bytes: TrafficBytes(bytes: writer.lines(), name: "hostile.jsonl"))
        }
        var model = Self.model(try #require(found))
        for start in [Key.enter, .escape, .character("t")] {
            _ = Keymap.action(for: start, on: model.screen).map { model.update($0) }
            for _ in 0..<200 {
                guard let action = Keymap.action(for: .character(Character(key)), on: model.screen) else { break }
                _ = model.update(action)
            }
            Self.draw(model, 118, 40)
            for arrow in [Key.left, .right] {
                for _ in 0..<60 { _ = Keymap.action(for: arrow, on: model.screen).map { model.update($0) } }
                Self.draw(model, 118, 40)
            }
        }
    }

    @Test("a recording opened in a pipe is plain lines, whatever its numbers are; what was cut is told")
    func pipe() throws {
        let folder = try Program.makeFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        var writer = HostileRecording(numbers: SeededNumbers(5))
        for round in 0..<6 {
            let bytes = writer.lines()
            let file = folder.appendingPathComponent("\(round).jsonl")
            try Data(bytes).write(to: file)
            let known = try? OpenedRecording(bytes: TrafficBytes(bytes: bytes, name: "x.jsonl"))
            let result = try Program.run([Program.path, "open", file.path])
            #expect(result.code == (known == nil ? 1 : 0), "\(result.error)")
            #expect(result.output.split(separator: "\n").count == known?.lanes.reduce(0) { $0 + $1.traces.count } ?? 0)
            #expect(
                known == nil || result.error.contains("remarks") || result.error.contains("line "), "\(result.error)")
            #expect(!(result.output + result.error).unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" })
        }
    }

    @Test("any time is a text, any two moments a bar, any rectangle a rectangle")
    func canvas() {
        let ends: [UInt64] = [0, 1, 999, 1000, 59_999_999_999, 1 << 53, .lastMoment, .max - 1, .max]
        for time in ends {
            #expect(
                !TimeText.short(nanoseconds: time).isEmpty
                    && TimeText.short(nanoseconds: time, isASCII: true).utf8.allSatisfy { $0 < 128 })
            #expect(TimeText.niceStep(nanoseconds: time) >= time && TimeText.niceCeiling(nanoseconds: time) >= time)
            for other in ends {
                for columns in [-5, 0, 1, 80, .max] {
                    let scale = TimeScale(start: time, length: other, columns: columns == .max ? 1000 : columns)
                    for moment in ends {
                        for end in ends {
                            if let cells = scale.cells(begin: moment, end: end) {
                                #expect((0...scale.columns).contains(cells.upperBound))
                            }
                            if let cells = scale.fullCells(begin: moment, end: end) {
                                #expect((0...scale.columns).contains(cells.upperBound))
                            }
                        }
                    }
                }
            }
        }
        #expect(TimeScale(start: 0, length: 0, columns: .max).cells(begin: 0, end: 5)?.isEmpty == false)
        for value in [Double.nan, .infinity, -.infinity, 1e300, -1, 0] {
            for places in 0...2 { #expect(!TimeText.digits(value: value, places: places).isEmpty) }
        }
        for (part, whole) in [(Int.max, 1), (1, Int.max), (Int.min, 5), (5, Int.min), (.max, .max), (0, 0)] {
            #expect(TimeText.share(part, of: whole).hasSuffix("%"))
        }
        for number in [Int.min, -1, 0, 7, .max] {
            let rect = Rect(x: number, y: number, width: number, height: number)
            #expect(rect.width >= 0 && rect.height >= 0)
            #expect(rect.contains(rect.x, y: rect.y) == !rect.isEmpty)
            _ = rect.contains(.min, y: .max)
            _ = rect.inset(by: number).splitTop(number).rest.splitBottom(number)
            #expect(rect.columns(count: 3).count == 3 && rect.columns(count: .min).count == 1)
        }
    }

    @Test("a moment is gone to by any part and at any speed, and stays within its range")
    func transport() {
        for range in [0...0, 0...UInt64.lastMoment, 5...UInt64.max, 0...UInt64.max, UInt64.max...UInt64.max] {
            for speed in [0.001, 1, 1000, .nan, .infinity, -5] {
                var transport = Transport(at: 7, in: range, isPlaying: true, speed: speed)
                for part in [0.05, 1e300, -1e300, .nan, .infinity, -.infinity, 1, -1, 0.5] {
                    transport.seek(by: part)
                    #expect(range.contains(transport.time), "\(part)")
                    transport.isPlaying = true
                    transport.advance(by: .max)
                    #expect(range.contains(transport.time))
                    transport.step(-1, among: [0, 3, .max])
                    transport.step(1, among: [])
                    #expect(transport.isAtEnd && !transport.speedWords.isEmpty)
                }
            }
        }
    }
}
