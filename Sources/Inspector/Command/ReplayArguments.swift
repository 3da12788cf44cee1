// How traffic is replayed, as the command line says it.

internal import ArgumentParser
internal import InspectorCore

/// A span of time, or `none`.
struct GapArgument {
    /// Nil for `none`.
    let nanoseconds: UInt64?

    init(nanoseconds: UInt64) { self.nanoseconds = nanoseconds }

    /// - Throws: `OptionMistake`.
    init(reading text: String) throws {
        do { nanoseconds = text == "none" ? nil : try OptionRanges.maxGap.read(text) } catch {
            throw OptionMistake(description: "none, or a time \(OptionRanges.maxGap.words)")
        }
    }
}

extension ReplayOptions.Pace: ExpressibleByArgument {}

/// What is done with a request that is due while too many are in flight.
enum FullChoice: String, CaseIterable, ExpressibleByArgument {
    case queue
    case drop
}

/// Options of a plan and of its sending.
struct ReplayArguments: ParsableArguments {
    @Option(
        help: "How many times as fast as recorded: 0.001 to 1000. (default: 1)",
        transform: { try OptionRanges.speed.read($0) })
    var speed = 1.0

    @Option(help: "When requests are due: original (as recorded), max (at once), closed (when one is answered).")
    var pace = ReplayOptions.Pace.original

    @Option(
        help: "Requests a second instead of the recorded times: 50/s.", transform: { try OptionRanges.rate.read($0) })
    var rate: Double?

    @Option(
        help: "How many may be in flight, 1 to 100000. (default: 2000)",
        transform: { try OptionRanges.limit.read($0) })
    var limit = 2000

    @Option(help: "What happens to a request that is due while so many are in flight: queue or drop.")
    var whenFull = FullChoice.queue

    @Option(
        name: .customLong("loop"), help: "How often the whole is replayed, 1 to 100000. (default: 1)",
        transform: { try OptionRanges.loops.read($0) })
    var loops = 1

    @Option(
        help: "The longest pause between two requests, such as 1s; none keeps all pauses. (default: 10s)",
        transform: { try GapArgument(reading: $0) })
    var maxGap = GapArgument(nanoseconds: 10_000_000_000)

    @Option(help: "Choose requests by what is recorded: \"method:GET path:/shop/* not status:5xx\".")
    var filter: String?

    @Option(
        help: "A share of the requests, always the same ones for a --seed: 10%.",
        transform: { try OptionRanges.sample.read($0) })
    var sample: Double?

    @Option(help: "Set a header: \"X-Trial: 1\".")
    var setHeader: [String] = []

    @Option(help: "Leave a header out.")
    var removeHeader: [String] = []

    @Flag(help: "Send the recorded host instead of the lane's address.")
    var keepHost = false

    @Option(
        help: "How many requests are sent before the measuring begins. (default: 0)",
        transform: { try OptionRanges.warmUp.read($0) })
    var warmUp = 0

    @Option(
        help: ArgumentHelp(
            """
            How long a --headless comparison may take: it is why each lane is sent the whole plan once, or up to four \
            times in the order A B B A. (default: 60s)
            """),
        transform: { try OptionRanges.budget.read($0) })
    var budget: UInt64 = 60_000_000_000

    @Option(help: "A member of JSON bodies that always differs, and is not compared.")
    var ignore: [String] = []

    @Flag(help: "Do not compare answers with the recorded ones.")
    var noCompare = false

    func validate() throws {
        if rate != nil, pace != .original {
            throw ValidationError("--rate and --pace \(pace.rawValue): a rate is a pace of its own; leave one out.")
        }
        for header in setHeader {
            guard let (name, value) = ReplayArguments.field(text: header) else {
                throw ValidationError("--set-header \(header): a name, a colon and a value.")
            }
            if let problem = ReplayArguments.problem(name: name, value: value) {
                throw ValidationError("--set-header \(header): \(problem).")
            }
        }
        for name in removeHeader {
            if let problem = ReplayArguments.problem(name: name, value: "") {
                throw ValidationError("--remove-header \(name): \(problem).")
            }
        }
        if let filter {
            do throws(FilterError) { _ = try Filter(filter) } catch { throw ValidationError("--filter: \(error)") }
        }
    }

    /// The name and the value of a header that is written as `Name: value`.
    static func field(text: String) -> (name: String, value: String)? {
        guard let colon = text.firstIndex(of: ":"), colon > text.startIndex else { return nil }
        return (String(text[..<colon]), String(text[text.index(after: colon)...].drop { $0 == " " }))
    }

    /// Why a header cannot be sent, or nil: the requests are checked by the same rule, each for itself.
    static func problem(name: String, value: String) -> String? {
        do throws(RecordedRequest.Refusal) {
            try RecordedRequest.check(name, value: value)
            return nil
        } catch {
            return error.reason
        }
    }

    /// The options of the replay, with the seed of the whole run.
    func options(seed: UInt64) -> ReplayOptions {
        var options = ReplayOptions()
        options.pace = pace
        options.speed = speed
        options.rate = rate
        options.limit = limit
        options.dropsWhenFull = whenFull == .drop
        options.loops = loops
        options.maxGap = maxGap.nanoseconds
        options.filter = filter.flatMap { try? Filter($0) }
        options.sample = sample ?? 1
        options.seed = seed
        options.headers = setHeader.compactMap { ReplayArguments.field(text: $0).map { ($0.name, $0.value) } }
        options.headers += removeHeader.map { ($0, nil) }
        options.keepsHost = keepHost
        options.warmUp = warmUp
        options.budget = budget
        options.ignoredMembers = Set(ignore)
        options.compares = !noCompare
        return options
    }
}

/// What has to be said for files to be read.
struct ReadingArguments: ParsableArguments {
    @Option(
        help: """
            How the lines of an access log look, where that is not found out: nginx's log_format, Apache's LogFormat or \
            gunicorn's access_log_format as its configuration has it, or json:time=…,request=…,status=…,duration=…:ms.
            """)
    var logFormat: String?

    @Option(
        name: .customLong("env"),
        help: "The environment of .http files (http-client.env.json), or a Postman environment: its name or its file.")
    var environment: String?

    func validate() throws {
        guard let logFormat else { return }
        do throws(LogFormatError) { _ = try LogFormat(logFormat) } catch {
            throw ValidationError("--log-format: \(error).")
        }
    }

    /// - Parameter seed: decides what random variables become.
    func reading(seed: UInt64) -> TrafficReading {
        var reading = TrafficReading()
        reading.logFormat = logFormat
        reading.environment = environment
        reading.seed = seed
        return reading
    }
}

/// How a report is written.
enum ReportChoice: String, CaseIterable, ExpressibleByArgument {
    case text
    case json
    case html
}

/// Worker counts: `4`, or `2,4,8` to try several.
struct WorkersArgument {
    /// How many sizes can be tried in one run: each is a replay of its own.
    private static let most = 16

    let counts: [Int]

    init(_ counts: [Int]) { self.counts = counts }

    /// - Throws: `OptionMistake`.
    init(reading text: String) throws {
        let counts = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        let read = counts.compactMap { try? OptionRanges.workers.read($0) }
        guard read.count == counts.count, read.count <= WorkersArgument.most else {
            throw OptionMistake(
                description: "a lane has 1 to 512 workers; up to \(WorkersArgument.most) sizes, as 2,4,8")
        }
        self.counts = read
    }
}

/// How the `model` app spends recorded times.
struct ModelArguments: ParsableArguments {
    @Option(
        help: "Of the app model: in how many external calls a request's time is spent, 0 to 64. (default: 5)",
        transform: { try OptionRanges.calls.read($0) })
    var calls = 5

    @Option(
        help: "Of the app model: how much of it on the CPU. (default: 5%)", transform: { try OptionRanges.cpu.read($0) }
    )
    var cpu: Double?

    @Option(
        help: "Of the app model: the time of requests of which none is recorded, up to 60s. (default: 200ms)",
        transform: { try OptionRanges.latency.read($0) })
    var latency: UInt64?

    func options(seed: UInt64) -> RecordedModelOptions {
        var options = RecordedModelOptions()
        options.calls = calls
        options.cpuPercent = (cpu ?? 0.05) * 100
        options.latency = latency ?? options.latency
        options.seed = seed
        return options
    }
}
