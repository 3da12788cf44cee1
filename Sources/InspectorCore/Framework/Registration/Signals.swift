// Flask's signals: functions that are told of a moment, and can change nothing about it.

/// A moment in a request's life that functions can be told of (`Flask: signals.py`).
public enum Signal: String, Sendable, CaseIterable {
    /// The request's context was made; nothing is matched yet.
    case appContextPushed = "appcontext_pushed"
    /// The URL was matched; no hook has run.
    case requestStarted = "request_started"
    /// An error that nobody handled is about to become a 500.
    case gotRequestException = "got_request_exception"
    /// The after hooks have run.
    case requestFinished = "request_finished"
    /// The `teardownRequest` functions have run.
    case requestTearingDown = "request_tearing_down"
    /// The `teardownAppContext` functions have run.
    case appContextTearingDown = "appcontext_tearing_down"
    /// The request's context is gone.
    case appContextPopped = "appcontext_popped"
    /// A template is about to be rendered.
    case beforeRenderTemplate = "before_render_template"
    /// A template was rendered.
    case templateRendered = "template_rendered"
    /// A message was flashed.
    case messageFlashed = "message_flashed"
}
