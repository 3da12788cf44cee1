// Where the programs that are measured lie.

import BenchKit
import Foundation

/// Where the programs of this package lie, and the peers in Python.
struct Places {
    /// The folder of the programs that were built.
    let built: String
    /// The folder of peers.py.
    let peers: String
    /// The virtual environment of the Python peers, made when it is first needed.
    let environment: String

    init() {
        let program = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        built = program.deletingLastPathComponent().path
        let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        peers = package.appendingPathComponent("peers").path
        environment = package.appendingPathComponent(".build/peers").path
    }

    func app(_ options: [String]) -> [String] {
        [built + "/bench-app", "run", "--headless", "--port", "PORT"] + options
    }

    /// A lane to the server on that port, and nothing else.
    func lane(to port: Int) -> [String] {
        [
            built + "/bench-app", "watch", "far=http://127.0.0.1:\(port)", "--headless", "--quiet", "--port", "PORT",
        ]
    }

    /// nginx, as `make setup-test` unpacks it, or as it is installed.
    ///
    /// - Throws: `BenchError`.
    func nginx() throws -> String {
        let root = URL(fileURLWithPath: peers).deletingLastPathComponent().deletingLastPathComponent().path
        for path in [root + "/.build/nginx/usr/sbin/nginx", "/usr/sbin/nginx"]
        where FileManager.default.isExecutableFile(atPath: path) { return path }
        throw BenchError(description: "nginx is not there: make setup-test unpacks it")
    }

    /// The virtual environment of mitmproxy, which wants other versions than the other peers.
    var mitmproxy: String { environment + "-mitmproxy" }

    /// Makes that environment.
    ///
    /// - Throws: `BenchError`.
    func prepareMitmproxy() throws {
        if FileManager.default.fileExists(atPath: mitmproxy + "/ready") { return }
        print("Installing mitmproxy, once.")
        try Program.run(["python3", "-m", "venv", mitmproxy])
        try Program.run([mitmproxy + "/bin/pip", "install", "--quiet", "mitmproxy==11.0.2"])
        try Data().write(to: URL(fileURLWithPath: mitmproxy + "/ready"))
    }

    var gunicorn: [String] {
        [
            environment + "/bin/gunicorn", "--workers", "1", "--threads", "4", "--bind", "127.0.0.1:PORT",
            "--log-level", "error", "peers:flask_app",
        ]
    }

    var hypercorn: [String] {
        [
            environment + "/bin/hypercorn", "--worker-class", "uvloop", "--bind", "127.0.0.1:PORT", "--log-level",
            "error", "--backlog", "20000", "peers:quart_app",
        ]
    }

    /// Makes the environment of the Python peers, with the versions that peers/requirements.txt names.
    ///
    /// - Throws: `BenchError`.
    func prepare() throws {
        if FileManager.default.fileExists(atPath: environment + "/ready") { return }
        print("Installing the peers in Python (Flask, gunicorn, Quart, hypercorn, uvloop, aiohttp), once.")
        do {
            try Program.run(["python3", "-m", "venv", environment])
            try Program.run([
                environment + "/bin/pip", "install", "--quiet", "--requirement", peers + "/requirements.txt",
            ])
            try Data().write(to: URL(fileURLWithPath: environment + "/ready"))
        } catch {
            throw BenchError(
                description:
                    "The peers in Python could not be installed; python3 with venv and a way to PyPI are needed. "
                    + "Rows without them: make bench ONLY=event, subthread, fold, frame, router or replay.\n\(error)")
        }
    }
}
