// The list of what can go wrong: the index page and its test are made from it.

import InspectorCore

/// One way to go wrong: where, and how it ends.
struct Trouble: Sendable {
    let path: String
    /// What happens, as a sentence of the page.
    let says: String
    /// The status that the client gets; nil when the connection is cut, or no answer ever comes.
    let status: Int?
    /// Whether the answer comes whole.
    var isComplete = true
    /// Whether it ends by itself, so that it can be tried without stopping the program.
    var ends = true

    static let all: [Trouble] = [
        Trouble(path: "/raises", says: "the view throws, and nobody handles it", status: 500),
        Trouble(path: "/handled", says: "the view throws, and an error handler answers", status: 418),
        Trouble(path: "/handler-raises", says: "the error handler throws in its turn", status: 500),
        Trouble(path: "/handler-nothing", says: "the error handler returns nothing", status: 500),
        Trouble(path: "/aborts", says: "the view aborts with 403", status: 403),
        Trouble(path: "/nothing", says: "the view returns nothing", status: 500),
        Trouble(path: "/preprocessor-raises", says: "the URL value preprocessor throws", status: 500),
        Trouble(path: "/before-raises", says: "the before hook throws; the view never runs", status: 500),
        Trouble(path: "/before-answers", says: "the before hook answers in the view's place", status: 200),
        Trouble(
            path: "/after-fails", says: "the after hook throws; all after hooks run again on the 500", status: 500),
        Trouble(path: "/after-this-fails", says: "a function for this request's response throws", status: 500),
        Trouble(path: "/teardown-fails", says: "a teardown throws, and turns the good answer into a 500", status: 500),
        Trouble(path: "/context-teardown-fails", says: "the teardown of the app's context throws", status: 500),
        Trouble(path: "/timeout", says: "a call takes longer than its time: the handler answers", status: 504),
        Trouble(
            path: "/one-fails", says: "one of three calls at once fails, and the others are cancelled", status: 500),
        Trouble(path: "/deadline", says: "the view takes longer than its route allows, and is cancelled", status: 503),
        Trouble(
            path: "/abandoned", says: "the view takes longer than its route allows, and ignores being cancelled",
            status: 503),
        Trouble(
            path: "/held", says: "a sync view takes longer than its route allows: its worker is held on", status: 503),
        Trouble(path: "/never", says: "the view never returns: no answer comes", status: nil, ends: false),
        Trouble(path: "/cut", says: "a streamed body fails in its middle", status: 200, isComplete: false),
        Trouble(path: "/huge", says: "a body of 64 MB is streamed", status: 200),
        Trouble(path: "/blocks-loop", says: "an async view blocks its own loop for 200 ms", status: 200),
        Trouble(
            path: "/would-never-finish",
            says: "a stream blocks on its own event loop: in native mode that could never end, and it is told so",
            status: 200, isComplete: false),
        Trouble(path: "/leak", says: "two bare tasks go on when the answer is sent", status: 200),
        Trouble(path: "/background", says: "a background task outlives its lifetime, and is cancelled", status: 200),
        Trouble(
            path: "/actor",
            says: "two calls at once, of one request or of two, meet in one actor: one waits for the other", status: 200
        ),
        Trouble(path: "/main-actor", says: "the view asks the main actor", status: 200),
        Trouble(path: "/prints", says: "the view prints to stdout", status: 200),
        Trouble(path: "/logs", says: "the view logs a warning", status: 200),
        Trouble(path: "/bad-header", says: "a header holds a line break, and is not sent", status: 500),
        Trouble(path: "/missing-template", says: "the template is not there", status: 500),
        Trouble(path: "/convert/broken", says: "a converter throws", status: 500),
    ]

    static let deadly: [Trouble] = [
        Trouble(path: "/trap", says: "a trap in a sync view: the process ends", status: nil, ends: false),
        Trouble(path: "/trap-async", says: "a trap in an async view: the process ends", status: nil, ends: false),
        Trouble(path: "/overflow", says: "the stack overflows: the process ends", status: nil, ends: false),
        Trouble(
            path: "/overflow-async", says: "the stack of a sub-thread overflows: the process ends", status: nil,
            ends: false),
        Trouble(path: "/exit", says: "the view calls exit(3)", status: nil, ends: false),
        Trouble(path: "/abort", says: "the view calls abort()", status: nil, ends: false),
    ]
}

/// An error of a kind.
struct TroubleError: KindedError, CustomStringConvertible {
    static let handled = ErrorKind("Handled")
    static let handledBadly = ErrorKind("HandledBadly")
    static let handledByNothing = ErrorKind("HandledByNothing")

    let kind: ErrorKind
    let description: String

    init(_ kind: ErrorKind, _ description: String) {
        self.kind = kind
        self.description = description
    }
}
