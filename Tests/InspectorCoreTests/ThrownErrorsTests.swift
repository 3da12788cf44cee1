// Where errors were thrown: known of each, looked up once for a place.

import Testing

@testable import InspectorCore

@Suite struct ThrownErrorsTests {
    private struct Broken: Error {}

    @Test("an error that is thrown again at a place is known at once, on a thread that never looked before")
    func again() throws {
        ThrownErrors.shared.watch()
        let app = App("throws")
        app.get("/") { _ -> String in
            try await sleep(for: .milliseconds(1))
            throw Broken()
        }
        // One thread for each: a sub-thread is new, and would read the program's symbols first.
        let client = try TestClient(app, mode: .async)
        let limit = MonotonicClock.now() + 30_000_000_000
        // Until the program's files are known, nothing is.
        while try client.get("/").trace.spans(.backtrace).isEmpty, MonotonicClock.now() < limit {}
        let before = ThrownErrors.shared.captured
        for _ in 0..<20 {
            let trace = try client.get("/").trace
            let frames = trace.moments.filter { $0.kind == .frame }
            #expect(frames.contains { $0.label.contains("ThrownErrorsTests.again()") }, "\(frames.map(\.label))")
        }
        // Other tests throw as well, at places of their own.
        #expect(ThrownErrors.shared.captured - before < 20)
    }
}
