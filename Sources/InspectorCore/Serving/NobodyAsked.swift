// What a client gets where there is no lane that takes requests.

/// The answer where no lane can be asked.
enum NobodyAsked {
    static func respond(
        to request: IncomingRequest, lane: LaneDescription, reply: (DispatchResult) -> Void
    ) -> InFlight {
        reply(
            .response(
                HTTPError(
                    status: 503,
                    message: "Nothing is served here: inspector shows what services tell of themselves. "
                        + "inspector watch NAME=URL asks a server."
                ).makeResponse()))
        let summary = RequestSummary(
            number: 0, lane: lane, method: request.method, target: request.target, accepted: request.accepted)
        return InFlight(log: EventLog.unrecorded(summary: summary))
    }
}
