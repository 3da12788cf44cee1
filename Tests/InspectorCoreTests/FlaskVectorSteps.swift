// Performs a vector's `do` list: the actions of one function.

import Foundation
import InspectorCore

/// What an action list gives back: something that is a response, of whichever type.
struct VectorAnswer: ResponseConvertible {
    let value: any ResponseConvertible

    func makeResponse() throws -> Response { try value.makeResponse() }
}

struct VectorSteps: Sendable {
    private let actions: [JSON]
    private let kinds: [String: ErrorKind]
    private let variable: ContextVar<JSON>
    private let app: VectorApp

    init(_ actions: [JSON], _ app: VectorApp) {
        self.actions = actions
        self.app = app
        kinds = app.kinds
        variable = app.variable
    }

    func runPreprocessor(_ request: Request, _ arguments: inout [String: ViewArgument]) throws {
        for action in actions where applies(action, request, nil) {
            if action["op"] == "pop_arg" {
                let name = action["name"]?.string ?? ""
                request.g[name] = arguments.removeValue(forKey: name).map { JSON.string($0.description) }
            } else {
                _ = try perform(action, request, nil)
            }
        }
    }

    func run(_ request: Request, error: (any Error)? = nil) throws -> VectorAnswer? {
        for action in actions where applies(action, request, nil) {
            if isWait(action) {
                try waitSync(action, request)
            } else if let answer = try perform(action, request, error) {
                return VectorAnswer(value: answer)
            }
        }
        return nil
    }

    func runAsync(_ request: Request, error: (any Error)? = nil) async throws -> VectorAnswer? {
        for action in actions where applies(action, request, nil) {
            if isWait(action) {
                try await waitAsync(action, request)
            } else if let answer = try perform(action, request, error) {
                return VectorAnswer(value: answer)
            }
        }
        return nil
    }

    func runAfter(_ request: Request, _ response: inout Response) throws {
        for action in actions where applies(action, request, response) {
            if isWait(action) {
                try waitSync(action, request)
            } else if change(action, &response) {
                continue
            } else if let answer = try perform(action, request, nil) {
                response = try answer.makeResponse()
                return
            }
        }
    }

    func runAfterAsync(_ request: Request, _ response: inout Response) async throws {
        for action in actions where applies(action, request, response) {
            if isWait(action) {
                try await waitAsync(action, request)
            } else if change(action, &response) {
                continue
            } else if let answer = try perform(action, request, nil) {
                response = try answer.makeResponse()
                return
            }
        }
    }

    private func applies(_ action: JSON, _ request: Request, _ response: Response?) -> Bool {
        if let path = action["if_path"]?.string, path != request.path { return false }
        if let method = action["if_method"]?.string, method != request.method { return false }
        if let status = action["if_status"]?.number, Int(status) != response?.status { return false }
        return true
    }

    private func isWait(_ action: JSON) -> Bool {
        ["sleep", "sequence", "gather", "spawn", "wait_for"].contains(action["op"]?.string ?? "")
    }

    /// Changes a response in place; false when the action is none of those.
    private func change(_ action: JSON, _ response: inout Response) -> Bool {
        let name = action["name"]?.string ?? ""
        let value = action["value"]?.string ?? ""
        switch action["op"]?.string {
        case "set_header": response.headers[name] = value
        case "add_header_item":
            response.headers[name] = response.headers[name].map { $0 + "," + value } ?? value
        case "set_status": response.status = Int(action["status"]?.number ?? 0)
        default: return false
        }
        return true
    }

    private func perform(
        _ action: JSON, _ request: Request, _ error: (any Error)?
    ) throws -> (any ResponseConvertible)? {
        let status = action["status"]?.number.map { Int($0) } ?? 200
        let key = action["key"]?.string ?? ""
        switch action["op"]?.string {
        case "return":
            var headers = Headers()
            if case .object(let fields)? = action["headers"] {
                for (name, value) in fields { headers[name] = value.string }
            }
            return Response(action["body"]?.string ?? "", status: status, headers: headers)
        case "return_json":
            return Response.json(action["value"] ?? .null, status: status)
        case "return_args":
            return Response.json(.object(request.viewArgs.mapValues(VectorEvents.typed)))
        case "return_g":
            var values: [String: JSON] = [:]
            for key in action["keys"]?.items?.compactMap(\.string) ?? [] {
                values[key] = request.g[key, as: JSON.self] ?? .null
            }
            return Response.json(.object(values), status: status)
        case "return_request":
            return Response.json(
                .object([
                    "method": .string(request.method), "path": .string(request.path),
                    "query": grouped(request.args), "form": grouped(try request.form().fields),
                    "cookies": .object(
                        Dictionary(request.cookies.map { ($0.name, JSON.string($0.value)) }) { first, _ in first }),
                ]))
        case "return_parsed_json":
            return Response.json(.object(["json": try request.json()]))
        case "need_json":
            _ = try request.json()
        case "need_arg":
            _ = try request.requireArg(action["name"]?.string ?? "")
        case "redirect":
            return Response.redirect(
                to: action["location"]?.string ?? "", status: action["code"]?.number.map { Int($0) } ?? 302)
        case "stream":
            return stream(action)
        case "set_local":
            VectorLocal.value = action["value"]
        case "mark_local":
            request.mark("local", text(VectorLocal.value ?? .null))
        case "return_exc":
            return Response(describe(error), status: status)
        case "return_e":
            return error as? HTTPError
        case "raise":
            throw VectorApp.Failure(
                kind: kinds[action["error"]?.string ?? ""] ?? .exception, message: action["message"]?.string ?? "boom")
        case "reraise":
            if let error { throw error }
        case "abort":
            try abort(Int(action["code"]?.number ?? 0))
        case "set_g":
            request.g[key] = action["value"]
        case "mark_g":
            request.mark("g." + key, text(request.g[key, as: JSON.self] ?? .null))
        case "set_var":
            variable.value = action["value"]
        case "mark_var":
            request.mark("var", text(variable.value ?? .null))
        case "mark":
            request.mark(action["label"]?.string ?? "")
        case "after_this_request":
            let steps = VectorSteps(action["do"]?.items ?? [], app)
            let name = action["name"]?.string ?? ""
            if action["async"] == true {
                request.afterThisRequest(name) { request, response in
                    try await steps.runAfterAsync(request, &response)
                }
            } else {
                request.afterThisRequest(name) { request, response in try steps.runAfter(request, &response) }
            }
        default:
            throw VectorError(description: "There is no action \(action["op"] ?? .null) yet.")
        }
        return nil
    }

    private func grouped(_ pairs: [(name: String, value: String)]) -> JSON {
        .object(Dictionary(grouping: pairs, by: \.name).mapValues { .array($0.map { .string($0.value) }) })
    }

    private func stream(_ action: JSON) -> Response {
        let chunks = action["chunks"]?.items?.compactMap(\.string) ?? []
        let failing = action["fail_at"]?.int
        let response = Response.stream(contentType: "text/plain; charset=utf-8") { (writer: ResponseWriter) throws in
            for (index, chunk) in chunks.enumerated() {
                if index == failing { throw VectorApp.Failure(kind: .valueError, message: "stream") }
                try writer.write(chunk)
            }
        }
        return action["with_context"] == true ? streamWithContext(response) : response
    }

    private func text(_ value: JSON) -> String { String(decoding: value.encoded, as: UTF8.self) }

    private func describe(_ error: (any Error)?) -> String {
        guard let error = error as? any KindedError else { return "" }
        let original = (error as? HTTPError)?.original as? any KindedError
        return [error.kind.name, error.kind.status.map(String.init), original?.kind.name]
            .compactMap(\.self).joined(separator: ":")
    }

    private func duration(_ action: JSON, _ key: String = "ms") -> Duration {
        .milliseconds(Int(action[key]?.number ?? 0))
    }

    private func waitSync(_ action: JSON, _ request: Request) throws {
        switch action["op"]?.string {
        case "sleep":
            block(action)
        case "sequence":
            for task in action["tasks"]?.items ?? [] {
                request.mark((task["label"]?.string ?? "") + ":start")
                block(task)
                request.mark((task["label"]?.string ?? "") + ":end")
            }
        default: throw VectorError(description: "\(action) needs an async function.")
        }
    }

    /// Holds the thread, as the case asks of a sync function.
    private func block(_ action: JSON) { usleep(UInt32(1000 * (action["ms"]?.number ?? 0))) }

    private func waitAsync(_ action: JSON, _ request: Request) async throws {
        switch action["op"]?.string {
        case "sleep":
            try await sleep(for: duration(action))
        case "sequence":
            for task in action["tasks"]?.items ?? [] { try await runTask(task, request) }
        case "gather":
            _ = try await gather(action["tasks"]?.items ?? []) { try await runTask($0, request) }
        case "spawn":
            request.spawn(action["label"]?.string ?? "") { try await runTask(action, request) }
        default:
            try await withTimeout(duration(action, "timeout_ms")) { try await runTask(action, request) }
        }
    }

    private func runTask(_ task: JSON, _ request: Request) async throws {
        let label = task["label"]?.string ?? ""
        request.mark(label + ":start")
        do {
            try await sleep(for: duration(task))
        } catch {
            request.mark(label + ":cancelled")
            throw error
        }
        if task["fail"] == true {
            request.mark(label + ":fail")
            throw VectorApp.Failure(kind: .valueError, message: label)
        }
        request.mark(label + ":end")
    }
}

/// A value that each thread has for itself, as the cases' `set_local` wants it.
enum VectorLocal {
    private static let key: pthread_key_t = {
        var key = pthread_key_t()
        pthread_key_create(&key) { raw in
            if let raw { Unmanaged<Box>.fromOpaque(raw).release() }
        }
        return key
    }()

    private final class Box {
        let value: JSON

        init(_ value: JSON) { self.value = value }
    }

    static var value: JSON? {
        get { pthread_getspecific(key).map { Unmanaged<Box>.fromOpaque($0).takeUnretainedValue().value } }
        set {
            if let old = pthread_getspecific(key) { Unmanaged<Box>.fromOpaque(old).release() }
            pthread_setspecific(key, newValue.map { Unmanaged.passRetained(Box($0)).toOpaque() })
        }
    }
}
