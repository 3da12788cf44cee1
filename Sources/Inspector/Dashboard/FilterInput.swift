// The line in which a filter is typed, and what the model makes of it.

package import InspectorCore

/// A filter while it is typed.
package struct FilterInput: Sendable, Equatable {
    /// What stands in the line.
    package var text = ""
    /// What is wrong with it.
    package var error: FilterError?
    /// Which of the filters used before it shows; nil for a new one.
    var place: Int?

    package init(text: String = "") { self.text = text }

    /// Takes a key; false when the line is left by it.
    mutating func take(_ action: PromptAction?, key: Key, history: [String]) -> Bool {
        switch action {
        case .erase:
            if text.isEmpty { return false }
            text.removeLast()
            place = nil
        case .empty: self = FilterInput()
        case .previous: recall(-1, history: history)
        case .next: recall(1, history: history)
        default:
            guard case .character(let character) = key else { return true }
            text.append(character)
            place = nil
        }
        look()
        return true
    }

    /// Finds what is wrong with the text.
    mutating func look() {
        error = nil
        if !text.isEmpty {
            do throws(FilterError) { _ = try Filter(text) } catch { self.error = error }
        }
    }

    private mutating func recall(_ step: Int, history: [String]) {
        let next = (place ?? history.count) + step
        guard history.indices.contains(next) else { return }
        text = history[next]
        place = next
    }
}

/// What a filter has said of requests that have ended.
///
/// What has ended does not change any more: it is asked once, though the list is drawn thirty times a second.
struct FilterVerdicts: Sendable {
    /// What was said of one request.
    private struct Verdict {
        let number: UInt64
        /// Up to when the request was known, for a task that outlived it may add to it; `.max` while it goes on.
        let until: UInt64
        let isChosen: Bool
    }

    let filter: Filter
    /// In the order of the lane's traces, so that old and new are walked through beside each other.
    private var known: [LaneID: [Verdict]] = [:]

    init(filter: Filter) { self.filter = filter }

    /// The numbers of the lane's requests that are chosen, in order.
    mutating func numbers(in lane: LaneModel, now: UInt64) -> [UInt64] {
        let old = known[lane.id] ?? []
        var place = 0
        var verdicts: [Verdict] = []
        verdicts.reserveCapacity(lane.traces.count)
        var chosen: [UInt64] = []
        for trace in lane.traces {
            let number = trace.id.number
            while place < old.count, old[place].number < number { place += 1 }
            let until = trace.endOfAll ?? .max
            if place < old.count, old[place].number == number, old[place].until == until, until != .max {
                verdicts.append(old[place])
            } else {
                let subject = TraceSubject(trace: trace, threadNames: lane.trackNames, now: now)
                verdicts.append(Verdict(number: number, until: until, isChosen: filter.matches(subject)))
            }
            if verdicts[verdicts.count - 1].isChosen { chosen.append(number) }
        }
        known[lane.id] = verdicts
        return chosen
    }
}

extension Model {
    /// Takes the filter that was typed, unless something is wrong with it.
    mutating func accept(_ line: FilterInput) {
        guard !line.text.allSatisfy({ $0 == " " }) else {
            filter = nil
            prompt = nil
            refilter()
            message = "All requests are shown."
            return
        }
        do throws(FilterError) {
            filter = try Filter(line.text)
        } catch {
            var line = line
            line.error = error
            prompt = .filter(line)
            return
        }
        filters.removeAll { $0 == line.text }
        filters.append(line.text)
        if filters.count > 50 { filters.removeFirst() }
        isFilterOn = true
        prompt = nil
        refilter()
    }

    /// Finds what the filter chooses, among the requests that are known now.
    package mutating func refilter() {
        guard let filter, isFilterOn else {
            matching = nil
            return
        }
        var asked = verdicts.flatMap { $0.filter == filter ? $0 : nil } ?? FilterVerdicts(filter: filter)
        verdicts = nil
        matching = Numbers.union(known.lanes.map { asked.numbers(in: $0, now: known.now) })
        verdicts = asked
    }

    /// How many requests a filter that is typed would choose, of how many.
    package func matches(of line: FilterInput) -> (chosen: Int, all: Int)? {
        guard let filter = try? Filter(line.text) else { return nil }
        // A request is chosen when it is in one of the lanes: side by side the others show what they made of it.
        let chosen = Numbers.union(
            known.lanes.map { lane in
                lane.traces.lazy.filter { trace in
                    filter.matches(TraceSubject(trace: trace, threadNames: lane.trackNames, now: known.now))
                }.map(\.id.number)
            })
        let all = allNumbers
        return (Numbers.common(left: all, right: chosen).count, all.count)
    }
}
