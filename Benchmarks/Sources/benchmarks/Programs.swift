// The programs that are measured: started on a free port, waited for, and ended by their number.

import Foundation
import Glibc

/// Why a row could not be measured.
struct BenchError: Error, CustomStringConvertible {
    let description: String
}

/// A program that serves on a loopback port.
final class Program {
    let port: Int
    private let process: Process

    /// Starts `command`, in which `PORT` stands for a free port, and waits until it answers `path`.
    ///
    /// - Throws: `BenchError`.
    init(
        _ command: [String], path: String = "/hello", environment: [String: String] = [:], folder: String? = nil
    ) throws {
        port = try Program.freePort()
        process = Process()
        let words = command.map { $0.replacingOccurrences(of: "PORT", with: "\(port)") }
        process.executableURL = URL(fileURLWithPath: words[0])
        process.arguments = Array(words.dropFirst())
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { _, new in new }
            .merging(["LC_ALL": "C.UTF-8"]) { _, new in new }
        if let folder { process.currentDirectoryURL = URL(fileURLWithPath: folder) }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        do { try process.run() } catch {
            throw BenchError(description: "\(words[0]) does not start: \(error.localizedDescription)")
        }
        try Program.wait(for: port, path, "\(words[0])")
    }

    /// Waits until something on `port` answers `path`.
    static func wait(for port: Int, _ path: String, _ what: String) throws {
        let limit = now() + 20_000_000_000
        while now() < limit {
            if let answer = try? Socket(port: port).get(path), answer.hasPrefix("HTTP/1.1 ") { return }
            usleep(20_000)
        }
        throw BenchError(description: "\(what) does not answer on port \(port)")
    }

    var id: Int32 { process.processIdentifier }

    func url(_ path: String) -> String { "http://127.0.0.1:\(port)\(path)" }

    func stop() {
        guard process.isRunning else { return }
        process.terminate()
        let limit = now() + 8_000_000_000
        while process.isRunning, now() < limit { usleep(10_000) }
        if process.isRunning { kill(id, SIGKILL) }
        process.waitUntilExit()
    }

    /// Waits until it does nothing any more, for five seconds at most: a recorder may still be writing.
    func settle() {
        var last = -1
        for _ in 0..<25 {
            let text = (try? String(contentsOfFile: "/proc/\(id)/stat", encoding: .utf8)) ?? ""
            let fields = text.split(separator: " ")
            let used = fields.count > 14 ? (Int(fields[13]) ?? 0) + (Int(fields[14]) ?? 0) : 0
            if last >= 0, used - last <= 2 { return }
            last = used
            usleep(200_000)
        }
    }

    /// Its memory, in bytes.
    var memory: Double { Program.memory(of: id) }

    static func memory(of id: Int32) -> Double {
        let text = (try? String(contentsOfFile: "/proc/\(id)/status", encoding: .utf8)) ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
        return (line?.split(separator: " ").dropFirst().first.flatMap { Double($0) } ?? 0) * 1024
    }

    static func freePort() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = Socket.loopback(0)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, size) == 0 && getsockname(descriptor, $0, &size) == 0
            }
        }
        guard code else { throw BenchError(description: "no free port could be had") }
        return Int(UInt16(bigEndian: address.sin_port))
    }

    /// Runs a program to its end, and gives what it printed.
    ///
    /// - Throws: `BenchError` when it fails.
    @discardableResult
    static func run(_ command: [String], folder: String? = nil) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = command
        if let folder { process.currentDirectoryURL = URL(fileURLWithPath: folder) }
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        do { try process.run() } catch {
            throw BenchError(description: "\(command[0]) does not start: \(error.localizedDescription)")
        }
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        let text = String(decoding: data, as: UTF8.self)
        guard process.terminationStatus == 0 else {
            throw BenchError(description: "\(command.joined(separator: " ")): \(text.suffix(400))")
        }
        return text
    }
}

/// A program run to its end without a pipe: one that leaves a daemon behind, as tmux does, would hold a pipe open.
enum Child {
    /// - Returns: how long it took in seconds, and the most memory that it had, in bytes.
    /// - Throws: `BenchError` when it fails.
    @discardableResult
    static func run(_ command: [String]) throws -> (seconds: Double, most: Double) {
        var arguments = (["/usr/bin/env"] + command).map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        var id: pid_t = 0
        let begin = now()
        guard posix_spawn(&id, "/usr/bin/env", &actions, nil, &arguments, environ) == 0 else {
            throw BenchError(description: "\(command[0]) does not start")
        }
        var usage = rusage()
        var status: Int32 = 0
        wait4(id, &status, 0, &usage)
        guard status == 0 else {
            throw BenchError(description: "\(command.joined(separator: " ")) ended with \(status)")
        }
        return (Double(now() - begin) / 1e9, Double(usage.ru_maxrss) * 1024)
    }
}

/// A blocking connection to a loopback port.
final class Socket {
    private let descriptor: Int32

    init(port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = Socket.loopback(port)
        var limit = timeval(tv_sec: 60, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        let code = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard code == 0 else { throw BenchError(description: "no connection: \(String(cString: strerror(errno)))") }
    }

    deinit { close(descriptor) }

    static func loopback(_ port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        return address
    }

    func send(_ path: String) {
        let bytes = Array("GET \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".utf8)
        _ = bytes.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
    }

    /// What comes until an answer's head is there; its body is short and comes with it.
    func read() -> String {
        var buffer = [UInt8](repeating: 0, count: 4096)
        var text = ""
        while !text.contains("\r\n\r\n") {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count <= 0 { break }
            text += String(decoding: buffer[..<count], as: UTF8.self)
        }
        return text
    }

    func get(_ path: String) throws -> String {
        send(path)
        return read()
    }
}

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
