// How busy a lane was at an earlier moment, as far as its kept requests tell.

internal import InspectorCore

extension LaneModel {
    /// How busy the lane's pool is now, or was at an earlier moment, as far as its kept requests tell; nil without one.
    func load(at time: UInt64?) -> WorkerPool.Load? {
        guard let load, let time else { return load }
        var past = WorkerPool.Load(workers: load.workers, busy: 0, queued: 0)
        for trace in traces where trace.began <= time {
            if let held = trace.workerHeld(until: .max), held.begin <= time, held.end > time {
                past.busy += 1
            } else if let queue = trace.first(.queued), queue.begin <= time, (queue.end ?? .max) > time {
                past.queued += 1
            }
        }
        return past
    }
}
