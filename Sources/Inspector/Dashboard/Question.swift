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
    /// Where the answer is seen.
    let screen: ScreenName
    let answer: @Sendable (QuestionEvidence) -> String?

    /// The app that has traffic for each.
    package static let app = "questions"

    package static let all: [Question] = [
        Question(
            number: 1, text: "My view is async now, and 16 requests on 4 workers took exactly as long. Why?",
            path: "/q1", traffic: Array(repeating: "/q1", count: 16), modes: [.sync, .async, .native], screen: .lanes,
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
            screen: .statistics, answer: Answers.worth),
        Question(
            number: 5, text: "What does an async hook cost me?", path: "/q5",
            traffic: Array(repeating: "/q5", count: 40),
            modes: [.sync, .async], screen: .lanes, answer: Answers.hooks),
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
            traffic: Array(repeating: "/q10", count: 16), modes: [.async, .native], screen: .lanes,
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
    }

    let sides: [Side]
    let now: UInt64
    /// Writes a time in ns.
    let text: @Sendable (UInt64) -> String

    func side(_ mode: ExecutionMode) -> Side? { sides.first { $0.lane.mode == mode && !$0.traces.isEmpty } }
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
            message =
                "By the requests that are kept. inspector run \(Question.app) has traffic that shows each answer."
            return []
        }
        show(question.screen)
        if screen != question.screen { view.screens.append(question.screen) }
        message =
            "\(question.traffic.count) requests are sent, to \(question.modes.map(\.rawValue).joined(separator: ", "))."
        return [.host(.show(question.modes)), .host(.ask(question.traffic))]
    }

    /// The question that was asked, and its answer as far as it is known; nil while none was.
    package var answer: (question: Question, text: String?)? {
        guard let question = Question.all.first(where: { $0.number == view.question }) else { return nil }
        let isASCII = settings.glyphs == .ascii
        let isOwn = known.app == Question.app
        let sides = known.lanes.map { lane in
            QuestionEvidence.Side(
                lane: lane,
                traces: lane.traces.suffix(2000).filter { trace in
                    trace.done != nil && (!isOwn || trace.summary.target.hasPrefix(question.path))
                })
        }
        let evidence = QuestionEvidence(sides: sides, now: known.now) {
            TimeText.short(nanoseconds: $0, isASCII: isASCII)
        }
        return (question, question.answer(evidence))
    }
}
