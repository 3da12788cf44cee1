// The questions that people ask: a list of ten, each answered by what was measured, at most four keys away.

import Foundation
import Testing

@testable import Inspector
@testable import InspectorCore

@Suite(.serialized) struct QuestionTests {
    private static func scene(app: String) -> Scene {
        let studio = Studio()
        for number in UInt64(1)...8 {
            studio.dashboard(number, .sync, lane: 0)
            studio.dashboard(number, .async, lane: 1)
        }
        var model = studio.model([studio.lane(0, .sync), studio.lane(1, .async)])
        model.known.app = app
        return Scene(model)
    }

    @Test("Q lists ten questions; a digit asks at once; of another app the answer is by what is kept")
    func list() {
        var scene = Self.scene(app: "weather")
        scene.press(.character("Q"))
        for question in Question.all { #expect(scene.sees(question.text), "\(question.number)") }
        scene.press(.character("4"))
        #expect(scene.sees("Q4  Is async worth it for this app?") && scene.effects.isEmpty)
        #expect(scene.sees("inspector run questions has traffic"))
        #expect(scene.sees("times as fast async: its 5 calls"), "\(scene.text)")
        scene.press(.character("Q"), .down, .down, .enter)
        #expect(scene.sees("Q3  How many workers do I need?") && scene.sees("nothing waits"), "\(scene.text)")
        scene.press(.character("b"))
        #expect(!scene.sees("Q3  How many"))
    }

    @Test("in the app questions the traffic of the question is sent to the lanes that answer it")
    func asks() {
        var scene = Self.scene(app: Question.app)
        scene.press(.character("Q"), .character("1"))
        #expect(
            scene.effects == [
                .host(.show([.sync, .async, .native])), .host(.ask(Array(repeating: "/q1", count: 16))),
            ])
        #expect(scene.sees("No request has been answered yet."))
        scene.press(.character("Q"), .character("9"))
        #expect(scene.model.screen == .threads)
    }

    @Test("the workers that this traffic needs are those with which nothing would have waited")
    func workers() throws {
        let studio = Studio()
        for number in UInt64(1)...6 { studio.dashboard(number, .sync) }
        // All six came at once and held a worker for a second each.
        #expect(Answers.workersNeeded(studio.lane(0, .sync).traces) == 6)
        #expect(Answers.workersNeeded([]) == nil)
    }

    /// What must be in the answer to each, whatever the machine's times are.
    private static let words: [(key: String, words: [String])] = [
        ("1", ["awaits one call: nothing overlaps within it", "4 at a time; async", "4 at a time; native"]),
        ("2", ["as its client saw it", "in the queue", "The queue began with #"]),
        ("3", ["sync: 4 workers, held", "nothing waits"]),
        // On a busy machine the calls may gain nothing; then that is the answer.
        ("4", ["/q4/calls", "5 calls", "/q4/none", "Of service, medians."]),
        ("5", ["a thread with a loop of its own: about", "3 of them"]),
        ("6", ["by a blocking client blocked", "native:"]),
        ("7", ["its loop ran #", "report"]),
        ("8", ["when the view raises", "after Refused was thrown", "before the first byte of the body"]),
        ("9", ["GET api/delay/400", "the next is GET api/delay/20"]),
        ("0", ["async holds a worker for each request: 4 at a time", "native, on its loop: "]),
    ]

    @Test("each question is answered on the running program by two keys")
    func answers() throws {
        let tmux = try Tmux(width: 118, height: 40)
        try tmux.type("\(Program.path) questions --port 0; echo rc=$?")
        _ = try tmux.wait("an empty dashboard") { $0.contains("No request yet.") }
        for (key, words) in Self.words {
            try tmux.press("Q", key)
            let number = key == "0" ? "Q10" : "Q\(key)"
            _ = try tmux.wait("the answer to \(number)") { screen in
                // An answer goes over several lines.
                let text = screen.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
                    .joined(separator: " ")
                return text.contains(number + "  ") && words.allSatisfy(text.contains)
            }
            try tmux.press("Escape")
        }
        try tmux.press("q")
        _ = try tmux.wait("the shell") { $0.contains("rc=0") }
    }
}
