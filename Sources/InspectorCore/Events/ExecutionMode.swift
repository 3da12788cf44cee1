// The three ways to run one app. The names are here because each request is recorded with its mode; what they do is
// in `Execution/` and `Framework/Dispatcher.swift`.

/// Says which thread runs the functions of an app.
///
/// | mode | a sync function | an async function | like |
/// |---|---|---|---|
/// | `sync` | the request's worker thread | its own sub-thread (only if there is no sync variant) | threaded WSGI |
/// | `async` | the request's worker thread | a new sub-thread with an event loop; the worker waits | Flask 2 |
/// | `native` | a thread of a pool | the connection's event loop | Quart, ASGI |
public enum ExecutionMode: String, Sendable, CaseIterable {
    /// Functions given as `sync:` and `async:` run as sync ones, on the request's worker thread.
    case sync
    /// Async functions are preferred; each call gets a new sub-thread with an event loop.
    case async
    /// Async functions run on the connection's event loop; no worker, no sub-thread.
    case native
}
