// Waterfalls, details and what is sent again, as a user reads and presses them.

import Foundation
import Testing

@testable import Inspector
@testable import InspectorCore

@Suite struct WaterfallSceneTests {
    private static func one(_ mode: ExecutionMode = .async) -> Scene {
        let studio = Studio()
        studio.dashboard(7, mode)
        var scene = Scene(studio.model([studio.lane(0, mode)]))
        scene.press(.enter)
        return scene
    }

    private static func two() -> Scene {
        let studio = Studio()
        studio.dashboard(1, .sync, lane: 0)
        studio.dashboard(1, .async, lane: 1)
        var scene = Scene(studio.model([studio.lane(0, .sync), studio.lane(1, .async)]), height: 50)
        scene.press(.enter)
        return scene
    }

    @Test("work is seen to go to a sub-thread and to come back, and what the answer waited for is marked")
    func hops() {
        let scene = Self.one()
        let threads = scene.lines("sub-thread ")
        #expect(threads.count == 2)
        #expect(threads.allSatisfy { $0.contains("↘") && $0.contains("↗") || $0.contains("↕") })
        #expect(scene.lines("queued for a worker").first?.contains("•") == true)
        // All five calls take the same time here: the last that began decides.
        #expect(scene.lines("await GET api/city").count { $0.contains("•") } == 1)
        #expect(scene.sees("• critical path 220ms = calls 210ms + queue 10ms"))
    }

    @Test("two lanes' waterfalls say what they differ in, and the parts add up")
    func difference() {
        let scene = Self.two()
        #expect(
            scene.sees(
                "async answered 800ms sooner than sync: calls −800ms (5 calls together in 200ms, in a row 1.00s)"))
    }

    @Test("tab goes to the other waterfall, and the arrows select its rows")
    func panels() {
        var scene = Self.two()
        scene.press(.down)
        #expect(scene.model.view.waterfall.row != nil)
        #expect(scene.sees("queued for a worker from 0ns to 10ms = 10ms"))
        scene.press(.tab, .down, .down, .down)
        #expect(scene.model.view.waterfall.panel == 1)
        #expect(scene.sees("sub-thread from 10ms to 20ms = 10ms"))
        scene.press(.tab)
        #expect(scene.model.view.waterfall.panel == 0)
        scene.press(.down, .escape)
        #expect(scene.model.view.waterfall.row == nil)
        #expect(scene.model.screen == .waterfall)
        scene.press(.escape)
        #expect(scene.model.screen == .lanes)
    }

    @Test("the cursor reads off what goes on at a moment, in each lane")
    func cursor() {
        var scene = Self.two()
        scene.press(.right)
        #expect(scene.model.view.waterfall.cursor == 0)
        for _ in 0..<3 { scene.press(.right) }
        #expect(scene.sees("sync worker-1: view dashboard is blocked on GET api/city/oslo"))
        #expect(scene.sees("async worker-1 → loop-1.2: view dashboard awaits 5: oslo lima cairo delhi tokyo"))
        for _ in 0..<30 { scene.press(.right) }
        #expect(scene.sees("async answered after 220ms"))
        scene.press(.left)
        #expect(scene.sees("│"))
    }

    @Test("zooming keeps the cursor in view, ends at a microsecond, and 0 shows the whole")
    func zoom() {
        var scene = Self.one()
        for _ in 0..<20 { scene.press(.right) }
        let cursor = scene.model.view.waterfall.cursor ?? 0
        for _ in 0..<4 { scene.press(.character("z")) }
        let window = WaterfallGeometry(model: scene.model).window
        #expect(window.contains(cursor))
        #expect(window.upperBound - window.lowerBound == WaterfallGeometry(model: scene.model).length / 16)
        for _ in 0..<40 { scene.press(.character("z")) }
        #expect(scene.sees("it cannot zoom in further"))
        scene.press(.character("0"))
        #expect(scene.model.view.waterfall.window == nil)
        scene.press(.character("Z"))
        #expect(scene.sees("This is the whole of it."))
        scene.press(.character("v"))
        #expect(scene.sees("span, from the queue's end"))
    }

    private static func exchange(
        _ body: [UInt8], method: String = "POST", type: String = "application/json"
    ) -> Exchange {
        var exchange = Exchange(
            request: IncomingRequest(method: method, target: "/orders?x='1'", body: body),
            headers: ["Host": "127.0.0.1", "Content-Type": type, "X-User": "o'hara"])
        exchange.answer(Response.json(["ok": true, "items": [1, 2]], status: 502))
        return exchange
    }

    @Test("details show heads, bodies with their structure, and the command for curl")
    func details() {
        var scene = Self.one()
        scene.model.known.exchanges = [LaneID(rawValue: 0): Self.exchange(Array("{\"b\":[1],\"a\":\"x\"}".utf8))]
        scene.height = 50
        scene.press(.character("d"))
        #expect(scene.sees("POST /orders?x='1'"))
        #expect(scene.sees("X-User: o'hara"))
        #expect(scene.sees("\"a\": \"x\","))
        #expect(scene.sees("(17 bytes, JSON)"))
        #expect(scene.sees("502 Bad Gateway"))
        #expect(scene.sees("\"items\": ["))
        #expect(scene.sees("'X-User: o'\\''hara'"))
        scene.press(.character("y"))
        guard case .console(.copy(let command))? = scene.effects.last else {
            Issue.record("nothing was copied")
            return
        }
        #expect(command.hasPrefix("curl -i -X 'POST' -H "))
        #expect(command.contains("--data-raw '{\"b\":[1],\"a\":\"x\"}'"))
        #expect(!command.contains("Host:"))
        scene.model.known.exchanges = [LaneID(rawValue: 0): Self.exchange([0, 1, 2, 65, 66, 255], type: "image/png")]
        #expect(scene.sees("00000000  00 01 02 41 42 ff"))
        #expect(scene.sees("|...AB.|"))
        #expect(scene.sees("printf '%b' '\\0000\\0001\\0002AB\\0377'"))
        scene.model.known.exchanges = [:]
        #expect(scene.sees("no longer kept"))
    }

    @Test("whatever a client has sent is an argument of the command, and never a command")
    func injection() throws {
        let bodies: [[UInt8]] = [
            [], Array("'\u{301}; touch evil; '".utf8), Array("'; touch evil; '".utf8), [0, 39, 255],
            Array("a\u{1b}[201~\n".utf8),
            Array("$(touch evil) `touch evil` \\".utf8),
        ]
        let folder = try Program.makeFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        for method in ["POST", "A'", "`touch evil`", "A&touch evil&"] {
            for body in bodies {
                let request = IncomingRequest(method: method, target: "/$(touch evil)?'\u{301}", body: body)
                let exchange = Exchange(request: request, headers: ["X'\u{301}": "$(touch evil)", "Y": "`touch evil`"])
                let command = exchange.curl(url: "http://127.0.0.1:1")
                // A curl that only tells what it was given, and what it is given on its input.
                let shell =
                    "cd \(folder.path); curl() { printf '<%s>' \"$@\"; case \"$*\" in *--data-binary*) cat;; esac; }; "
                    + command
                let result = try Program.run(["sh", "-c", shell])
                #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty, "\(command)")
                #expect(result.code == 0, "\(command): \(result.error)")
                #expect(result.output.contains("<\(method)>"), "\(result.output)")
                #expect(result.output.contains("<http://127.0.0.1:1/$(touch evil)?'\u{301}>"))
                if let text = String(validating: body, as: UTF8.self), !text.isEmpty {
                    #expect(Array(result.output.utf8).contains(sequence: body), "\(command)")
                }
                #expect(!command.unicodeScalars.contains { $0.value < 32 && $0 != "\n" && $0 != "\t" })
            }
        }
    }

    @Test("what was logged for a request stands with it, and what was printed only when it alone was running")
    func lines() {
        let studio = Studio()
        studio.dashboard(7, .async)
        studio.dashboard(8, .async, lane: 1)
        let id = RequestID(number: 7, lane: LaneID(rawValue: 0))
        let at: UInt64 = 10_050_000_000
        var scene = Scene(studio.model([studio.lane(0, .async)]))
        scene.model.known.exchanges = [id.lane: Self.exchange([])]
        scene.model.known.output = [
            OutputLine(time: at, text: "printed meanwhile", isError: false),
            OutputLine(time: at, text: "info shop: logged", isError: false, request: id, isLogged: true),
            OutputLine(
                time: at, text: "another's", isError: false, request: RequestID(number: 8, lane: id.lane),
                isLogged: true),
        ]
        scene.press(.character("d"))
        #expect(scene.sees("50ms async info shop: logged"))
        #expect(scene.sees("printed meanwhile"))
        #expect(!scene.sees("another's"))
        // With a second request at the same time nobody can tell whose the printed line is.
        studio.dashboard(9, .async)
        scene.model.known.lanes = [studio.lane(0, .async)]
        #expect(!scene.sees("printed meanwhile"))
        #expect(scene.sees("info shop: logged"))
    }

    @Test("R sends the request again; E changes it first, and points at what is wrong")
    func resend() {
        var scene = Self.one()
        scene.press(.character("R"))
        #expect(scene.effects.last == .host(.resend(7)))
        scene.press(.character("E"))
        #expect(scene.sees("is no longer kept"))
        scene.model.known.exchanges = [LaneID(rawValue: 0): Self.exchange(Array("a=1".utf8), type: "text/plain")]
        scene.press(.character("E"))
        #expect(scene.sees("EDIT  method and path"))
        #expect(scene.lines("Host").isEmpty)
        scene.press(.control("u"))
        scene.type("PUT")
        scene.press(.control("r"))
        #expect(scene.sees("line 1: the first line is a method and a path"))
        scene.type(" /orders/9")
        scene.press(.down, .end, .enter)
        scene.type("X-New: 1")
        scene.press(.pageDown, .end)
        scene.type("&b=2")
        scene.press(.control("r"))
        #expect(scene.model.prompt == nil)
        let headers: Headers = ["Content-Type": "text/plain", "X-New": "1", "X-User": "o'hara"]
        #expect(
            scene.effects.last
                == .host(
                    .send(
                        RequestDraft(
                            method: "PUT", target: "/orders/9", headers: headers, body: Array("a=1&b=2".utf8)))))
        scene.press(.character("E"), .escape)
        #expect(scene.model.prompt == nil)
    }

    @Test("a request that would smuggle another is not sent")
    func smuggling() throws {
        var editor = RequestEditor(
            draft: RequestDraft(method: "GET", target: "/x", headers: ["A": "b\r\nHost: evil"], body: [0, 1]))
        #expect(editor.fixedBytes == 2)
        #expect(throws: RequestEditor.Mistake.self) { try editor.draft() }
        editor.take(nil, key: .home)
        for key in "no method " { editor.take(nil, key: .character(key)) }
        #expect(throws: RequestEditor.Mistake.self) { try editor.draft() }
    }

    @Test("a middleware is a row around what it wraps, drawn where its own code ran, and its own time is the hooks'")
    func middleware() throws {
        let studio = Studio()
        studio.wrapped(1)
        var scene = Scene(studio.model([studio.lane(0, .sync)]))
        scene.press(.enter)
        let row = try #require(scene.lines("middleware timing").first)
        #expect(row.contains("mmm") && row.contains("\u{2500}\u{2500}\u{2500}"), "\(row)")
        #expect(row.contains("100ms"))
        #expect(scene.lines("  view index").count == 1)
    }
}

extension [UInt8] {
    fileprivate func contains(sequence: [UInt8]) -> Bool {
        guard sequence.count <= count else { return false }
        return (0...(count - sequence.count)).contains { self[$0..<($0 + sequence.count)].elementsEqual(sequence) }
    }
}
