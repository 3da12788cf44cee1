// An app's functions as they are registered: a name, and a sync variant, an async one, or both.

/// One registered function.
struct RegisteredFunction<Input: Sendable, Output: Sendable>: Sendable {
    typealias Sync = @Sendable (Input) throws -> Output
    typealias Async = @Sendable (Input) async throws -> Output

    enum Variant: Sendable {
        case sync(Sync)
        case async(Async)
    }

    let name: Label
    let scope: Label
    private let sync: Sync?
    private let async: Async?

    init(name: Label, scope: Label, sync: Sync?, async: Async?) {
        self.name = name
        self.scope = scope
        self.sync = sync
        self.async = async
    }

    /// Which variant runs in `mode`: the mode's own kind if there is one, else the other.
    func variant(in mode: ExecutionMode) -> Variant? {
        switch (mode, sync, async) {
        case (.sync, let sync?, _): .sync(sync)
        case (_, _, let async?): .async(async)
        case (_, let sync?, nil): .sync(sync)
        case (_, nil, nil): nil
        }
    }
}

/// What a view, before hook or error handler gives back: nil for nothing.
typealias Answer = (any ResponseConvertible)?

typealias ViewFunction = RegisteredFunction<Request, Answer>
typealias HandlerFunction = RegisteredFunction<ErrorInput, Answer>
typealias AfterFunction = RegisteredFunction<AfterInput, Response>
typealias TeardownFunction = RegisteredFunction<ErrorGiven, Void>
typealias SignalFunction = RegisteredFunction<ErrorGiven, Void>
typealias MiddlewareFunction = RegisteredFunction<MiddlewareInput, Response>
typealias PreprocessorFunction = RegisteredFunction<Request, Void>

/// What an error handler is given.
struct ErrorInput: Sendable {
    let request: Request
    let error: any Error
}

/// What a middleware is given.
struct MiddlewareInput: Sendable {
    let request: Request
    let next: Next
}

/// All that comes after a middleware: what is registered after it, and the view.
public struct Next: Sendable {
    let body: @Sendable () async throws -> Response

    /// Runs it, and gives the response that came of it; its body, if it is streamed, is not produced yet.
    ///
    /// Each call runs all of it again.
    ///
    /// - Parameter request: the one that the middleware was given.
    /// - Throws: what a hook or the view throws; `HTTPError` where no route matched.
    public func callAsFunction(_ request: Request) async throws -> Response { try await body() }
}

/// What an after hook is given.
struct AfterInput: Sendable {
    let request: Request
    let response: Response
    /// Where the response goes as the hook changes it, so that what it changed stays even if it throws then: in Flask
    /// the response is one object, changed in place.
    let progress: ResponseBox
}

/// What a teardown is given: the error that nobody handled, or nil; and a receiver of a signal, the error it is about.
struct ErrorGiven: Sendable {
    let request: Request
    let error: (any Error)?
}

extension RegisteredFunction where Input == AfterInput, Output == Response {
    /// Makes an after hook from functions that change the response in place.
    init(
        name: Label, scope: Label = Label("request"),
        sync: (@Sendable (Request, inout Response) throws -> Void)?,
        async: (@Sendable (Request, inout Response) async throws -> Void)?
    ) {
        var blocking: Sync?
        if let sync {
            blocking = { input in
                var response = input.response
                defer { input.progress.response = response }
                try sync(input.request, &response)
                return response
            }
        }
        var suspending: Async?
        if let async {
            suspending = { input in
                var response = input.response
                defer { input.progress.response = response }
                try await async(input.request, &response)
                return response
            }
        }
        self.init(name: name, scope: scope, sync: blocking, async: suspending)
    }
}

extension RegisteredFunction where Input == ErrorGiven, Output == Void {
    /// Makes a teardown from functions that are given the request and the error.
    init(
        name: Label, scope: Label, sync: (@Sendable (Request, (any Error)?) throws -> Void)?,
        async: (@Sendable (Request, (any Error)?) async throws -> Void)?
    ) {
        var blocking: Sync?
        if let sync { blocking = { try sync($0.request, $0.error) } }
        var suspending: Async?
        if let async { suspending = { try await async($0.request, $0.error) } }
        self.init(name: name, scope: scope, sync: blocking, async: suspending)
    }
}
