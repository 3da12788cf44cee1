// One moment of one request, as it was recorded. Fixed size, no pointer in it: 48 bytes.

/// Numbers a span within its request, from 1.
public struct SpanID: Hashable, Sendable {
    /// The number; 0 for none.
    public let rawValue: UInt32

    package init(rawValue: UInt32) { self.rawValue = rawValue }

    /// No span: not recorded, or no parent.
    public static let none = SpanID(rawValue: 0)
}

/// What kind of moment or span an event belongs to, in the order in which a request meets them.
///
/// The names are those of Flask's lifecycle where Flask has one (`Flask: app.py full_dispatch_request`).
public enum EventKind: UInt8, Sendable, CaseIterable {
    /// The request's head was read.
    case accepted
    /// It waits for a worker.
    case queued
    /// The URL is matched.
    case routing
    /// A `urlValuePreprocessor` runs.
    case urlValuePreprocessor
    /// A before hook runs.
    case beforeRequest
    /// OPTIONS was answered by the framework.
    case autoOptions
    /// The view runs.
    case view
    /// An error handler runs.
    case errorHandler
    /// No handler took an error: the way to the 500 begins.
    case unhandled
    /// A function given to `afterThisRequest` runs.
    case afterThisRequest
    /// An after hook runs.
    case afterRequest
    /// An after hook failed while a 500 was finished; that was noted and dropped.
    case finalizeErrorIgnored
    /// The after hooks have run.
    case responseMade
    /// A teardown function runs.
    case teardownRequest
    /// A teardown function of the app's context runs.
    case teardownAppContext
    /// A receiver of a signal runs.
    case signal
    /// An error left the app.
    case propagate
    /// The response's head was handed to the socket.
    case headSent
    /// The response's last byte was.
    case bodySent
    /// The client closed its side of the connection.
    case clientClosedSide
    /// The client's connection is closed.
    case clientGone
    /// The request was answered, or could not be.
    case done
    /// A thread of its own for one async call, from its making until it has ended.
    case subThread
    /// The first moment at which that thread's loop ran.
    case loopStarted
    /// One run of a coroutine by its loop.
    case poll
    /// A coroutine is suspended on something named.
    case await
    /// The same on a thread: it can do nothing else until this ends.
    case blocked
    /// The part of an HTTP await that was spent waiting for a connection.
    case connecting
    /// A child task: of `gather`, or spawned.
    case task
    /// The error that a handler or a teardown is given; `detail` is the one behind it.
    case givenError
    /// A template is rendered.
    case render
    /// A streamed body is produced, from its first piece to its last.
    case stream
    /// One piece of it was handed over; `value` is its bytes.
    case streamChunk
    /// A task that may go on when its request is answered.
    case background
    /// The request's deadline is over, and what runs is cancelled; `value` is the deadline in ns.
    case deadline
    /// A call was left to itself: it did not end when it was cancelled.
    case abandoned
    /// A sync function was not done when its deadline was over: the client was answered, and the worker is held on
    /// until the function and the teardown after it are.
    case held
    /// The request was cancelled because its client had gone.
    case cancelled
    /// A word of the app's author, placed in time.
    case mark
    /// Its client had begun, and its server had read nothing yet. As a moment: for how long that was at most.
    ///
    /// The first phase of a request, and the last here, so that the others keep their numbers.
    case arriving
    /// A function of the app threw: the error's kind, and in `detail` what it says.
    case thrown
    /// Where an error was thrown that nobody handled was found out: after the answer, and without length.
    case backtrace
    /// A function on the way to the throw, innermost first, and in `detail` its place.
    case frame
    /// A server elsewhere has the request: from the last of the request until the first byte of the answer.
    case remote
    /// The body of its answer comes; `value` at the end is how many bytes there were.
    case receiving
    /// The body of a request goes on to a server elsewhere, as it comes from its client; `value` at the end is how many
    /// bytes were passed on, or 0 where it was whole before.
    case sending
    /// A call to another program that another process told of: neither a coroutine nor a thread is known to wait for it.
    case call
    /// What another process told of, and nothing more is known (`OTLP 1.x: SPAN_KIND_INTERNAL`, or the server's own span).
    case span
    /// A middleware runs: from before it calls what it wraps until it has answered.
    case middleware

    /// Whether the event is always recorded, even when the request has used up its share of the log.
    ///
    /// They are few a request (an app's functions and its phases); without them a request would seem to run for ever.
    package var isEssential: Bool {
        switch self {
        case .poll, .await, .blocked, .connecting, .task, .mark, .signal, .render, .streamChunk, .backtrace, .frame:
            false
        default: true
        }
    }
}

/// How a span ended.
public enum Outcome: UInt8, Sendable, CaseIterable {
    /// Not said (a begin, or an instant).
    case none
    /// It ended as it should.
    case done
    /// A before hook let the request go on.
    case `continue`
    /// The function gave a response.
    case response
    /// The function returned nothing where something was due.
    case nothing
    /// The function threw; `detail` names the error.
    case raised
    /// An after hook passed on the response that it was given.
    case same
    /// An after hook gave another response.
    case replaced
    /// It was cancelled.
    case cancelled
    /// Its time was over.
    case timedOut
    /// The call ended with an error; `detail` names it.
    case failed
    /// Its request ended first, so its own end was never seen.
    case unfinished
}

/// What an await waits for.
public enum AwaitKind: UInt8, Sendable, CaseIterable {
    /// Anything else.
    case other
    /// A call over HTTP.
    case http
    /// A database.
    case database
    /// A span of time.
    case sleep
    /// A lock.
    case lock
    /// An actor.
    case actor
}

/// One moment of one request.
package struct Event: Sendable {
    /// Where in a span the moment lies.
    package enum Edge: UInt8, Sendable {
        case begin
        case end
        case instant
    }

    /// Bits of `flags`.
    package struct Flags: OptionSet, Sendable {
        package let rawValue: UInt8
        package init(rawValue: UInt8) { self.rawValue = rawValue }

        /// The function is `async`.
        package static let isAsync = Flags(rawValue: 1)
        /// It ran on a sub-thread's loop.
        package static let onSubThread = Flags(rawValue: 2)
        /// It began after its request was done: the work of a bare `Task {}`.
        package static let leaked = Flags(rawValue: 4)
        /// The poll was of a job that is not a task: an actor's work, or the first half of `Task.yield`.
        package static let noTask = Flags(rawValue: 8)
        /// The request's context was there: of a piece of a stream.
        package static let hasRequestContext = Flags(rawValue: 16)
        /// The sub-thread was there before and goes on; its name is the span's scope.
        package static let kept = Flags(rawValue: 32)
    }

    /// `MonotonicClock`, in ns.
    package var time: UInt64
    /// Depends on the kind: HTTP status, scheduled ns of a poll, await kind, sub-thread's ordinal.
    package var value: Int64
    package var span: SpanID
    package var parent: SpanID
    package var label: Label
    /// A second text: a hook's scope, an error's name.
    package var detail: Label
    /// The thread it was recorded on.
    package var track: UInt32
    /// The low half of the Swift task's unique number; 0 outside tasks.
    package var task: UInt32
    package var kind: EventKind
    package var edge: Edge
    package var outcome: Outcome
    package var flags: Flags
}
