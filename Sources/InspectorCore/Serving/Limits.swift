// What a client may ask of a server.

/// The bounds of one server's connections.
package struct Limits: Sendable {
    /// One header field, in bytes; past it 431.
    package var headerField = 16 * 1024
    /// All header fields, in bytes; past it 431.
    package var header = 64 * 1024
    /// A body, in bytes; past it 413.
    package var body = 16 * 1024 * 1024
    /// How long a connection may do nothing, in seconds, before it is closed.
    ///
    /// One that waits for its answer is not idle.
    package var idleSeconds: Int64 = 60
    /// How long a stop waits for requests in flight, in seconds.
    package var stopSeconds: Double = 3

    package init() {}
}
