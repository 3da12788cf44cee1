// A variable of the request that runs, as Python's `contextvars` are in Flask.

/// A variable that each request has for itself.
///
/// It is nil at the start of each request. An async call, and each child task of `gather` and `spawn`, gets a copy;
/// when a call ends, what it wrote is seen by the functions after it. What children write is not. (A `TaskLocal` can
/// only hand values down, never back up.)
///
/// Keep it in a `static let` or a global: each object is a variable of its own. Outside a request it reads as nil and
/// drops what is written.
public final class ContextVar<Value: Sendable>: Sendable {
    /// The name, for messages.
    public let name: String

    /// Makes a variable.
    public init(_ name: String) { self.name = name }

    /// The value that this task sees.
    ///
    /// May be read and written wherever a request's function runs.
    public var value: Value? {
        get { TaskContext.current?.variables[ObjectIdentifier(self)] as? Value }
        set { TaskContext.current?.variables[ObjectIdentifier(self)] = newValue }
    }
}
