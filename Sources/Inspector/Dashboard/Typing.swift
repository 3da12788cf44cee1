// What a key does while something is typed or chosen in the line above the key bar.

internal import InspectorCore

extension Model {
    /// Takes a key: for what is typed or chosen, else as the action that it means on this screen.
    ///
    /// The one way in for keys: the running program, tests and fuzzers press them here. What the current request brought
    /// has to be in `exchanges` where `needsExchanges` says so.
    ///
    /// - Parameter frame: the frame on the screen, for what the mouse points at.
    /// - Returns: what has to be done outside the model.
    package mutating func handle(_ key: Key, on frame: Frame) -> [Effect] {
        defer { advanceTour() }
        switch key {
        case .mouse(let mouse): return prompt == nil ? point(mouse: mouse, on: frame) : []
        case .paste(let paste): return self.paste(paste)
        // Leaving must always be possible.
        case .control("c"): break
        default: if prompt != nil { return type(key: key) }
        }
        guard let action = Keymap.action(for: key, on: screen) else {
            message = "\(key.name(glyphs: settings.glyphs)) does nothing here. ? shows the keys."
            return []
        }
        return update(action)
    }

    /// Whether heads and bodies of the current request have to be at hand for what `key` does, whatever screen is open.
    package func needsExchanges(for key: Key) -> Bool {
        guard let prompt else {
            return Keymap.action(for: key, on: screen).map { [.edit, .copy, .copyBody].contains($0) } ?? false
        }
        guard case .palette = prompt else { return false }
        return Keymap.action(for: key, in: .palette) == .accept
    }

    /// Takes a key for the prompt that is open, and names what has to be done outside the model.
    package mutating func type(key: Key) -> [Effect] {
        guard let prompt else { return [] }
        message = nil
        let action = Keymap.action(for: key, in: prompt.kind)
        if action == .leave {
            self.prompt = nil
            return []
        }
        switch prompt {
        case .filter(var line):
            if action == .accept {
                accept(line)
            } else {
                self.prompt = line.take(action, key: key, history: filters) ? .filter(line) : nil
            }
        case .palette(var palette):
            if action == .accept {
                self.prompt = nil
                guard palette.found.indices.contains(palette.choice) else {
                    message = "No action matches."
                    return []
                }
                return perform(palette.found[palette.choice])
            }
            self.prompt = palette.take(action, key: key) ? .palette(palette) : nil
        case .editor(var editor):
            guard action == .accept else {
                editor.take(action, key: key)
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
        case .service(let panel): return turn(panel, action: action)
        case .export(var panel):
            if action == .accept {
                self.prompt = nil
                return [.console(.export(ExportChoice.all[panel.choice]))]
            }
            panel.take(action)
            self.prompt = .export(panel)
        case .comment(var input):
            if action == .accept { return accept(input) }
            self.prompt = input.take(action, key: key) ? .comment(input) : nil
        case .columns(var panel):
            let count = ListColumn.optional.count
            switch action {
            case .accept: toggleColumn(ListColumn.optional[panel.choice])
            case .previous: panel.choice = (panel.choice + count - 1) % count
            case .next: panel.choice = (panel.choice + 1) % count
            default: break
            }
            self.prompt = .columns(panel)
        case .questions(var panel):
            let count = Question.all.count
            switch action {
            case .accept: return ask(Question.all[panel.choice])
            case .previous: panel.choice = (panel.choice + count - 1) % count
            case .next: panel.choice = (panel.choice + 1) % count
            default:
                // 0 is the tenth.
                if case .character(let character) = key, let digit = character.wholeNumberValue, (0...9).contains(digit)
                {
                    return ask(Question.all[(digit + 9) % 10])
                }
            }
            self.prompt = .questions(panel)
        case .files(var panel):
            if action == .accept {
                self.prompt = nil
                guard let chosen = panel.chosen else { return [] }
                return [.console(.replayFile(chosen.path))]
            }
            let isOther = panel.take(action)
            self.prompt = .files(panel)
            return isOther ? [.console(.describeFile)] : []
        case .search(var text):
            switch action {
            case .accept:
                self.prompt = nil
                view.helpSearch = text
                if !text.isEmpty { findInHelp(1, isFirst: true) }
                return []
            case .erase where text.isEmpty:
                self.prompt = nil
                return []
            case .erase: text.removeLast()
            case .empty: text = ""
            default: if case .character(let character) = key { text.append(character) }
            }
            view.helpSearch = text
            self.prompt = .search(text)
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

    /// Scrolls the help to the next line that holds what is searched for, or to the one before.
    mutating func findInHelp(_ step: Int, isFirst: Bool = false) {
        guard !view.helpSearch.isEmpty else {
            message = "Nothing is searched for. / types a word."
            return
        }
        let lines = HelpText.lines(of: self, width: view.columns - 4)
        var place = isFirst ? view.scroll - 1 : view.scroll
        for _ in lines.indices {
            place = (place + step + lines.count) % lines.count
            guard !lines[place].holds(view.helpSearch) else {
                view.scroll = place
                return
            }
        }
        message = "The help does not hold “\(view.helpSearch.madeVisible)”."
    }

    private mutating func turn(_ panel: ServicePanel, action: PromptAction?) -> [Effect] {
        var panel = panel
        guard var settings = known.service else { return [] }
        switch action {
        case .next: panel.knob = panel.knob == .latency ? .failures : .latency
        case .more: settings = panel.turned(settings: settings, by: 1)
        case .less: settings = panel.turned(settings: settings, by: -1)
        case .reset: settings = UpstreamSettings()
        default: break
        }
        prompt = .service(panel)
        guard settings != known.service else { return [] }
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
