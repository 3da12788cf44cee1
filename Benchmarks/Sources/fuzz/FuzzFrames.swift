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

/// The painter of frames.
enum FuzzFrames {
    private static let keys: [Key] = [
        .up, .down, .left, .right, .pageUp, .pageDown, .home, .end, .enter, .escape, .tab, .backspace, .delete,
    ]

    static func frame(_ input: [UInt8]) {
        var bytes = Bytes(input)
        let log = EventLog()
        var fold = TraceFold()
        for number in 0..<(bytes.next() % 12) { record(UInt64(number), &bytes, log) }
        _ = log.read(waiting: 0) { fold.apply($0) }
        let lanes = (0..<max(1, bytes.next() % 3)).map { number in
            let id = LaneID(rawValue: UInt8(number))
            return LaneModel(
                id: id, mode: ExecutionMode.allCases[number], url: "http://127.0.0.1:1",
                load: WorkerPool.Load(workers: 4, busy: 1, queued: 0), traces: fold.traces(of: id))
        }
        var model = Model(app: bytes.text(), url: "http://127.0.0.1:8080", lanes: lanes, now: bytes.number())
        model.ownCost = Double(bytes.next()) / 255
        model.thinning = bytes.next()
        // A frame takes a millisecond here: what a few keys do not find, more of them do not find either.
        for _ in 0..<8 where !bytes.isEmpty {
            let choice = bytes.next()
            let key =
                choice < 100 ? keys[choice % keys.count] : .character(Character(Unicode.Scalar(UInt8(choice & 0x7F))))
            if model.prompt != nil {
                _ = model.type(key)
            } else if let action = Keymap.action(for: key, on: model.screen) {
                _ = model.update(action)
            }
            let width = bytes.next() % 130 + 1
            let height = bytes.next() % 45 + 1
            let frame = Screens.frame(model, width: width, height: height)
            precondition(frame.width == width && frame.height == height, "a frame of another size")
        }
    }

    /// Draws a recording as the dashboard would, under a few keys out of its own bytes.
    static func draw(_ opened: OpenedRecording, _ input: [UInt8]) {
        let source = OpenedSource(opened)
        let now = source.range.upperBound
        var model = Model(app: source.appName, url: source.url, lanes: source.laneModels(now: now), now: now)
        model.recording = source.url
        model.isFrozen = true
        model.transport = Transport(at: source.range.lowerBound, in: source.range, isPlaying: true, speed: 1)
        model.setFindings(source.findings(now: now, isASCII: false))
        model.routes = source.routes
        for byte in input.suffix(6) {
            let key = byte < 100 ? keys[Int(byte) % keys.count] : .character(Character(Unicode.Scalar(byte & 0x7F)))
            if model.prompt != nil {
                _ = model.type(key)
            } else if let action = Keymap.action(for: key, on: model.screen) {
                _ = model.update(action)
            }
            model.advance(by: UInt64(byte) << 24)
            for (width, height) in [(40, 8), (118, 40)] { _ = Screens.frame(model, width: width, height: height) }
        }
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
            case 0: request.instant(kind, request.own(bytes.text()), at: time)
            case 1 where !open.isEmpty:
                let (kind, span) = open.removeLast()
                request.end(
                    kind, span, Outcome.allCases[bytes.next() % Outcome.allCases.count],
                    detail: request.own(bytes.text()),
                    value: Int64(bytes.next()), at: time)
            default:
                let parent = SpanID(rawValue: UInt32(bytes.next() % 14))
                open.append(
                    (
                        kind,
                        request.begin(
                            kind, request.own(bytes.text()), parent: parent, value: Int64(bytes.next()), at: time)
                    ))
            }
        }
        if bytes.next() % 2 == 0 { request.finish(status: bytes.next() * 3, at: start &+ bytes.number()) }
    }
}
