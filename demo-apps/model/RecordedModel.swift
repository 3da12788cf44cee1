// A model of somebody else's app: it answers each recorded request as was recorded, after the time that was recorded.

import Glibc
import Inspector
import InspectorCore

/// Answers everything, with the recorded status and size, and spends the recorded time in external calls and on the CPU.
///
/// What was recorded comes with each request of a replay (`RecordedShape`). Sync, the calls are made one after the other,
/// so that a request takes as long as it did; async, all at once, as they could be.
enum RecordedModel {
    static func make(_ host: AppEnvironment) -> App {
        let app = App("model")
        let api = ExternalClient("recorded", baseURL: host.upstreamURL)
        app.showcase = "/"
        let methods: Set = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
        for rule in ["/", "/<path:rest>"] {
            app.route(
                rule, methods: methods, endpoint: "recorded \(rule)",
                sync: { request in
                    let shape = RecordedShape(request)
                    for share in shape.shares { try api.get("/spend/\(share)").requireSuccess() }
                    return RecordedModel.answer(shape)
                },
                async: { request in
                    let shape = RecordedShape(request)
                    _ = try await gather(shape.shares) { try await api.get("/spend/\($0)").requireSuccess() }
                    return RecordedModel.answer(shape)
                })
        }
        return app
    }

    /// Burns the CPU's part of the time, and answers.
    private static func answer(_ shape: RecordedShape) -> Response {
        var begin = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &begin)
        var now = begin
        while Int64(now.tv_sec - begin.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec - begin.tv_nsec)
            < Int64(clamping: shape.busy)
        {
            clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now)
        }
        return Response(
            bytes: [UInt8](repeating: 46, count: shape.size), status: shape.status, contentType: "text/plain")
    }
}
