// What people ask about async in a server. Each question is answered by the requests that are kept, whatever the app; the
// app `questions` has traffic for each.

internal import InspectorCore

/// A question, and how the app `questions` is made to answer it.
package struct Question: Sendable {
    package let number: Int
    package let text: String
    /// The beginning of the paths that it is about, in the app `questions`.
    let path: String
    /// What is sent there.
    let traffic: [String]
    let modes: [ExecutionMode]
    /// How the functions of the lanes have to run that it compares.
    var needs: [ExecutionMode] = []
    /// Where the answer is seen.
    let screen: ScreenName
    let answer: @Sendable (QuestionEvidence) -> String?

    /// The app that has traffic for each.
    package static let app = "questions"

    package static let all: [Question] = [
        Question(
            number: 1, text: "My view is async now, and 16 requests on 4 workers took exactly as long. Why?",
            path: "/q1", traffic: Array(repeating: "/q1", count: 16), modes: [.sync, .async, .native], needs: [.async],
            screen: .lanes,
            answer: Answers.oneCall),
        Question(
            number: 2, text: "The proxy says 3 s, the server says 0.3. Who is right?", path: "/q2",
            traffic: Array(repeating: "/q2", count: 24), modes: [.sync, .async], screen: .lanes, answer: Answers.queue),
        Question(
            number: 3, text: "How many workers do I need?", path: "/q3", traffic: Array(repeating: "/q3", count: 12),
            modes: [.sync, .async], screen: .lanes, answer: Answers.workers),
        Question(
            number: 4, text: "Is async worth it for this app?", path: "/q4",
            traffic: (0..<24).map { $0 % 2 == 0 ? "/q4/calls" : "/q4/none" }, modes: [.sync, .async],
            needs: [.sync, .async], screen: .statistics, answer: Answers.worth),
        Question(
            number: 5, text: "What does an async hook cost me?", path: "/q5",
            traffic: Array(repeating: "/q5", count: 40),
            modes: [.sync, .async], needs: [.async], screen: .lanes, answer: Answers.hooks),
        Question(
            number: 6, text: "My async view calls a blocking client inside. Does that matter?", path: "/q6",
            traffic: Array(repeating: "/q6", count: 6), modes: [.async, .native], screen: .lanes,
            answer: Answers.blocking),
        Question(
            number: 7, text: "One in a hundred requests is 80 ms slower, always another one. Why?", path: "/q7",
            traffic: (0..<30).map { $0 % 10 == 0 ? "/q7/report" : "/q7" }, modes: [.async, .native], screen: .lanes,
            answer: Answers.slowOnes),
        Question(
            number: 8, text: "Does teardown run when the handler raises, and when the body streams?", path: "/q8",
            traffic: ["/q8/raises", "/q8/streams"], modes: [.sync, .async], screen: .lanes, answer: Answers.teardown),
        Question(
            number: 9, text: "Which call holds the worker?", path: "/q9", traffic: Array(repeating: "/q9", count: 12),
            modes: [.sync, .async], screen: .threads, answer: Answers.holdingCall),
        Question(
            number: 10, text: "Flask's async, or a server on one loop (Quart, FastAPI)?", path: "/q10",
            traffic: Array(repeating: "/q10", count: 16), modes: [.async, .native], needs: [.async, .native],
            screen: .lanes,
            answer: Answers.loops),
    ]
}

/// The requests that a question is answered by.
package struct QuestionEvidence: Sendable {
    /// One lane's.
    struct Side: Sendable {
        let lane: LaneModel
        /// Those that are answered, in the order of their numbers.
        let traces: [Trace]
        /// How most of their functions ran; nil where nothing tells.
        let gait: ExecutionMode?

        init(lane: LaneModel, traces: [Trace]) {
            self.lane = lane
            self.traces = traces
            guard lane.mode == nil else {
                gait = lane.mode
                return
            }
            var counts: [ExecutionMode: Int] = [:]
            for trace in traces.suffix(200) { if let gait = trace.gait { counts[gait, default: 0] += 1 } }
            gait = counts.max { $0.value < $1.value }?.key
        }
    }

    let sides: [Side]
    let now: UInt64
    /// Writes a time in ns.
    let text: @Sendable (UInt64) -> String

    /// The first lane whose functions run so, and that has requests.
    func side(_ mode: ExecutionMode) -> Side? { sides.first { $0.gait == mode && !$0.traces.isEmpty } }
}

/// The list of questions while it is open.
package struct QuestionPanel: Sendable, Equatable {
    package var choice = 0

    package init() {}
}

extension Model {
    /// Asks a question: sends its traffic where the app has some, and shows where the answer is seen.
    mutating func ask(_ question: Question) -> [Effect] {
        prompt = nil
        view.question = question.number
        guard known.app == Question.app, recording == nil, !isFrozen else {
            let more =
                known.lanes.contains { $0.mode != nil }
                ? " inspector run \(Question.app) has traffic that shows each answer."
                : " c forgets them; then send those that the question is about."
            message = "By the requests that are kept." + more
            return []
        }
        show(question.screen)
        if screen != question.screen { view.screens.append(question.screen) }
        message =
            "\(question.traffic.count) requests are sent, to \(question.modes.map(\.rawValue).joined(separator: ", "))."
        return [.host(.show(question.modes)), .host(.ask(question.traffic))]
    }

    /// What is lacking for an answer to `question`.
    package func lacking(for question: Question) -> String {
        let sides = evidence(for: question).sides
        if !sides.contains(where: { !$0.traces.isEmpty }) { return "No request has been answered yet." }
        if !sides.contains(where: { $0.gait != nil }) {
            return "Nothing tells how these servers run their functions: it needs telemetry (? says how)."
        }
        let names: [(ExecutionMode, String)] = [
            (.sync, "plain functions"), (.async, "async functions on sub-threads"),
            (.native, "async functions on a loop"),
        ]
        let needed = question.needs.filter { mode in !sides.contains { $0.gait == mode && !$0.traces.isEmpty } }
        let missing = names.filter { needed.contains($0.0) }.map(\.1)
        return missing.isEmpty
            ? "There are too few requests of its kind yet to tell."
            : "It compares lanes, and none here has served requests with \(missing.joined(separator: " or "))."
    }

    /// The question that was asked, and its answer as far as it is known; nil while none was.
    package var answer: (question: Question, text: String?)? {
        guard let question = Question.all.first(where: { $0.number == view.question }) else { return nil }
        return (question, question.answer(evidence(for: question)))
    }

    private func evidence(for question: Question) -> QuestionEvidence {
        let isASCII = settings.glyphs == .ascii
        let isOwn = known.app == Question.app
        let sides = known.lanes.map { lane in
            QuestionEvidence.Side(
                lane: lane,
                traces: lane.traces.suffix(2000).filter { trace in
                    trace.done != nil && (!isOwn || trace.summary.target.hasPrefix(question.path))
                })
        }
        return QuestionEvidence(sides: sides, now: known.now) { TimeText.short(nanoseconds: $0, isASCII: isASCII) }
    }
}
