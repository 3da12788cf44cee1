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
    mutating func type(_ key: Key, history: [String]) -> Bool {
        switch key {
        case .character(let character):
            text.append(character)
            place = nil
        case .backspace:
            if text.isEmpty { return false }
            text.removeLast()
            place = nil
        case .control("u"): self = FilterInput()
        case .up: recall(-1, history)
        case .down: recall(1, history)
        default: return true
        }
        error = nil
        if !text.isEmpty {
            do throws(FilterError) { _ = try Filter(text) } catch { self.error = error }
        }
        return true
    }

    private mutating func recall(_ step: Int, _ history: [String]) {
        let next = (place ?? history.count) + step
        guard history.indices.contains(next) else { return }
        text = history[next]
        place = next
    }
}

/// What a filter has said of requests that have ended.
struct FilterVerdicts: Sendable {
    var filter: Filter?
    /// With the moment up to which it was known: a task that outlived its request may add to it.
    var known: [RequestID: (isChosen: Bool, until: UInt64)] = [:]
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
        // What has ended does not change any more: it is asked once, though the list is drawn thirty times a second.
        if verdicts.filter != filter { verdicts = FilterVerdicts(filter: filter) }
        var chosen = Set<UInt64>(minimumCapacity: matching?.count ?? 0)
        let count = lanes.reduce(0) { $0 + $1.traces.count }
        if verdicts.known.count > 2 * count + 1000 { verdicts.known = [:] }
        for lane in lanes {
            for trace in lane.traces {
                let id = trace.id
                let until = trace.lastTime(until: now)
                if let known = verdicts.known[id], known.until == until {
                    if known.isChosen { chosen.insert(id.number) }
                    continue
                }
                let isChosen = filter.matches(TraceSubject(trace, threadNames: lane.trackNames, now: now))
                if isChosen { chosen.insert(id.number) }
                if trace.stage == .finished { verdicts.known[id] = (isChosen, until) }
            }
        }
        matching = chosen
    }

    /// How many requests a filter that is typed would choose, of how many.
    package func matches(of line: FilterInput) -> (chosen: Int, all: Int)? {
        guard let filter = try? Filter(line.text) else { return nil }
        let chosen = numbersChosen(by: filter)
        let all = allNumbers
        return (all.count(where: chosen.contains), all.count)
    }

    /// A request is chosen when it is in one of the lanes: side by side the others show what they made of it.
    private func numbersChosen(by filter: Filter) -> Set<UInt64> {
        var chosen: Set<UInt64> = []
        for lane in lanes {
            for trace in lane.traces {
                let subject = TraceSubject(trace, threadNames: lane.trackNames, now: now)
                if filter.matches(subject) { chosen.insert(trace.id.number) }
            }
        }
        return chosen
    }
}
