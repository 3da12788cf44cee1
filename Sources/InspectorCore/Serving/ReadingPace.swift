// Whether a client takes its answer, by what its system has acknowledged.

internal import CInspectorSystem
internal import Glibc
internal import NIOCore

/// How fast a client takes what is sent to it.
///
/// One that takes a byte now and then is not waited for: it would hold its connection and its answer for days.
struct ReadingPace {
    /// How much it had taken, in bytes, when it last was fast enough, and when that was.
    private var taken: UInt64
    private var since: UInt64

    init(taken: UInt64, now: UInt64) {
        self.taken = taken
        since = now
    }

    /// Notes that the client has taken `taken` bytes until `now`; whether it is too slow to be waited for.
    mutating func isTooSlow(taken: UInt64, now: UInt64, limits: Limits) -> Bool {
        let seconds = now > since ? Double(now - since) / 1e9 : 0
        // It is told otherwise than before: begin anew.
        if taken < self.taken { self = ReadingPace(taken: taken, now: now) }
        if taken > self.taken, Double(taken - self.taken) >= limits.answerRate * seconds {
            self = ReadingPace(taken: taken, now: now)
            return false
        }
        return seconds > limits.idleSeconds
    }

    /// Tells `body` a number that grows by each byte which the client takes: on the channel's loop, and at once.
    ///
    /// It is what the client's system has acknowledged. What has left our own buffer says less, for the system's may
    /// take megabytes and asks for more only when a third of it is free: it counts where the socket cannot say better.
    static func askTaken(channel: any Channel, body: @escaping (UInt64) -> Void) {
        channel.eventLoop.preconditionInEventLoop()
        func left() -> UInt64 {
            let bytes = (try? channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
            return UInt64(clamping: Int.max - max(0, bytes))
        }
        guard let socket = channel as? any SocketOptionProvider else { return body(left()) }
        let told: EventLoopFuture<cs_tcp_progress> = socket.unsafeGetSocketOption(
            level: .tcp, name: NIOBSDSocket.Option(rawValue: CInt(TCP_INFO)))
        told.assumeIsolated().whenComplete { result in
            let acknowledged = (try? result.get())?.acknowledged ?? 0
            body(acknowledged > 0 ? acknowledged : left())
        }
    }

    /// Lets the system throw away what it has not sent yet as soon as the channel is closed, which resets the
    /// connection; else it would go on sending at the client's pace.
    ///
    /// On the channel's loop, where the option is set before the channel is closed; elsewhere it might be set after.
    static func forgetUnsent(_ channel: any Channel) {
        channel.eventLoop.preconditionInEventLoop()
        var option = linger()
        option.l_onoff = 1
        _ = (channel as? any SocketOptionProvider)?.setSoLinger(option)
    }
}
