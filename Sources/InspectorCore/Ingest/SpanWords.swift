// What a span of another process is here: the kinds of the screens, out of OpenTelemetry's attributes in both generations of
// their names and the extension's own.

extension IngestedSpan {
    /// The span as traces have it.
    ///
    /// - Parameter track: the number of the thread that it ran on; 0 where that is not told.
    func told(track: UInt32) -> ToldSpan {
        var span = ToldSpan(
            id: id, parent: parent, kind: kind, label: label(of: kind).upTo(200), begin: begin)
        span.end = end
        span.track = track
        // A sub-thread's is the name of the loop's thread.
        let loop =
            kind == .subThread
            ? attributes["inspector.thread.name"].map { IngestedSpan.short(threadName: $0, pool: "loop-") } : nil
        span.scope = ((kind == .subThread ? loop : attributes["inspector.scope"]) ?? "").upTo(100)
        if attributes["inspector.async"] == "true" { span.flags.insert(.isAsync) }
        let exception = events.last { $0.name == "exception" }?.attributes
        if isError || exception != nil {
            span.outcome = kind.isWait ? .failed : .raised
            // The plain name of its class, where that is told; `exception.type` is qualified.
            let type = attributes["error.type"] ?? exception?["exception.type"] ?? ""
            let message = exception?["exception.message"] ?? (statusMessage == type ? "" : statusMessage)
            span.detail = [type, message].filter { !$0.isEmpty }.joined(separator: ": ").upTo(500)
        } else if end != nil {
            span.outcome = outcome ?? .done
        }
        if kind == .afterRequest || kind == .afterThisRequest {
            span.value = Int64(attributes["inspector.status"] ?? "") ?? 0
        }
        span.moments = moments
        span.facts = facts
        if kind.isWait {
            span.value = Int64((database != nil ? AwaitKind.database : role == .client ? .http : .other).rawValue)
            span.endValue = Int64(status ?? 0)
        }
        return span
    }

    /// The wait for a worker before it; nil where none is told.
    var waited: ToldSpan? { wait(since: queued) }

    /// The same of a server that does not say when it gave the request to a worker: it has it since we sent it.
    ///
    /// gunicorn's sync worker has its queue in the kernel. Only by a clock that is ours too: else the wait would be the
    /// difference of two clocks.
    var waitedUntold: ToldSpan? { queued == nil && hasOurClock ? wait(since: sent) : nil }

    private func wait(since queued: UInt64?) -> ToldSpan? {
        guard let queued, queued < begin else { return nil }
        // An id of its own, the same whenever it is told again.
        var span = ToldSpan(id: SeededHash.mixed(value: id) | 1, parent: 0, kind: .queued, label: "", begin: queued)
        span.end = begin
        span.outcome = .done
        return span
    }

    /// The thread that it ran on, where it is told: an id alone is used again at once.
    ///
    /// A sub-thread is its loop's thread, though the one that waits for it tells of it.
    var thread: ToldThreads.Thread? {
        if kind == .subThread, let id = attributes["inspector.thread.id"] {
            return ToldThreads.Thread(service: service, id: id, name: attributes["inspector.thread.name"] ?? "")
        }
        return attributes["thread.id"].map {
            ToldThreads.Thread(service: service, id: $0, name: attributes["thread.name"] ?? "")
        }
    }

    /// What its thread is called on a screen: Python's own names are long, and differ in their ends alone.
    var threadName: String {
        let name = IngestedSpan.short(threadName: attributes["thread.name"] ?? "thread", pool: "pool-")
        guard name.hasPrefix("Thread-"), let end = name.firstIndex(of: " ") else { return name }
        return String(name[..<end])
    }

    /// A thread of one of Python's pools is called by what the pool is here, and its number there.
    private static func short(threadName: String, pool: String) -> String {
        let prefix = "ThreadPoolExecutor-"
        return threadName.hasPrefix(prefix) ? pool + threadName.dropFirst(prefix.count) : threadName
    }

    /// What a hook or a view came to, where the extension tells.
    private var outcome: Outcome? {
        guard let word = attributes["inspector.outcome"] else { return nil }
        return word == "none" ? .nothing : Outcome.allCases.first { "\($0)" == word }
    }

    /// Its events that the screens have a place for; `exception` is told by the outcome.
    private var moments: [ToldMoment] {
        events.compactMap { event in
            let type = event.attributes["exception.type"] ?? ""
            func moment(_ kind: EventKind, _ label: String, detail: String = "") -> ToldMoment {
                ToldMoment(
                    kind: kind, time: event.time, label: label.upTo(200),
                    detail: detail.upTo(500))
            }
            switch event.name {
            case "given error":
                return moment(.givenError, type, detail: event.attributes["inspector.original"] ?? "")
            case "unhandled": return moment(.unhandled, type, detail: event.attributes["exception.message"] ?? "")
            case "finalize error ignored": return moment(.finalizeErrorIgnored, type)
            case "propagate": return moment(.propagate, type)
            case "auto options": return moment(.autoOptions, "")
            case "loop started": return moment(.loopStarted, "")
            case "mark":
                let value = event.attributes["inspector.value"]
                var mark = moment(.mark, event.attributes["inspector.label"] ?? "", detail: value ?? "")
                mark.value = value == nil ? 0 : 1
                return mark
            case "exception", "loop ended", "head sent", "body sent", "poll", "request_finished",
                "got_request_exception":
                return nil
            default:
                // What a library or the app itself says happened.
                let words = event.attributes.sorted { $0.name < $1.name }.map { "\($0.name)=\($0.value)" }
                return moment(.mark, event.name, detail: words.joined(separator: " "))
            }
        }
    }

    private var facts: ToldFacts {
        var facts = ToldFacts(service: service.words)
        facts.attributes = attributes
        facts.events = events.map {
            ToldFacts.Event(name: $0.name, time: $0.time, attributes: $0.attributes)
        }
        facts.links = links
        facts.resource = resource
        return facts
    }

    private var database: String? { self["db.system.name", "db.system"] }

    /// What a span is here.
    ///
    /// - Parameter named: the extension's word, with underscores or without.
    static func kind(named: String?, role: Role) -> EventKind {
        let usual: EventKind = role == .client ? .call : .span
        guard let named else { return usual }
        return kinds[named] ?? kinds[plain(name: named)] ?? usual
    }

    /// The extension's kinds by their names without underscores and capitals.
    private static let kinds: [String: EventKind] = {
        let known: [EventKind] = [
            .routing, .urlValuePreprocessor, .beforeRequest, .middleware, .view, .errorHandler, .afterThisRequest,
            .afterRequest,
            .teardownRequest, .teardownAppContext, .subThread, .task, .await, .blocked, .queued, .stream,
        ]
        // As the extension writes them, so that most are found at once, and without anything between.
        let names = known.flatMap { kind -> [(String, EventKind)] in
            let name = "\(kind)"
            let words = name.map { $0.isUppercase ? "_\($0.lowercased())" : "\($0)" }.joined()
            return [(words, kind), (plain(name: name), kind)]
        }
        return Dictionary(names) { first, _ in first }
    }()

    private static func plain(name: String) -> String {
        String(name.lowercased().filter { $0 != "_" && $0 != "-" })
    }

    private func label(of kind: EventKind) -> String {
        guard kind == .call || kind == .span || role == .client else { return name }
        if let system = database {
            let text = self["db.query.text", "db.statement"] ?? ""
            return text.isEmpty ? "\(system) \(name)" : text
        }
        if role == .client, self["url.full", "http.url"] == nil, let path = self["url.path", "http.target"] {
            // Where the parts alone are told, as AsyncHTTPClient does.
            let port = self["server.port", "net.peer.port"].map { ":\($0)" } ?? ""
            return "\(self["http.request.method", "http.method"] ?? name) "
                + "\(self["server.address", "net.peer.name"] ?? "")\(port)\(path)"
        }
        guard role == .client, let url = self["url.full", "http.url"] else {
            return role == .server ? "\(service.name.isEmpty ? "server" : service.name): \(name)" : name
        }
        let place = url.hasPrefix("http://") ? String(url.dropFirst(7)) : url
        return "\(self["http.request.method", "http.method"] ?? "") \(place)".trimmed
    }
}

extension [ToldFacts.Attribute] {
    /// The value of an attribute; the last one where it occurs twice.
    subscript(name: String) -> String? { last { $0.name == name }?.value }
}

extension String {
    /// Its first characters; itself where it has no more of them.
    fileprivate func upTo(_ count: Int) -> String { utf8.count <= count ? self : String(prefix(count)) }
}
