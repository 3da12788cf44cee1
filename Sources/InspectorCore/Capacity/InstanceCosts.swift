// What a request costs an instance beyond its own shape.

/// Costs of a request and of a call; all in seconds.
package struct InstanceCosts: Sendable, Equatable {
    /// CPU of a request, on its way.
    package var request = 0.0
    /// CPU of an external call, on the request's way.
    package var call = 0.0
    /// What a call takes beyond its own time that is not CPU: wake-ups, timers.
    package var callSlack = 0.0
    /// CPU of a sub-thread (async).
    package var subThread = 0.0
    /// CPU that the request does not wait for: reading and writing on the server's loops.
    package var beside = 0.0
    /// What a request takes beyond its calls and its CPU.
    package var wait = 0.0

    package init() {}

    /// CPU of a request of `shape` before its calls are made.
    func cpu(of shape: RequestShape, in mode: ExecutionMode) -> Double {
        request + (mode == .async ? subThread : 0) + Double(shape.count) * call
    }

    /// From the first CPU to the last: what the calls take.
    func calls(of shape: RequestShape, in mode: ExecutionMode) -> Double {
        let slack = mode == .sync ? Double(shape.count) * callSlack : shape.count > 0 ? callSlack : 0
        return shape.waiting(in: mode) + slack + wait
    }
}
