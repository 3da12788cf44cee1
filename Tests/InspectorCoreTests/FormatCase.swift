// What the tests of traffic formats share: files of shapes that people have, and folders with files beside one another.

import Foundation
import Testing

@testable import InspectorCore

/// A traffic file of a test, looked through.
enum FormatCase {
    /// The folder with the files that are kept.
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Cases")

    /// Looks through a file that is kept, and sees that every entry is either planned or skipped.
    static func kept(_ name: String, _ reading: TrafficReading = TrafficReading()) throws -> TrafficIndex {
        try checked(TrafficIndex(path: folder.appendingPathComponent(name).path, reading: reading))
    }

    /// Looks through a text.
    static func index(
        _ text: String, _ name: String = "traffic", _ reading: TrafficReading = TrafficReading()
    ) throws -> TrafficIndex {
        try checked(TrafficIndex(bytes: TrafficBytes(bytes: Array(text.utf8), name: name), reading: reading))
    }

    private static func checked(_ index: TrafficIndex) -> TrafficIndex {
        #expect(index.count == index.entries.count + index.skipped.values.reduce(0, +))
        // What a plan makes of a request is what is sent: each can be read again.
        for entry in index.entries { #expect(throws: Never.self) { try index.request(entry) } }
        return index
    }

    /// The requests as they are sent.
    static func requests(_ index: TrafficIndex) throws -> [RecordedRequest] {
        try index.entries.map { try index.request($0) }
    }

    static func text(_ bytes: [UInt8]?) -> String { String(decoding: bytes ?? [], as: UTF8.self) }

    /// Calls `body` with a folder that holds `files`, and takes it away again.
    static func inFolder<T>(_ files: [String: String], _ body: (URL) throws -> T) throws -> T {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("inspector-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        for (name, text) in files {
            try Data(text.utf8).write(to: folder.appendingPathComponent(name))
        }
        return try body(folder)
    }
}

extension TrafficIndex {
    /// Whether a remark holds `words`.
    func says(_ words: String) -> Bool { notes.contains { $0.reason.contains(words) } }
}
