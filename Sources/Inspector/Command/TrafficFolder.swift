// Which traffic files are at hand: those of a folder, and those that were replayed before.

internal import Foundation
internal import InspectorCore

/// Looks for traffic files, and remembers those that were replayed.
enum TrafficFolder {
    /// Files whose names end so may hold traffic; which it is, is seen from what is in them.
    private static let suffixes = [
        ".har", ".gor", ".gor.gz", ".jsonl", ".log", ".log.gz", ".http", ".rest", ".json", ".txt",
    ]
    /// How many are listed, how many remembered, and up to how many bytes one is looked into while its list is open.
    private static let limit = 200
    private static let remembered = 10
    private static let lookLimit = 8 * 1024 * 1024

    /// Those replayed before, newest first, then those of `folder` by name, then the one that comes with the program.
    static func entries(folder: String) -> [TrafficFileEntry] {
        var entries: [TrafficFileEntry] = []
        func add(_ path: String, isRecent: Bool) {
            guard !entries.contains(where: { $0.path == path }), let size = size(of: path) else { return }
            entries.append(TrafficFileEntry(path: path, size: size, isRecent: isRecent))
        }
        for path in recent { add(path, isRecent: true) }
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
        for name in names where suffixes.contains(where: name.hasSuffix) && entries.count < limit {
            add(folder + "/" + name, isRecent: false)
        }
        if let own = TrafficSource.find("morning.har") { add(own, isRecent: false) }
        return entries
    }

    /// A sentence about what is in a file: what `inspector plan` would say first.
    static func words(of entry: TrafficFileEntry) -> String {
        guard entry.size <= lookLimit else {
            return "\(entry.sizeWords) are not looked into here: inspector plan tells what is in it."
        }
        do {
            let source = try TrafficSource(files: [entry.path], options: ReplayOptions())
            let plan = source.plan
            let length = TimeText.short(nanoseconds: plan.length)
            let left = plan.entries - plan.items.count
            let why = plan.skipped.max { ($0.value, $1.key) < ($1.value, $0.key) }
            return "\(source.format): \(plan.items.count) of \(plan.entries) requests are replayed, in \(length)"
                + (left > 0 ? why.map { "; left out: \($0.key)" } ?? "" : "") + "."
                + (source.problems.first.map { " \($0)" } ?? "")
        } catch {
            return "\(error)"
        }
    }

    /// Regular files only: a pipe would be waited for.
    private static func size(of path: String) -> Int? {
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: path) else { return nil }
        let target = attributes[.type] as? FileAttributeType
        guard target == .typeRegular || target == .typeSymbolicLink, FileManager.default.isReadableFile(atPath: path)
        else {
            return nil
        }
        return (attributes[.size] as? NSNumber)?.intValue
    }

    // MARK: What was replayed before

    /// `$XDG_STATE_HOME/inspector/recent`, one path a line (XDG Base Directory Specification); nil without a home.
    private static var file: String? {
        let environment = ProcessInfo.processInfo.environment
        if let state = environment["XDG_STATE_HOME"], state.hasPrefix("/") { return state + "/inspector/recent" }
        guard let home = environment["HOME"], home.hasPrefix("/") else { return nil }
        return home + "/.local/state/inspector/recent"
    }

    private static var recent: [String] {
        guard let file, let text = try? String(contentsOfFile: file, encoding: .utf8) else { return [] }
        return text.split(separator: "\n").prefix(remembered).map(String.init)
    }

    /// Remembers a file that is replayed; where that cannot be kept nothing is lost but the convenience.
    static func remember(_ path: String) {
        guard let file, !path.contains("\n") else { return }
        let absolute = path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
        let all = ([absolute] + recent.filter { $0 != absolute }).prefix(remembered)
        let folder = URL(fileURLWithPath: file).deletingLastPathComponent().path
        try? FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        try? FileWriting.write(Array(all.joined(separator: "\n").utf8), toNew: file, replacing: true)
    }
}
