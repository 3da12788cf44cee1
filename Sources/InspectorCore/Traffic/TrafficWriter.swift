// Requests and their answers written as files of other programs, or as a recording of our own.

internal import Glibc

/// Writes traffic into a file, one request at a time.
package final class TrafficWriter {
    /// What can be written.
    package struct Kind: Sendable, CaseIterable, Equatable {
        fileprivate let encoder: any TrafficEncoder.Type

        /// In the order of the table of formats.
        package static var allCases: [Kind] { TrafficKind.formats.compactMap { $0.encoder }.map { Kind(encoder: $0) } }

        package static var har: Kind { Kind(encoder: HAREncoder.self) }
        package static var gor: Kind { Kind(encoder: GorEncoder.self) }
        package static var vegeta: Kind { Kind(encoder: VegetaEncoder.self) }
        package static var recording: Kind { Kind(encoder: RecordingEncoder.self) }

        fileprivate init(encoder: any TrafficEncoder.Type) { self.encoder = encoder }

        /// By the end of the file's name; nil for one that says nothing.
        package init?(file: String) {
            guard let kind = Kind.allCases.first(where: { $0.encoder.suffixes.contains(where: file.hasSuffix) }) else {
                return nil
            }
            self = kind
        }

        /// The usual end of a file's name: `.har`.
        package var suffix: String { encoder.suffixes[0] }

        package static func == (left: Kind, right: Kind) -> Bool { left.encoder == right.encoder }
    }

    private let encoder: any TrafficEncoder
    private let descriptor: Int32
    private let name: String
    private var sheet = TrafficSheet()
    private var count = 0

    /// What could not be held by the form, by kind: told once.
    package var left: [String: Int] { sheet.left }

    /// Makes the file, readable by its owner only: traffic holds secrets.
    ///
    /// - Throws: `TrafficFileError` when it is there already or cannot be made.
    package init(kind: Kind, path: String) throws(TrafficFileError) {
        encoder = kind.encoder.init()
        name = path
        do throws(FileProblem) { descriptor = try FileWriting.create(path) } catch {
            throw TrafficFileError(file: path, reason: error.reason)
        }
        sheet.add(encoder.start)
    }

    deinit { close(descriptor) }

    /// Writes a request, and its answer where it has one.
    ///
    /// - Throws: `TrafficFileError` when there is no room.
    package func write(_ request: RecordedRequest) throws(TrafficFileError) {
        count += 1
        for remark in request.remarks where remark.hasPrefix("a header of its answer") { sheet.leave(remark) }
        encoder.write(request, number: count, to: &sheet)
        if sheet.bytes.count > 256 * 1024 { try flush() }
    }

    /// Writes the end.
    ///
    /// - Throws: `TrafficFileError` when there is no room.
    package func finish() throws(TrafficFileError) {
        sheet.add(encoder.end)
        try flush()
    }

    private func flush() throws(TrafficFileError) {
        if let problem = FileWriting.write(sheet.take()[...], to: descriptor).problem {
            throw TrafficFileError(file: name, reason: "it could not be written to its end (\(problem))")
        }
    }
}
