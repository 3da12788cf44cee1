// What only an app has: the teardown of its context, and signals.

extension App {
    /// Runs `hook` when the app's context goes, after all of `teardownRequest` (`Flask: teardown_appcontext`).
    public func teardownAppContext(
        _ name: String? = nil, _ hook: @escaping @Sendable (Request, (any Error)?) throws -> Void
    ) {
        addTeardown(name, sync: hook, async: nil)
    }

    /// As the sync form, with an async closure.
    public func teardownAppContext(
        _ name: String? = nil, _ hook: @escaping @Sendable (Request, (any Error)?) async throws -> Void
    ) {
        addTeardown(name, sync: nil, async: hook)
    }

    /// As the other forms, with both closures; the mode of the lane chooses.
    public func teardownAppContext(
        _ name: String? = nil, sync: @escaping @Sendable (Request, (any Error)?) throws -> Void,
        async: @escaping @Sendable (Request, (any Error)?) async throws -> Void
    ) {
        addTeardown(name, sync: sync, async: async)
    }

    /// Tells `receiver` of each `signal`, with the error where there is one.
    ///
    /// A receiver runs where the app's other functions run, holds the request up while it does, and can change nothing.
    /// What it throws is as if the moment itself had failed.
    public func connect(
        _ signal: Signal, _ receiver: @escaping @Sendable (Request, (any Error)?) throws -> Void
    ) {
        add(signal, sync: { try receiver($0.request, $0.error) }, async: nil)
    }

    /// As the sync form, with an async closure (`Flask 2.3`).
    public func connect(
        _ signal: Signal, _ receiver: @escaping @Sendable (Request, (any Error)?) async throws -> Void
    ) {
        add(signal, sync: nil, async: { try await receiver($0.request, $0.error) })
    }

    private func add(_ signal: Signal, sync: SignalFunction.Sync?, async: SignalFunction.Async?) {
        register { assembly, place in
            if async != nil, [.beforeRenderTemplate, .templateRendered, .messageFlashed].contains(signal) {
                assembly.report(
                    "A receiver of \(signal.rawValue) cannot be async: the signal is sent from within a function.")
            }
            assembly.receivers[signal, default: []].append(
                SignalFunction(name: Label(signal.rawValue), scope: place.label, sync: sync, async: async))
        }
    }

    private func addTeardown(
        _ name: String?, sync: (@Sendable (Request, (any Error)?) throws -> Void)?,
        async: (@Sendable (Request, (any Error)?) async throws -> Void)?
    ) {
        register { assembly, place in
            let name = name ?? "teardown_appcontext_\(assembly.teardownAppContext.count + 1)"
            assembly.teardownAppContext.append(
                TeardownFunction(name: Label(name), scope: place.label, sync: sync, async: async))
        }
    }
}
