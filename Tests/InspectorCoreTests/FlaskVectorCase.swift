// A case of the Flask vectors, as its file has it. The schema is in the vectors' own README.

import Foundation
import InspectorCore

/// A file that cannot be used fails the suite; it is never skipped.
struct VectorError: Error, CustomStringConvertible {
    let description: String
}

struct VectorCase: Sendable, CustomStringConvertible {
    let id: String
    let area: String
    let content: JSON

    var description: String { id }
    var app: JSON { content["app"] ?? .null }
    var requests: [JSON] { content["requests"]?.items ?? [] }

    /// What Flask did with a request.
    ///
    /// Flask 3.1.2 and 3.1.3 tear a streamed response down before it is produced, and again after it: a regression. Such a
    /// case has what 2.0.3 did too, which counts. There the routing event comes twice, because the context is pushed
    /// again; ours is made once.
    func expected(_ index: Int) -> JSON {
        let usual = content["expected"]?[index] ?? .null
        guard VectorCase.isTornDownEarly(usual["events"]?.items ?? []),
            let other = content["other_versions"]?["flask-2.0.3"]?["\(index)"],
            case .object(var fields) = other, let events = other["events"]?.items
        else { return usual }
        var isFirst = true
        fields["events"] = .array(
            events.filter { event in
                guard event["event"] == "routing" else { return true }
                defer { isFirst = false }
                return isFirst
            })
        return .object(fields)
    }

    /// Whether a piece of the body is produced in a context that was torn down before.
    private static func isTornDownEarly(_ events: [JSON]) -> Bool {
        guard let teardown = events.firstIndex(where: { $0["event"] == "teardown_request" }) else { return false }
        return events[teardown...].contains { $0["event"] == "stream_chunk" && $0["has_request_context"] == true }
    }

    var isConcurrent: Bool { content["concurrent"] == true }

    init(_ url: URL) throws {
        do { content = try JSON(parsing: Data(contentsOf: url)) } catch {
            throw VectorError(description: "\(url.lastPathComponent) cannot be read: \(error)")
        }
        guard content["schema"] == "flask-lifecycle/1", let id = content["id"]?.string,
            let area = content["area"]?.string
        else { throw VectorError(description: "\(url.lastPathComponent) is not a case of schema flask-lifecycle/1.") }
        self.id = id
        self.area = area
    }

    /// All cases of the folder that `FLASK_VECTORS` names, or of the copy beside this file.
    static func all() throws -> [VectorCase] {
        let own = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("FlaskVectors")
        let folder = ProcessInfo.processInfo.environment["FLASK_VECTORS"].map { URL(fileURLWithPath: $0) } ?? own
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .filter { $0.pathExtension == "json" }
            .sorted { $0.lastPathComponent < $1.lastPathComponent }
        guard !files.isEmpty else { throw VectorError(description: "\(folder.path) holds no vectors.") }
        return try files.map(VectorCase.init)
    }
}
