// What the words of screens, findings, statistics, reports and exports mean: one definition of each.

extension EventKind {
    /// Whether it is a hook: a function that runs around the view, whichever view that is.
    ///
    /// | hook | not a hook |
    /// |---|---|
    /// | `url_value_preprocessor`, `before_request`, `after_this_request`, `after_request` | the view, error handlers, teardown |
    package var isHook: Bool {
        switch self {
        case .urlValuePreprocessor, .beforeRequest, .afterThisRequest, .afterRequest: true
        default: false
        }
    }

    /// Whether it is a teardown: a function that runs once the response is made.
    package var isTeardown: Bool { self == .teardownRequest || self == .teardownAppContext }

    /// Whether it is a function of the app: hooks, middleware, the view, error handlers, teardowns, the producer of a streamed body,
    /// background tasks, receivers of signals.
    package var isFunction: Bool {
        switch self {
        case .view, .errorHandler, .stream, .background, .signal, .middleware: true
        default: isHook || isTeardown
        }
    }

    /// Whether something is waited for: by a coroutine (`await`), by a thread (`blocked`), or by nobody knows which (`call`).
    package var isWait: Bool { self == .await || self == .blocked || self == .call }
}

extension AwaitKind {
    /// Whether another program is waited for: a wait of this kind is a *call*, one for a sleep, a lock or an actor is not.
    package var isCall: Bool { self == .http || self == .database }
}
