// A lane and the server behind it, asked for the same: whatever differs, the lane has changed.

import Foundation
import Testing

@testable import InspectorCore

@Suite(.serialized) struct DifferTests {
    /// A port that was free a moment ago: these servers say themselves where they listen only in their own words.
    private static func freePort() throws -> Int {
        let loops = ServerLoops(threads: 1)
        defer { loops.stop() }
        let server = try HTTPServer.start(port: 0, responder: LanePort(try lane(loops)), loops: loops)
        defer { server.stop() }
        return server.port
    }

    private static func lane(_ loops: ServerLoops) throws -> RemoteLane {
        RemoteLane(
            id: LaneID(rawValue: 0), target: try RemoteTarget(reading: "http://127.0.0.1:1"), log: EventLog(),
            numbers: RequestNumbers())
    }

    private static func compare(port: Int, kind: String, count: Int) throws {
        #expect(try Program.wait { try Program.fetch("http://127.0.0.1:\(port)/") != nil })
        let watch = try RunningProgram(
            ["watch", "far=http://127.0.0.1:\(port)", "--pass-host", "--headless", "--quiet", "--port", "0"])
        let own = try #require(URL(string: try watch.url())?.port)
        let result = try Program.run([
            PeerProgram.programs.appendingPathComponent("python").path,
            Program.root.appendingPathComponent("Tests/Peers/differ.py").path, "\(port)", "\(own)", kind, "\(count)",
            "7",
        ])
        #expect(result.output.hasSuffix("different: 0 of \(count)\n"), "\(result.output.suffix(6000))\(result.error)")
        #expect(watch.stop() == 0)
    }

    @Test("500 requests to a real Flask, and their answers, are the same through a lane")
    func flask() throws {
        let port = try Self.freePort()
        let peers = Program.root.appendingPathComponent("Tests/Peers").path
        let gunicorn = try Child([
            PeerProgram.programs.appendingPathComponent("gunicorn").path, "--chdir", peers, "-w", "1", "--threads", "4",
            "-b", "127.0.0.1:\(port)", "echo_app:app",
        ])
        try Self.compare(port: port, kind: "flask", count: 500)
        kill(gunicorn.pid, SIGTERM)
        _ = gunicorn.wait()
    }

    @Test("300 requests to nginx, and their answers, are the same through a lane")
    func nginx() throws {
        let folder = try Program.makeFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let port = try Self.freePort()
        try FileManager.default.createDirectory(
            at: folder.appendingPathComponent("site/dir"), withIntermediateDirectories: true)
        for (name, text) in [
            ("a.txt", String(repeating: "0123456789", count: 3000)), ("page.html", "<p>page</p>"),
            ("dir/index.html", "dir"),
        ] { try text.write(to: folder.appendingPathComponent("site/" + name), atomically: true, encoding: .utf8) }
        let own = Program.root.appendingPathComponent(".build/nginx/usr/sbin/nginx").path
        let program = FileManager.default.isExecutableFile(atPath: own) ? own : "/usr/sbin/nginx"
        try #require(FileManager.default.isExecutableFile(atPath: program), "nginx is missing: run make setup-test")
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map { "\($0)_temp_path \(folder.path)/\($0);" }.joined(separator: " ")
        try """
        daemon off; master_process off; pid \(folder.path)/pid; error_log \(folder.path)/error.log;
        events { worker_connections 256; }
        http {
            \(temporary) access_log off; gzip on; gzip_proxied any; gzip_min_length 10; absolute_redirect off;
            types { text/plain txt; text/html html; }
            server { listen 127.0.0.1:\(port); root \(folder.path)/site; client_max_body_size 100k; }
        }
        """.write(to: folder.appendingPathComponent("nginx.conf"), atomically: true, encoding: .utf8)
        let nginx = try Child([program, "-e", "\(folder.path)/error.log", "-c", "\(folder.path)/nginx.conf"])
        try Self.compare(port: port, kind: "nginx", count: 300)
        kill(nginx.pid, SIGTERM)
        _ = nginx.wait()
    }
}
