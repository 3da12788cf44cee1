// Rendering a template for a request: a span of its own in the trace.

internal import Synchronization

extension Scaffold {
    /// Adds a template under a name.
    ///
    /// It is compiled once, when the app is put together; what is wrong with it is a problem of the app, with its line.
    /// Mustache: `{{name}}` is escaped for HTML, `{{{name}}}` is not; `{{> other}}` includes, `{{< base}}{{$block}}…
    /// {{/block}}{{/base}}` inherits.
    public func template(_ name: String, _ text: String) {
        register { assembly, _ in assembly.templates.add(name, text: text, place: "given in code") }
    }

    /// Adds each `.mustache` file under a folder, by its path there without the suffix: `admin/users`.
    public func templates(in directory: String) {
        register { assembly, _ in assembly.templates.add(directory: directory) }
    }
}

extension Request {
    /// Renders a template into a response (`Flask: render_template`).
    ///
    /// It sees `values`, then what the context processors give, then `flashes` (those not yet taken, as
    /// `{category, message}`; taken only for a template that names them) and `urlFor`, for addresses that hold nothing of the values:
    /// `{{#urlFor}}shop.item id=3{{/urlFor}}`.
    ///
    /// - Throws: an error that names the template when there is none, and what a context processor throws.
    public func render(
        _ template: String, _ values: [String: any Sendable] = [:], status: Int = 200
    ) throws -> Response {
        Response(try renderText(template, values), status: status)
    }

    /// As `render`, to a text.
    public func renderText(_ template: String, _ values: [String: any Sendable] = [:]) throws -> String {
        let kept = RenderFailure()
        var all: [String: any Sendable] = [
            "urlFor": TemplateFunction { [self] text in
                do { return SafeText.markup(text: try urlFor(described: text)) } catch {
                    kept.note(error)
                    return ""
                }
            }
        ]
        for processor in chain.contextProcessors { all.merge(try processor(self)) { _, last in last } }
        all.merge(values) { _, last in last }
        try send(.beforeRenderTemplate)
        let context = TaskContext.current
        let span = log.begin(
            .render, label: log.own(text: template), parent: context?.span ?? .none, task: CurrentTask.short)
        let text: String
        do {
            if all["flashes"] == nil, app.table.templates.showsFlashes(template) {
                all["flashes"] =
                    flashedMessages().map { ["category": $0.category, "message": $0.message] }
                    as [[String: any Sendable]]
            }
            text = try app.table.templates.render(template, values: all)
            if let error = kept.error { throw error }
            log.end(.render, span: span, value: Int64(text.utf8.count), task: CurrentTask.short)
        } catch {
            log.end(
                .render, span: span, outcome: .raised, detail: ErrorLineage.label(of: error), task: CurrentTask.short)
            throw error
        }
        try send(.templateRendered)
        return text
    }

    /// The address of an endpoint; values that its rule has no place for become the query (`Flask: url_for`).
    ///
    /// - Parameters:
    ///   - endpoint: as in traces; with a dot before it, one of the blueprint that serves this request.
    ///   - anchor: after a `#`.
    ///   - isExternal: with the scheme and the host that the client asked.
    /// - Throws: `URLBuildError`.
    public func urlFor(
        _ endpoint: String, _ values: [String: ViewArgument] = [:], method: String? = nil, anchor: String? = nil,
        isExternal: Bool = false
    ) throws -> String {
        var endpoint = endpoint
        if endpoint.hasPrefix(".") {
            let scope = self.endpoint.flatMap {
                $0.lastIndex(of: ".").map { dot in String(self.endpoint?[..<dot] ?? "") }
            }
            endpoint = scope.map { $0 + endpoint } ?? String(endpoint.dropFirst())
        }
        var values = values
        for defaults in chain.urlDefaults { defaults(endpoint, &values) }
        let url = try app.table.router.url(for: endpoint, values: values, method: method)
        return (isExternal ? base : "") + url + (anchor.map { "#" + PercentCoding.encodePath($0) } ?? "")
    }

    /// `shop.item id=3 page=2`, as templates write it.
    private func urlFor(described text: String) throws -> String {
        let words = text.split { $0 == " " || $0 == "\n" || $0 == "\t" }
        var values: [String: ViewArgument] = [:]
        for word in words.dropFirst() {
            let sides = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if sides.count == 2 { values[String(sides[0])] = .string(String(sides[1])) }
        }
        return try urlFor(words.first.map(String.init) ?? "", values)
    }
}

/// The first error of a function that a template called; the renderer itself has no way to pass one on.
private final class RenderFailure: Sendable {
    private let state = Mutex<(any Error)?>(nil)

    var error: (any Error)? { state.withLock { $0 } }

    func note(_ error: any Error) { state.withLock { $0 = $0 ?? error } }
}
