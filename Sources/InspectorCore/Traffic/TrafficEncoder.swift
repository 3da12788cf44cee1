// What a form of file is written by. Each is one file in Formats/; the table of formats names it.

/// Writes traffic in one form.
protocol TrafficEncoder: Sendable {
    /// The ends of file names by which the form is meant; the first is the usual one.
    static var suffixes: [String] { get }

    init()

    /// What comes before the first request.
    var start: String { get }
    /// What comes after the last one.
    var end: String { get }

    /// Writes a request, and its answer where it has one.
    ///
    /// - Parameter number: counts from 1.
    func write(_ request: RecordedRequest, number: Int, to sheet: inout TrafficSheet)
}

extension TrafficEncoder {
    var start: String { "" }
    var end: String { "" }
}

/// What is written and not in the file yet, and what could not be held by the form.
struct TrafficSheet {
    fileprivate(set) var bytes: [UInt8] = []
    /// By kind, told once each.
    private(set) var left: [String: Int] = [:]

    mutating func add(_ text: String) { bytes += Array(text.utf8) }

    mutating func add(_ more: [UInt8]) { bytes += more }

    /// Counts what the form could not hold; few kinds of it are told one by one.
    mutating func leave(_ what: String) {
        left[left[what] != nil || left.count < 100 ? what : "something else could not be held", default: 0] += 1
    }

    /// For forms in which every request has a host.
    mutating func tellMissingHost(_ request: RecordedRequest) {
        if request.host == nil { leave("a request without a host was given localhost") }
    }

    /// Takes what there is, to be put into the file.
    mutating func take() -> [UInt8] {
        defer { bytes = [] }
        return bytes
    }

    /// Whether a header belongs to one transfer, and not to what was transferred.
    ///
    /// A Content-Encoding stays: it is there only where the body is still packed.
    static func isOfTransfer(_ name: String) -> Bool {
        ["content-length", "transfer-encoding", "connection", "keep-alive"].contains(name.lowercased())
    }
}
