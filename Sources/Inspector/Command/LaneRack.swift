// The lanes of a run: which there are, which of them are on the screen, and which answers the public address.

internal import InspectorCore

/// The lanes of a run.
///
/// Knows no socket: it is given a function that makes a hosted lane, and one that gives a lane an address of its own.
/// Used by the main thread only.
final class LaneRack {
    /// A lane with its own address.
    struct Slot {
        let lane: any ServingLane
        /// Where it takes requests that go to no other lane.
        let url: String
    }

    /// Makes a hosted lane that runs in `mode`.
    typealias Make = (_ mode: ExecutionMode, _ id: LaneID) throws -> any ServingLane
    /// Gives a lane an address of its own.
    typealias Listen = (_ lane: any ServingLane) throws -> String

    /// All that were made, in that order; some may be off the screen, and are given nothing then.
    private(set) var slots: [Slot] = []
    /// Those on the screen, from left to right, as indices into `slots`.
    private var visible: [Int] = []
    /// Which of those on the screen answers the public address.
    private(set) var focus = 0
    /// Those that were on the screen before one was shown alone.
    private var before: [Int] = []
    /// The modes of those, at that time.
    private var modesBefore: [ExecutionMode?] = []
    private let make: Make
    private let listen: Listen
    /// Told whenever other lanes are given requests.
    private let changed: (_ lanes: [any ServingLane], _ focus: Int) -> Void

    /// Begins with `first` alone on the screen.
    ///
    /// - Throws: what `listen` throws.
    init(
        first: any ServingLane, make: @escaping Make, listen: @escaping Listen,
        changed: @escaping (_ lanes: [any ServingLane], _ focus: Int) -> Void
    ) throws {
        self.make = make
        self.listen = listen
        self.changed = changed
        try add(first)
    }

    /// Those on the screen, from left to right.
    var shown: [Slot] { visible.map { slots[$0] } }

    /// The one that answers the public address.
    var focused: Slot { slots[visible[focus]] }

    /// Puts a lane on the screen, at the right.
    ///
    /// - Throws: what `listen` throws; nothing has changed then.
    func add(_ lane: any ServingLane) throws {
        slots.append(Slot(lane: lane, url: lane.takesRequests ? try listen(lane) : ""))
        // Where one lane is shown alone, it stays so.
        if before.isEmpty {
            visible.append(slots.count - 1)
        } else {
            before.append(slots.count - 1)
            modesBefore.append(lane.description.mode)
        }
        tell()
    }

    /// The number that the next lane gets.
    var nextID: LaneID { LaneID(rawValue: UInt8(clamping: slots.count)) }

    /// Lets another lane on the screen answer the public address.
    func setFocus(_ index: Int) {
        guard visible.indices.contains(index) else { return }
        focus = index
        tell()
    }

    /// Shows a hosted lane of each of `modes` beside each other, then the lanes on the screen whose mode cannot be set.
    ///
    /// The focused lane stays, and keeps its mode. Lanes that were made before are taken again, under another mode if
    /// need be.
    ///
    /// - Throws: what making a lane throws.
    func show(_ modes: [ExecutionMode]) throws {
        let focused = visible[focus]
        let own = slots[focused].lane.description.mode
        let modes = own.map { own in modes.contains(own) ? modes : modes + [own] } ?? modes
        var spare = slots.indices.filter { $0 != focused && !slots[$0].lane.modes.isEmpty }
        var wanted: [Int] = []
        for mode in modes {
            if mode == own {
                wanted.append(focused)
            } else if let known = spare.first(where: { slots[$0].lane.description.mode == mode }) ?? spare.first {
                spare.removeAll { $0 == known }
                slots[known].lane.setMode(mode)
                wanted.append(known)
            } else {
                let lane = try make(mode, nextID)
                slots.append(Slot(lane: lane, url: try listen(lane)))
                wanted.append(slots.count - 1)
            }
        }
        wanted += visible.filter { slots[$0].lane.modes.isEmpty }
        visible = wanted
        before = []
        focus = wanted.firstIndex(of: focused) ?? 0
        tell()
    }

    /// Shows the focused lane alone; the others keep what they have, and are given nothing.
    func showFocused() {
        before = visible
        modesBefore = shown.map(\.lane.description.mode)
        visible = [visible[focus]]
        focus = 0
        tell()
    }

    /// Shows what was on the screen before one lane was shown alone; false where there was no such time, or where the lane
    /// that was shown has another mode now: `show` then gives each its own.
    func showOthersAgain() -> Bool {
        guard visible.count == 1, before.count > 1, let place = before.firstIndex(of: visible[0]) else { return false }
        // Services that have come meanwhile are on the screen by themselves.
        visible = before
        focus = place
        before = []
        // Alone, a lane may have been set to the mode of another: two lanes of one mode compare nothing.
        guard shown.map(\.lane.description.mode) == modesBefore else { return false }
        tell()
        return true
    }

    /// The lanes on the screen as screens see them.
    ///
    /// - Parameters:
    ///   - fold: what is known of their requests.
    ///   - lost: what could not be recorded.
    ///   - serverLoops: the threads on which the servers run, which belong to no lane.
    ///   - loops: what is known of their turns.
    ///   - now: by `MonotonicClock`, in ns.
    func models(
        fold: TraceFold, lost: [LaneID: LostCount], serverLoops: TrackRegistry, loops: [LoopModel], now: UInt64
    ) -> [LaneModel] {
        shown.map { slot in
            let lane = slot.lane
            let description = lane.description
            var names: [UInt32: String] = [:]
            for entry in (lane.tracks?.known ?? []) + serverLoops.known { names[entry.track] = entry.name }
            let key = Statistics.Key(lane: lane.id, mode: description.mode)
            var model = LaneModel(
                lane: description, url: slot.url, load: lane.pool?.load, modes: lane.modes,
                traces: fold.traces(of: lane.id), statistics: fold.statistics[key] ?? Statistics(),
                lost: lost[lane.id] ?? LostCount(),
                threads: lane.tracks.map { $0.alive + (lane.runsOnServerLoops ? serverLoops.alive : []) },
                trackNames: names, loops: lane.runsOnServerLoops ? loops : [])
            model.toldOneIn = lane.toldOneIn
            model.queuePeaks = lane.pool?.queuePeaks(count: 60, at: now) ?? []
            return model
        }
    }

    /// Those that cannot be given requests are left out; where such a one is focused, the first of the others answers.
    private func tell() {
        let taking = shown.filter { $0.lane.takesRequests }
        changed(taking.map(\.lane), taking.firstIndex { $0.lane.id == focused.lane.id } ?? 0)
    }
}
