// The list, the statistics and the help as somebody works with them: sorted, marked, compared, searched.

import Foundation
import Testing

@testable import Inspector
@testable import InspectorCore

@Suite struct ListSceneTests {
    /// `count` requests in two lanes; in sync each takes longer than in async.
    private static func scene(_ count: UInt64 = 40, width: Int = 118, height: Int = 40) -> Scene {
        let studio = Studio()
        for number in 1...count {
            studio.dashboard(number, .sync, lane: 0)
            studio.dashboard(number, .async, lane: 1)
        }
        var scene = Scene(studio.model([studio.lane(0, .sync), studio.lane(1, .async)]), width: width, height: height)
        scene.model.known.routes = studio.fold.routes.all
        return scene
    }

    /// The numbers in the list of the first lane, from above.
    private func numbers(_ scene: Scene) -> [Int] {
        scene.text.split(separator: "\n").compactMap { line in
            line.firstMatch(of: #/^[│┃][ ▸]#(\d+)/#).flatMap { Int($0.1) }
        }
    }

    private func frame(_ scene: Scene) -> Frame {
        Screens.frame(model: scene.model, width: scene.width, height: scene.height)
    }

    @Test("following and holding are said, with where in the list one is")
    func position() {
        var scene = Self.scene()
        #expect(scene.sees("of 40  following"))
        scene.press(.up, .up, .up)
        #expect(scene.sees("of 40") && !scene.sees("following"))
        scene.press(.character("g"))
        #expect(scene.text.contains(#/1-\d+ of 40  \d+ newer, G follows/#))
        scene.press(.character("G"))
        #expect(scene.sees("following"))
    }

    @Test("the selected row stays where it is seen while newer requests come, and moves by keys only")
    func holdsStill() throws {
        var scene = Self.scene()
        scene.press(.up, .up, .up, .up, .up)
        // As the running program does after each frame.
        scene.model.view.row = frame(scene).selectedRow
        let before = try #require(frame(scene).selectedRow)
        let more = Self.scene(60)
        scene.model.known.lanes = more.model.known.lanes
        #expect(frame(scene).selectedRow == before && scene.sees("newer, G follows"))
        scene.press(.up)
        #expect(frame(scene).selectedRow == before - 1)
        // The oldest go as they are no longer kept.
        for lane in 0..<2 { scene.model.known.lanes[lane].traces.removeFirst(5) }
        #expect(frame(scene).selectedRow == before - 1)
    }

    @Test("any column sorts, I inverts, the head says which, and the order by number comes back")
    func sorts() throws {
        var scene = Self.scene(12)
        #expect(numbers(scene) == Array(1...12))
        scene.press(.character("<"))
        // The column before the first is the last: the status.
        #expect(scene.model.view.order.column == .status && scene.sees("code▼"))
        scene.press(.character("<"))
        #expect(scene.model.view.order.column == .time && scene.sees("time▼") && scene.sees("Sorted by its response"))
        scene.press(.character("I"))
        #expect(scene.sees("time▲"))
        for _ in 0..<2 { scene.press(.character(">")) }
        #expect(scene.model.view.order.isByNumber && numbers(scene) == Array(1...12))
        scene.press(.character("I"))
        #expect(numbers(scene) == Array((1...12).reversed()) && !scene.sees("following"))
    }

    @Test("columns are ticked and left out, and heads never touch")
    func columns() {
        var scene = Self.scene(5, width: 200, height: 50)
        scene.press(.character("w"))
        #expect(scene.sees("[x] method") && scene.sees("[ ] queue") && scene.sees("[ ] calls"))
        scene.press(.down, .down, .enter, .down, .enter, .escape)
        #expect(scene.sees(" queue") && scene.sees(" calls"))
        scene.press(.character("w"), .character(" "), .escape)
        #expect(!scene.sees("method"))
        for column in ListColumn.optional { scene.model.view.columnsShown.insert(column) }
        for width in 20...200 {
            scene.width = width
            let ruler = scene.text.split(separator: "\n").first { $0.contains(" id ") } ?? ""
            for name in ["idrequest", "requesttime", "timecode", "queuecalls", "callsthread"] {
                #expect(!ruler.contains(name), "\(width): \(ruler)")
            }
        }
    }

    @Test("requests are marked and commented, chosen by that, gone through by n, and a recording is told")
    func marks() {
        var scene = Self.scene(20)
        scene.press(.up, .up, .up, .character("m"))
        #expect(scene.sees("#18 is marked.") && scene.sees("#18★"))
        #expect(scene.effects.last == .host(.note(18, isMarked: true, comment: "")))
        scene.press(.character("g"), .character(";"))
        scene.type("look here")
        #expect(scene.sees("comment on #1: look here"))
        scene.press(.enter)
        #expect(scene.sees("#1✎") && scene.effects.last == .host(.note(1, isMarked: false, comment: "look here")))
        scene.press(.character("n"))
        #expect(scene.model.view.selected == 18)
        scene.press(.character("N"))
        #expect(scene.model.view.selected == 1)
        scene.press(.character("M"))
        #expect(numbers(scene) == [1, 18])
        scene.press(.character("M"))
        #expect(numbers(scene).count > 2)
        scene.press(.character("m"), .character(";"), .control("u"), .enter, .character("m"))
        #expect(scene.model.notes[1] == nil)
    }

    @Test("two requests of different lanes or times are compared as waterfalls with what they differ in")
    func compares() {
        var scene = Self.scene(6)
        scene.press(.character("g"), .character("C"))
        #expect(scene.sees("#1 of sync is taken."))
        scene.press(.down, .down, .character("C"))
        #expect(scene.model.screen == .waterfall)
        #expect(scene.sees("#1 GET /dashboard  sync") && scene.sees("#3 GET /dashboard  sync"))
        scene.press(.escape)
        #expect(scene.model.screen == .lanes)
        scene.press(.enter)
        #expect(scene.sees("#3 GET /dashboard  sync") && scene.sees("#3 GET /dashboard  async"), "both lanes again")
        // Another lane's: taken in its waterfall, where tab has given it the keys.
        scene.press(.tab, .character("C"), .escape, .character("g"), .character("C"))
        #expect(scene.sees("#3 GET /dashboard  async") && scene.sees("#1 GET /dashboard  sync"))
        #expect(scene.sees("answered"))
    }

    @Test("a route is selected, sorted, entered as a filter and left again")
    func routes() {
        var scene = Self.scene(8)
        scene.press(.character("/"))
        scene.type("method:GET")
        scene.press(.enter, .character("i"))
        #expect(scene.sees("STATISTICS") && scene.sees("× faster") && scene.sees("latency over time"))
        scene.press(.down, .character(">"))
        #expect(scene.sees("count▼"))
        scene.press(.character(">"), .character("I"))
        #expect(scene.sees("p50▲"))
        scene.press(.right)
        #expect(!scene.sees("count") && scene.sees("distribution") == false)
        scene.press(.left)
        #expect(scene.sees("count"))
        scene.press(.enter)
        #expect(scene.model.screen == .lanes && scene.model.filter?.text.hasPrefix("not route:/") == true)
        #expect(scene.sees("esc goes back."))
        scene.press(.escape)
        #expect(scene.model.screen == .statistics && scene.model.filter?.text == "method:GET")
        scene.press(.escape)
        #expect(scene.model.screen == .lanes && scene.model.isFilterOn)
    }

    @Test("help begins with the screen one comes from, is searched, and n goes on")
    func help() {
        var scene = Self.scene(3)
        scene.press(.character("?"))
        #expect(scene.lines("Keys of").first?.contains("Keys of the list of requests") == true)
        scene.press(.escape, .character("t"), .character("?"))
        #expect(scene.lines("Keys of").first?.contains("Keys of the threads") == true)
        scene.press(.character("/"))
        scene.type("critical")
        scene.press(.enter)
        let first = scene.model.view.scroll
        #expect(scene.sees("lines with critical") && scene.sees("On the critical path"))
        scene.press(.character("n"))
        #expect(scene.model.view.scroll != first || scene.lines("critical").count > 1)
        scene.press(.character("/"))
        scene.type("no such words")
        scene.press(.enter)
        #expect(scene.sees("The help does not hold"))
    }

    @Test("held or recorded, [ ] and the overview go through all that is kept, and say where they landed")
    func overview() throws {
        var scene = Self.scene(10)
        scene.press(.character("["))
        #expect(scene.model.isFrozen && scene.sees("At ") && scene.sees("space goes on"))
        #expect(scene.sees(" all 1") && scene.sees(" queue"))
        let before = scene.model.time
        scene.press(.character("]"), .character("]"))
        #expect(scene.model.time > before || !scene.model.isFrozen || scene.model.transport == nil)
        // A click on the strip goes there.
        scene.press(.character("["))
        let shown = frame(scene)
        let y = try #require(
            (0..<shown.height).first { y in
                if case .time? = shown.spot(x: 60, y: y)?.spot { true } else { false }
            })
        _ = scene.model.point(mouse: Key.Mouse(kind: .press, x: 40, y: y), on: shown)
        let left = scene.model.time
        _ = scene.model.point(mouse: Key.Mouse(kind: .drag, x: 90, y: y), on: shown)
        #expect(scene.model.time > left)
    }

    @Test("the clock of the list is zoomed, and what began earlier says when")
    func clock() {
        var scene = Self.scene(4)
        scene.press(.character("z"))
        #expect(scene.sees("The clock reaches 2.00s back"))
        scene.press(.character("0"))
        #expect(scene.model.view.reach == nil)
        scene.press(.character("a"), .character("z"))
        #expect(scene.sees("a shows them on the clock"))
    }

    @Test("half pages and pages move as in vim")
    func pages() throws {
        var scene = Self.scene(200)
        scene.press(.control("b"))
        let page = try #require(scene.model.view.selected)
        scene.press(.control("u"))
        #expect(try #require(scene.model.view.selected) < page)
        scene.press(.control("d"), .control("f"), .control("f"))
        #expect(scene.model.view.selected == nil || scene.model.view.selected == 200)
    }

    @Test("ended loops are one row under their worker, with how many and how long")
    func folded() {
        var scene = Self.scene(9)
        scene.press(.character("t"))
        #expect(scene.lines("ended loops").count == 1, "\(scene.text)")
        #expect(scene.sees("18 loops ended"), "\(scene.text)")
    }

    @Test("a queue longer than half of it all is left out of a waterfall, which says so and how to see it")
    func longQueue() {
        var scene = Self.scene(1)
        scene.model.known.lanes[1].traces = []
        scene.press(.enter)
        #expect(!scene.sees("Left out"))
        scene.press(.character("v"))
        #expect(scene.sees("Left out: the time until a worker took it, 10ms in sync. v shows it."))
    }
}
