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
        var known = 0
        // Other tests throw as well, and of so many a second no more is looked at.
        while known < 20, MonotonicClock.now() < limit {
            let frames = try client.get("/").trace.moments.filter { $0.kind == .frame }
            guard !frames.isEmpty else { continue }
            known += 1
            #expect(frames.contains { $0.label.contains("ThrownErrorsTests.again()") }, "\(frames.map(\.label))")
        }
        #expect(known == 20)
        // One look or a few, at most those of the other tests with it.
        #expect(ThrownErrors.shared.captured - before < 20)
    }
}
