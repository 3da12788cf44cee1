// What a span of another process is here: the kinds of the screens, out of OpenTelemetry's attributes in both generations of
// their names and the extension's own.

extension IngestedSpan {
    /// The span as traces have it.
    ///
    /// - Parameter track: the number of the thread that it ran on; 0 where that is not told.
    func told(track: UInt32) -> ToldSpan {
        let kind = kind
        var span = ToldSpan(
            id: id, parent: parent, kind: kind, label: String(label(of: kind).prefix(200)), begin: begin)
        span.end = end
        span.track = track
        span.scope = String((attributes["inspector.scope"] ?? "").prefix(100))
        if attributes["inspector.async"] == "true" { span.flags.insert(.isAsync) }
        let exception = events.last { $0.name == "exception" }?.attributes
        if isError || exception != nil {
            span.outcome = kind.isWait ? .failed : .raised
            let type = exception?["exception.type"] ?? attributes["error.type"] ?? ""
            let message = exception?["exception.message"] ?? statusMessage
            span.detail = String([type, message].filter { !$0.isEmpty }.joined(separator: ": ").prefix(500))
        } else if end != nil {
            span.outcome = .done
        }
        if kind.isWait {
            span.value = Int64((database != nil ? AwaitKind.database : role == .client ? .http : .other).rawValue)
            span.endValue = Int64(self["http.response.status_code", "http.status_code"] ?? "") ?? 0
        }
        return span
    }

    /// The wait for a worker before it; nil where none is told.
    var waited: ToldSpan? {
        guard let queued, queued < begin else { return nil }
        // An id of its own, the same whenever it is told again.
        var span = ToldSpan(id: SeededHash.mixed(value: id) | 1, parent: 0, kind: .queued, label: "", begin: queued)
        span.end = begin
        span.outcome = .done
        return span
    }

    /// The thread that it ran on, where it is told: an id alone is used again at once.
    var thread: String? {
        guard let id = attributes["thread.id"] else { return nil }
        return "\(service.name) \(service.instance) \(id) \(attributes["thread.name"] ?? "")"
    }

    private var database: String? { self["db.system.name", "db.system"] }

    private var kind: EventKind {
        if let named = attributes["inspector.kind"], let kind = IngestedSpan.kinds[IngestedSpan.plain(name: named)] {
            return kind
        }
        return role == .client ? .call : .span
    }

    /// The extension's kinds by their names without underscores and capitals.
    private static let kinds: [String: EventKind] = {
        let known: [EventKind] = [
            .routing, .urlValuePreprocessor, .beforeRequest, .view, .errorHandler, .afterThisRequest, .afterRequest,
            .teardownRequest, .teardownAppContext, .subThread, .task, .await, .blocked, .queued, .stream,
        ]
        return Dictionary(known.map { (plain(name: "\($0)"), $0) }) { first, _ in first }
    }()

    private static func plain(name: String) -> String {
        String(name.lowercased().filter { $0 != "_" && $0 != "-" })
    }

    private func label(of kind: EventKind) -> String {
        guard kind == .call || kind == .span else { return name }
        if let system = database {
            let text = self["db.query.text", "db.statement"] ?? ""
            return text.isEmpty ? "\(system) \(name)" : text
        }
        guard role == .client, let url = self["url.full", "http.url"] else {
            return role == .server ? "\(service.name.isEmpty ? "server" : service.name): \(name)" : name
        }
        return "\(self["http.request.method", "http.method"] ?? "") \(url)".trimmed
    }
}
