// The screen as two files, for a document or a bug report.

internal import Foundation
internal import InspectorCore

/// Writes frames into files.
enum ScreenExport {
    /// Writes `frame` as `inspector-<screen>.txt` and `.svg` into `folder`, under the first number that is free.
    ///
    /// - Returns: a sentence about what was written, or why not.
    static func write(_ frame: Frame, _ theme: Theme, screen: ScreenName, into folder: String) -> String {
        guard let name = freeName("inspector-\(screen)", ["txt", "svg"], in: folder) else {
            return "Nothing was written: \(folder) holds 999 exports of this screen. Move some away."
        }
        do {
            try Data((frame.text + "\n").utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name).txt"))
            try Data(frame.svg(theme).utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name).svg"))
        } catch {
            return "The screen could not be written into \(folder): \(error.localizedDescription)"
        }
        return "Written: \(name).txt and \(name).svg in \(folder)."
    }

    /// `stem`, or with the first number under which no file with one of `suffixes` is there; nil when all are taken.
    static func freeName(_ stem: String, _ suffixes: [String], in folder: String) -> String? {
        (1...999).lazy.map { $0 == 1 ? stem : "\(stem)-\($0)" }.first { name in
            !suffixes.contains { FileManager.default.fileExists(atPath: "\(folder)/\(name).\($0)") }
        }
    }
}
