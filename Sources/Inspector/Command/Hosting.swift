// What an app is given when it is hosted, and how it is made.

public import InspectorCore

/// What the host gives an app as it makes it: once for each lane, so that lanes share no state.
public struct AppEnvironment: Sendable {
    /// Where the external API is: the simulated one, or what `--upstream` names.
    ///
    /// No slash at its end.
    public let upstreamURL: String
    /// Whether routes that end the process are wanted (`--deadly`).
    public let isDeadly: Bool

    /// Says what an app is given: for tests of an app of one's own.
    public init(upstreamURL: String, isDeadly: Bool = false) {
        self.upstreamURL = upstreamURL
        self.isDeadly = isDeadly
    }
}

/// Makes an app for a lane.
public typealias AppFactory = @Sendable (AppEnvironment) -> App

/// The command: hosts apps, and shows what happens in them.
///
/// ```swift
/// import Inspector
/// import InspectorCore
///
/// func hello(_ host: AppEnvironment) -> App {
///     let app = App("hello")
///     app.get("/") { _ in "Hello!" }
///     return app
/// }
///
/// InspectorProgram.main(hosting: [hello])
/// ```
public enum InspectorProgram {
    /// Runs the `inspector` command on these apps, and ends the process with its exit code.
    ///
    /// The first is the default.
    ///
    /// Must be called from the process's main thread, and from a synchronous `main`: the screen belongs to that thread.
    public static func main(hosting factories: [AppFactory]) -> Never {
        let arguments = Array(CommandLine.arguments.dropFirst())
        CommandRunner.run(arguments, hosting: factories)
    }
}
