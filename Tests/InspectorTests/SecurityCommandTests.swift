// Who can reach what: the command's own words about it, and the running program's answers.

import Foundation
import Testing

@testable import Inspector

@Suite struct SecurityCommandTests {
    @Test("listening beyond this machine needs --expose, and the refusal says why")
    func expose() throws {
        let refused = try Program.run([
            Program.path, "run", "weather", "--headless", "--port", "0", "--host", "0.0.0.0",
        ])
        #expect(refused.code == 2)
        #expect(refused.error.contains("Add --expose if that is meant"))
        let program = try RunningProgram(["--port", "0", "--host", "0.0.0.0", "--expose"])
        let url = try program.url()
        #expect(program.output.contains("whoever reaches it can use the app"))
        let port = try #require(url.split(separator: ":").last.flatMap { Int($0) })
        // It is called by names that it cannot know.
        #expect(try Self.status(port, host: "box.example") == "200")
        #expect(program.stop() == 0)
    }

    @Test("on loopback a request that names another host is told 421, unless the name was allowed")
    func hosts() throws {
        let program = try RunningProgram(["--port", "0", "--allow-host", "my.test"])
        let port = try #require(program.url().split(separator: ":").last.flatMap { Int($0) })
        #expect(try Self.status(port, host: "localhost:\(port)") == "200")
        #expect(try Self.status(port, host: "my.test") == "200")
        #expect(try Self.status(port, host: "evil.example") == "421")
        #expect(program.stop() == 0)
    }

    @Test("a stop says what became of the requests")
    func report() throws {
        let program = try RunningProgram(["--port", "0"])
        let url = try program.url()
        for _ in 0..<3 { _ = try Program.fetch(url + "/") }
        #expect(program.stop() == 0)
        #expect(program.output.contains("3 requests: 3 answered"))
    }

    /// The status of the index page, asked for under a name of `host`.
    private static func status(_ port: Int, host: String) throws -> String {
        let result = try Program.run([
            "/usr/bin/env", "bash", "-c",
            "exec 3<>/dev/tcp/127.0.0.1/\(port); printf 'GET / HTTP/1.1\\r\\nHost: \(host)\\r\\nConnection: close\\r\\n\\r\\n' >&3; "
                + "head -n 1 <&3",
        ])
        return result.output.split(separator: " ").dropFirst().first.map(String.init) ?? result.output
    }
}
