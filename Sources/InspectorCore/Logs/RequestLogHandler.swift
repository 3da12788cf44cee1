// swift-log's end in this process: every line with the request whose code wrote it.

package import Logging
internal import Synchronization

/// Where log lines go: into the book while the screen is up, to stderr else.
package final class LogSink: Sendable {
    private let book = Mutex<OutputBook?>(nil)
    private let currentRequest: @Sendable () -> RequestID?

    /// - Parameter currentRequest: the request that the calling code runs for; called on the thread that logs.
    package init(currentRequest: @escaping @Sendable () -> RequestID?) { self.currentRequest = currentRequest }

    /// Sends lines to `book` from now on, or to stderr when it is nil.
    package func use(_ book: OutputBook?) { self.book.withLock { $0 = book } }

    func write(_ text: String, isError: Bool) {
        let request = currentRequest()
        if let book = book.withLock({ $0 }) {
            book.add(
                OutputLine(
                    time: MonotonicClock.now(), text: text, isError: isError, request: request, isLogged: true))
            return
        }
        StandardStream.error.line(text: text + (request.map { " (\($0))" } ?? ""))
    }
}

/// A handler for swift-log's `Logger`.
package struct RequestLogHandler: LogHandler {
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?
    package var logLevel = Logger.Level.info

    private let label: String
    private let sink: LogSink

    package init(label: String, sink: LogSink) {
        self.label = label
        self.sink = sink
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        let own = metadata.merging(metadataProvider?.get() ?? [:]) { first, _ in first }
        let all = own.merging(event.metadata ?? [:]) { _, new in new }
        let fields = all.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
        // A message of several lines would look like several messages.
        let text = "\(event.level) \(label): \(event.message)\(fields)"
        let line = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).joined(separator: " ↵ ")
        sink.write(line, isError: event.level >= .warning)
    }
}
