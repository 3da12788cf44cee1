// Builds an app from a vector's description, through the public API alone.

import Foundation
import InspectorCore
import Synchronization

/// The app of one case, with error kinds made as the case names them.
final class VectorApp: Sendable {
    /// An error of a kind that the case made or a built-in one.
    struct Failure: KindedError {
        let kind: ErrorKind
        let message: String
    }

    let app: App
    private let kinds: [String: ErrorKind]
    private let variable = ContextVar<JSON>("var")
    private let arguments = Mutex<[UInt64: [String: ViewArgument]]>([:])

    static let builtIn: [String: ErrorKind] = {
        let arithmetic = ErrorKind("ArithmeticError")
        let kinds: [ErrorKind] = [
            .exception, .valueError, .typeError, ErrorKind("RuntimeError"), .osError, .timeoutError, .lookupError,
            .keyError, ErrorKind("IndexError", parents: [.lookupError]), arithmetic,
            ErrorKind("ZeroDivisionError", parents: [arithmetic]), .httpException, .badRequest, .badRequestKeyError,
            .unauthorized, .forbidden, .notFound, .methodNotAllowed, .conflict, .gone, .unsupportedMediaType, .teapot,
            .internalServerError,
        ]
        return Dictionary(uniqueKeysWithValues: kinds.map { ($0.name, $0) })
    }()

    init(_ description: JSON) throws {
        app = App("case")
        var kinds = VectorApp.builtIn
        for exception in description["exceptions"]?.items ?? [] {
            let name = exception["name"]?.string ?? ""
            let base = kinds[exception["base"]?.string ?? ""] ?? .exception
            kinds[name] = ErrorKind(name, parents: [base], status: exception["code"]?.number.map { Int($0) })
        }
        self.kinds = kinds
        let config = description["config"]
        if config?["strict_slashes"] == false { app.isStrictAboutSlashes = false }
        if config?["propagate_exceptions"] == true { app.propagatesErrors = true }
        for hook in description["hooks"]?.items ?? [] { try add(hook: hook) }
        for route in description["routes"]?.items ?? [] { try add(route: route) }
        for handler in description["error_handlers"]?.items ?? [] { try add(handler: handler) }
        if config?["record_signals"] == true {
            for signal in Signal.allCases { app.connect(signal) { _, _ in } }
        }
    }

    /// The arguments with which the view of request `number` was called.
    func arguments(of number: UInt64) -> [String: ViewArgument]? { arguments.withLock { $0[number] } }

    private func add(hook: JSON) throws {
        let name = hook["name"]?.string ?? ""
        let isAsync = hook["async"] == true
        let steps = VectorSteps(hook["do"]?.items ?? [], kinds: kinds, variable: variable)
        switch hook["on"]?.string {
        case "before_request":
            if isAsync {
                app.beforeRequest(name) { request in try await steps.runAsync(request) }
            } else {
                app.beforeRequest(name) { request in try steps.run(request) }
            }
        case "after_request":
            if isAsync {
                app.afterRequest(name) { request, response in try await steps.runAfterAsync(request, &response) }
            } else {
                app.afterRequest(name) { request, response in try steps.runAfter(request, &response) }
            }
        case "teardown_request":
            if isAsync {
                app.teardownRequest(name) { request, error in _ = try await steps.runAsync(request, error: error) }
            } else {
                app.teardownRequest(name) { request, error in _ = try steps.run(request, error: error) }
            }
        case "teardown_appcontext":
            if isAsync {
                app.teardownAppContext(name) { request, error in _ = try await steps.runAsync(request, error: error) }
            } else {
                app.teardownAppContext(name) { request, error in _ = try steps.run(request, error: error) }
            }
        default:
            throw VectorError(description: "There is no hook \(hook["on"] ?? .null) yet.")
        }
    }

    private func add(route: JSON) throws {
        guard let rule = route["rule"]?.string, let endpoint = route["endpoint"]?.string, route["class_view"] == nil
        else { throw VectorError(description: "There is no such route yet: \(route)") }
        let methods = Set(route["methods"]?.items?.compactMap(\.string) ?? ["GET"])
        let steps = VectorSteps(route["do"]?.items ?? [], kinds: kinds, variable: variable)
        if route["async"] == true {
            app.route(rule, methods: methods, endpoint: endpoint) { [self] request in
                arguments.withLock { $0[request.number] = request.viewArgs }
                return try await steps.runAsync(request)
            }
        } else {
            app.route(rule, methods: methods, endpoint: endpoint) { [self] request in
                arguments.withLock { $0[request.number] = request.viewArgs }
                return try steps.run(request)
            }
        }
    }

    private func add(handler: JSON) throws {
        let name = handler["name"]?.string
        let steps = VectorSteps(handler["do"]?.items ?? [], kinds: kinds, variable: variable)
        let isAsync = handler["async"] == true
        if let status = handler["for"]?.number.map({ Int($0) }) {
            if isAsync {
                app.errorHandler(status, name: name) { request, error in
                    try await steps.runAsync(request, error: error)
                }
            } else {
                app.errorHandler(status, name: name) { request, error in try steps.run(request, error: error) }
            }
            return
        }
        guard let kind = kinds[handler["for"]?.string ?? ""] else {
            throw VectorError(description: "There is no error kind \(handler["for"] ?? .null).")
        }
        if isAsync {
            app.errorHandler(kind, name: name) { request, error in try await steps.runAsync(request, error: error) }
        } else {
            app.errorHandler(kind, name: name) { request, error in try steps.run(request, error: error) }
        }
    }
}
