// Templates as they are registered: compiled once, with everything that is wrong about them said then.

internal import Foundation
internal import Mustache

/// Why a template cannot be used.
struct TemplateError: KindedError, CustomStringConvertible {
    let description: String

    var kind: ErrorKind { .lookupError }
}

/// The texts of an app's templates, while it is put together.
struct TemplateSources: Sendable {
    /// A text, and where it came from.
    private struct Source: Sendable {
        let place: String
        let text: String
    }

    private var sources: [String: Source] = [:]
    private var templates: [String: MustacheTemplate] = [:]
    private var mistakes: [String] = []

    /// Everything that is wrong, a sentence each.
    var problems: [String] { mistakes + missingPartials() + endlessPartials() + tagsInAddresses() }

    /// The templates as they are rendered.
    var compiled: TemplateLibrary { TemplateLibrary(templates: templates, showingFlashes: showingFlashes) }

    mutating func add(_ name: String, text: String, place: String) {
        if let other = sources[name] {
            mistakes.append("The template \(name) is there twice: \(other.place) and \(place).")
            return
        }
        sources[name] = Source(place: place, text: text)
        do { templates[name] = try MustacheTemplate(string: ScalarEscaping.line + text) } catch {
            mistakes.append("The template \(name) (\(place)) cannot be used: \(Self.explain(error)).")
        }
    }

    /// Adds every `.mustache` file under `directory`, by its path without the suffix.
    mutating func add(directory: String) {
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: directory, isDirectory: &isDirectory), isDirectory.boolValue,
            let files = FileManager.default.enumerator(atPath: directory)
        else {
            mistakes.append("The folder of templates \(directory) cannot be read.")
            return
        }
        for path in files.compactMap({ $0 as? String }).sorted() where path.hasSuffix(".mustache") {
            let file = directory + "/" + path
            guard let text = try? String(contentsOfFile: file, encoding: .utf8) else {
                mistakes.append("The template \(file) cannot be read as UTF-8.")
                continue
            }
            add(String(path.dropLast(9)), text: text, place: file)
        }
    }

    private static func explain(_ error: any Error) -> String {
        guard let error = error as? MustacheTemplate.ParserError else { return "\(error)" }
        let reason =
            switch error.error as? MustacheTemplate.Error {
            case .sectionCloseNameIncorrect: "a section is closed under another name than it was opened"
            case .unfinishedName: "a tag has no end"
            case .expectedSectionEnd: "a section is never closed"
            case .invalidSetDelimiter: "a tag that sets delimiters is malformed"
            case .textInsideInheritSection: "text stands between the blocks of an inherited template"
            case .illegalTokenInsideInheritSection: "only blocks may stand in an inherited template"
            default: "\(error.error)"
            }
        let line = error.context.line.trimmingCharacters(in: .whitespaces)
        return
            "line \(error.context.lineNumber - ScalarEscaping.lines), column \(error.context.columnNumber): \(reason): \(line)"
    }

    /// A tag that brings another template in: `{{> name}}`, or `{{< name}}` for one that is inherited from.
    private struct Inclusion {
        let name: String
        let line: Int
        /// It stands in a section that looks only at what is innermost: `{{#.replies}}`.
        let isGuarded: Bool
    }

    private func missingPartials() -> [String] {
        sources.sorted { $0.key < $1.key }.flatMap { name, source in
            inclusions(in: source.text).filter { sources[$0.name] == nil }.map { missing in
                "The template \(name) (\(source.place), line \(missing.line)) includes \(missing.name), which is not "
                    + "there; there are \(sources.keys.sorted().joined(separator: ", "))."
            }
        }
    }

    /// A template that includes itself ends only if each round looks at less: in a section whose name is looked for
    /// outwards too, what has no children finds those of what it lies in, and so for ever.
    private func endlessPartials() -> [String] {
        let next = sources.mapValues { source in
            inclusions(in: source.text).filter { !$0.isGuarded }.map(\.name)
        }
        return sources.keys.sorted().filter { reachable(from: $0, next: next).contains($0) }.map { name in
            "The template \(name) includes itself, so that rendering it might never end. Let it do so in a section that "
                + "looks only inwards: {{#.children}}…{{/.children}}."
        }
    }

    private func reachable(from name: String, next: [String: [String]]) -> Set<String> {
        var seen: Set<String> = []
        var open = next[name] ?? []
        while let other = open.popLast() {
            if seen.insert(other).inserted { open += next[other] ?? [] }
        }
        return seen
    }

    /// The templates that show flashed messages, by themselves or by one that they include.
    private var showingFlashes: Set<String> {
        let next = sources.mapValues { source in inclusions(in: source.text).map(\.name) }
        return Set(
            sources.keys.filter { name in
                reachable(from: name, next: next).union([name]).contains {
                    sources[$0]?.text.contains(/\{\{[#^]?\s*\.?flashes/) == true
                }
            })
    }

    private func tagsInAddresses() -> [String] {
        sources.sorted { $0.key < $1.key }.flatMap { name, source in
            source.text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().compactMap { line, text in
                guard text.contains(/\{\{#\s*urlFor\s*\}\}[^{]*\{\{(?!\s*\/)/) else { return nil }
                return
                    "The template \(name) (\(source.place), line \(line + 1)) has a tag within urlFor, which takes only "
                    + "text: make the address in the view, with request.urlFor."
            }
        }
    }

    private func inclusions(in text: String) -> [Inclusion] {
        var found: [Inclusion] = []
        var open: [(tag: Substring, name: String)] = []
        for (line, content) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            for tag in content.matches(of: /\{\{\s*([<>#^$\/])\s*([^}*]+?)\s*\}\}/) {
                let name = String(tag.2)
                if tag.1 == "<" || tag.1 == ">" {
                    let isGuarded = open.contains { $0.tag == "#" && $0.name.hasPrefix(".") }
                    found.append(Inclusion(name: name, line: line + 1, isGuarded: isGuarded))
                }
                if tag.1 == "/" {
                    _ = open.popLast()
                } else if tag.1 != ">" {
                    open.append((tag.1, name))
                }
            }
        }
        return found
    }
}

/// An app's templates, compiled.
struct TemplateLibrary: Sendable {
    private let library: MustacheLibrary
    private let names: [String]
    private let showingFlashes: Set<String>

    init(templates: [String: MustacheTemplate], showingFlashes: Set<String>) {
        self.showingFlashes = showingFlashes
        library = MustacheLibrary(templates: templates)
        names = templates.keys.sorted()
    }

    /// Whether a template shows flashed messages, which are taken for it then.
    func showsFlashes(_ name: String) -> Bool { showingFlashes.contains(name) }

    /// Renders a template.
    ///
    /// - Throws: `TemplateError` that names it, when there is none.
    func render(_ name: String, values: [String: any Sendable]) throws -> String {
        let bare = values.mapValues(TemplateLibrary.plain)
        guard let text = library.render(bare, withTemplate: name) else {
            let known = names.isEmpty ? "the app has none" : "there are \(names.joined(separator: ", "))"
            throw TemplateError(description: "There is no template \(name): \(known).")
        }
        return text
    }

    /// JSON as the plain values that the renderer looks into.
    private static func plain(value: any Sendable) -> Any {
        switch value {
        case let json as JSON: plain(json: json)
        case let members as [String: any Sendable]: members.mapValues(plain) as [String: Any]
        case let items as [any Sendable]: items.map(plain) as [Any]
        case let function as TemplateFunction: MustacheLambda { function.body($0) }
        case let optional as any TemplateOptional where optional.isNothing: TemplateNull()
        default: value
        }
    }

    private static func plain(json: JSON) -> Any {
        switch json {
        case .null: TemplateNull()
        case .bool(let value): value
        case .int(let value): value
        case .bigInteger(let value): value.digits
        case .double(let value): value
        case .string(let value): value
        case .array(let items): items.map { plain(json: $0) } as [Any]
        case .object(let members): members.dictionary.mapValues { plain(json: $0) } as [String: Any]
        }
    }
}

/// A function that a template calls on a section, as it stands in the template: `{{#urlFor}}home{{/urlFor}}`.
///
/// What it gives is read as a template in its turn, so that only text without tags may come from it.
struct TemplateFunction: Sendable {
    let body: @Sendable (String) -> String
}

/// Escapes for HTML scalar by scalar.
///
/// The library's own way goes by what a reader sees as one character: a `<` after a mark that joins what follows it
/// (U+0600, U+0D4E) would stand in the page as it is, and begin a tag.
private struct ScalarEscaping: MustacheContentType {
    /// The line that every template begins with; it leaves nothing in what is rendered.
    static let line: String = {
        MustacheContentTypes.register(ScalarEscaping(), named: "ScalarHTML")
        return "{{% CONTENT_TYPE:ScalarHTML}}\n"
    }()
    /// How many lines that is.
    static let lines = 1

    func escapeText(_ text: String) -> String { SafeText.markup(text: text) }
}

/// What a template sees of JSON's null and of nil: a section of it is not rendered, an inverted one is, and it prints
/// nothing (mustache(5), "False Values").
private struct TemplateNull: MustacheCustomRenderable {
    let renderText = ""
    let isNull = true
}

/// An optional whose type is not known.
private protocol TemplateOptional {
    var isNothing: Bool { get }
}

extension Optional: TemplateOptional {
    fileprivate var isNothing: Bool {
        if case .none = self { true } else { false }
    }
}
