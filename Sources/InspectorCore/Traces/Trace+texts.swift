// A trace with other texts, for a copy that is handed around.

extension Trace {
    /// This trace with each text that may have come with traffic changed: the target, labels, details.
    ///
    /// The program's own names (endpoints, rules, scopes) stay as they are.
    ///
    /// - Parameter hiding: what stands for the value under a name that tells of a secret; nil for another name.
    package func changingTexts(
        change: (String) -> String, hiding: (String) -> String? = { _ in nil }
    ) -> Trace {
        func changed(_ span: Span) -> Span {
            // A router's label is the rule.
            let label = span.kind == .routing ? span.label : change(span.label)
            let detail = change(span.detail)
            // Another process may call a place anything.
            let scope = span.origin == .told ? change(span.scope) : span.scope
            guard label != span.label || detail != span.detail || scope != span.scope else { return span }
            return Span(
                id: span.id, kind: span.kind, parent: span.parent, label: label, scope: scope, detail: detail,
                begin: span.begin, end: span.end, outcome: span.outcome, value: span.value, endValue: span.endValue,
                track: span.track, task: span.task, flags: span.flags)
        }
        func changed(_ moment: Moment) -> Moment {
            let label = change(moment.label)
            let detail = moment.kind == .mark ? hiding(moment.label) ?? change(moment.detail) : change(moment.detail)
            guard label != moment.label || detail != moment.detail else { return moment }
            return Moment(
                kind: moment.kind, label: label, detail: detail, time: moment.time, value: moment.value,
                track: moment.track, parent: moment.parent, flags: moment.flags, order: moment.order)
        }
        var summary = summary
        summary.target = change(summary.target)
        summary.method = change(summary.method)
        summary.lane = summary.lane.changingTexts(change: change)
        summary.context = summary.context.with(state: change(summary.context.state))
        var copy = Trace(summary: summary)
        copy.spans = spans.map(changed)
        copy.moments = moments.map(changed)
        copy.skipped = skipped
        copy.done = done
        copy.status = status
        copy.endpoint = endpoint
        copy.rule = rule
        copy.open = open
        copy.fields.version = version
        copy.fields.leftOut = fields.leftOut
        copy.fields.told = fields.told.mapValues { span in
            var span = span
            span.label = change(span.label)
            span.detail = change(span.detail)
            span.scope = change(span.scope)
            span.facts = span.facts?.changingTexts(change: change, hiding: hiding)
            for place in span.moments.indices {
                let hidden = span.moments[place].kind == .mark ? hiding(span.moments[place].label) : nil
                span.moments[place].label = change(span.moments[place].label)
                span.moments[place].detail = hidden ?? change(span.moments[place].detail)
            }
            return span
        }
        copy.fields.facts = fields.facts.mapValues { $0.changingTexts(change: change, hiding: hiding) }
        copy.fields.toldBytes = fields.toldBytes
        copy.fields.toldMoments = fields.toldMoments
        copy.newest = newest
        return copy
    }
}
