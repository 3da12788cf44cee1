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
}

extension Model {
    /// Takes a key while a filter is typed.
    package mutating func type(_ key: Key) {
        guard var line = input else { return }
        message = nil
        switch key {
        case .character(let character):
            line.text.append(character)
            line.place = nil
        case .backspace:
            if line.text.isEmpty {
                input = nil
                return
            }
            line.text.removeLast()
            line.place = nil
        case .control("u"): line = FilterInput()
        case .up: recall(&line, -1)
        case .down: recall(&line, 1)
        case .escape:
            input = nil
            return
        case .enter:
            accept(line)
            return
        default: return
        }
        line.error = nil
        if !line.text.isEmpty {
            do throws(FilterError) { _ = try Filter(line.text) } catch { line.error = error }
        }
        input = line
    }

    private mutating func recall(_ line: inout FilterInput, _ step: Int) {
        let place = (line.place ?? filters.count) + step
        guard filters.indices.contains(place) else { return }
        line.text = filters[place]
        line.place = place
    }

    private mutating func accept(_ line: FilterInput) {
        guard !line.text.allSatisfy({ $0 == " " }) else {
            filter = nil
            input = nil
            refilter()
            message = "All requests are shown."
            return
        }
        do throws(FilterError) {
            filter = try Filter(line.text)
        } catch {
            input?.error = error
            return
        }
        filters.removeAll { $0 == line.text }
        filters.append(line.text)
        if filters.count > 50 { filters.removeFirst() }
        isFilterOn = true
        input = nil
        refilter()
    }

    /// Finds what the filter chooses, among the requests that are known now.
    package mutating func refilter() {
        guard let filter, isFilterOn else {
            matching = nil
            return
        }
        matching = numbersChosen(by: filter)
    }

    /// How many requests a filter that is typed would choose, of how many.
    package func matches(of line: FilterInput) -> (chosen: Int, all: Int)? {
        guard let filter = try? Filter(line.text) else { return nil }
        return (numbersChosen(by: filter).count, allNumbers.count)
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
