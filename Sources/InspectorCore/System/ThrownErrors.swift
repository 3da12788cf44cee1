// Where errors were thrown: Swift's errors do not know it themselves.

internal import CInspectorSystem
internal import Runtime
internal import Synchronization

/// Remembers where the newest errors of an app's functions were thrown.
///
/// May be used from any thread.
package final class ThrownErrors: Sendable {
    /// One function on the way to a throw.
    package struct Frame: Sendable, Equatable {
        /// `closure #1 in Troubles.make(_:)`.
        package let function: String
        /// `Troubles.swift:52`; empty where the program has no debug information.
        package let place: String
    }

    /// An error with the calls that were going on when it was thrown.
    private struct Thrown: Sendable {
        /// Kept, so that nothing else comes to have its address, by which it is known again.
        let error: any Error
        let calls: Backtrace
        /// Whether they are those of another error, thrown at the same place: who awaited it may have been another then.
        let isOfAnother: Bool
    }

    /// An error as the one pointer that it is: by itself it would be opened on its way into a generic function.
    private struct Held {
        let error: any Error
    }

    private struct State {
        var thrown: [Thrown] = []
        var next = 0
        var second: UInt64 = 0
        var count = 0
        /// How many places were new in this second.
        var newPlaces = 0
        /// The calls of errors by the place of their throw.
        var places: [UInt64: Backtrace] = [:]
        var isCapturing = false
        var captured = 0
        var waiting: [@Sendable (inout [String: [Frame]]) -> Void] = []

        mutating func keep(_ error: Thrown) {
            if thrown.count < ThrownErrors.kept { thrown.append(error) } else { thrown[next] = error }
            next = (next + 1) % ThrownErrors.kept
        }
    }

    package static let shared = ThrownErrors()

    /// How many errors are remembered, and of how many a second the calls are: each costs some µs.
    private static let kept = 64
    private static let most = 100
    /// From how many places not seen before a second: on a thread that has not done so before, and a sub-thread never has,
    /// the runtime reads the program's symbols first, which takes 50 ms and as many MB.
    private static let mostNew = 5
    /// How many places are remembered, and by how many return addresses one is known again.
    private static let mostPlaces = 512
    private static let depth: Int32 = 16
    /// How many may wait for the thread that reads debug information, and how many of its answers are kept.
    private static let mostWaiting = 100
    private static let mostKnown = 256
    /// The most frames of the app's own code in one backtrace.
    private static let frames = 12
    /// Code that is not the app's.
    private static let foreign: Set<String> = [
        "Inspector", "InspectorCore", "NIOCore", "NIOPosix", "NIOHTTP1", "AsyncHTTPClient", "Logging",
        "Synchronization",
        "Runtime", "Foundation", "FoundationEssentials",
    ]

    private let state = Mutex(State())
    private let isWatching = Atomic<Bool>(false)
    private let bell = Bell()
    /// The program's files in memory: found once, for that takes longer than everything else.
    private let images = Mutex<ImageMap?>(nil)
    /// What was called before this was: another one who watches.
    private let before = Atomic<UInt>(0)

    /// Starts to watch; nothing stops it.
    package func watch() {
        guard !isWatching.exchange(true, ordering: .relaxed) else { return }
        // Reading debug information may take a second the first time: neither a client nor a worker waits for that.
        try? OwnThread.start("backtraces") { [self] in
            let map = ImageMap.capture()
            // The first one takes a tenth of a second, which no request is to pay for.
            _ = try? Backtrace.capture(limit: 4, images: map)
            images.withLock { $0 = map }
            var known: [String: [Frame]] = [:]
            while true {
                bell.wait(seconds: 60)
                for item in state.withLock({ state in
                    defer { state.waiting = [] }
                    return state.waiting
                }) {
                    item(&known)
                    if known.count > ThrownErrors.mostKnown { known = [:] }
                }
            }
        }
        let known = cs_set_will_throw { ThrownErrors.shared.threw($0) }
        before.store(UInt(bitPattern: known), ordering: .relaxed)
    }

    /// Some code is about to throw `error`.
    private func threw(_ error: UnsafeMutableRawPointer?) {
        typealias Handler = @convention(c) (UnsafeMutableRawPointer?) -> Void
        let other = before.load(ordering: .relaxed)
        if other != 0 { unsafeBitCast(other, to: Handler.self)(error) }
        // Only what a function of an app throws; and not what is thrown here.
        guard let error, let record = ThreadRecord.existing, record.pointee.function != nil,
            record.pointee.is_tracing == 0, mayLook(at: MonotonicClock.now())
        else { return }
        record.pointee.is_tracing = 1
        defer { record.pointee.is_tracing = 0 }
        let thrown = unsafeBitCast(error, to: Held.self).error
        // The same one again: it is passed on, and where it came from is known.
        guard find(thrown) == nil, let images = images.withLock({ $0 }) else { return }
        let place = cs_throw_place(ThrownErrors.depth)
        let isNew = state.withLock { state -> Bool in
            if let calls = state.places[place] {
                state.keep(Thrown(error: thrown, calls: calls, isOfAnother: true))
                return false
            }
            guard !state.isCapturing, state.newPlaces < ThrownErrors.mostNew else { return false }
            state.isCapturing = true
            state.newPlaces += 1
            return true
        }
        guard isNew else { return }
        let calls = try? Backtrace.capture(limit: 48, images: images)
        state.withLock { state in
            state.isCapturing = false
            state.captured += 1
            guard let calls else { return }
            if state.places.count >= ThrownErrors.mostPlaces { state.places = [:] }
            state.places[place] = calls
            state.keep(Thrown(error: thrown, calls: calls, isOfAnother: false))
        }
    }

    /// How often the calls were looked up: what costs.
    package var captured: Int { state.withLock { $0.captured } }

    private func mayLook(at now: UInt64) -> Bool {
        state.withLock { state in
            if state.second != now / 1_000_000_000 {
                state.second = now / 1_000_000_000
                state.count = 0
                state.newPlaces = 0
            }
            state.count += 1
            return state.count <= ThrownErrors.most
        }
    }

    private func find(_ error: any Error) -> Thrown? {
        state.withLock { state in state.thrown.first { Self.isSame($0.error, as: error) } }
    }

    private static func isSame(_ left: any Error, as right: any Error) -> Bool {
        unsafeBitCast(Held(error: left), to: UInt.self) == unsafeBitCast(Held(error: right), to: UInt.self)
    }

    /// Whether it is known where `error` was thrown.
    package func knows(_ error: any Error) -> Bool {
        isWatching.load(ordering: .relaxed) && find(error) != nil
    }

    /// Finds out where `error` was thrown, on a thread of its own, and tells `body` there: the frames of the app's own code,
    /// innermost first; none where too many wait.
    package func tell(_ error: any Error, body: @escaping @Sendable ([Frame]) -> Void) {
        guard let thrown = find(error) else { return body([]) }
        let calls = thrown.calls
        let isOfAnother = thrown.isOfAnother
        let isTaken = state.withLock { state in
            guard state.waiting.count < ThrownErrors.mostWaiting else { return false }
            state.waiting.append { known in
                let key = calls.frames.map { "\($0)" }.joined() + (isOfAnother ? " of another" : "")
                let frames = known[key] ?? ThrownErrors.frames(calls, ofAnother: isOfAnother)
                known[key] = frames
                body(frames)
            }
            return true
        }
        if isTaken { bell.ring() } else { body([]) }
    }

    /// - Parameter isOfAnother: then only those that the two have in common for sure: those whose return addresses were
    ///   compared, up to where an await was left.
    private static func frames(_ calls: Backtrace, ofAnother isOfAnother: Bool) -> [Frame] {
        let record = ThreadRecord.current
        record.pointee.is_tracing = 1
        defer { record.pointee.is_tracing = 0 }
        guard let known = calls.symbolicated() else { return [] }
        // The two lists begin with a call or two of their own.
        let compared = isOfAnother ? Int(ThrownErrors.depth) - 2 : .max
        let sure = known.frames.prefix(compared).prefix { frame in
            if isOfAnother, case .asyncResumePoint = frame.captured { false } else { true }
        }
        return sure.lazy.compactMap { frame -> Frame? in
            guard let symbol = frame.symbol, ThrownErrors.isOwn(symbol.rawName) else { return nil }
            let place = symbol.sourceLocation.map { location in
                "\(location.path.split(separator: "/").last ?? ""):\(location.line)"
            }
            return Frame(function: symbol.name, place: place ?? "")
        }.prefix(ThrownErrors.frames).map { $0 }
    }

    /// Whether a symbol is of code that is neither Swift's nor ours: `$s` and the length of its module's name come first.
    static func isOwn(_ mangled: String) -> Bool {
        guard mangled.hasPrefix("$s") else { return false }
        let rest = mangled.dropFirst(2)
        let digits = rest.prefix { $0.isNumber }
        guard let length = Int(digits), length > 0 else { return false }
        return !foreign.contains(String(rest.dropFirst(digits.count).prefix(length)))
    }
}
