// What a reader is told of a file before it reads it: how the file begins, and what the user said of it.

/// What the command line says of how traffic files are read.
package struct TrafficReading: Sendable {
    /// How the lines of an access log look (`--log-format`): nginx's or Apache's own configuration string, or
    /// `json:time=…`; nil to find out.
    package var logFormat: String?
    /// Which environment of the environment files beside a `.http` file holds (`--env`).
    package var environment: String?
    /// Decides what a `.http` file's random variables become (`--seed`).
    package var seed: UInt64 = 1

    package init() {}
}

/// The beginning of a traffic file, by which its kind is told.
struct TrafficHead {
    /// How much of a file is looked at, in bytes.
    static let size = 64 * 1024
    /// How many of its lines are kept.
    static let lineLimit = 40

    /// What sentences call the file.
    let name: String
    /// Its first bytes, without a byte order mark.
    let bytes: ArraySlice<UInt8>
    /// Whether that is all of it.
    let isWhole: Bool
    /// Its first lines that are not blank, at most `lineLimit`, without their ends; the last one may be cut.
    let lines: [[UInt8]]
    /// The same as texts.
    let texts: [String]
    /// Its first byte that is not a space, or nil.
    let first: UInt8?

    init(file: TrafficBytes, size: Int = TrafficHead.size, lines limit: Int = TrafficHead.lineLimit) {
        let head = file.read(0..<size)
        name = file.name
        bytes = head.starts(with: [0xEF, 0xBB, 0xBF]) ? head.dropFirst(3) : head[...]
        isWhole = head.count == file.count
        first = bytes.first { ![9, 10, 13, 32].contains($0) }
        let split = bytes.split(separator: 10).lazy.map { Array($0.last == 13 ? $0.dropLast() : $0) }
        lines = Array(split.filter { line in !line.allSatisfy { $0 == 32 || $0 == 9 } }.prefix(limit))
        texts = lines.map { String(decoding: $0, as: UTF8.self) }
    }
}
