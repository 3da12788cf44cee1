// One moment of one request, as it was recorded. Fixed size, no pointer in it: 48 bytes.

/// Numbers a span within its request, from 1.
package struct SpanID: Hashable, Sendable {
    package let rawValue: UInt32

    package init(rawValue: UInt32) { self.rawValue = rawValue }

    /// No span: not recorded, or no parent.
    package static let none = SpanID(rawValue: 0)
}

/// What kind of moment or span an event belongs to, in the order in which a request meets them.
///
/// The names are those of Flask's lifecycle where Flask has one (`Flask: app.py full_dispatch_request`).
package enum EventKind: UInt8, Sendable, CaseIterable {
    case accepted
    case queued
    case routing
    case urlValuePreprocessor
    case beforeRequest
    case autoOptions
    case view
    case errorHandler
    case unhandled
    case afterThisRequest
    case afterRequest
    case finalizeErrorIgnored
    case responseMade
    case teardownRequest
    case teardownAppContext
    case signal
    case propagate
    case headSent
    case bodySent
    case clientClosedSide
    case clientGone
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
    /// A word of the app's author, placed in time.
    case mark

    /// Whether the event is always recorded, even when the request has used up its share of the log.
    ///
    /// They are few a request (an app's functions and its phases); without them a request would seem to run for ever.
    package var isEssential: Bool {
        switch self {
        case .poll, .await, .blocked, .connecting, .task, .mark, .signal: false
        default: true
        }
    }
}

/// How a span ended.
package enum Outcome: UInt8, Sendable {
    /// Not said (a begin, or an instant).
    case none
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
    case cancelled
    case timedOut
    /// The call ended with an error; `detail` names it.
    case failed
    /// Its request ended first, so its own end was never seen.
    case unfinished
}

/// What an await waits for.
package enum AwaitKind: UInt8, Sendable {
    case other
    case http
    case database
    case sleep
    case lock
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
        /// The poll was of a job that is no task: an actor's work, or the first half of `Task.yield`.
        package static let noTask = Flags(rawValue: 8)
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
