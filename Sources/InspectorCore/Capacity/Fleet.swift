// The simulation: instances that serve requests sync, async or native, behind a balancer.
//
// An instance has cores and workers. A request is
//   sync, async  wait for a worker · CPU · its calls · CPU of its shape · the worker is free
//   native       CPU on the loop of its connection, first come, first served · its calls · CPU on that loop
// CPU is shared evenly by the threads that want it, each at most one core (processor sharing).

internal import HeapModule

/// How a balancer chooses an instance.
package enum Balancing: String, Sendable, CaseIterable {
    /// By chance, whoever is busy.
    case chance
    /// One after the other.
    case turns
    /// The one with less to do of two that chance names.
    case two
    /// The one with the least to do.
    case least
}

/// What is simulated.
package struct FleetSetting: Sendable, Equatable {
    package var mode: ExecutionMode
    /// Workers of an instance; native has none.
    package var workers: Int
    /// Cores of an instance.
    package var cores: Int
    package var costs = InstanceCosts()
    /// Instances that are simulated together.
    package var instances = 1
    package var balancing = Balancing.chance
    /// Balancers that take turns, each on its own.
    package var balancers = 1
    /// How many requests may wait in an instance; what comes then is refused.
    package var queueLimit = 16_384
    package var seed: UInt64 = 1

    package init(mode: ExecutionMode, workers: Int, cores: Int) {
        self.mode = mode
        self.workers = max(1, workers)
        self.cores = max(1, cores)
    }
}

/// What a simulation came to.
package struct FleetRun: Sendable {
    /// Response times in seconds, in the order of arrival; infinite for what was refused.
    package fileprivate(set) var responses: [Double]
    /// The response time that a share `quantile` of the requests does not exceed, in seconds; 0 where there is none.
    package func time(quantile: Double) -> Double { Quantile.value(of: responses, at: quantile) ?? 0 }

    /// How many requests were refused.
    package fileprivate(set) var refused = 0
    /// The longest queue of an instance.
    package fileprivate(set) var mostQueued = 0
    /// Workers of an instance that were held, on average; requests inside in native.
    package fileprivate(set) var held = 0.0
    /// The share of the cores that was busy.
    package fileprivate(set) var coresBusy = 0.0
    /// From the first arrival to the last end, in seconds.
    package fileprivate(set) var span = 0.0
}

/// Instances behind a balancer, for one run.
package struct Fleet {
    /// One instance.
    private struct Box {
        /// The service that each job on a core has had since the beginning (processor sharing), in seconds.
        var virtual = 0.0
        /// The moment of `virtual`.
        var time = 0.0
        /// Jobs that want a core, by the virtual time at which they are done.
        var jobs = Heap<TimedWork>()
        /// When the next of them is done; infinite where there is none.
        var next = Double.infinity
        /// Seconds of cores.
        var busyTime = 0.0
        /// Requests that wait for a worker.
        var queue: [UInt32] = []
        var head = 0
        var busyWorkers = 0
        var inside = 0
        /// Native: for each loop what waits for it, the first of them on the core.
        var loops: [LoopLine] = []

        var queued: Int { queue.count - head }

        @inline(__always)
        mutating func advance(to now: Double, cores: Double) {
            let count = jobs.count
            if count > 0 {
                let wanting = Double(count)
                let served = (now - time) * (wanting <= cores ? 1 : cores / wanting)
                virtual += served
                busyTime += served * wanting
            }
            time = now
        }

        @inline(__always)
        mutating func plan(cores: Double) {
            guard let first = jobs.min else {
                next = .infinity
                return
            }
            let wanting = Double(jobs.count)
            let left = max(0, first.time - virtual)
            next = time + (wanting <= cores ? left : left * wanting / cores)
        }
    }

    /// Slices of CPU that wait for one loop.
    private struct LoopLine {
        var waiting: [(seconds: Double, what: UInt32)] = []
        var head = 0

        mutating func add(_ seconds: Double, what: UInt32) -> Bool {
            waiting.append((seconds, what))
            return waiting.count - head == 1
        }

        /// Takes the first away; what is first then.
        mutating func leave() -> (seconds: Double, what: UInt32)? {
            head += 1
            if head > 1024, head * 2 > waiting.count {
                waiting.removeFirst(head)
                head = 0
            }
            return head < waiting.count ? waiting[head] : nil
        }
    }

    /// Which part of a request a piece of work is: the two low bits.
    private enum Part {
        static let first: UInt32 = 0
        static let last: UInt32 = 1
        static let beside: UInt32 = 2
    }

    private let setting: FleetSetting
    private let cores: Double
    private let isNative: Bool
    private var random: SplitMix
    private var boxes: [Box]
    private var calls = Heap<TimedWork>()
    private var turns: [Int]
    private var run: FleetRun
    private var begun: [Double]
    private var home: [UInt16]
    private var loop: [UInt16]
    private var heldTime = 0.0

    private init(setting: FleetSetting, count: Int) {
        self.setting = setting
        cores = Double(setting.cores)
        isNative = setting.mode == .native
        random = SplitMix(seed: setting.seed)
        let instances = max(1, min(setting.instances, 1024))
        var box = Box()
        if isNative { box.loops = Array(repeating: LoopLine(), count: setting.cores) }
        boxes = Array(repeating: box, count: instances)
        turns = (0..<max(1, setting.balancers)).map { _ in 0 }
        run = FleetRun(responses: Array(repeating: .infinity, count: count))
        begun = Array(repeating: 0, count: count)
        home = Array(repeating: 0, count: instances > 1 ? count : 0)
        loop = Array(repeating: 0, count: isNative ? count : 0)
        for place in turns.indices { turns[place] = Int(random.next() % UInt64(instances)) }
    }

    /// Simulates `arrivals`.
    ///
    /// - Parameters:
    ///   - arrivals: when each request comes, in seconds, in order; at most a billion.
    ///   - shapes: what there is to serve.
    ///   - chosen: for each arrival its place in `shapes`.
    package static func simulate(
        arrivals: [Double], shapes: [RequestShape], chosen: [Int32], setting: FleetSetting
    ) -> FleetRun {
        var fleet = Fleet(setting: setting, count: arrivals.count)
        fleet.serve(arrivals: arrivals, shapes: shapes, chosen: chosen)
        return fleet.run
    }

    private mutating func serve(arrivals: [Double], shapes: [RequestShape], chosen: [Int32]) {
        let mode = setting.mode
        let costs = setting.costs
        let count = arrivals.count
        var place = 0
        var now = 0.0
        while true {
            let arrival = place < count ? arrivals[place] : Double.infinity
            let called = calls.min?.time ?? .infinity
            var box = 0
            var cpu = boxes[0].next
            if boxes.count > 1 {
                for other in 1..<boxes.count where boxes[other].next < cpu { (box, cpu) = (other, boxes[other].next) }
            }
            if arrival <= called, arrival <= cpu {
                guard place < count else { break }
                now = arrival
                arrive(UInt32(place), at: now, shape: shapes[Int(chosen[place])], arrivals: arrivals)
                place += 1
            } else if cpu <= called {
                now = cpu
                let work = take(from: box, at: now)
                let request = Int(work.what >> 2)
                switch work.what & 3 {
                case Part.first:
                    let shape = shapes[Int(chosen[request])]
                    calls.insert(TimedWork(time: now + costs.calls(of: shape, in: mode), what: UInt32(request)))
                case Part.last: finish(request, at: now, arrivals: arrivals, shapes: shapes, chosen: chosen)
                default: break
                }
            } else {
                now = called
                let request = Int(calls.removeMin().what)
                let shape = shapes[Int(chosen[request])]
                if shape.busy > 0 {
                    compute(shape.busy, what: UInt32(request) << 2 | Part.last, at: now)
                } else {
                    finish(request, at: now, arrivals: arrivals, shapes: shapes, chosen: chosen)
                }
            }
        }
        run.span = max(1e-9, now - (arrivals.first ?? 0))
        let instances = Double(boxes.count)
        run.held = heldTime / run.span / instances
        run.coresBusy = boxes.reduce(0) { $0 + $1.busyTime } / run.span / (cores * instances)
    }

    // MARK: What happens to a request

    private mutating func arrive(_ request: UInt32, at now: Double, shape: RequestShape, arrivals: [Double]) {
        let box = boxes.count == 1 ? 0 : chooseBox()
        if boxes.count > 1 { home[Int(request)] = UInt16(box) }
        if setting.costs.beside > 0 {
            want(setting.costs.beside, what: request << 2 | Part.beside, at: now, in: box)
        }
        if isNative {
            loop[Int(request)] = UInt16(random.next() % UInt64(setting.cores))
            boxes[box].inside += 1
            begin(request, at: now, shape: shape)
        } else if boxes[box].busyWorkers < setting.workers {
            boxes[box].busyWorkers += 1
            boxes[box].inside += 1
            begin(request, at: now, shape: shape)
        } else if boxes[box].queued >= setting.queueLimit {
            run.refused += 1
        } else {
            boxes[box].inside += 1
            boxes[box].queue.append(request)
            run.mostQueued = max(run.mostQueued, boxes[box].queued)
        }
    }

    private mutating func begin(_ request: UInt32, at now: Double, shape: RequestShape) {
        begun[Int(request)] = now
        let cpu = setting.costs.cpu(of: shape, in: setting.mode)
        if cpu > 0 {
            compute(cpu, what: request << 2 | Part.first, at: now)
        } else {
            calls.insert(TimedWork(time: now + setting.costs.calls(of: shape, in: setting.mode), what: request))
        }
    }

    private mutating func finish(
        _ request: Int, at now: Double, arrivals: [Double], shapes: [RequestShape], chosen: [Int32]
    ) {
        run.responses[request] = now - arrivals[request]
        heldTime += now - begun[request]
        let box = boxes.count == 1 ? 0 : Int(home[request])
        boxes[box].inside -= 1
        guard !isNative else { return }
        guard boxes[box].queued > 0 else {
            boxes[box].busyWorkers -= 1
            return
        }
        let next = boxes[box].queue[boxes[box].head]
        boxes[box].head += 1
        if boxes[box].head > 1024, boxes[box].head * 2 > boxes[box].queue.count {
            boxes[box].queue.removeFirst(boxes[box].head)
            boxes[box].head = 0
        }
        begin(next, at: now, shape: shapes[Int(chosen[Int(next)])])
    }

    // MARK: Cores

    /// A slice of a request's CPU: at once, or, native, when its loop is free.
    @inline(__always)
    private mutating func compute(_ seconds: Double, what: UInt32, at now: Double) {
        let request = Int(what >> 2)
        let box = boxes.count == 1 ? 0 : Int(home[request])
        if isNative, !boxes[box].loops[Int(loop[request])].add(seconds, what: what) { return }
        want(seconds, what: what, at: now, in: box)
    }

    @inline(__always)
    private mutating func want(_ seconds: Double, what: UInt32, at now: Double, in box: Int) {
        boxes[box].advance(to: now, cores: cores)
        boxes[box].jobs.insert(TimedWork(time: boxes[box].virtual + seconds, what: what))
        boxes[box].plan(cores: cores)
    }

    /// Takes away what is done.
    @inline(__always)
    private mutating func take(from box: Int, at now: Double) -> TimedWork {
        boxes[box].advance(to: now, cores: cores)
        let work = boxes[box].jobs.removeMin()
        if isNative, work.what & 3 != Part.beside {
            if let next = boxes[box].loops[Int(loop[Int(work.what >> 2)])].leave() {
                boxes[box].jobs.insert(TimedWork(time: boxes[box].virtual + next.seconds, what: next.what))
            }
        }
        boxes[box].plan(cores: cores)
        return work
    }

    // MARK: The balancer

    private mutating func chooseBox() -> Int {
        let count = UInt64(boxes.count)
        switch setting.balancing {
        case .chance: return Int(random.next() % count)
        case .turns:
            let balancer = turns.count > 1 ? Int(random.next() % UInt64(turns.count)) : 0
            let chosen = turns[balancer]
            turns[balancer] = (chosen + 1) % boxes.count
            return chosen
        case .two:
            let (one, other) = (Int(random.next() % count), Int(random.next() % count))
            return boxes[one].inside <= boxes[other].inside ? one : other
        case .least:
            // From a place of chance on: of those that have as little to do, none is always the first.
            let start = Int(random.next() % count)
            var best = start
            for step in 1..<boxes.count {
                let other = (start + step) % boxes.count
                if boxes[other].inside < boxes[best].inside { best = other }
            }
            return best
        }
    }
}
