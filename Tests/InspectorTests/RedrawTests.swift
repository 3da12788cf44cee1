// When the dashboard draws, and when it rests: without a terminal.

import Testing

@testable import Inspector
@testable import InspectorCore

@Suite struct RedrawTests {
    private static let second: UInt64 = 1_000_000_000
    private static let model = Model(app: "x", url: "", lanes: [], now: 0)

    private static func turn(
        _ seconds: Double, version: Int = 1, lines: Int = 0, isMoving: Bool = false
    ) -> Redraw.Turn {
        Redraw.Turn(
            now: 100 * second + UInt64(seconds * 1e9), version: version, lines: lines, isMoving: isMoving)
    }

    @Test("what is known is taken when something happened, while something goes on, and once a second for the rates")
    func takes() {
        var redraw = Redraw()
        let answers = [
            Self.turn(0), Self.turn(0.1),
            // The fold has news; a line was printed; something goes on.
            Self.turn(0.2, version: 2), Self.turn(0.3, version: 2, lines: 1),
            Self.turn(0.4, version: 2, lines: 1, isMoving: true), Self.turn(0.5, version: 2, lines: 1),
            // A second is over.
            Self.turn(1.5, version: 2, lines: 1), Self.turn(1.6, version: 2, lines: 1),
        ].map { redraw.wantsModel($0) }
        #expect(answers == [true, false, true, true, true, false, true, false])
    }

    @Test("after a minute without news it rests, until a key is pressed or something happens")
    func rests() {
        var redraw = Redraw()
        _ = redraw.wantsModel(Self.turn(0))
        #expect(!redraw.isQuiet(at: 101 * Self.second) && redraw.isQuiet(at: 104 * Self.second))
        let answers = [64, 67, 80].map { redraw.wantsModel(Self.turn($0)) }
        #expect(answers == [true, false, false])
        redraw.press()
        let afterKey = redraw.wantsModel(Self.turn(81))
        #expect(afterKey)
        #expect(!redraw.isQuiet(at: 181 * Self.second + 1))
    }

    @Test("a frame is drawn when it would differ, and after each key")
    func draws() {
        var redraw = Redraw()
        #expect(redraw.wantsFrame(width: 80, height: 24, model: Self.model), "there is none yet")
        redraw.drew(width: 80, height: 24, model: Self.model)
        #expect(!redraw.wantsFrame(width: 80, height: 24, model: Self.model))
        #expect(redraw.wantsFrame(width: 81, height: 24, model: Self.model))
        var model = Self.model
        model.known.replay = ReplayProgress()
        #expect(redraw.wantsFrame(width: 80, height: 24, model: model))
        model = Self.model
        model.moment = .stepping(Transport(at: 5, in: 0...9))
        #expect(redraw.wantsFrame(width: 80, height: 24, model: model))
        redraw.press()
        #expect(redraw.wantsFrame(width: 80, height: 24, model: Self.model))
        redraw.drew(width: 80, height: 24, model: Self.model)
        #expect(!redraw.wantsFrame(width: 80, height: 24, model: Self.model))
        _ = redraw.wantsModel(Self.turn(1))
        #expect(redraw.wantsFrame(width: 80, height: 24, model: Self.model), "what is known was taken anew")
    }
}
