// A language to say what a user does and sees, and models made by hand for it.

import Foundation
import Testing

@testable import Inspector
@testable import InspectorCore

/// A screen that can be pressed and read.
struct Scene: CustomTestStringConvertible {
    var model: Model
    var width = 118
    var height = 40
    private(set) var effects: [Effect] = []

    init(_ model: Model, width: Int = 118, height: Int = 40) {
        self.model = model
        self.width = width
        self.height = height
    }

    var text: String { Screens.frame(model: model, width: width, height: height).text }

    @discardableResult
    mutating func press(_ keys: Key...) -> Scene {
        model.view.columns = width
        model.view.page = max(1, height - 8)
        for key in keys {
            let asked = model.handle(key, on: Frame(width: 0, height: 0))
            effects += asked
            for effect in asked { obey(effect) }
        }
        return self
    }

    /// What a host does that shows in the model at once.
    private mutating func obey(_ effect: Effect) {
        switch effect {
        case .host(.setFocus(let index)): model.known.focus = index
        case .host(.setMirrorsUnsafe(let mirrors)): model.known.mirrorsUnsafe = mirrors
        case .host(.setService(let settings)): model.known.service = settings
        default: break
        }
    }

    func sees(_ part: String) -> Bool { text.contains(part) }

    /// What a failed expectation shows.
    var testDescription: String { "\n" + text + "\n" }

    /// Types a text, key by key.
    @discardableResult
    mutating func type(_ text: String) -> Scene {
        for character in text { press(.character(character)) }
        return self
    }

    /// The lines that hold a text.
    func lines(_ part: String) -> [String] {
        text.split(separator: "\n").map(String.init).filter { $0.contains(part) }
    }

    /// Lets the user's time go by.
    mutating func wait(milliseconds: UInt64) { model.advance(by: milliseconds * 1_000_000) }
}

/// Makes models from events, the way the running program does.
final class Studio {
    let log = EventLog()
    var fold = TraceFold()
    private(set) var now: UInt64 = 10_000_000_000
    private let workers: UInt32 = 1000

    func lane(_ number: UInt8, _ mode: ExecutionMode) -> LaneModel {
        let id = LaneID(rawValue: number)
        return LaneModel(
            lane: LaneDescription(id: id, kind: .hosted(mode)), url: "http://127.0.0.1:9000",
            load: mode == .native ? nil : WorkerPool.Load(workers: 4, busy: 1, queued: 0),
            modes: ExecutionMode.allCases, traces: fold.traces(of: id),
            statistics: fold.statistics[Statistics.Key(lane: id, mode: mode)] ?? Statistics(),
            threads: [TrackRegistry.Entry(track: workers, name: "worker-1")],
            trackNames: [workers: "worker-1"])
    }

    func model(_ lanes: [LaneModel]) -> Model {
        var model = Model(app: "weather", url: "http://127.0.0.1:8080", lanes: lanes, now: now)
        model.known.trafficFile = "morning.har"
        return model
    }

    /// A request of 100 ms through a middleware, whose view takes 60 ms of it.
    func wrapped(_ number: UInt64) {
        let ms: UInt64 = 1_000_000
        let start: UInt64 = 10_000_000_000
        let request = log.open(
            RequestSummary(
                id: RequestID(number: number, lane: LaneID(rawValue: 0)), mode: .sync, method: "GET", target: "/",
                accepted: start))
        func begin(_ kind: EventKind, _ name: String, _ time: UInt64, parent: SpanID = .none) -> SpanID {
            request.begin(
                kind, label: request.own(text: name), parent: parent, track: workers, at: start + time * ms)
        }
        func end(_ kind: EventKind, _ span: SpanID, _ time: UInt64) {
            request.end(kind, span: span, outcome: .response, track: workers, at: start + time * ms)
        }
        request.instant(.accepted, at: start)
        let outer = begin(.middleware, "timing", 0)
        let view = begin(.view, "index", 20, parent: outer)
        end(.view, view, 80)
        end(.middleware, outer, 100)
        request.finish(status: 200, at: start + 100 * ms)
        _ = log.read(waiting: 0) { fold.apply($0) }
        now = start + 200 * ms
    }

    /// A request of the weather page, as `mode` runs it: queued 10 ms, a hook of 10 ms, five calls of 200 ms.
    func dashboard(_ number: UInt64, _ mode: ExecutionMode, lane: UInt8 = 0, until end: UInt64 = .max) {
        let start: UInt64 = 10_000_000_000
        let ms: UInt64 = 1_000_000
        var summary = RequestSummary(
            id: RequestID(number: number, lane: LaneID(rawValue: lane)), mode: mode, method: "GET",
            target: "/dashboard", accepted: start)
        // The ids of a run are random; those of a picture are not.
        summary.context =
            TraceContext(
                recorded: "00-0af7651916cd43dd8448eb211c80319\(lane)-b7ad6b716920333\(number % 10)-01", parentID: 0,
                state: "") ?? summary.context
        let request = log.open(summary)
        func span(
            _ kind: EventKind, _ name: String, _ begin: UInt64, _ length: UInt64, _ outcome: Outcome = .done,
            parent: SpanID = .none, track: UInt32, value: Int64 = 0, flags: Event.Flags = []
        ) -> SpanID {
            guard start + begin * ms <= end else { return .none }
            let span = request.begin(
                kind, label: request.own(text: name), parent: parent, value: value, flags: flags, track: track,
                at: start + begin * ms)
            if start + (begin + length) * ms <= end {
                request.end(
                    kind, span: span, outcome: outcome, value: 200, track: track, at: start + (begin + length) * ms)
            }
            return span
        }
        request.instant(.accepted, at: start)
        _ = span(.queued, "", 0, 10, track: workers)
        _ = span(.routing, "", 10, 0, track: workers)
        let http = Int64(AwaitKind.http.rawValue)
        if mode == .sync {
            let hook = span(.beforeRequest, "auth", 10, 10, .continue, track: workers)
            _ = span(.blocked, "GET api/delay/10", 10, 10, parent: hook, track: workers, value: http)
            let view = span(.view, "dashboard", 20, 1000, .response, track: workers)
            for (index, city) in ["oslo", "lima", "cairo", "delhi", "tokyo"].enumerated() {
                _ = span(
                    .blocked, "GET api/city/\(city)", 20 + UInt64(index) * 200, 200, parent: view, track: workers,
                    value: http)
            }
        } else {
            let first = span(.subThread, "auth", 10, 10, track: 1, value: 1)
            _ = first
            let hook = span(.beforeRequest, "auth", 10, 10, .continue, track: 1, flags: [.isAsync, .onSubThread])
            _ = span(.await, "GET api/delay/10", 10, 10, parent: hook, track: 1, value: http)
            _ = span(.subThread, "dashboard", 20, 200, track: 2, value: 2)
            let view = span(.view, "dashboard", 20, 200, .response, track: 2, flags: [.isAsync, .onSubThread])
            for city in ["oslo", "lima", "cairo", "delhi", "tokyo"] {
                _ = span(.await, "GET api/city/\(city)", 20, 200, parent: view, track: 2, value: http)
            }
        }
        let length: UInt64 = mode == .sync ? 1020 : 220
        _ = span(.afterRequest, "stamp", length, 0, .same, track: workers)
        _ = span(.teardownRequest, "forget user", length, 0, track: workers)
        if start + length * ms <= end {
            request.finish(status: 200, at: start + length * ms)
            now = max(now, start + length * ms)
        } else {
            now = max(now, end)
        }
        _ = log.read(waiting: 0) { fold.apply($0) }
    }
}
