// Every screen over text that was made to drive terminals, pages and shells: no byte of it gets through, in the cells, in
// the two exports of a screen, or in the command that is copied.

import Foundation
import FoundationXML
import Testing

@testable import Inspector
@testable import InspectorCore

@Suite struct HostileScreensTests {
    private static let hostile = "\u{1B}]0;x\u{07}\u{9B}31m\u{7F}\u{202E}\u{200B}\u{2028}\u{E000}<b>'\"&\u{301}"

    /// Each text that a screen could show holds it.
    private static func model() throws -> Model {
        let studio = Studio()
        studio.dashboard(1, .async)
        let id = RequestID(number: 2, lane: LaneID(rawValue: 0))
        let request = studio.log.open(
            RequestSummary(
                id: id, mode: .async, method: "G\(hostile)", target: "/\(hostile)", accepted: 10_000_000_000))
        request.instant(.accepted, at: 10_000_000_000)
        for kind in EventKind.allCases where kind != .done && kind != .accepted {
            let span = request.begin(kind, label: request.own(text: hostile), track: 1, at: 10_001_000_000)
            request.end(kind, span: span, outcome: .raised, detail: request.own(text: hostile), at: 10_002_000_000)
            request.instant(kind, label: request.own(text: hostile), at: 10_003_000_000)
        }
        request.finish(status: 200, at: 10_500_000_000)
        _ = studio.log.read(waiting: 0) { studio.fold.apply($0) }
        var lane = studio.lane(0, .async)
        lane.trackNames[1] = hostile
        var model = studio.model([lane])
        model.known.now = 10_600_000_000
        model.known.app = hostile
        model.known.url = "http://\(hostile)"
        model.moment = .recording(
            file: hostile, Transport(at: 10_600_000_000, in: 10_000_000_000...10_600_000_000))
        model.known.trafficFile = hostile
        model.known.modelWords = hostile
        model.message = hostile
        model.known.marks = [Mark(time: 10_100_000_000, lane: nil, text: hostile)]
        model.known.output = [
            OutputLine(time: 10_200_000_000, text: hostile, isError: true, request: id, isLogged: true)
        ]
        var replay = ReplayProgress()
        replay.name = hostile
        model.known.replay = replay
        model.known.recorder = Recorder.Status()
        model.known.recorder?.problem = hostile
        model.known.routes = studio.fold.routes.all
        model.setFindings(Findings.look(at: lane.traces, now: model.known.now) { "\($0)" })
        var exchange = Exchange(
            request: IncomingRequest(
                method: "G\(hostile)", target: "/\(hostile)", body: Array(hostile.utf8) + [0xFF, 0x9B]),
            headers: Headers([Headers.Field("X-\(hostile)", hostile)]))
        exchange.answer(
            Response(
                bytes: Array(hostile.utf8) + [0x1B, 0xC2], status: 200, contentType: "text/\(hostile)",
                headers: ["X-Y": hostile]))
        model.known.exchanges = [id.lane: exchange]
        model.view.selected = 2
        return model
    }

    private static func check(_ text: String, _ place: String, keeping kept: Set<UInt32> = [10]) {
        for scalar in text.unicodeScalars where !kept.contains(scalar.value) && SafeText.isHidden(scalar) {
            Issue.record("U+\(String(scalar.value, radix: 16)) on \(place)")
            return
        }
    }

    @Test(
        "no screen shows a control, a direction mark or a joiner, at any size, with any prompt open",
        arguments: ScreenName.allCases)
    func screens(screen: ScreenName) throws {
        var model = try Self.model()
        if screen == .waterfall || screen == .details { model.view.opened = 2 }
        model.view.screens = screen == .lanes ? [.lanes] : [.lanes, screen]
        var prompts: [Prompt?] = [nil, model.prompt]
        for action in [Action.filter, .edit, .palette, .export] {
            var asked = model
            _ = asked.update(action)
            for character in Self.hostile { _ = asked.type(key: .character(character)) }
            prompts.append(asked.prompt)
        }
        var seen = 0
        for (width, height) in [(50, 15), (80, 24), (118, 40), (200, 50)] {
            for glyphs in [Glyphs.unicode, .ascii] {
                for prompt in prompts {
                    model.settings.glyphs = glyphs
                    model.prompt = prompt
                    let frame = Screens.frame(model: model, width: width, height: height)
                    let place = "\(screen), \(width)x\(height)"
                    Self.check(frame.text, place)
                    if frame.text.contains("^[]0;x") { seen += 1 }
                    let picture = frame.svg(
                        theme: Theme.forTerminal(ColorChoice(colors: 256, isPlain: false, isLight: false)))
                    Self.check(picture, "the picture of \(place)")
                    let parser = XMLParser(data: Data(picture.utf8))
                    #expect(parser.parse(), "the picture of \(place): \(parser.parserError.map { "\($0)" } ?? "")")
                }
            }
        }
        #expect(seen > 0, "the text is on the screen, or nothing was tried")
    }

    @Test("the command that is copied holds no control, whatever the request holds")
    func curl() throws {
        let model = try Self.model()
        let exchange = try #require(model.known.exchanges.values.first)
        Self.check(exchange.curl(url: "http://\(Self.hostile)"), "the clipboard", keeping: [])
    }
}
