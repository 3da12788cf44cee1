// How traffic is replayed, as the command line says it.

internal import ArgumentParser
internal import InspectorCore

/// A span of time on the command line: `1s`, `250ms`, `2m`.
struct TimeArgument: ExpressibleByArgument {
    let nanoseconds: UInt64

    init?(argument: String) {
        let units: [(String, Double)] = [("ns", 1), ("us", 1e3), ("µs", 1e3), ("ms", 1e6), ("s", 1e9), ("m", 60e9)]
        for (unit, factor) in units where argument.hasSuffix(unit) {
            if let value = Double(argument.dropLast(unit.count)), value >= 0, value * factor < 9e18 {
                nanoseconds = UInt64(value * factor)
                return
            }
        }
        return nil
    }
}

/// A span of time, or `none`.
struct GapArgument: ExpressibleByArgument {
    /// Nil for `none`.
    let nanoseconds: UInt64?

    init(nanoseconds: UInt64) { self.nanoseconds = nanoseconds }

    init?(argument: String) {
        if argument == "none" {
            nanoseconds = nil
        } else {
            guard let time = TimeArgument(argument: argument) else { return nil }
            nanoseconds = time.nanoseconds
        }
    }

    /// What the help says of it.
    var defaultValueDescription: String { nanoseconds.map { TimeText.short($0) } ?? "none" }
}

/// A share: `10%` or `0.1`.
struct ShareArgument: ExpressibleByArgument {
    let value: Double

    init?(argument: String) {
        let isPercent = argument.hasSuffix("%")
        guard let number = Double(isPercent ? String(argument.dropLast()) : argument) else { return nil }
        value = isPercent ? number / 100 : number
        guard value > 0, value <= 1 else { return nil }
    }
}

/// A rate: `50/s`, `50`, `3000/m`.
struct RateArgument: ExpressibleByArgument {
    let perSecond: Double

    init?(argument: String) {
        let parts = argument.split(separator: "/")
        guard let first = parts.first, let number = Double(first), number > 0, number <= 1e6, parts.count <= 2 else {
            return nil
        }
        switch parts.count == 2 ? parts[1] : "s" {
        case "s": perSecond = number
        case "m": perSecond = number / 60
        default: return nil
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
    @Option(help: "How many times as fast as recorded.")
    var speed = 1.0

    @Option(help: "When requests are due: original (as recorded), max (at once), closed (when one is answered).")
    var pace = ReplayOptions.Pace.original

    @Option(help: "Requests a second instead of the recorded times: 50/s.")
    var rate: RateArgument?

    @Option(help: "How many may be in flight.")
    var limit = 2000

    @Option(help: "What happens to a request that is due while so many are in flight: queue or drop.")
    var whenFull = FullChoice.queue

    @Option(name: .customLong("loop"), help: "How often the whole is replayed.")
    var loops = 1

    @Option(help: "The longest pause between two requests, such as 1s; none keeps all pauses.")
    var maxGap = GapArgument(nanoseconds: 10_000_000_000)

    @Option(help: "Choose requests by what is recorded: \"method:GET path:/shop/* not status:5xx\".")
    var filter: String?

    @Option(help: "A share of the requests, always the same ones for a --seed: 10%.")
    var sample: ShareArgument?

    @Option(help: "Set a header: \"X-Trial: 1\".")
    var setHeader: [String] = []

    @Option(help: "Leave a header out.")
    var removeHeader: [String] = []

    @Flag(help: "Send the recorded host instead of the lane's address.")
    var keepHost = false

    @Option(help: "How many requests are sent before the measuring begins.")
    var warmUp = 0

    @Option(help: "A member of JSON bodies that always differs, and is not compared.")
    var ignore: [String] = []

    @Flag(help: "Do not compare answers with the recorded ones.")
    var noCompare = false

    func validate() throws {
        guard speed > 0, speed <= 1000 else { throw ValidationError("--speed \(speed): from 0.001 to 1000.") }
        guard (1...100_000).contains(limit) else { throw ValidationError("--limit \(limit): from 1 to 100000.") }
        guard (1...100_000).contains(loops) else { throw ValidationError("--loop \(loops): from 1 to 100000.") }
        guard warmUp >= 0 else { throw ValidationError("--warm-up \(warmUp): 0 or more.") }
        if rate != nil, pace != .original {
            throw ValidationError("--rate and --pace \(pace.rawValue): a rate is a pace of its own; leave one out.")
        }
        for header in setHeader where !header.contains(":") {
            throw ValidationError("--set-header \(header): a name, a colon and a value.")
        }
        if let filter {
            do throws(FilterError) { _ = try Filter(filter) } catch { throw ValidationError("--filter: \(error)") }
        }
    }

    /// The options of the replay, with the seed of the whole run.
    func options(seed: UInt64) -> ReplayOptions {
        var options = ReplayOptions()
        options.pace = pace
        options.speed = speed
        options.rate = rate?.perSecond
        options.limit = limit
        options.dropsWhenFull = whenFull == .drop
        options.loops = loops
        options.maxGap = maxGap.nanoseconds
        options.filter = filter.flatMap { try? Filter($0) }
        options.sample = sample?.value ?? 1
        options.seed = seed
        options.headers = setHeader.map { header in
            let parts = header.split(separator: ":", maxSplits: 1).map(String.init)
            return (parts[0], parts.count > 1 ? String(parts[1].drop { $0 == " " }) : "")
        }
        options.headers += removeHeader.map { ($0, nil) }
        options.keepsHost = keepHost
        options.warmUp = warmUp
        options.ignoredMembers = Set(ignore)
        options.compares = !noCompare
        return options
    }
}

/// What has to be said for files to be read.
struct ReadingArguments: ParsableArguments {
    @Option(
        name: .customLong("env"),
        help: "The environment of .http files (http-client.env.json), or a Postman environment: its name or its file.")
    var environment: String?

    /// - Parameter seed: decides what random variables become.
    func reading(seed: UInt64) -> TrafficReading {
        var reading = TrafficReading()
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
struct WorkersArgument: ExpressibleByArgument {
    let counts: [Int]

    init(_ counts: [Int]) { self.counts = counts }

    init?(argument: String) {
        let counts = argument.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
        guard !counts.isEmpty, counts.allSatisfy({ $0 != nil }) else { return nil }
        self.counts = counts.compactMap { $0 }
    }
}

/// How the `model` app spends recorded times.
struct ModelArguments: ParsableArguments {
    @Option(help: "Of the app model: in how many external calls a request's time is spent.")
    var calls = 5

    @Option(help: "Of the app model: how much of it on the CPU: 5%.")
    var cpu: ShareArgument?

    @Option(help: "Of the app model: the time of requests of which none is recorded. (default: 200ms)")
    var latency: TimeArgument?

    func validate() throws {
        guard (0...64).contains(calls) else { throw ValidationError("--calls \(calls): from 0 to 64.") }
    }

    func options(seed: UInt64) -> RecordedModelOptions {
        var options = RecordedModelOptions()
        options.calls = calls
        options.cpuPercent = (cpu?.value ?? 0.05) * 100
        options.latency = latency?.nanoseconds ?? options.latency
        options.seed = seed
        return options
    }
}
