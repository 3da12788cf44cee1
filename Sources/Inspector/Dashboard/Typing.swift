// What a key does while something is typed or chosen in the line above the key bar.

internal import InspectorCore

extension Model {
    /// Takes a key for the prompt that is open, and names what has to be done outside the model.
    package mutating func type(_ key: Key) -> [Effect] {
        guard let prompt else { return [] }
        message = nil
        if key == .escape {
            self.prompt = nil
            return []
        }
        switch prompt {
        case .filter(var line):
            if key == .enter {
                accept(line)
            } else {
                self.prompt = line.type(key, history: filters) ? .filter(line) : nil
            }
        case .palette(var palette):
            if key == .enter {
                self.prompt = nil
                guard palette.found.indices.contains(palette.choice) else {
                    message = "No action is called so."
                    return []
                }
                return perform(palette.found[palette.choice])
            }
            if key == .backspace, palette.text.isEmpty {
                self.prompt = nil
                return []
            }
            palette.type(key)
            self.prompt = .palette(palette)
        case .editor(var editor):
            guard key == .control("r") else {
                editor.type(key)
                self.prompt = .editor(editor)
                return []
            }
            do throws(RequestEditor.Mistake) {
                let draft = try editor.draft()
                self.prompt = nil
                message = "\(draft.method) \(draft.target) sent to \(laneWords)."
                return [.host(.send(draft))]
            } catch {
                editor.mistake = error
                self.prompt = .editor(editor)
            }
        case .service(let panel): return turn(panel, key)
        case .export(var panel):
            let all = ExportChoice.all
            switch key {
            case .up, .character("k"): panel.choice = (panel.choice + all.count - 1) % all.count
            case .down, .tab, .character("j"): panel.choice = (panel.choice + 1) % all.count
            case .enter:
                self.prompt = nil
                return [.console(.export(all[panel.choice]))]
            case .backspace, .character("q"), .character("e"):
                self.prompt = nil
                return []
            default: break
            }
            self.prompt = .export(panel)
        }
        return []
    }

    /// Does what an entry of the palette says, on the screen where its key would mean it.
    private mutating func perform(_ binding: Binding) -> [Effect] {
        guard binding.holds(on: screen) else {
            let names = (binding.scope ?? []).map(\.words).joined(separator: " or ")
            message = "“\(binding.short)” belongs to \(names)."
            return []
        }
        return update(binding.action)
    }

    private mutating func turn(_ panel: ServicePanel, _ key: Key) -> [Effect] {
        var panel = panel
        guard var settings = service else { return [] }
        switch key {
        case .up, .down, .tab: panel.knob = panel.knob == .latency ? .failures : .latency
        case .right, .character("+"), .character("="): settings = panel.turned(settings, 1)
        case .left, .character("-"): settings = panel.turned(settings, -1)
        case .character("0"): settings = UpstreamSettings()
        case .enter, .character("u"), .character("q"), .backspace:
            prompt = nil
            return []
        default: break
        }
        prompt = .service(panel)
        guard settings != service else { return [] }
        service = settings
        return [.host(.setService(settings))]
    }
}

extension ScreenName {
    /// What a sentence calls it.
    package var words: String {
        switch self {
        case .lanes: "the list of requests"
        case .waterfall: "the waterfall"
        case .details: "the details"
        case .threads: "the threads"
        case .findings: "the findings"
        case .statistics: "the statistics"
        case .help: "the help"
        case .output: "the output"
        }
    }
}
