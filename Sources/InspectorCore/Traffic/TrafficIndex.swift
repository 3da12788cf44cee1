// What is in a traffic file: where each request lies and when it is due. The requests themselves are read again when
// they are sent, so a file of any size takes a few bytes an entry.

/// Where an entry lies in its file.
package struct TrafficEntry: Sendable, Equatable {
    /// Its number in the file, or its first line, from 1.
    package var number: Int
    package var offset: Int
    package var length: Int
    /// When it was sent, in ns since the recording's own zero; nil when the file does not say.
    package var time: UInt64?
    /// Where its answer lies, if that is elsewhere; 0 for nowhere.
    package var responseOffset = 0
    package var responseLength = 0
    /// Which one it is of several requests that lie there, from 0; or what else its reader needs to find it again.
    package var part: UInt32 = 0

    package init(number: Int, range: Range<Int>, time: UInt64?) {
        self.number = number
        offset = range.lowerBound
        length = range.count
        self.time = time.map { min($0, .lastMoment) }
    }

    var range: Range<Int> { offset..<(offset + length) }
}

/// One kind of traffic file.
protocol TrafficFormat: Sendable {
    /// A reader for the file that begins so, or nil when it is of another kind.
    ///
    /// What the reader has to know (which form of a log it is, which variables hold) it learns here.
    ///
    /// - Throws: `TrafficFileError` for a file that is sure to be of this kind and cannot be read all the same.
    static func reader(for head: TrafficHead, reading: TrafficReading) throws(TrafficFileError) -> Self?

    /// What sentences call it: `HAR 1.2`.
    var name: String { get }
    /// What an entry is called: `entry`, `line`, `record`.
    var unit: String { get }
    /// What `inspector plan` says of it beside its name: the fields that were seen in the first line, each with what it
    /// holds. Empty where there is nothing to say.
    var firstFields: [(name: String, value: String)] { get }
    /// Finds the entries.
    ///
    /// - Throws: `JSONFault`, with the byte at which the file can be read no further; what was found before stays.
    func scan(_ bytes: TrafficBytes, into index: inout TrafficIndexBuilder) throws
    /// Reads one entry that `scan` found.
    func request(_ entry: TrafficEntry, in bytes: TrafficBytes) throws(RecordedRequest.Refusal) -> RecordedRequest
    /// What a plan tells of an entry, where that can be told without making its request; else nil.
    func outline(entry: TrafficEntry, in bytes: TrafficBytes) -> TrafficOutline?
    /// What files of this kind are written by; nil where they are only read.
    static var encoder: (any TrafficEncoder.Type)? { get }
}

extension TrafficFormat {
    static var encoder: (any TrafficEncoder.Type)? { nil }
}

/// What a plan tells of a request: of a log of millions of lines no request has to be made for it.
package struct TrafficOutline: Sendable, Equatable {
    package var method: String
    /// Without its query.
    package var path: String
    package var status: Int?
    package var bodySize: Int

    init(request: RecordedRequest) {
        self.init(
            method: request.method, path: String(decoding: request.target.utf8.prefix { $0 != 0x3F }, as: UTF8.self),
            status: request.status, bodySize: request.body.count)
    }

    init(method: String, path: String, status: Int?, bodySize: Int) {
        self.method = method
        self.path = path
        self.status = status
        self.bodySize = bodySize
    }
}

extension TrafficFormat {
    func outline(entry: TrafficEntry, in bytes: TrafficBytes) -> TrafficOutline? { nil }

    var firstFields: [(name: String, value: String)] { [] }
}

/// Collects what a format finds.
package struct TrafficIndexBuilder {
    /// How many notes are kept, each of them once however many entries it is of; the others are counted.
    static let noteLimit = 500
    /// How many reasons are told apart: some hold a name out of the file.
    static let reasonLimit = 200

    fileprivate(set) var entries: [TrafficEntry] = []
    fileprivate(set) var notes: [Note] = []
    fileprivate(set) var moreNotes = 0
    fileprivate(set) var skipped: [String: Int] = [:]
    fileprivate(set) var count = 0
    private let unit: String
    /// Where each sentence stands in `notes`.
    private var known: [String: Int] = [:]

    init(unit: String) { self.unit = unit }

    /// What sentences call the entry with that number.
    func place(number: Int) -> String { "\(unit) \(number)" }

    /// An entry that can be replayed.
    mutating func add(_ entry: TrafficEntry) {
        count += 1
        entries.append(entry)
    }

    /// An entry that can be replayed as `request`, whose remarks become notes.
    mutating func add(_ entry: TrafficEntry, request: RecordedRequest) {
        for remark in request.remarks { note(entry.number, reason: remark) }
        add(entry)
    }

    /// An entry that cannot be replayed: `reason` is one of a few, `detail` is this entry's own.
    ///
    /// - Parameter times: of how many entries, of which `number` is the first.
    mutating func skip(_ number: Int, reason: String, detail: String? = nil, times: Int = 1) {
        count += times
        let isKnown = skipped[reason] != nil || skipped.count < TrafficIndexBuilder.reasonLimit
        skipped[isKnown ? reason : "for other reasons", default: 0] += times
        note(place(number: number), reason: "skipped: " + reason + (detail.map { " (\($0))" } ?? ""), times: times)
    }

    /// Something that is taken with a change.
    mutating func note(_ place: String, reason: String, times: Int = 1) {
        if let index = known[reason] {
            notes[index].add(times)
        } else if notes.count < TrafficIndexBuilder.noteLimit {
            known[reason] = notes.count
            notes.append(Note(place: place, reason: reason, count: times))
        } else {
            moreNotes += times
        }
    }

    mutating func note(_ number: Int, reason: String) { note(place(number: number), reason: reason) }

    /// Changes the newest entry with that number, if there is one.
    mutating func change(at place: Int, body: (inout TrafficEntry) -> Void) {
        if entries.indices.contains(place) { body(&entries[place]) }
    }

    /// Whether an entry has a time.
    var hasTimes: Bool { entries.contains { $0.time != nil } }

    /// Entries that follow one another, of whose lines the stamps name the same second.
    struct SecondRun {
        let first: Int
        let second: UInt64
    }

    /// Spreads entries whose stamps are whole seconds evenly within them, in the order of their lines.
    ///
    /// Where the stamp is a request's end, all that end within a second would else end at its first moment, as a burst that
    /// never was.
    mutating func spread(seconds runs: [SecondRun]) {
        func range(of run: Int) -> Range<Int> {
            runs[run].first..<max(runs[run].first, run + 1 < runs.count ? runs[run + 1].first : entries.count)
        }
        var counts: [UInt64: (all: UInt64, placed: UInt64)] = [:]
        // A second may come again: logs that stamp the begin are in the order of the ends.
        for run in runs.indices { counts[runs[run].second, default: (0, 0)].all += UInt64(range(of: run).count) }
        var spread = 0
        for run in runs.indices {
            guard var count = counts[runs[run].second], count.all > 1 else { continue }
            for place in range(of: run) {
                entries[place].time = entries[place].time?.addingSaturated(count.placed * 1_000_000_000 / count.all)
                count.placed += 1
                spread += 1
            }
            counts[runs[run].second] = count
        }
        if !entries.isEmpty {
            let words = spread > 0 ? ", in which \(spread) requests are spread evenly" : ""
            note("file", reason: "its times are whole seconds" + words)
        }
    }
}

/// A file that was looked through.
package struct TrafficIndex: Sendable {
    package let file: String
    /// What kind of file it is: `HAR 1.2`.
    package let formatName: String
    /// The fields that were seen in its first line, each with what it holds; empty for what is not a log.
    package let firstFields: [(name: String, value: String)]
    /// Those that can be replayed, in the order of the file.
    package let entries: [TrafficEntry]
    /// What was not taken, or with a change; the first of them.
    package let notes: [Note]
    /// How many more notes there were.
    package let moreNotes: Int
    /// How many entries are not replayed, by reason.
    package let skipped: [String: Int]
    /// How many entries the file has: those that are replayed and those that are not.
    package let count: Int
    /// What ended the reading before the file's end; what was read before stays.
    package let failure: TrafficFileError?

    private let format: any TrafficFormat
    private let bytes: TrafficBytes

    /// Opens a file, sees what kind it is, and finds its requests.
    ///
    /// - Throws: `TrafficFileError` when nothing can be read of it at all.
    package init(path: String, reading: TrafficReading = TrafficReading()) throws(TrafficFileError) {
        try self.init(bytes: TrafficBytes(path: path), reading: reading)
    }

    /// Looks through bytes.
    ///
    /// - Throws: `TrafficFileError` when they are of no kind that can be read.
    package init(
        bytes: TrafficBytes, reading: TrafficReading = TrafficReading()
    ) throws(TrafficFileError) {
        let format = try TrafficKind.format(of: bytes, reading: reading)
        var builder = TrafficIndexBuilder(unit: format.unit)
        var failure: TrafficFileError?
        do {
            try format.scan(bytes, into: &builder)
        } catch let fault as JSONFault {
            let place = builder.count > 0 ? "after \(format.unit) \(builder.count), " : ""
            failure = TrafficFileError(
                file: bytes.name,
                reason: "\(place)at byte \(fault.offset), \(fault.reason); "
                    + builder.entries.count.counted(one: "request was", many: "requests were") + " read before that")
        } catch {
            failure = TrafficFileError(file: bytes.name, reason: "\(error)")
        }
        if let oddity = bytes.oddity { builder.note("file", reason: oddity) }
        let late = builder.entries.count { $0.time == .lastMoment }
        if late > 0 {
            let words = late.counted(one: "request has a time", many: "requests have times")
            builder.note("file", reason: "\(words) beyond the year 2116, taken as of that year")
        }
        let without = builder.entries.count { $0.time == nil }
        if without > 0, without < builder.entries.count {
            let words = without.counted(one: "request has no time and is", many: "requests have no time and are")
            builder.note("file", reason: "\(words) sent with the one before")
        } else if without > 0 {
            builder.note(
                "file", reason: "its requests have no times; they are sent in their order, one after the other")
        }
        file = bytes.name
        formatName = format.name
        firstFields = format.firstFields
        entries = builder.entries
        notes = builder.notes
        moreNotes = builder.moreNotes
        skipped = builder.skipped
        count = builder.count
        self.failure = failure
        self.format = format
        self.bytes = bytes
    }

    /// What a plan tells of a request; nil when the file has changed meanwhile.
    ///
    /// May be called from any thread.
    package func outline(entry: TrafficEntry) -> TrafficOutline? {
        if let outline = format.outline(entry: entry, in: bytes) { return outline }
        return (try? request(entry)).map(TrafficOutline.init)
    }

    /// Reads a request.
    ///
    /// May be called from any thread.
    ///
    /// - Throws: `RecordedRequest.Refusal` when the file has changed meanwhile.
    package func request(_ entry: TrafficEntry) throws(RecordedRequest.Refusal) -> RecordedRequest {
        try format.request(entry, in: bytes).at(time: entry.time)
    }
}
