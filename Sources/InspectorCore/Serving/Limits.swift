// What a client may ask of a server, and how long it may take.

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
    package var idleSeconds: Double = 60
    /// How long a request's head may take to come, in seconds, before it is told 408.
    package var readSeconds: Double = 30
    /// How fast a body has to come within any `bodyIdleSeconds`, in bytes a second, before it is told 408.
    package var bodyRate: Double = 2048
    /// How long a body may pause, in seconds, if it makes up for it then.
    package var bodyIdleSeconds: Double = 10
    /// How long a body may take in all, in seconds: 16 MB come at 56 kB a second then.
    package var bodySeconds: Double = 300
    /// What the bodies of all connections of a process may hold, in bytes, from their first byte until their requests are
    /// torn down; who would need more is told 503.
    ///
    /// Bodies of at most `freeBody` bytes are not counted, so that small requests are served whatever others hold.
    package var bodies = 256 * 1024 * 1024
    /// How large a body may be that is not counted among `bodies`, in bytes.
    package var freeBody = 16 * 1024
    /// How fast an answer has to be taken within any `idleSeconds`, in bytes a second; a client that is slower is cut.
    ///
    /// A system tells of what it took in steps of its window, so that one that is a few times faster may be cut too.
    package var answerRate: Double = 256
    /// How long a connection that was refused something may still send before it is cut, in seconds.
    ///
    /// Closed at once, with bytes unread, the system would reset it, and the client might never see why.
    package var lingerSeconds: Double = 2
    /// How many parts of pipelined requests may wait behind the one that is served; past it nothing more is read.
    package var pipelined = 64
    /// How many bytes of bodies may be among those parts; past it nothing more is read.
    package var pipelinedBytes = 64 * 1024
    /// How long a stop waits for requests in flight, in seconds; those still open then are told 503.
    package var stopSeconds: Double = 3

    package init() {}
}
