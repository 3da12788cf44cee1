// Files that we write: never over another file, never through a link, never readable by others.

import Foundation
import Glibc
import Testing

@testable import InspectorCore

@Suite struct FileWritingTests {
    private let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("inspector-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    private func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

    private func mode(_ path: String) throws -> Int {
        try #require(FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int)
    }

    private func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

    private func harness(_ body: () throws -> Void) throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        try body()
    }

    @Test("a new file is its owner's alone, whatever the mask")
    func new() throws {
        try harness {
            let old = umask(0)
            defer { umask(old) }
            try FileWriting.write(Array("one".utf8), toNew: path("a"))
            #expect(try mode(path("a")) == 0o600 && text(path("a")) == "one")
        }
    }

    @Test("a file, a link and a dangling link of that name stay as they are, and are named")
    func taken() throws {
        try harness {
            try "kept".write(toFile: path("file"), atomically: false, encoding: .utf8)
            symlink(path("file"), path("link"))
            symlink(path("nowhere"), path("dangling"))
            for name in ["file", "link", "dangling"] {
                let problem = #expect(throws: FileProblem.self) {
                    try FileWriting.write(Array("new".utf8), toNew: path(name))
                }
                #expect(problem?.description.contains(path(name)) == true)
                #expect(problem?.reason.contains("already") == true)
            }
            #expect(try text(path("file")) == "kept")
            #expect(!FileWriting.exists(path("nowhere")))
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).count == 3)
        }
    }

    @Test("replacing puts the new file in the place of a file or a link, and leaves what the link points to")
    func replacing() throws {
        try harness {
            try "kept".write(toFile: path("file"), atomically: false, encoding: .utf8)
            symlink(path("file"), path("link"))
            try FileWriting.write(Array("new".utf8), toNew: path("link"), replacing: true)
            #expect(try text(path("link")) == "new" && text(path("file")) == "kept")
            try FileWriting.write(Array("newer".utf8), toNew: path("file"), replacing: true)
            #expect(try text(path("file")) == "newer" && mode(path("file")) == 0o600)
            #expect(throws: FileProblem.self) {
                try FileWriting.write([1], toNew: folder.path, replacing: true)
            }
            mkfifo(path("pipe"), 0o600)
            #expect(throws: FileProblem.self) { try FileWriting.write([1], toNew: path("pipe"), replacing: true) }
            let left = try FileManager.default.contentsOfDirectory(atPath: folder.path)
            #expect(left.sorted() == ["file", "link", "pipe"])
        }
    }

    @Test("a folder that is not there, or may not be written, is a sentence")
    func refused() throws {
        try harness {
            let problem = #expect(throws: FileProblem.self) {
                try FileWriting.write([1], toNew: path("none/a"))
            }
            #expect(problem?.reason.contains("No such file") == true)
        }
    }

    @Test("a file gets its name only where no other has it")
    func move() throws {
        try harness {
            try FileWriting.write([1], toNew: path("part"))
            try "kept".write(toFile: path("file"), atomically: false, encoding: .utf8)
            #expect(throws: FileProblem.self) { try FileWriting.move(path("part"), toNew: path("file")) }
            #expect(try text(path("file")) == "kept" && FileWriting.exists(path("part")))
            try FileWriting.move(path("part"), toNew: path("other"))
            #expect(FileWriting.exists(path("other")) && !FileWriting.exists(path("part")))
            try FileWriting.move(path("other"), toNew: path("file"), replacing: true)
            #expect(!FileWriting.exists(path("other")))
        }
    }
}
