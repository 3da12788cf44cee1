// A trace at another time and under another number, so that recordings of different runs stand side by side.

extension Trace {
    /// This trace as request `id` of `lane`, each of its moments `shift` ns later; earlier where that is negative.
    package func moved(to id: RequestID, lane: LaneDescription, by shift: Int64) -> Trace {
        func moved(_ time: UInt64) -> UInt64 {
            shift < 0 ? time.subtractingSaturated(shift.magnitude) : time.addingSaturated(shift.magnitude)
        }
        var summary = summary
        summary.id = id
        summary.lane = lane
        summary.accepted = moved(summary.accepted)
        summary.began = moved(summary.began)
        var copy = Trace(summary: summary)
        copy.spans = spans.map { span in
            Span(
                id: span.id, kind: span.kind, parent: span.parent, label: span.label, scope: span.scope,
                detail: span.detail, begin: moved(span.begin), end: span.end.map(moved), outcome: span.outcome,
                value: span.value, endValue: span.endValue, track: span.track, task: span.task, flags: span.flags)
        }
        copy.moments = moments.map { moment in
            Moment(
                kind: moment.kind, label: moment.label, detail: moment.detail, time: moved(moment.time),
                value: moment.value, track: moment.track, parent: moment.parent, flags: moment.flags,
                order: moment.order)
        }
        copy.skipped = skipped
        copy.done = done.map(moved)
        copy.status = status
        copy.endpoint = endpoint
        copy.rule = rule
        copy.open = open
        copy.newest = moved(newest)
        copy.fields.version = version
        copy.fields.leftOut = fields.leftOut
        copy.fields.facts = fields.facts
        return copy
    }
}
