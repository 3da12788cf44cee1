// The table of forms in which traces are exported. A new one is a file beside this one, and a line here.

/// The traces of one lane, with the names of their threads.
package struct ExportedLane: Sendable {
    package let traces: [Trace]
    package let threadNames: [UInt32: String]

    package init(traces: [Trace], threadNames: [UInt32: String]) {
        self.traces = traces
        self.threadNames = threadNames
    }
}

/// What an exported document says of the whole.
package struct ExportContext: Sendable {
    /// The app's name.
    package let app: String
    /// What is added to a recorded time to get ns since 1970.
    package let offset: UInt64
    /// What is taken out of targets, labels and details.
    package let redaction: Redaction

    package init(app: String, offset: UInt64, redaction: Redaction = .standard) {
        self.app = app
        self.offset = offset
        self.redaction = redaction
    }
}

/// A form in which traces are exported.
package protocol TraceForm: Sendable {
    /// The end of its files' names, without the point: `otlp.json`.
    static var suffix: String { get }
    /// What a list calls it: `as OTLP in JSON`.
    static var words: String { get }

    /// The traces of some lanes as one document.
    ///
    /// - Parameter goesOn: asked before each trace.
    /// - Returns: nil when it said no.
    static func document(lanes: [ExportedLane], context: ExportContext, goesOn: () -> Bool) -> JSON?
}

extension TraceForm {
    /// The traces of some lanes as one document.
    package static func document(lanes: [ExportedLane], context: ExportContext) -> JSON {
        document(lanes: lanes, context: context) { true } ?? .null
    }
}

/// All forms.
package enum TraceForms {
    package static let all: [any TraceForm.Type] = [
        ChromeTrace.self,
        OTLP.self,
    ]

    /// The form of a file by the end of its name; nil for one that says nothing.
    package static func form(file: String) -> (any TraceForm.Type)? {
        all.first { file.hasSuffix("." + $0.suffix) }
    }
}
