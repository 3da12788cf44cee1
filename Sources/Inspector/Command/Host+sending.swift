// What a run sends to its lanes: a plan, a request again, one that was written on the screen.

internal import InspectorCore

extension Host {
    /// Why a request cannot be sent again.
    struct NotKept: Error, CustomStringConvertible {
        let description: String
    }

    /// Sends the request of that number again.
    ///
    /// - Throws: `NotKept` where its heads or all of its body are gone.
    func resend(_ number: UInt64) throws {
        guard let exchange = exchanges(of: number).values.first else {
            throw NotKept(description: "What was sent with #\(number) is no longer kept.")
        }
        guard exchange.requestBody.isWhole else {
            throw NotKept(
                description: "Only the first \(exchange.requestBody.bytes.count) bytes of its body are kept: "
                    + "it cannot be sent again.")
        }
        try send(exchange.draft)
    }

    /// Sends one request that was written on the screen.
    func send(_ draft: RequestDraft) throws {
        try send(
            .single(
                request: RecordedRequest(
                    method: draft.method, url: draft.target, headers: draft.headers, body: draft.body,
                    place: "the dashboard")))
    }

    /// Sends `plan` to the lanes on the screen, or to those at the indices `lanes` among them.
    @discardableResult
    func send(
        _ plan: Plan, to lanes: [Int]? = nil, options: ReplayOptions = ReplayOptions(), isReplay: Bool = false,
        from part: Double = 0
    ) throws -> Sender {
        let shown = rack.shown
        let taking = (lanes ?? Array(shown.indices)).filter { shown[$0].lane.takesRequests }
        guard !taking.isEmpty else {
            throw NotKept(
                description: "Nothing is sent to a service that is only watched: inspector watch NAME=URL does.")
        }
        let targets = taking.map { index in
            let lane = shown[index].lane
            let tracks = lane.tracks
            return ReplayTarget(
                url: shown[index].url, lane: lane.description, workers: lane.pool?.load.workers,
                threadName: { track in tracks?.known.first { $0.track == track }?.name })
        }
        // What a replay tells of each request comes from its trace.
        log.keepAll()
        let log = log
        do {
            return try desk.send(
                plan, to: targets, options: options, isReplay: isReplay, from: part
            ) { _ in log.endKeeping() }
        } catch {
            log.endKeeping()
            throw error
        }
    }
}
