// `inspector apps`: the apps and their routes.

internal import ArgumentParser
internal import InspectorCore

struct AppsCommand: Subcommand {
    static let configuration = CommandConfiguration(
        commandName: "apps", abstract: "List the apps and their routes.")

    func run(with runner: CommandRunner) throws {
        for app in try runner.apps(isDeadly: true) {
            let routes = app.routes.map { "  \($0.methods.joined(separator: ",")) \($0.rule)" }
            StandardStream.output.lines(texts: [app.name] + routes)
        }
    }
}
