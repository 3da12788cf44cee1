// A connection's state machine alone: each transition that is legal, and what comes when it is not expected.

import Testing

@testable import InspectorCore

@Suite struct ConnectionStateTests {
    typealias Phase = ConnectionState.Phase
    typealias Action = ConnectionState.Action

    private static let second: UInt64 = 1_000_000_000
    private static let start: UInt64 = 1000 * second

    /// A moment more than `seconds` after the start.
    private static func after(_ seconds: Double) -> UInt64 { start + UInt64((seconds + 1) * 1e9) }

    private static func state(_ change: (inout Limits) -> Void = { _ in }) -> ConnectionState {
        var limits = Limits()
        change(&limits)
        return ConnectionState(limits: limits, now: start)
    }

    private static func request(_ method: String = "GET", _ headers: Headers = [:]) -> IncomingRequest {
        var headers = headers
        if headers["Host"] == nil { headers["Host"] = "localhost" }
        return IncomingRequest(method: method, target: "/", headers: headers, accepted: start)
    }

    /// A state in `phase`, with a request that has a body of one byte where there is a request.
    private static func state(in phase: Phase, keepsAlive: Bool = true) -> ConnectionState {
        var state = state()
        if phase == .over { state.closed() }
        if phase == .idle || phase == .over { return state }
        _ = state.readHead(request("POST", ["Content-Length": "1"]), keepsAlive: keepsAlive)
        _ = state.readBody([1])
        if phase == .reading { return state }
        _ = state.readEnd()
        _ = state.takeRequest()
        if phase == .writing { state.writes(now: start) }
        return state
    }

    /// The action without the sentence that a rejection has.
    private static func plain(_ action: Action) -> Action {
        if case .reject(let status, _) = action { .reject(status) } else { action }
    }

    // MARK: The way of a request

    @Test("the transitions of the table are legal, and no others")
    func legal() {
        let table: [Phase: [Phase]] = [
            .idle: [.reading, .over], .reading: [.serving, .over], .serving: [.writing, .idle, .over],
            .writing: [.idle, .over], .over: [.over],
        ]
        for phase in Phase.allCases {
            #expect(Self.state(in: phase).phase == phase)
            #expect(Phase.allCases.filter(phase.mayBecome).count == table[phase]?.count)
            #expect(table[phase]?.allSatisfy(phase.mayBecome) == true, "\(phase)")
        }
    }

    /// What happens to a connection in the course of a request.
    enum Step: CaseIterable {
        case head
        case body
        case end
        case writes
        case answered

        /// Where it leads, and what is to be done, in the phases that it is for.
        var table: [Phase: (Phase, Action)] {
            switch self {
            case .head: [.idle: (.reading, .nothing)]
            case .body: [.reading: (.reading, .nothing)]
            case .end: [.reading: (.serving, .serve)]
            case .writes: [.serving: (.writing, .nothing)]
            case .answered: [.serving: (.idle, .nothing), .writing: (.idle, .nothing)]
            }
        }
    }

    @Test(
        "each step leads on from the phases that it is for, and changes nothing in the others",
        arguments: Step.allCases, Phase.allCases)
    func steps(step: Step, phase: Phase) {
        var state = Self.state(in: phase)
        let action: Action
        switch step {
        case .head: action = state.readHead(Self.request("PUT"), keepsAlive: true)
        // That it is more than was announced is the parser's business.
        case .body: action = state.readBody([2])
        case .end: action = state.readEnd()
        case .writes:
            state.writes(now: Self.start)
            action = .nothing
        case .answered: action = state.answered(now: Self.start)
        }
        let (next, expected) = step.table[phase] ?? (phase, .nothing)
        #expect(state.phase == next)
        #expect(action == expected)
        if step == .head, phase != .idle { #expect(state.request.method != "PUT") }
        if step == .body { #expect(state.request.body == (phase == .reading ? [1, 2] : [])) }
    }

    @Test("a connection serves one request after the other")
    func goesRound() {
        let bodies: [[UInt8]] = [[1, 2], [3]]
        var state = Self.state()
        for body in bodies {
            #expect(state.isIdle && !state.isServing)
            #expect(state.readBytes(10, now: Self.start) == .nothing)
            #expect(state.phase == .idle && !state.isIdle, "something of a request came")
            let head = Self.request("POST", ["Transfer-Encoding": "chunked"])
            #expect(state.readHead(head, keepsAlive: true) == .nothing)
            #expect(state.readBody(body) == .nothing)
            #expect(state.readEnd() == .serve)
            #expect(state.isServing && state.awaitsAnswer && !state.isWriting)
            #expect(state.takeRequest().body == body)
            #expect(state.request.body.isEmpty, "the body is the responder's")
            state.writes(now: Self.start)
            #expect(state.isServing && state.isWriting && !state.awaitsAnswer)
            #expect(state.answered(now: Self.start) == .nothing)
        }
        #expect(state.isIdle && state.keepsAlive)
    }

    @Test("bytes that come while an answer is awaited begin no request", arguments: [Phase.serving, .writing])
    func early(phase: Phase) {
        var state = Self.state(in: phase)
        #expect(state.readBytes(10, now: Self.start) == .nothing)
        #expect(state.phase == phase)
        #expect(state.answered(now: Self.start) == .nothing)
        #expect(state.isIdle)
    }

    @Test("what a head says of its answer holds for that answer only")
    func ofOneAnswer() {
        var state = Self.state()
        _ = state.readHead(Self.request("HEAD"), keepsAlive: true, isOld: true)
        #expect(state.isHead && state.isOld)
        _ = state.readEnd()
        _ = state.answered(now: Self.start)
        #expect(!state.isHead && !state.isOld)
        #expect(state.request.method.isEmpty)
    }

    // MARK: The last answer

    @Test("an answer is the last when the client asks for that", arguments: [Phase.serving, .writing])
    func lastByWish(phase: Phase) {
        var state = Self.state(in: phase, keepsAlive: false)
        #expect(state.answered(now: Self.start) == .close)
        #expect(state.isOver)
    }

    @Test("an answer is the last when the head asks for another protocol")
    func lastByUpgrade() {
        var state = Self.state()
        #expect(state.readHead(Self.request("GET", ["Upgrade": "websocket"]), keepsAlive: true) == .nothing)
        _ = state.readEnd()
        #expect(state.answered(now: Self.start) == .close)
    }

    @Test("an answer is the last when only the connection's end can end it")
    func lastByLength() {
        var state = Self.state(in: .serving)
        state.endsWithConnection()
        #expect(state.answered(now: Self.start) == .close)
    }

    @Test(
        "a client that closes its side is still answered, and is closed where it awaits nothing",
        arguments: [
            (.idle, .close, .over), (.reading, .close, .over), (.serving, .nothing, .serving),
            (.writing, .nothing, .writing), (.over, .close, .over),
        ] as [(Phase, Action, Phase)])
    func sideClosed(phase: Phase, expected: Action, next: Phase) {
        var state = Self.state(in: phase)
        #expect(state.inputClosed() == expected)
        #expect(state.phase == next)
        if next != .over { #expect(state.answered(now: Self.start) == .close) }
    }

    @Test(
        "a server that is to stop closes who asks nothing, and answers the others for the last time",
        arguments: [
            (.idle, .close, .over), (.reading, .nothing, .reading), (.serving, .nothing, .serving),
            (.writing, .nothing, .writing), (.over, .nothing, .over),
        ] as [(Phase, Action, Phase)])
    func quiesces(phase: Phase, expected: Action, next: Phase) {
        var state = Self.state(in: phase)
        #expect(state.quiesce() == expected)
        #expect(state.phase == next && !state.keepsAlive)
        if phase == .reading { _ = state.readEnd() }
        if next != .over { #expect(state.answered(now: Self.start) == .close) }
    }

    @Test("a server that is to stop waits for a request of which something came")
    func quiescesBegun() {
        var state = Self.state()
        _ = state.readBytes(1, now: Self.start)
        #expect(state.quiesce() == .nothing)
        #expect(state.readHead(Self.request(), keepsAlive: true) == .nothing)
        #expect(state.readEnd() == .serve)
        #expect(state.answered(now: Self.start) == .close)
    }

    // MARK: The end

    @Test(
        "a server whose time is over tells 503 to what is not done, and cuts no answer that is on its way",
        arguments: [
            (.idle, .close), (.reading, .reject(503)), (.serving, .reject(503)), (.writing, .close), (.over, .close),
        ] as [(Phase, Action)])
    func halts(phase: Phase, expected: Action) {
        var state = Self.state(in: phase)
        #expect(Self.plain(state.halt()) == expected)
        #expect(state.isOver)
    }

    @Test("a server whose time is over tells 503 to a client of whose request something came")
    func haltsBegun() {
        var state = Self.state()
        _ = state.readBytes(1, now: Self.start)
        #expect(Self.plain(state.halt()) == .reject(503))
    }

    @Test(
        "what is not HTTP is refused where nothing is served, and closes the connection else",
        arguments: [
            (.idle, .reject(400)), (.reading, .reject(400)), (.serving, .close), (.writing, .close), (.over, .close),
        ] as [(Phase, Action)])
    func fails(phase: Phase, expected: Action) {
        var state = Self.state(in: phase)
        #expect(state.failed(status: 400) == expected)
        #expect(state.isOver)
        if case .reject = expected { #expect(!state.keepsAlive) }
    }

    @Test("a client that does not take its answer is reset", arguments: Phase.allCases)
    func stalls(phase: Phase) {
        var state = Self.state(in: phase)
        #expect(state.stalled() == .reset)
        #expect(state.isOver)
    }

    @Test("a closed channel is the end, and what came of a body is let go", arguments: Phase.allCases)
    func closes(phase: Phase) {
        var state = Self.state(in: phase)
        state.closed()
        #expect(state.isOver && !state.isServing && !state.isIdle)
        #expect(state.request.body.isEmpty)
    }

    // MARK: What is refused

    @Test("a head that names no host is refused")
    func unnamed() {
        var state = Self.state()
        let head = IncomingRequest(method: "GET", target: "/", headers: [:], accepted: Self.start)
        #expect(Self.plain(state.readHead(head, keepsAlive: true)) == .reject(400))
        #expect(state.isOver && !state.keepsAlive)
    }

    @Test(
        "a port that is none is refused",
        arguments: [
            ("localhost:99999999", false), ("localhost:65536", false), ("localhost:a", false), ("[::1]:99999", false),
            ("localhost:65535", true), ("localhost:", true), ("[::1]:80", true), ("[::1]", true),
        ])
    func ports(host: String, isTaken: Bool) {
        var state = Self.state()
        let action = state.readHead(Self.request("GET", ["Host": host]), keepsAlive: true)
        #expect(Self.plain(action) == (isTaken ? .nothing : .reject(400)))
    }

    @Test("an expectation is met where there is a body, and only in HTTP/1.1")
    func expectation() {
        let head = Self.request("POST", ["Content-Length": "3", "Expect": "100-continue"])
        var state = Self.state()
        #expect(state.readHead(head, keepsAlive: true) == .sendContinue)
        #expect(state.phase == .reading)
        var old = Self.state()
        #expect(old.readHead(head, keepsAlive: false, isOld: true) == .nothing)
        var none = Self.state()
        #expect(none.readHead(Self.request("GET", ["Expect": "100-continue"]), keepsAlive: true) == .nothing)
    }

    @Test("an expectation that nobody knows is refused")
    func strangeExpectation() {
        var state = Self.state()
        let head = Self.request("POST", ["Content-Length": "3", "Expect": "cake"])
        #expect(Self.plain(state.readHead(head, keepsAlive: true)) == .reject(417))
        #expect(state.isOver)
    }

    @Test("a body that is announced too large is refused before it comes")
    func announcedTooLarge() {
        var state = Self.state { $0.body = 10 }
        let head = Self.request("POST", ["Content-Length": "11"])
        #expect(Self.plain(state.readHead(head, keepsAlive: true)) == .reject(413))
        #expect(state.isOver)
    }

    @Test("a body that comes too large is refused, and what came of it is let go")
    func tooLarge() {
        var state = Self.state { $0.body = 10 }
        _ = state.readHead(Self.request("POST", ["Transfer-Encoding": "chunked"]), keepsAlive: true)
        #expect(state.readBody([UInt8](repeating: 1, count: 10)) == .nothing)
        #expect(Self.plain(state.readBody([1])) == .reject(413))
        #expect(state.isOver && state.request.body.isEmpty)
    }

    @Test("a body for which there is no room is refused for now")
    func noRoom() {
        var state = Self.state { limits in
            limits.bodies = 1000
            limits.freeBody = 10
        }
        _ = state.readHead(Self.request("POST", ["Content-Length": "5000"]), keepsAlive: true)
        #expect(Self.plain(state.readBody([UInt8](repeating: 1, count: 2000))) == .reject(503))
        #expect(state.isOver)
    }

    @Test("far more around a body than in it is refused", arguments: [Phase.idle, .reading])
    func wrapped(phase: Phase) {
        var state = Self.state(in: phase)
        #expect(Self.plain(state.readBytes(1_000_000, now: Self.start)) == .reject(400))
        #expect(state.isOver)
    }

    // MARK: Time

    @Test("a client that asks nothing for too long is closed")
    func idle() {
        var state = Self.state()
        #expect(state.check(now: Self.start) == .nothing)
        #expect(state.check(now: Self.after(Limits().idleSeconds)) == .close)
        #expect(state.isOver)
    }

    @Test("a head that takes too long to come is told 408")
    func slowHead() {
        var state = Self.state()
        _ = state.readBytes(5, now: Self.start)
        #expect(state.check(now: Self.start) == .nothing)
        #expect(Self.plain(state.check(now: Self.after(Limits().readSeconds))) == .reject(408))
        #expect(state.isOver)
    }

    @Test("a body that takes too long to come is told 408")
    func slowBody() {
        var state = Self.state()
        _ = state.readHead(Self.request("POST", ["Content-Length": "5"]), keepsAlive: true)
        #expect(state.check(now: Self.after(Limits().bodyIdleSeconds - 2)) == .nothing)
        #expect(Self.plain(state.check(now: Self.after(Limits().bodyIdleSeconds))) == .reject(408))
        #expect(state.isOver)
    }

    @Test("who waits for an answer is not idle, however long it takes", arguments: [Phase.serving, .writing])
    func waits(phase: Phase) {
        var state = Self.state(in: phase)
        #expect(state.check(now: Self.after(100_000)) == .nothing)
        #expect(state.phase == phase)
    }

    @Test("a client that was refused may linger, and what it sends then prolongs nothing")
    func lingers() {
        var state = Self.state()
        _ = state.failed(status: 400)
        #expect(state.check(now: Self.start) == .nothing)
        #expect(state.readBytes(1_000_000, now: Self.after(0)) == .nothing)
        #expect(state.check(now: Self.after(Limits().lingerSeconds)) == .close)
    }
}
