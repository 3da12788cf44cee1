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
    var expected: [JSON] { content["expected"]?.items ?? [] }
    var isConcurrent: Bool { content["concurrent"] == true }

    init(_ url: URL) throws {
        do { content = try JSON(parsing: Data(contentsOf: url)) } catch {
            throw VectorError(description: "\(url.lastPathComponent) cannot be read: \(error)")
        }
        guard content["schema"] == "flask-lifecycle/1", let id = content["id"]?.string,
            let area = content["area"]?.string
        else { throw VectorError(description: "\(url.lastPathComponent) is no case of schema flask-lifecycle/1.") }
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
