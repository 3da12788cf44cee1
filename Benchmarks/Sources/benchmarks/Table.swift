// What the measurements come to: one line each on the screen, and the same as JSON beside it.

import Foundation

/// One measured row.
struct Row: Codable {
    enum Verdict: String, Codable {
        case reached
        case missed
        /// It has no bar: it is there to be looked at.
        case told
    }

    let name: String
    /// What was measured of this project, and of the peer, as text with its unit.
    let ours: String
    let peer: String
    let ratio: Double?
    let spread: [Double]
    let pairs: Int
    /// What is to be reached, as text.
    let bar: String
    let verdict: Verdict
    let note: String
}

extension Row {
    /// A row of pairs.
    ///
    /// - Parameters:
    ///   - unit: makes text of a value.
    ///   - reached: whether the ratio is good enough; nil where there is no bar.
    init(
        _ name: String, _ pairs: Pairs, unit: (Double) -> String, bar: String = "", note: String = "",
        reached: ((Double) -> Bool)? = nil
    ) {
        self.init(
            name: name, ours: unit(Pairs.median(pairs.ours)), peer: unit(Pairs.median(pairs.peers)), ratio: pairs.ratio,
            spread: [pairs.ratios.first ?? .nan, pairs.ratios.last ?? .nan], pairs: pairs.ours.count, bar: bar,
            verdict: reached.map { $0(pairs.ratio) ? .reached : .missed } ?? .told, note: note)
    }

    /// A row of pairs whose bar is what is measured here, not the ratio.
    init(_ name: String, _ pairs: Pairs, unit: (Double) -> String, most: Double, bar: String, note: String = "") {
        let value = Pairs.median(pairs.ours)
        self.init(
            name: name, ours: unit(value), peer: unit(Pairs.median(pairs.peers)), ratio: pairs.ratio,
            spread: [pairs.ratios.first ?? .nan, pairs.ratios.last ?? .nan], pairs: pairs.ours.count, bar: bar,
            verdict: value <= most ? .reached : .missed, note: note)
    }

    /// A row of one value against a bar that is not a ratio.
    init(_ name: String, _ value: String, peer: String = "", bar: String, isReached: Bool?, note: String = "") {
        self.init(
            name: name, ours: value, peer: peer, ratio: nil, spread: [], pairs: 1, bar: bar,
            verdict: isReached.map { $0 ? .reached : .missed } ?? .told, note: note)
    }
}

/// Prints rows as they come, and writes them all at the end.
struct Table {
    private(set) var rows: [Row] = []

    private static let widths = [46, 14, 14, 22, 12, 8]

    func printHead() {
        Table.print(["", "ours", "peer", "ratio (spread)", "bar", ""])
    }

    mutating func add(_ row: Row) {
        rows.append(row)
        let ratio =
            row.ratio.map { "\(Table.digits($0)) (\(row.spread.map(Table.digits).joined(separator: "–")))" } ?? ""
        let sign =
            switch row.verdict {
            case .reached: "reached"
            case .missed: "MISSED"
            case .told: ""
            }
        Table.print([row.name, row.ours, row.peer, ratio, row.bar, sign])
        if !row.note.isEmpty { Swift.print("    \(row.note)") }
    }

    /// Writes the rows as JSON.
    func write(to path: String) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        do { try encoder.encode(rows).write(to: URL(fileURLWithPath: path)) } catch {
            Swift.print("The table could not be written to \(path): \(error.localizedDescription)")
        }
    }

    private static func print(_ cells: [String]) {
        let text = zip(cells, widths).map { cell, width in
            cell + String(repeating: " ", count: max(1, width - cell.count))
        }
        Swift.print(text.joined())
        fflush(nil)
    }

    static func digits(_ value: Double) -> String {
        guard value.isFinite else { return "?" }
        return String(format: value < 10 ? "%.2f" : value < 100 ? "%.1f" : "%.0f", value)
    }
}

/// Texts of values.
enum Unit {
    static func perSecond(_ value: Double) -> String { "\(Int(value)) /s" }

    static func nanoseconds(_ value: Double) -> String {
        value < 1000
            ? "\(Table.digits(value)) ns"
            : value < 1e6
                ? "\(Table.digits(value / 1e3)) µs"
                : value < 1e9 ? "\(Table.digits(value / 1e6)) ms" : "\(Table.digits(value / 1e9)) s"
    }

    static func bytes(_ value: Double) -> String {
        value < 1e6 ? "\(Table.digits(value / 1e3)) kB" : "\(Table.digits(value / 1e6)) MB"
    }

    static func bytesPerSecond(_ value: Double) -> String { "\(Table.digits(value / 1e6)) MB/s" }
}
