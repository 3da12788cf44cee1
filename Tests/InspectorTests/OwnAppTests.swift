// A reader who follows docs/your-own-app.md gets an app that answers: its package is made from the document's own code
// blocks, and built against this checkout.

import Foundation
import Testing

@Suite struct OwnAppTests {
    /// A fixed place, so that the libraries are built once and not for every run of the tests.
    private static let place = Program.root.appendingPathComponent(".build/own-app")

    @Test("the package of docs/your-own-app.md builds, serves and answers")
    func builds() throws {
        let document = try String(
            contentsOf: Program.root.appendingPathComponent("docs/your-own-app.md"), encoding: .utf8)
        let files = try Self.files(in: document)
        #expect(files.map(\.path) == ["cities/Package.swift", "cities/Sources/cities/main.swift"])
        let code = files[1].text.split(separator: "\n").count
        #expect(code <= 25, "the app has \(code) lines; about 20 were promised")
        let manager = FileManager.default
        for file in files {
            let url = Self.place.appendingPathComponent(file.path)
            try manager.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            if (try? String(contentsOf: url, encoding: .utf8)) != file.text {
                try file.text.write(to: url, atomically: true, encoding: .utf8)
            }
        }
        // The document's package depends on `../inspector`.
        let link = Self.place.appendingPathComponent("inspector").path
        if (try? manager.destinationOfSymbolicLink(atPath: link)) != Program.root.path {
            try? manager.removeItem(atPath: link)
            try manager.createSymbolicLink(atPath: link, withDestinationPath: Program.root.path)
        }
        let package = Self.place.appendingPathComponent("cities").path
        let scratch = Self.place.appendingPathComponent("scratch").path
        // The plan is made anew: behind the link, a source file that came since the last run would not be seen.
        try? manager.removeItem(atPath: scratch + "/debug.yaml")
        let built = try Program.run([
            "swift", "build", "--package-path", package, "--scratch-path", scratch, "--no-color-diagnostics",
        ])
        try #require(built.code == 0, "\(built.output.suffix(3000))\(built.error.suffix(3000))")
        #expect(!built.output.contains("warning:"), "\(built.output.suffix(3000))")

        let program = try RunningProgram(["--port", "0"], path: scratch + "/debug/cities")
        let url = try program.url()
        #expect(try Program.fetch(url + "/hello/ada") == "Hello, ada!\n")
        let sum = try Program.fetch(url + "/sum")
        #expect(sum?.contains("oslo") == true && sum?.contains("cairo") == true)
    }

    /// The code blocks that follow a line with a file's name.
    private static func files(in document: String) throws -> [(path: String, text: String)] {
        var files: [(path: String, text: String)] = []
        var path: String?
        var text: String?
        for line in document.components(separatedBy: "\n") {
            if let open = text {
                if line == "```" {
                    if let path { files.append((path, open)) }
                    path = nil
                    text = nil
                } else {
                    text = open + line + "\n"
                }
            } else if line.hasPrefix("```") {
                text = ""
            } else if let match = line.wholeMatch(of: /`(\S+)`:/) {
                path = String(match.1)
            }
        }
        return files
    }
}
