// Models, keys and sizes out of bytes: a frame is made of each, and has the size that was asked for.

@testable import Inspector
@testable import InspectorCore

/// Bytes, taken one after the other; zeros when there are no more.
private struct Bytes {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    var isEmpty: Bool { rest.isEmpty }

    mutating func next() -> Int { Int(rest.popFirst() ?? 0) }

    mutating func number() -> UInt64 { UInt64(next()) << 24 | UInt64(next()) << 12 | UInt64(next()) }

    mutating func text() -> String {
        let count = next() % 40
        defer { rest = rest.dropFirst(count) }
        return String(decoding: rest.prefix(count), as: UTF8.self)
    }
}

/// The painter of frames, and what reads keys.
enum FuzzFrames {
    /// Each by its name, as in `FuzzParsers`.
    static let all: [String: @Sendable ([UInt8]) -> String?] = [
        "frame": frame,
        "screens": screens,
        "keys": typed,
    ]

    private static let keys: [Key] = [
        .up, .down, .left, .right, .pageUp, .pageDown, .home, .end, .enter, .escape, .tab, .backspace, .delete,
    ]

    /// Requests, keys and sizes, all out of the input.
    static func frame(_ input: [UInt8]) -> String? {
        var bytes = Bytes(input)
        let log = EventLog()
        var fold = TraceFold()
        for number in 0..<(bytes.next() % 12) { record(UInt64(number), &bytes, log) }
        _ = log.read(waiting: 0) { fold.apply($0) }
        let lanes = (0..<max(1, bytes.next() % 3)).map { number in
            let id = LaneID(rawValue: UInt8(number))
            return LaneModel(
                lane: LaneDescription(id: id, kind: .hosted(ExecutionMode.allCases[number])), url: "http://127.0.0.1:1",
                load: WorkerPool.Load(workers: 4, busy: 1, queued: 0), modes: ExecutionMode.allCases,
                traces: fold.traces(of: id))
        }
        var model = Model(app: bytes.text(), url: "http://127.0.0.1:8080", lanes: lanes, now: bytes.number())
        model.known.ownCost = Double(bytes.next()) / 255
        model.known.thinning = bytes.next()
        // A frame takes a millisecond here: what a few keys do not find, more of them do not find either.
        for _ in 0..<8 where !bytes.isEmpty {
            let choice = bytes.next()
            let key =
                choice < 100 ? keys[choice % keys.count] : .character(Character(Unicode.Scalar(UInt8(choice & 0x7F))))
            if model.prompt != nil {
                _ = model.type(key: key)
            } else if let action = Keymap.action(for: key, on: model.screen) {
                _ = model.update(action)
            }
            let width = bytes.next() % 130 + 1
            let height = bytes.next() % 45 + 1
            let frame = Screens.frame(model: model, width: width, height: height)
            if frame.width != width || frame.height != height { return "a frame of another size" }
        }
        return nil
    }

    /// A recording as the dashboard shows it, under a few keys: the last bytes of the input.
    static func screens(_ input: [UInt8]) -> String? {
        let file = input.dropLast(6)
        guard let opened = try? OpenedRecording(bytes: TrafficBytes(bytes: Array(file), name: "a.jsonl")) else {
            return nil
        }
        let source = OpenedSource(recording: opened)
        let now = source.range.upperBound
        var model = Model(app: source.appName, url: source.url, lanes: source.laneModels(now: now), now: now)
        model.moment = .recording(
            file: source.url, Transport(at: source.range.lowerBound, in: source.range, isPlaying: true, speed: 1))
        model.setFindings(source.findings(window: .all, now: now, isASCII: false))
        model.known.routes = source.routes
        for byte in input.suffix(6) {
            let key = byte < 100 ? keys[Int(byte) % keys.count] : .character(Character(Unicode.Scalar(byte & 0x7F)))
            if model.prompt != nil {
                _ = model.type(key: key)
            } else if let action = Keymap.action(for: key, on: model.screen) {
                _ = model.update(action)
            }
            model.advance(by: UInt64(byte) << 24)
            if let number = model.current { model.known.exchanges = source.exchanges(of: number) }
            for (width, height) in [(40, 8), (118, 40)] {
                for row in Screens.frame(model: model, width: width, height: height).lines
                where TextWidth.of(text: row) > width {
                    return "a row that is wider than its frame: \(row)"
                }
            }
        }
        return nil
    }

    /// What a terminal sends, in pieces: no letter is a control character, no mouse is seen that was not asked for, and
    /// after a while without a byte nothing waits.
    static func typed(_ input: [UInt8]) -> String? {
        let first = input.first ?? 0
        var decoder = KeyDecoder()
        decoder.readsMouse = first & 1 == 1
        let step = max(1, Int(first) / 8)
        var time: UInt64 = 1_000_000_000
        var rest = input.dropFirst()
        while !rest.isEmpty {
            decoder.settle(at: time)
            decoder.take(Array(rest.prefix(step)), at: time)
            rest = rest.dropFirst(step)
            time += first & 2 == 2 ? 10_000_000 : 400_000_000
        }
        decoder.settle(at: time + 5_000_000_000)
        while let input = decoder.next() {
            switch input {
            case .key(.character(let character)):
                if character.unicodeScalars.contains(where: { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) }) {
                    return "a control character as a letter: \(String(character).debugDescription)"
                }
            case .key(.mouse) where !decoder.readsMouse: return "a mouse that was not asked for"
            default: break
            }
        }
        return decoder.deadline == nil ? nil : "bytes that still wait after five seconds without one"
    }

    private static func record(_ number: UInt64, _ bytes: inout Bytes, _ log: EventLog) {
        let start = bytes.number()
        let request = log.open(
            RequestSummary(
                id: RequestID(number: number, lane: LaneID(rawValue: UInt8(bytes.next() % 3))),
                mode: ExecutionMode.allCases[bytes.next() % 3], method: bytes.text(), target: bytes.text(),
                accepted: start))
        request.instant(.accepted, at: start)
        var open: [(EventKind, SpanID)] = []
        for _ in 0..<(bytes.next() % 12) {
            let kind = EventKind.allCases[bytes.next() % EventKind.allCases.count]
            let time = start &+ bytes.number()
            switch bytes.next() % 3 {
            case 0: request.instant(kind, label: request.own(text: bytes.text()), at: time)
            case 1 where !open.isEmpty:
                let (kind, span) = open.removeLast()
                request.end(
                    kind, span: span, outcome: Outcome.allCases[bytes.next() % Outcome.allCases.count],
                    detail: request.own(text: bytes.text()),
                    value: Int64(bytes.next()), at: time)
            default:
                let parent = SpanID(rawValue: UInt32(bytes.next() % 14))
                open.append(
                    (
                        kind,
                        request.begin(
                            kind, label: request.own(text: bytes.text()), parent: parent, value: Int64(bytes.next()),
                            at: time)
                    ))
            }
        }
        if bytes.next() % 2 == 0 { request.finish(status: bytes.next() * 3, at: start &+ bytes.number()) }
    }
}
