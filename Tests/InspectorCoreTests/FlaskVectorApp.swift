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
    let kinds: [String: ErrorKind]
    let variable = ContextVar<JSON>("var")
    private let arguments = Mutex<[UInt64: [String: ViewArgument]]>([:])

    static let builtIn: [String: ErrorKind] = {
        let arithmetic = ErrorKind("ArithmeticError")
        let kinds: [ErrorKind] = [
            .exception, .valueError, .typeError, .runtimeError, .osError, .timeoutError, .lookupError,
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
        if config?["strict_slashes"] == false { app.options.isStrictAboutSlashes = false }
        if config?["merge_slashes"] == false { app.options.mergesSlashes = false }
        if config?["propagate_exceptions"] == true { app.options.propagatesErrors = true }
        if config?["trap_http_exceptions"] == true { app.options.trapsHTTPErrors = true }
        try fill(app, description)
        for blueprint in description["blueprints"]?.items ?? [] { app.register(try make(blueprint)) }
        if config?["record_signals"] == true {
            for signal in Signal.allCases { app.connect(signal) { _, _ in } }
        }
    }

    private func make(_ description: JSON) throws -> Blueprint {
        let blueprint = Blueprint(
            description["name"]?.string ?? "", prefix: description["url_prefix"]?.string)
        try fill(blueprint, description)
        for nested in description["blueprints"]?.items ?? [] { blueprint.register(try make(nested)) }
        return blueprint
    }

    private func fill(_ target: any Scaffold, _ description: JSON) throws {
        for hook in description["hooks"]?.items ?? [] { try add(hook: hook, to: target) }
        for route in description["routes"]?.items ?? [] { try add(route: route, to: target) }
        for handler in description["error_handlers"]?.items ?? [] {
            let isAppWide = handler["app_wide"] == true
            try add(handler: handler, to: scope(of: target, isAppWide: isAppWide))
        }
    }

    /// Where `scaffold` registers hooks and handlers: for itself, or for all of the app.
    private func scope(of scaffold: any Scaffold, isAppWide: Bool) -> any HookScope {
        guard isAppWide, let blueprint = scaffold as? Blueprint else { return scaffold }
        return blueprint.appWide
    }

    /// The arguments with which the view of request `number` was called.
    func arguments(of number: UInt64) -> [String: ViewArgument]? { arguments.withLock { $0[number] } }

    private func add(hook: JSON, to scaffold: any Scaffold) throws {
        let name = hook["name"]?.string ?? ""
        let isAsync = hook["async"] == true
        let steps = VectorSteps(hook["do"]?.items ?? [], self)
        let on = hook["on"]?.string ?? ""
        let isAppWide = on.contains("app_") && on != "teardown_appcontext"
        let target = scope(of: scaffold, isAppWide: isAppWide)
        switch on {
        case "url_value_preprocessor", "app_url_value_preprocessor":
            target.urlValuePreprocessor(name) { request, arguments in try steps.runPreprocessor(request, &arguments) }
        case "before_request", "before_app_request":
            if isAsync {
                target.beforeRequest(name) { request in try await steps.runAsync(request) }
            } else {
                target.beforeRequest(name) { request in try steps.run(request) }
            }
        case "after_request", "after_app_request":
            if isAsync {
                target.afterRequest(name) { request, response in try await steps.runAfterAsync(request, &response) }
            } else {
                target.afterRequest(name) { request, response in try steps.runAfter(request, &response) }
            }
        case "teardown_request", "teardown_app_request":
            if isAsync {
                target.teardownRequest(name) { request, error in _ = try await steps.runAsync(request, error: error) }
            } else {
                target.teardownRequest(name) { request, error in _ = try steps.run(request, error: error) }
            }
        case "teardown_appcontext":
            if isAsync {
                app.teardownAppContext(name) { request, error in _ = try await steps.runAsync(request, error: error) }
            } else {
                app.teardownAppContext(name) { request, error in _ = try steps.run(request, error: error) }
            }
        default:
            throw VectorError(description: "There is no hook \(on).")
        }
    }

    private func add(route: JSON, to target: any Scaffold) throws {
        guard let rule = route["rule"]?.string else {
            throw VectorError(description: "A route has no rule: \(route)")
        }
        let methods = Set(route["methods"]?.items?.compactMap(\.string) ?? ["GET"])
        let options = routeOptions(route)
        if let other = route["alias_of"]?.string {
            target.addRule(rule, methods: methods, for: other, options: [options])
            return
        }
        guard let endpoint = route["endpoint"]?.string else {
            throw VectorError(description: "A route has no endpoint: \(route)")
        }
        if case .object(let functions)? = route["class_view"] {
            var view = MethodView()
            for (method, function) in functions {
                let steps = VectorSteps(function["do"]?.items ?? [], self)
                if function["async"] == true {
                    view = view.on(method) { [self] request in
                        arguments.withLock { $0[request.number] = request.viewArgs }
                        return try await steps.runAsync(request)
                    }
                } else {
                    view = view.on(method) { [self] request in
                        arguments.withLock { $0[request.number] = request.viewArgs }
                        return try steps.run(request)
                    }
                }
            }
            target.add(view, at: rule, endpoint: endpoint, options: [options])
            return
        }
        let steps = VectorSteps(route["do"]?.items ?? [], self)
        if route["async"] == true {
            target.route(rule, methods: methods, endpoint: endpoint, options: [options]) { [self] request in
                arguments.withLock { $0[request.number] = request.viewArgs }
                return try await steps.runAsync(request)
            }
        } else {
            target.route(rule, methods: methods, endpoint: endpoint, options: [options]) { [self] request in
                arguments.withLock { $0[request.number] = request.viewArgs }
                return try steps.run(request)
            }
        }
    }

    private func routeOptions(_ route: JSON) -> RouteOption {
        var defaults: [String: ViewArgument] = [:]
        if case .object(let values)? = route["defaults"] {
            for (name, value) in values {
                defaults[name] =
                    value.int.map(ViewArgument.int) ?? value.number.map(ViewArgument.float)
                    ?? .string(value.string ?? "")
            }
        }
        let strict = route["strict_slashes"].map { RouteOption.strictSlashes($0 == true) }
        let automatic = route["provide_automatic_options"].map { RouteOption.automaticOptions($0 == true) }
        return .all([.defaults(defaults)] + [strict, automatic].compactMap(\.self))
    }

    private func add(handler: JSON, to target: any HookScope) throws {
        let name = handler["name"]?.string
        let steps = VectorSteps(handler["do"]?.items ?? [], self)
        let isAsync = handler["async"] == true
        if let status = handler["for"]?.number.map({ Int($0) }) {
            if isAsync {
                target.errorHandler(status, name: name) { request, error in
                    try await steps.runAsync(request, error: error)
                }
            } else {
                target.errorHandler(status, name: name) { request, error in try steps.run(request, error: error) }
            }
            return
        }
        guard let kind = kinds[handler["for"]?.string ?? ""] else {
            throw VectorError(description: "There is no error kind \(handler["for"] ?? .null).")
        }
        if isAsync {
            target.errorHandler(kind, name: name) { request, error in try await steps.runAsync(request, error: error) }
        } else {
            target.errorHandler(kind, name: name) { request, error in try steps.run(request, error: error) }
        }
    }
}
