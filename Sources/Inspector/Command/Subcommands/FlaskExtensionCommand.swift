// `inspector flask-extension`: writes out the Python file that shows a real Flask from within.

internal import ArgumentParser
internal import Glibc
internal import InspectorCore

struct FlaskExtensionCommand: Subcommand {
    static let configuration = CommandConfiguration(
        commandName: "flask-extension",
        abstract: "Write inspector_flask.py, which shows a real Flask's hooks, sub-threads and awaits.",
        discussion: """
            One file, Python's standard library only. One line in the app, Inspector(app), or none: \
            INSPECTOR_APP=app:app flask --app inspector_flask run. docs/watch.md has more.
            """)

    @Argument(help: ArgumentHelp("The folder to write it into; - prints it instead.", valueName: "dir"))
    var folder = "."

    @Flag(help: "Replace the file that is there.")
    var force = false

    private static let name = "inspector_flask.py"

    func run(with runner: CommandRunner) throws {
        let text = PackageResources.inspector_flask_py
        guard folder != "-" else {
            StandardStream.output.document(text: String(decoding: text, as: UTF8.self))
            return
        }
        let path = folder + (folder.hasSuffix("/") ? "" : "/") + Self.name
        if FileWriting.exists(path), !force {
            throw FileProblem(
                path: path, reason: "it is there already; nothing was written. --force replaces it")
        }
        try FileWriting.write(text, toNew: path, replacing: force)
        // It holds no secret, and the server that imports it may run as another user.
        chmod(path, 0o644)
        StandardStream.output.lines(texts: [
            "Wrote \(path.madeVisible). Beside the app, either of:",
            "  from inspector_flask import Inspector; Inspector(app)",
            "  INSPECTOR_APP=app:app gunicorn --threads 8 'inspector_flask:create_app()'",
            "then: inspector watch http://127.0.0.1:8000",
        ])
    }
}
