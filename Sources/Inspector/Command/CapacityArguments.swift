// What is asked of a plan, as the command line says it.

internal import ArgumentParser
internal import InspectorCore

extension Balancing: ExpressibleByArgument {}

/// How the load grows, as `--growth-of` names it.
enum GrowthChoice: String, CaseIterable, ExpressibleByArgument {
    case users
    case bursts
    case both
}

/// Where costs come from.
enum CostsChoice: Equatable {
    case measure
    case none
    case file(String)

    init(reading text: String) {
        switch text {
        case "measure": self = .measure
        case "none": self = .none
        default: self = .file(text)
        }
    }
}

/// How many workers there were where a recording was made.
enum RecordedWorkersChoice: Equatable {
    case auto
    case known(Int)

    /// - Throws: `OptionMistake`.
    init(reading text: String) throws {
        guard text != "auto" else {
            self = .auto
            return
        }
        do { self = .known(try OptionRanges.poolSize.read(text)) } catch {
            throw OptionMistake(description: "auto, or \(OptionRanges.poolSize.words)")
        }
    }
}

/// A load, a target, and what instances there may be.
struct CapacityArguments: ParsableArguments {
    @Option(
        help: "The load in its busiest window: 50000/s. (default: the recorded one)",
        transform: { try OptionRanges.load.read($0) })
    var rate: Double?

    @Option(
        help: "The load as a multiple of the recorded one: 20.", transform: { try OptionRanges.growth.read($0) })
    var growth: Double?

    @Option(help: "What has to hold: 'p99<300ms', 'p99.9<1s refused<0.1%'. (default: p99<500ms)")
    var target = "p99<500ms"

    @Option(
        help: "How long the busiest part is that is planned for. (default: 60s)",
        transform: { try OptionRanges.window.read($0) })
    var window: UInt64 = 60_000_000_000

    @Option(help: "The modes that are planned: sync, async, native, both or all. (default: all)")
    var mode = ModeChoice.all

    @Option(
        help:
            "Cores of an instance; 1 for a process of Python, whose threads take turns. (default: those of this machine)",
        transform: { try OptionRanges.cores.read($0) })
    var cores: Int?

    @Option(
        help: "Workers of an instance that are tried: 4,8,16. (default: 1,2,4,8,… up to --max-workers)",
        transform: { try PoolSizes(reading: $0) })
    var workers: PoolSizes?

    @Option(
        help: "The most workers of an instance that are tried. (default: 64)",
        transform: { try OptionRanges.poolSize.read($0) })
    var maxWorkers = 64

    @Option(
        help: "How much more than the load has to fit. (default: 10%)", transform: { try OptionRanges.margin.read($0) })
    var margin = 0.1

    @Option(
        help: "How many instances may be lost without missing the target. (default: 0)",
        transform: { try OptionRanges.spare.read($0) })
    var spare = 0

    @Option(
        help: """
            How the load grows: by users that know nothing of each other, by bursts (every burst grows with the load), or \
            both, which plans for users and says what bursts would need. (default: both)
            """)
    var growthOf = GrowthChoice.both

    @Option(
        help: "How far users that know nothing of each other are apart. (default: 1s)",
        transform: { try OptionRanges.jitter.read($0) })
    var jitter: UInt64 = 1_000_000_000

    @Option(help: "How a balancer chooses: chance, turns, two (the better of two) or least. (default: chance)")
    var balance = Balancing.chance

    @Option(
        help: "How many balancers there are, each on its own. (default: 1)",
        transform: { try OptionRanges.balancers.read($0) })
    var balancers = 1

    @Option(
        help: "How many requests may wait in an instance. (default: 16384)",
        transform: { try OptionRanges.queue.read($0) })
    var queue = 16_384

    @Option(
        help: "What an instance costs: 0.17/h.", transform: { try OptionRanges.price.read($0) })
    var price: Double?

    @Option(
        help: """
            What a request costs beside its recorded time: measure (some seconds for each mode, here, with a model of the \
            recorded app), none, or a file that --save-costs wrote. (default: measure)
            """, transform: { CostsChoice(reading: $0) })
    var costs = CostsChoice.measure

    @Option(help: "Writes the costs that were measured to a new file, for --costs.")
    var saveCosts: String?

    @Option(
        help:
            "How many workers there were where it was recorded, or auto: found out, and their queue taken out of the times. (default: auto)",
        transform: { try RecordedWorkersChoice(reading: $0) })
    var recordedWorkers = RecordedWorkersChoice.auto

    func validate() throws {
        if rate != nil, growth != nil {
            throw ValidationError("--rate and --growth both say the load: leave one out.")
        }
        if saveCosts != nil, costs != .measure {
            throw ValidationError("--save-costs writes what is measured: leave --costs out.")
        }
        do throws(CapacityTarget.Mistake) { _ = try readTarget() } catch {
            throw ValidationError("--target \(target): \(error).")
        }
    }

    /// - Throws: `CapacityTarget.Mistake`.
    func readTarget() throws(CapacityTarget.Mistake) -> CapacityTarget {
        try CapacityTarget(reading: target) { TimeOption.nanoseconds(text: $0) }
    }

    /// The pool sizes that are tried, in order.
    var poolSizes: [Int] {
        if let workers { return workers.sizes }
        var sizes: [Int] = []
        var size = 1
        while size < maxWorkers {
            sizes.append(size)
            size *= 2
        }
        return sizes + [maxWorkers]
    }
}

/// Pool sizes that are tried: `4,8,16`.
struct PoolSizes {
    let sizes: [Int]

    /// - Throws: `OptionMistake`.
    init(reading text: String) throws {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        let read = parts.compactMap { try? OptionRanges.poolSize.read($0) }
        guard read.count == parts.count, read.count <= 32 else {
            throw OptionMistake(description: "up to 32 sizes, each \(OptionRanges.poolSize.words), as 4,8,16")
        }
        sizes = Array(Set(read)).sorted()
    }
}

extension OptionRanges {
    /// Requests a second of a whole fleet.
    static let load = OptionRange<Double>(
        range: 0.001...1_000_000_000, words: "from 0.001/s to 1000000000/s, as 50000/s, 50000 or 3000/m"
    ) { rate.number(text: $0) }
    static let growth = OptionRange<Double>(range: 0.001...1_000_000, words: "from 0.001 to 1000000") {
        Double(plain: $0)
    }
    static let window = OptionRange<UInt64>.time(least: "1s", most: "24h")
    static let jitter = OptionRange<UInt64>.time(least: "0s", most: "1h")
    static let cores = OptionRange<Int>.whole(range: 1...1024)
    static let poolSize = OptionRange<Int>.whole(range: 1...100_000)
    static let margin = OptionRange<Double>(range: 0...10, words: "from 0% to 1000%, as 10% or as 0.1") { text in
        text.hasSuffix("%") ? Double(plain: text.dropLast()).map { $0 / 100 } : Double(plain: text)
    }
    static let spare = OptionRange<Int>.whole(range: 0...1000)
    static let balancers = OptionRange<Int>.whole(range: 1...1024)
    static let queue = OptionRange<Int>.whole(range: 0...10_000_000)
    /// Of an instance for an hour, in any currency.
    static let price = OptionRange<Double>(range: 0...1_000_000, words: "from 0/h to 1000000/h, as 0.17/h") { text in
        text.hasSuffix("/h") ? Double(plain: text.dropLast(2)) : Double(plain: text)
    }
}
