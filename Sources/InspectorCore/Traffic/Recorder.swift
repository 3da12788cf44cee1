// Writes what is served into a file, from a thread of its own: no request ever waits for the disk.

internal import DequeModule
internal import Synchronization

/// Records requests, answers and traces as JSON lines (`docs/recording-format.md`).
///
/// Every function may be called from any thread.
package final class Recorder: Sendable {
    /// Where and how it writes.
    package struct Options: Sendable {
        package var path: String
        /// What is taken out.
        package var redaction = Redaction()
        /// How large a file becomes before the next one is begun, in bytes.
        package var fileLimit = 100 * 1024 * 1024
        /// How much all files of the recording may take, in bytes; the oldest are deleted.
        package var totalLimit = 1024 * 1024 * 1024
        var writer: RecordingFile.Writer = { FileWriting.write($0, to: $1) }

        package init(path: String) { self.path = path }
    }

    /// How it goes, for a screen.
    package struct Status: Sendable, Equatable {
        package var written = 0
        /// Requests that were not recorded: the disk was too slow, or full.
        package var lost = 0
        /// Why the last ones were not.
        package var problem: String?

        package init() {}
    }

    private enum Item: Sendable {
        case request(Trace, Exchange?)
        case note(RecordedNote)
    }

    private struct State {
        var queue = Deque<Item>()
        var bytes = 0
        var status = Status()
        /// Lost since the last line about it.
        var untold = 0
        var isStopped = false
    }

    /// How much may wait for the disk, in bytes: what is beyond is counted as lost.
    private static let queueLimit = 64 * 1024 * 1024

    private let options: Options
    private let redaction: Redaction
    private let app: String
    private let threadName: @Sendable (LaneID, UInt32) -> String?
    private let workers: @Sendable (LaneID) -> Int?
    private let state = Mutex(State())
    /// Locked by the recorder's thread for as long as it runs: nobody else uses the file.
    private let file: Mutex<RecordingFile>
    private let bell = Bell()
    private let ended = Bell()
    private let processorTime = Atomic<UInt64>(0)
    /// The wall's time less the monotonic clock's, in ns.
    private let offset: UInt64

    /// Makes the file, readable by its owner only, and starts the thread.
    ///
    /// - Parameters:
    ///   - offset: what is added to a time of the traces to get ns since 1970.
    ///   - workers: how many workers the lane has now; asked on the recorder's own thread, as the next is.
    ///   - threadName: what the thread with that number is called.
    /// - Throws: `TrafficFileError` when the file is there already or cannot be made, `ThreadError`.
    package init(
        options: Options, app: String, offset: UInt64 = MonotonicClock.wallOffset,
        workers: @escaping @Sendable (LaneID) -> Int? = { _ in nil },
        threadName: @escaping @Sendable (LaneID, UInt32) -> String?
    ) throws {
        self.options = options
        self.app = app
        self.threadName = threadName
        self.workers = workers
        redaction = options.redaction
        self.offset = offset
        file = Mutex(
            try RecordingFile(
                options: options, header: Recorder.header(app: app, offset: offset, redacts: options.redaction.isOn)))
        try OwnThread.start("recorder") { [self] in file.withLock { write(to: $0) } }
    }

    /// How it goes.
    package var status: Status { state.withLock { $0.status } }

    /// The processor time that its thread has used, in ns.
    package var threadTime: UInt64 { processorTime.load(ordering: .relaxed) }

    /// Takes a finished request.
    package func record(_ trace: Trace, exchange: Exchange?) {
        let bytes =
            trace.spans.count * 200 + 1000
            + (exchange.map { $0.requestBody.bytes.count + $0.responseBody.bytes.count } ?? 0)
        state.withLock { state in
            guard !state.isStopped else { return }
            guard state.bytes + bytes <= Recorder.queueLimit else {
                state.status.lost += 1
                state.untold += 1
                return
            }
            state.bytes += bytes
            state.queue.append(.request(trace, exchange))
        }
    }

    /// Takes what the user has noted of a request.
    package func note(_ note: RecordedNote) {
        state.withLock { state in if !state.isStopped { state.queue.append(.note(note)) } }
    }

    /// Writes what waits, and ends the thread.
    package func stop() {
        state.withLock { $0.isStopped = true }
        bell.ring()
        ended.wait(seconds: 3)
    }

    private static func header(app: String, offset: UInt64, redacts: Bool) -> JSON {
        .object([
            "type": "header", "inspector": .int(RecordingLine.version), "creator": .string(ProductVersion.text),
            "app": .string(app), "clock": .int(Int(clamping: offset)), "redacted": .bool(redacts),
        ])
    }

    /// What the file already tells: threads by lane and number, and how many workers a lane has.
    private struct Known {
        var threads: Set<UInt64> = []
        var workers: [LaneID: Int] = [:]
    }

    private func write(to file: RecordingFile) {
        var known = Known()
        while true {
            bell.wait(seconds: 0.1)
            let (items, isStopped) = state.withLock { state in
                let items = state.queue
                state.queue = []
                state.bytes = 0
                return (items, state.isStopped)
            }
            tellLost(in: file)
            write(items, to: file, known: &known)
            // Those that were lost just now: at the end there is no next time.
            if isStopped { tellLost(in: file) }
            processorTime.store(ProcessorTime.thread, ordering: .relaxed)
            if isStopped, items.isEmpty {
                file.close()
                ended.ring()
                return
            }
        }
    }

    private func write(_ items: Deque<Item>, to file: RecordingFile, known: inout Known) {
        var lines: [UInt8] = []
        /// Where in `lines` each request ends.
        var ends: [Int] = []
        func flush() {
            guard !lines.isEmpty else { return }
            let (count, problem) = file.append(lines)
            let written = ends.count { $0 <= count }
            let lost = ends.count - written
            let why = problem ?? file.problem
            state.withLock { state in
                state.status.written += written
                state.status.lost += lost
                state.untold += lost
                state.status.problem = why
            }
            // What told of threads may be among what was lost.
            if lost > 0 { known = Known() }
            lines = []
            ends = []
        }
        for item in items {
            // Before the lines are made: a new file has to name its threads itself.
            if lines.isEmpty, file.rotateIfFull() { known = Known() }
            switch item {
            case .request(let trace, let exchange):
                lines += self.lines(trace, exchange: exchange, known: &known)
                ends.append(lines.count)
            case .note(let note): lines += note.changingText(redaction.text).line.encoded + [10]
            }
            if lines.count > min(1024 * 1024, options.fileLimit / 4) { flush() }
        }
        flush()
    }

    /// Says in the file how many requests are missing, as soon as there is room to say it.
    private func tellLost(in file: RecordingFile) {
        let untold = state.withLock { $0.untold }
        guard untold > 0 else { return }
        let line: JSON = .object([
            "type": "lost", "requests": .int(untold), "time": .int(Int(clamping: MonotonicClock.now() &+ offset)),
        ])
        _ = file.rotateIfFull()
        let (_, problem) = file.append(line.encoded + [10])
        state.withLock { state in
            if problem == nil { state.untold -= untold }
            state.status.problem = problem ?? file.problem
        }
    }

    private func lines(_ original: Trace, exchange whole: Exchange?, known: inout Known) -> [UInt8] {
        let trace = redaction.trace(trace: original)
        let lane = Int(trace.id.lane.rawValue)
        var bytes: [UInt8] = []
        if let count = workers(trace.id.lane), known.workers[trace.id.lane] != count {
            known.workers[trace.id.lane] = count
            bytes += JSON.object(["type": "lane", "lane": .int(lane), "workers": .int(count)]).encoded + [10]
        }
        for track in Set(trace.spans.map(\.track)).sorted() {
            let key = UInt64(lane) << 32 | UInt64(track)
            guard !known.threads.contains(key), let name = threadName(trace.id.lane, track) else { continue }
            known.threads.insert(key)
            bytes +=
                JSON.object([
                    "type": "thread", "lane": .int(lane), "track": .int(Int(track)), "name": .string(name),
                ]).encoded + [10]
        }
        if let exchange = whole.map(redaction.exchange) {
            bytes += request(exchange, trace: trace, lane: lane).encoded + [10]
            if let status = exchange.status {
                bytes +=
                    response(
                        exchange: exchange, status: status, trace: trace, lane: lane,
                        size: whole?.responseBody.length
                    ).encoded
                bytes.append(10)
            }
        }
        bytes +=
            JSON.object([
                "type": "trace", "id": .int(Int(clamping: trace.id.number)), "lane": .int(lane), "trace": trace.json,
            ]).encoded + [10]
        return bytes
    }

    private func request(_ exchange: Exchange, trace: Trace, lane: Int) -> JSON {
        var line: [String: JSON] = [
            "type": "request", "id": .int(Int(clamping: trace.id.number)), "lane": .int(lane),
            "mode": trace.summary.mode.map { .string($0.rawValue) } ?? .null,
            "time": .int(Int(clamping: trace.began &+ offset)), "method": .string(exchange.method),
            "target": .string(exchange.target), "headers": RecordingLine.headers(headers: exchange.requestHeaders),
        ]
        if !exchange.requestBody.isWhole { line["cut"] = true }
        return .object(line.merging(RecordingLine.body(bytes: exchange.requestBody.bytes)) { first, _ in first })
    }

    /// - Parameter size: how many bytes the body had before anything was taken out; nil for a stream.
    private func response(exchange: Exchange, status: Int, trace: Trace, lane: Int, size: Int?) -> JSON {
        var line: [String: JSON] = [
            "type": "response", "id": .int(Int(clamping: trace.id.number)), "lane": .int(lane), "status": .int(status),
            "headers": RecordingLine.headers(headers: exchange.responseHeaders),
        ]
        if let done = trace.done {
            line["duration"] = .int(Int(clamping: trace.service(until: done)))
        }
        guard let size else {
            line["streamed"] = true
            return .object(line)
        }
        line["size"] = .int(size)
        if !exchange.responseBody.isWhole { line["cut"] = true }
        return .object(line.merging(RecordingLine.body(bytes: exchange.responseBody.bytes)) { first, _ in first })
    }
}
