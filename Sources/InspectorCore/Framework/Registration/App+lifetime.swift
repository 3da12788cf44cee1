// What an app does before its first request and after its last: pools that are opened and closed.

internal import Synchronization

/// A function that runs before an app is served, or after.
struct LifetimeHook: Sendable {
    let name: String
    let body: @Sendable () async throws -> Void
}

/// An app could not be started.
public struct StartFailed: Error, CustomStringConvertible {
    /// A sentence: which function failed, and by what.
    public let description: String
}

extension App {
    /// Runs `hook` before the app takes its first request, in the order of registration (`Quart: before_serving`).
    ///
    /// What it throws keeps the app from being served, and so does taking longer than a minute. Each lane of the dashboard has an app of its own, so it runs once
    /// for each; a test client runs it too.
    public func beforeServing(_ name: String? = nil, _ hook: @escaping @Sendable () async throws -> Void) {
        lifetime { $0.append(LifetimeHook(name: name ?? "before_serving_\($0.count + 1)", body: hook)) }
    }

    /// Runs `hook` when the app has answered its last request, in the reverse order of registration (`Quart:
    /// after_serving`).
    ///
    /// All of them run, even if one fails. Five seconds after the first has begun the program ends without the rest.
    public func afterServing(_ name: String? = nil, _ hook: @escaping @Sendable () async throws -> Void) {
        lifetime(isEnd: true) { $0.append(LifetimeHook(name: name ?? "after_serving_\($0.count + 1)", body: hook)) }
    }
}

extension FrozenApp {
    /// How long the functions before the first request may take in all, in seconds (`Hypercorn: startup_timeout`).
    private static let startSeconds = 60.0
    /// How long the functions after the last request may take in all, in seconds.
    private static let stopSeconds = 5.0

    /// Runs what comes before the first request, and returns when it has ended.
    ///
    /// - Throws: `StartFailed`, also when it takes longer than a minute.
    func start() throws(StartFailed) {
        guard !before.isEmpty else { return }
        let failure = Mutex<String?>(nil)
        let running = Mutex("")
        let isDone = FrozenApp.run(seconds: FrozenApp.startSeconds) { [before] in
            for hook in before {
                running.withLock { $0 = hook.name }
                do { try await hook.body() } catch {
                    let words = "\(error)"
                    failure.withLock { $0 = "its function \(hook.name) failed: \(words)" }
                    return
                }
            }
        }
        let late =
            isDone ? nil : "its function \(running.withLock { $0 }) did not end within \(Int(FrozenApp.startSeconds)) s"
        guard let words = failure.withLock({ $0 }) ?? late else { return }
        throw StartFailed(description: "The app \(name) was not started: \(words)")
    }

    /// Runs what comes after the last request, and returns when it has ended, or has taken too long.
    ///
    /// - Parameter report: told of each that failed or did not end, a sentence each, on any thread.
    func stop(report: @escaping @Sendable (String) -> Void) {
        guard !after.isEmpty else { return }
        let running = Mutex("")
        let isDone = FrozenApp.run(seconds: FrozenApp.stopSeconds) { [name, after] in
            for hook in after.reversed() {
                running.withLock { $0 = hook.name }
                do { try await hook.body() } catch {
                    report("The app \(name) has ended, but its function \(hook.name) failed: \(error)")
                }
            }
        }
        guard !isDone else { return }
        report(
            "The app \(name) has ended, but its function \(running.withLock { $0 }) did not within "
                + "\(Int(FrozenApp.stopSeconds)) s.")
    }

    /// Runs `body` on a thread of its own, which has an event loop.
    ///
    /// - Returns: false when `body` has not ended after `seconds`, or no thread could be made.
    private static func run(seconds: Double, _ body: @escaping @Sendable () async -> Void) -> Bool {
        let pool = WorkerPool(name: "lifetime", workers: 1, tracks: TrackRegistry())
        defer { pool.stop() }
        let done = Bell()
        let isTaken = pool.submit(
            .task { _ in
                await body()
                done.ring()
            })
        guard isTaken else { return false }
        return done.wait(seconds: seconds)
    }
}
