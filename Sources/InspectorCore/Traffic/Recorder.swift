// Writes what is served into a file, from a thread of its own: no request ever waits for the disk.

internal import DequeModule
internal import Glibc
internal import Synchronization

/// Records requests, answers and traces as JSON lines (`docs/recording-format.md`).
///
/// Every function may be called from any thread.
package final class Recorder: Sendable {
    /// Where and how it writes.
    package struct Options: Sendable {
        package var path: String
        /// Whether secrets are taken out.
        package var redacts = true
        /// How large a file becomes before the next one is begun, in bytes.
        package var fileLimit = 100 * 1024 * 1024
        /// How much all files of the recording may take, in bytes; the oldest are deleted.
        package var totalLimit = 1024 * 1024 * 1024

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

    private struct Item: Sendable {
        let trace: Trace
        let exchange: Exchange?
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
    private let bell = Bell()
    private let ended = Bell()
    private let processorTime = Atomic<UInt64>(0)
    /// The wall's time less the monotonic clock's, in ns.
    private let offset: UInt64

    /// Makes the file, readable by its owner only, and starts the thread.
    ///
    /// - Parameters:
    ///   - workers: how many workers the lane has now; asked on the recorder's own thread, as the next is.
    ///   - threadName: what the thread with that number is called.
    /// - Throws: `TrafficFileError` when the file is there already or cannot be made, `ThreadError`.
    package init(
        _ options: Options, app: String, workers: @escaping @Sendable (LaneID) -> Int? = { _ in nil },
        threadName: @escaping @Sendable (LaneID, UInt32) -> String?
    ) throws {
        self.options = options
        self.app = app
        self.threadName = threadName
        self.workers = workers
        redaction = Redaction(isOn: options.redacts)
        offset = MonotonicClock.wallOffset
        let file = try RecordingFile(
            options, header: Recorder.header(app: app, offset: offset, redacts: options.redacts))
        try OwnThread.start("recorder") { [self] in write(to: file) }
    }

    /// How it goes.
    package var status: Status { state.withLock { $0.status } }

    /// The processor time that its thread has used, in ns.
    package var threadTime: UInt64 { processorTime.load(ordering: .relaxed) }

    /// Takes a finished request.
    package func record(_ trace: Trace, _ exchange: Exchange?) {
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
            state.queue.append(Item(trace: trace, exchange: exchange))
        }
    }

    /// Writes what waits, and ends the thread.
    package func stop() {
        state.withLock { $0.isStopped = true }
        bell.ring()
        ended.wait(seconds: 3)
    }

    private static func header(app: String, offset: UInt64, redacts: Bool) -> JSON {
        .object([
            "type": "header", "inspector": .int(RecordingLine.version), "creator": "inspector 0.1.0",
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
            let (items, untold, isStopped) = state.withLock { state in
                let items = state.queue
                let untold = state.untold
                state.queue = []
                state.bytes = 0
                state.untold = 0
                return (items, untold, state.isStopped)
            }
            var lines: [UInt8] = []
            var count = 0
            if untold > 0 {
                let line: JSON = .object([
                    "type": "lost", "requests": .int(untold),
                    "time": .int(Int(clamping: MonotonicClock.now() &+ offset)),
                ])
                lines += line.encoded + [10]
            }
            func flush() {
                guard !lines.isEmpty else { return }
                let problem = file.append(lines)
                state.withLock { state in
                    if let problem {
                        state.status.lost += count
                        state.untold += count
                        state.status.problem = problem
                    } else {
                        state.status.written += count
                        state.status.problem = nil
                    }
                }
                lines = []
                count = 0
            }
            for item in items {
                // Before the lines are made: a new file has to name its threads itself.
                if lines.isEmpty, file.rotateIfFull() { known = Known() }
                lines += self.lines(item, &known)
                count += 1
                if lines.count > min(1024 * 1024, options.fileLimit / 4) { flush() }
            }
            flush()
            processorTime.store(ProcessorTime.thread, ordering: .relaxed)
            if isStopped, items.isEmpty {
                file.close()
                ended.ring()
                return
            }
        }
    }

    private func lines(_ item: Item, _ known: inout Known) -> [UInt8] {
        let trace = item.trace
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
        if let exchange = item.exchange {
            bytes += request(exchange, trace, lane).encoded + [10]
            if let status = exchange.status { bytes += response(exchange, status, trace, lane).encoded + [10] }
        }
        var recorded = trace.json
        if case .object(var members) = recorded {
            members["target"] = .string(redaction.target(trace.summary.target))
            recorded = .object(members)
        }
        bytes +=
            JSON.object([
                "type": "trace", "id": .int(Int(clamping: trace.id.number)), "lane": .int(lane), "trace": recorded,
            ]).encoded + [10]
        return bytes
    }

    private func request(_ exchange: Exchange, _ trace: Trace, _ lane: Int) -> JSON {
        var line: [String: JSON] = [
            "type": "request", "id": .int(Int(clamping: trace.id.number)), "lane": .int(lane),
            "mode": .string(trace.summary.mode.rawValue),
            "time": .int(Int(clamping: trace.summary.accepted &+ offset)), "method": .string(exchange.method),
            "target": .string(redaction.target(exchange.target)),
            "headers": RecordingLine.headers(redaction.headers(exchange.requestHeaders)),
        ]
        if !exchange.requestBody.isWhole { line["cut"] = true }
        let type = exchange.requestHeaders["Content-Type"]
        let body = redaction.body(exchange.requestBody.bytes, contentType: type)
        return .object(line.merging(RecordingLine.body(body)) { first, _ in first })
    }

    private func response(_ exchange: Exchange, _ status: Int, _ trace: Trace, _ lane: Int) -> JSON {
        var line: [String: JSON] = [
            "type": "response", "id": .int(Int(clamping: trace.id.number)), "lane": .int(lane), "status": .int(status),
            "headers": RecordingLine.headers(redaction.headers(exchange.responseHeaders)),
        ]
        if let done = trace.done {
            let queued = trace.first(.queued)?.duration(until: done) ?? 0
            line["duration"] = .int(
                Int(clamping: trace.duration(until: done) - min(queued, trace.duration(until: done))))
        }
        guard let length = exchange.responseBody.length else {
            line["streamed"] = true
            return .object(line)
        }
        line["size"] = .int(length)
        if !exchange.responseBody.isWhole { line["cut"] = true }
        let type = exchange.responseHeaders["Content-Type"]
        let body = redaction.body(exchange.responseBody.bytes, contentType: type)
        return .object(line.merging(RecordingLine.body(body)) { first, _ in first })
    }
}

/// The files of a recording: the newest has the name, older ones a number.
///
/// `@unchecked Sendable`: used by the recorder's own thread only, once it is made.
private final class RecordingFile: @unchecked Sendable {
    private let options: Recorder.Options
    private let header: [UInt8]
    private var descriptor: Int32
    private var size = 0
    private var number = 0
    private var older: [(path: String, size: Int)] = []
    /// Whether a line was begun and not ended: the disk was full within it.
    private var isBroken = false

    init(_ options: Recorder.Options, header: JSON) throws(TrafficFileError) {
        self.options = options
        self.header = header.encoded + [10]
        descriptor = open(options.path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw TrafficFileError(
                file: options.path,
                reason: errno == EEXIST
                    ? "it is there already; a recording is never written over another file"
                    : "the recording cannot be made (\(String(cString: strerror(errno))))")
        }
        _ = put(self.header)
    }

    func close() {
        if descriptor >= 0 { _ = Glibc.close(descriptor) }
        descriptor = -1
    }

    /// Adds lines; why they could not be added, or nil.
    func append(_ lines: [UInt8]) -> String? {
        guard descriptor >= 0 else { return "the next file could not be made" }
        return put(lines)
    }

    private func put(_ bytes: [UInt8]) -> String? {
        // What was cut in the middle of a line is ended first, so that it costs that line only.
        let end: [UInt8] = isBroken ? [10] : []
        let (count, problem) = FileWriting.write((end + bytes)[...], to: descriptor)
        size += count
        // Where nothing was written the file ends as it did.
        if count > 0 { isBroken = problem != nil && count > end.count }
        return problem
    }

    /// Begins another file when this one is as large as it may become; whether it did.
    func rotateIfFull() -> Bool {
        guard size >= options.fileLimit else { return false }
        rotate()
        return true
    }

    private func rotate() {
        close()
        number += 1
        let name = "\(options.path).\(number)"
        rename(options.path, name)
        older.append((name, size))
        while older.reduce(0, { $0 + $1.size }) + options.fileLimit > options.totalLimit, !older.isEmpty {
            unlink(older.removeFirst().path)
        }
        descriptor = open(options.path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0o600)
        size = 0
        isBroken = false
        if descriptor >= 0 { _ = put(header) }
    }
}
