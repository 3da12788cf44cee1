// Exports are new files: for their owner only, never through a link, never over another file.

import Foundation
import Testing

@testable import Inspector
@testable import InspectorCore

@Suite struct ExportFileTests {
    /// One request with a secret in its target, its call and its head.
    private final class Source: DashboardSource {
        let studio = Studio()
        var exchange: Exchange?

        var appName: String { "shop" }
        var url: String { "http://127.0.0.1:1" }
        var note: String? { nil }
        func takeControls(into known: inout Snapshot) {}
        var recorderStatus: Recorder.Status? { nil }
        var exporterStatus: OTLPExporter.Status? { nil }
        var thinning: Int { 1 }
        func cost(screen: UInt64) -> OwnCost.Sample? { nil }
        var version: Int { 1 }
        var wallOffset: UInt64 { 0 }
        var routes: [RouteTable.Key: Statistics] { [:] }
        func laneModels(now: UInt64) -> [LaneModel] { [studio.lane(0, .async)] }
        func findings(window: TimeWindow, now: UInt64, isASCII: Bool) -> [Finding] { [] }
        func exchanges(of number: UInt64) -> [LaneID: Exchange] { exchangeReader(number) }
        var exchangeReader: @Sendable (UInt64) -> [LaneID: Exchange] {
            { [exchange] _ in exchange.map { [LaneID(rawValue: 0): $0] } ?? [:] }
        }
    }

    private static func mode(_ url: URL) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: url.path)[.posixPermissions] as? Int
    }

    @Test(
        "an export of requests is a new file of 0600 under a name that is free, a dangling link left as it is",
        arguments: ExportChoice.Form.all.filter { $0 != .screen })
    func requests(form: ExportChoice.Form) throws {
        let folder = try Program.makeFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let source = Source()
        source.studio.dashboard(7, .async)
        var exchange = Exchange(
            request: IncomingRequest(method: "GET", target: "/a?token=s3cret", body: []),
            headers: ["Cookie": "a=s3cret"])
        exchange.answer(Response("ok"))
        source.exchange = exchange
        let model = source.studio.model(source.laneModels(now: 0))
        let suffix =
            switch form {
            case .traces(let suffix): suffix
            case .recording: "jsonl"
            default: "har"
            }
        let elsewhere = folder.appendingPathComponent("elsewhere")
        try FileManager.default.createSymbolicLink(
            at: folder.appendingPathComponent("inspector-requests.\(suffix)"), withDestinationURL: elsewhere)
        let second = folder.appendingPathComponent("inspector-requests-2.\(suffix)")
        try "mine".write(to: second, atomically: true, encoding: .utf8)
        let said = TraceExport(
            ExportChoice(form: form, isAll: true), model: model, source: source
        ).write(into: folder.path)
        #expect(said == "Written: inspector-requests-3.\(suffix) in \(folder.path).")
        let file = folder.appendingPathComponent("inspector-requests-3.\(suffix)")
        #expect(try Self.mode(file) == 0o600)
        #expect(try !String(contentsOf: file, encoding: .utf8).contains("s3cret"))
        #expect(try String(contentsOf: second, encoding: .utf8) == "mine")
        #expect(!FileManager.default.fileExists(atPath: elsewhere.path))
        #expect(
            TraceExport(ExportChoice(form: form, isAll: true), model: model, source: source).write(into: "/nowhere")
                .contains("/nowhere"))
    }

    @Test(
        "an export runs on a thread of its own, says how far it is, and leaves nothing when it is stopped",
        arguments: ExportChoice.Form.all.filter { $0 != .screen })
    func stopped(form: ExportChoice.Form) throws {
        let folder = try Program.makeFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let source = Source()
        for number in 1...50 { source.studio.dashboard(UInt64(number), .async) }
        var exchange = Exchange(request: IncomingRequest(method: "GET", target: "/a", body: []), headers: [:])
        exchange.answer(Response("ok"))
        source.exchange = exchange
        let model = source.studio.model(source.laneModels(now: 0))
        let export = TraceExport(ExportChoice(form: form, isAll: true), model: model, source: source)
        #expect(export.numbers.count == 50)
        let held = Bell()
        let reached = Bell()
        let job = try ExportJob(total: 50) { goesOn in
            var asked = 0
            return export.write(into: folder.path) {
                asked += 1
                if asked == 20 {
                    reached.ring()
                    held.wait(seconds: 60)
                }
                return goesOn()
            }
        }
        #expect(reached.wait(seconds: 60))
        #expect(job.progress.done == 19 && job.progress.result == nil)
        job.stop()
        held.ring()
        #expect(Program.wait { job.progress.result != nil })
        #expect(job.progress.result == "The export was stopped; nothing was written.")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    }

    @Test("a request whose body cannot be read for secrets is not in a HAR, and that is said")
    func unreadable() throws {
        let folder = try Program.makeFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let source = Source()
        source.studio.dashboard(7, .async)
        var exchange = Exchange(
            request: IncomingRequest(method: "POST", target: "/", body: [0, 1, 2]), headers: ["Content-Type": "x/y"])
        exchange.answer(Response("ok"))
        source.exchange = exchange
        let model = source.studio.model(source.laneModels(now: 0))
        let said = TraceExport(
            ExportChoice(form: .har, isAll: true), model: model, source: source
        ).write(into: folder.path)
        #expect(said.hasSuffix("1 were left out: their bodies could not be read for secrets."))
    }

    @Test("a picture of the screen is two new files of 0600, both or none")
    func screens() throws {
        let folder = try Program.makeFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let elsewhere = folder.appendingPathComponent("elsewhere")
        try FileManager.default.createSymbolicLink(
            at: folder.appendingPathComponent("inspector-lanes.txt"), withDestinationURL: elsewhere)
        // The first of the two is free, the second is not.
        try "mine".write(
            to: folder.appendingPathComponent("inspector-lanes-2.svg"), atomically: true, encoding: .utf8)
        var frame = Frame(width: 20, height: 2)
        frame.put("a\u{1B}b <&>\"'", x: 0, y: 0)
        let said = ScreenExport.write(frame, theme: .rich, screen: .lanes, into: folder.path)
        #expect(said == "Written: inspector-lanes-3.txt and inspector-lanes-3.svg in \(folder.path).")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        #expect(
            names == [
                "inspector-lanes-2.svg", "inspector-lanes-3.svg", "inspector-lanes-3.txt", "inspector-lanes.txt",
            ])
        for suffix in ["txt", "svg"] {
            #expect(try Self.mode(folder.appendingPathComponent("inspector-lanes-3.\(suffix)")) == 0o600)
        }
        let svg = try String(contentsOf: folder.appendingPathComponent("inspector-lanes-3.svg"), encoding: .utf8)
        #expect(svg.contains(">a^[b &lt;&amp;&gt;&quot;&#39;"))
    }
}
