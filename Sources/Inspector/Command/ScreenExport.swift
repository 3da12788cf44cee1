// The screen as two files, for a document or a bug report.

internal import Glibc
internal import InspectorCore

/// Writes frames into files.
enum ScreenExport {
    /// Writes `frame` as `inspector-<screen>.txt` and `.svg` into `folder`, under the first number that is free.
    ///
    /// - Parameter frame: drawn of a model without secrets (`Model.redacted`).
    /// - Returns: a sentence about what was written, or why not.
    static func write(_ frame: Frame, theme: Theme, screen: ScreenName, into folder: String) -> String {
        let files = [
            (suffix: "txt", bytes: Array((frame.text + "\n").utf8)),
            (suffix: "svg", bytes: Array(frame.svg(theme: theme).utf8)),
        ]
        do throws(FileProblem) {
            guard let name = try writeNew("inspector-\(screen)", files: files, into: folder) else {
                return "Nothing was written: \(folder) holds 999 exports of this screen. Move some away."
            }
            return "Written: \(name).txt and \(name).svg in \(folder)."
        } catch {
            return "The screen could not be written into \(folder): \(error.reason)."
        }
    }

    /// Writes new files that share a name: `stem`, or with the first number under which none of them is there.
    ///
    /// It tries, and does not ask first: what another program puts there meanwhile stays.
    ///
    /// - Returns: the name without suffix; nil when all numbers are taken.
    /// - Throws: `FileProblem`; then none of the files is there.
    static func writeNew(
        _ stem: String, files: [(suffix: String, bytes: [UInt8])], into folder: String
    ) throws(FileProblem) -> String? {
        names: for name in names(stem: stem) {
            var made: [String] = []
            for (suffix, bytes) in files {
                let path = "\(folder)/\(name).\(suffix)"
                do throws(FileProblem) {
                    try FileWriting.write(bytes, toNew: path)
                    made.append(path)
                } catch {
                    for path in made { unlink(path) }
                    if FileWriting.exists(path) { continue names }
                    throw error
                }
            }
            return name
        }
        return nil
    }

    /// `stem`, `stem-2`, … `stem-999`.
    static func names(stem: String) -> some Sequence<String> {
        (1...999).lazy.map { $0 == 1 ? stem : "\(stem)-\($0)" }
    }
}
