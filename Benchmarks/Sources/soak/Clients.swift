// Clients that behave as clients do at their worst. Each goes on until the time is over.

import BenchKit
import Foundation
import Glibc
import Synchronization

/// What clients saw.
final class Tally: Sendable {
    private let state = Mutex<[String: Int]>([:])

    func count(_ what: String, _ count: Int = 1) { state.withLock { $0[what, default: 0] += count } }

    subscript(what: String) -> Int { state.withLock { $0[what] ?? 0 } }

    var words: String {
        state.withLock { $0.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ") }
    }
}

/// A kind of client.
struct Client: Sendable {
    let name: String
    /// Does one thing.
    let act: @Sendable (_ port: Int, _ tally: Tally) throws -> Void

    static let paths = [
        "/hello", "/wait", "/throw", "/busy", "/api", "/refused", "/large", "/stream", "/nowhere", "/cut",
    ]

    /// All that are let loose at once.
    static let all: [Client] = [
        Client(name: "steady") { port, tally in
            let socket = try Socket(port: port)
            for _ in 0..<50 {
                guard try socket.get("/hello").hasPrefix("HTTP/1.1 200") else { return tally.count("steady cut") }
                tally.count("answered")
            }
        },
        Client(name: "mixed") { port, tally in
            let path = paths.randomElement() ?? "/hello"
            let socket = try Socket(port: port)
            socket.send(bytes: Array("GET \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".utf8))
            var bytes = 0
            while let more = socket.read(65_536) { bytes += more.count }
            tally.count(bytes > 0 ? "answered" : "closed")
        },
        Client(name: "hanging upstream") { port, tally in
            let answer = try Socket(port: port).get("/hang")
            tally.count(answer.isEmpty ? "closed" : "answered")
        },
        Client(name: "slow writer") { port, tally in
            let socket = try Socket(port: port)
            for byte in "GET /hello HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".utf8.prefix(40) {
                if !socket.send(bytes: [byte]) { break }
                usleep(20_000)
            }
            tally.count("half a head")
        },
        Client(name: "slow reader") { port, tally in
            let socket = try Socket(port: port)
            socket.send("/large")
            for _ in 0..<20 {
                guard socket.read(1000) != nil else { break }
                usleep(20_000)
            }
            tally.count("read in part")
        },
        Client(name: "half closer") { port, tally in
            let socket = try Socket(port: port)
            socket.send("/wait")
            socket.closeSide()
            tally.count(socket.read().hasPrefix("HTTP/1.1 ") ? "answered" : "half closed, and not answered")
        },
        Client(name: "vanishing") { port, tally in
            let socket = try Socket(port: port)
            socket.resetOnClose()
            let whole =
                "POST /upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n"
                + String(repeating: "b", count: 1000)
            switch Int.random(in: 0..<5) {
            case 0: break
            case 1: socket.send(bytes: Array(whole.utf8.prefix(20)))
            case 2: socket.send(bytes: Array(whole.utf8.prefix(200)))
            case 3: socket.send(bytes: Array(whole.utf8))
            default:
                socket.send("/large")
                _ = socket.read(100)
            }
            tally.count("vanished")
        },
        Client(name: "pipelining") { port, tally in
            let socket = try Socket(port: port)
            let count = 200
            let requests =
                String(repeating: "GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n", count: count - 1)
                + "GET /hello HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
            socket.send(bytes: Array(requests.utf8))
            var text: [UInt8] = []
            while let more = socket.read(65_536) { text += more }
            let answers = String(decoding: text, as: UTF8.self).components(separatedBy: "HTTP/1.1 200").count - 1
            tally.count("answered", answers)
            if answers != count { tally.count("pipelined requests not answered", count - answers) }
        },
        Client(name: "noise") { port, tally in
            let socket = try Socket(port: port)
            socket.send(bytes: (0..<Int.random(in: 1..<2000)).map { _ in UInt8.random(in: 0...255) })
            socket.closeSide()
            while socket.read(4096) != nil {}
            tally.count("noise")
        },
        Client(name: "uploading") { port, tally in
            let socket = try Socket(port: port)
            let body = [UInt8](repeating: 98, count: 300_000)
            socket.send(bytes: Array("POST /upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 300000\r\n\r\n".utf8))
            socket.send(bytes: body)
            tally.count(socket.read().hasPrefix("HTTP/1.1 200") ? "answered" : "upload not answered")
        },
    ]

    /// Lets clients of all kinds loose on `port` until `deadline`, and waits for their ends.
    static func run(on port: Int, threadsOfEach: Int, until deadline: UInt64, _ tally: Tally) {
        let group = DispatchGroup()
        for client in all {
            for _ in 0..<threadsOfEach {
                group.enter()
                Thread.detachNewThread {
                    while now() < deadline {
                        // Full queues, no more ports: that too is what clients meet.
                        do { try client.act(port, tally) } catch {
                            tally.count("no connection")
                            usleep(10_000)
                        }
                    }
                    group.leave()
                }
            }
        }
        group.wait()
    }
}
