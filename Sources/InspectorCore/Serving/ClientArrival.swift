// When the bytes of a stranger's request came to this machine, before a loop read them.

internal import CInspectorSystem
internal import Glibc
internal import NIOCore

/// Finds out how long the bytes that a loop reads have lain in their socket.
enum ClientArrival {
    /// How exact the system's answer is, in ns: it counts ticks of its own, 1 to 10 ms long.
    static let tick: UInt64 = {
        var time = timespec()
        guard clock_getres(CLOCK_MONOTONIC_COARSE, &time) == 0 else { return 10_000_000 }
        return min(max(UInt64(clamping: time.tv_nsec), 1_000_000), 10_000_000)
    }()

    /// How the request that is read at `now` arrived; nil where it was read as it came, as far as anyone can tell.
    ///
    /// On the channel's event loop.
    ///
    /// - Parameter isFirst: whether it is the first of its connection, which may have waited to be accepted before.
    static func find(channel: any Channel, watch: LoopWatch, readAt now: UInt64, isFirst: Bool) -> Arrival? {
        channel.eventLoop.preconditionInEventLoop()
        guard isFirst || watch.mayAsk(at: now) else { return nil }
        return find(age: lastReceived(channel: channel), turn: watch.lastTurn, readAt: now, isFirst: isFirst)
    }

    /// The same from what is known: a pure function.
    ///
    /// - Parameters:
    ///   - age: how long ago the socket was last given bytes, by the system, in ns; nil where it does not say.
    ///   - turn: the last turn of the loop that was over before `now`.
    static func find(age: UInt64?, turn: LoopWatch.Turn, readAt now: UInt64, isFirst: Bool) -> Arrival? {
        // When the loop last looked at its sockets before that turn, it found nothing here; a connection that was not
        // accepted yet was none of them.
        let looked = turn.isLong && !isFirst ? turn.looked : 0
        guard let age else {
            guard turn.isLong, now.subtractingSaturated(turn.end) < LoopWatch.threshold else { return nil }
            return Arrival(.nobody, began: turn.looked)
        }
        // Within one tick anything may have happened: what was just sent across a tick's border is a tick old.
        guard turn.isLong || age > tick else { return nil }
        let latest = now.subtractingSaturated(age.subtractingSaturated(tick))
        let earliest = min(latest, max(now.subtractingSaturated(age.addingSaturated(tick)), looked))
        // Where the two say what does not fit together, the system saw the bytes, and its tick is what is left.
        let half = latest == earliest ? tick : (latest - earliest) / 2
        let began = earliest + (latest - earliest) / 2
        guard now.subtractingSaturated(began) >= LoopWatch.threshold else { return nil }
        return Arrival(.system, began: began, tolerance: half)
    }

    /// How long ago the socket was last given bytes, in ns; nil where the system does not say.
    private static func lastReceived(channel: any Channel) -> UInt64? {
        guard let socket = channel as? any SocketOptionProvider else { return nil }
        let told: EventLoopFuture<cs_tcp_progress> = socket.unsafeGetSocketOption(
            level: .tcp, name: NIOBSDSocket.Option(rawValue: CInt(TCP_INFO)))
        var age: UInt64?
        // On its own loop the future is there at once, and the closure runs before this returns.
        told.assumeIsolated().whenSuccess { info in
            age = info.segment == 0 ? nil : UInt64(info.last_received_ms).multipliedSaturated(by: 1_000_000)
        }
        return age
    }
}
