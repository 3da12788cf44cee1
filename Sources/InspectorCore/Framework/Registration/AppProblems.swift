// Why an app is not served.

/// An app that cannot be served, and why.
public struct AppProblems: Error, CustomStringConvertible {
    /// The app's name.
    public let app: String
    /// A sentence each.
    public let problems: [String]

    /// Says why `app` cannot be served.
    public init(app: String, problems: [String]) {
        self.app = app
        self.problems = problems
    }

    /// All of them.
    public var description: String { "The app \(app) cannot be served. " + problems.joined(separator: " ") }
}
