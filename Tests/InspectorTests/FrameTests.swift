// Every screen at five sizes, in UTF-8 and in ASCII, held to the text of it that lies in Frames/.
// After a change that is meant: WRITE_FRAMES=1 swift test --filter FrameTests, and read the difference.

import Foundation
import Testing

@testable import Inspector
@testable import InspectorCore

@Suite struct FrameTests {
    static let measures = [(50, 15), (80, 24), (118, 40), (200, 50), (20, 5)]

    /// What is drawn: a screen, or something that lies over one.
    enum Subject: String, CaseIterable {
        case empty
        case lanes
        case threeLanes
        case clock
        case waterfall
        case stacked
        case cursor
        case slowMotion
        case details
        case threads
        case findings
        case statistics
        case help
        case output
        case palette
        case editor
        case service
        case filter
    }

    private static func studio() -> Studio {
        let studio = Studio()
        for number in UInt64(1)...4 {
            studio.dashboard(number, .sync, lane: 0)
            studio.dashboard(number, .async, lane: 1)
        }
        return studio
    }

    static func scene(_ subject: Subject) -> Scene {
        let studio = subject == .empty ? Studio() : Self.studio()
        let both = [studio.lane(0, .sync), studio.lane(1, .async)]
        let lanes: [LaneModel] =
            switch subject {
            case .empty, .waterfall, .slowMotion: [subject == .empty ? studio.lane(0, .async) : both[1]]
            case .threeLanes: both + [studio.lane(2, .native)]
            default: both
            }
        var scene = Scene(studio.model(lanes))
        scene.model.known.service = UpstreamSettings(addedMilliseconds: 200)
        scene.model.known.marks = [Mark(time: 10_400_000_000, lane: nil, text: "API +200ms")]
        var exchange = Exchange(
            request: IncomingRequest(method: "GET", target: "/dashboard", body: []), headers: ["Accept": "text/html"])
        exchange.answer(.json(["city": "oslo", "celsius": -6]))
        scene.model.known.exchanges = Dictionary(uniqueKeysWithValues: lanes.map { ($0.id, exchange) })
        scene.model.view.selected = subject == .empty ? nil : 3
        switch subject {
        case .empty, .lanes, .threeLanes: break
        case .clock: scene.press(.character("a"))
        case .waterfall, .stacked: scene.press(.enter)
        case .cursor: scene.press(.enter, .right, .right, .right, .character("z"))
        case .slowMotion:
            scene.press(.character(","), .character(" "))
            scene.press(.right, .right, .right)
        case .details: scene.press(.character("d"))
        case .threads: scene.press(.character("t"))
        case .findings:
            let finding = Finding(
                kind: .callsInARow, level: .warn, lane: LaneDescription(id: LaneID(rawValue: 0), kind: .hosted(.sync)),
                subject: "dashboard",
                seen:
                    "5 calls in a row in dashboard, 1.00s; together about 200ms, as long as the slowest, if none needs "
                    + "another's answer.", example: RequestID(number: 3, lane: LaneID(rawValue: 0)), count: 4)
            scene.model.setFindings([finding])
            scene.press(.character("f"))
        case .statistics:
            scene.model.known.routes = studio.fold.routes.all
            scene.press(.character("i"))
        case .help: scene.press(.character("?"))
        case .output:
            scene.model.known.output = [
                OutputLine(time: 10_200_000_000, text: "a line on stdout", isError: false),
                OutputLine(
                    time: 10_300_000_000, text: "warning shop: the card was refused", isError: true,
                    request: RequestID(number: 3, lane: LaneID(rawValue: 0)), isLogged: true),
            ]
            scene.press(.character("o"))
        case .palette:
            scene.press(.character(":"))
            scene.type("mo")
        case .editor: scene.press(.character("E"))
        case .service: scene.press(.character("u"))
        case .filter:
            scene.press(.character("/"))
            scene.type("mode:sync >1s")
        }
        return scene
    }

    private static func text(_ subject: Subject) -> String {
        var text = ""
        for (width, height) in measures {
            for (name, glyphs) in [("UTF-8", Glyphs.unicode), ("ASCII", .ascii)] {
                var scene = scene(subject)
                scene.model.settings.glyphs = glyphs
                scene.width = width
                scene.height = height
                text += "== \(width)x\(height) \(name)\n" + scene.text + "\n"
            }
        }
        return text
    }

    @Test("each screen is drawn as it lies in Frames", arguments: Subject.allCases)
    func golden(subject: Subject) throws {
        let file = Program.root.appendingPathComponent("Tests/InspectorTests/Frames/\(subject.rawValue).txt")
        let text = Self.text(subject)
        if ProcessInfo.processInfo.environment["WRITE_FRAMES"] != nil {
            try text.write(to: file, atomically: true, encoding: .utf8)
        }
        let known = try String(contentsOf: file, encoding: .utf8)
        guard text != known else { return }
        let lines = zip(
            text.split(separator: "\n", omittingEmptySubsequences: false),
            known.split(separator: "\n", omittingEmptySubsequences: false))
        let first = lines.enumerated().first { $0.element.0 != $0.element.1 }
        Issue.record(
            "\(subject.rawValue).txt, line \((first?.offset ?? 0) + 1):\nis  \(first?.element.0 ?? "")\nwas \(first?.element.1 ?? "")"
        )
    }

    @Test("in ASCII no character is beyond it, and no line is longer than the screen", arguments: Subject.allCases)
    func fits(subject: Subject) {
        for (width, height) in Self.measures + [(1, 1), (40, 8), (41, 9), (300, 100)] {
            var scene = Self.scene(subject)
            scene.width = width
            scene.height = height
            let lines = scene.text.split(separator: "\n", omittingEmptySubsequences: false)
            #expect(lines.count == height)
            #expect(lines.allSatisfy { TextWidth.of(text: String($0)) <= width })
            scene.model.settings.glyphs = .ascii
            #expect(scene.text.utf8.allSatisfy { $0 < 128 }, "\(subject)")
        }
    }
}
