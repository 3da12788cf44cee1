// The programs that are measured: started on a free port, waited for, and ended by their number.

import Foundation
import Glibc

/// Why a row could not be measured.
package struct BenchError: Error, CustomStringConvertible {
    package let description: String

    package init(description: String) { self.description = description }
}

/// A program that serves on a loopback port.
package final class Program {
    package let port: Int
    private let process: Process

    /// Starts `command`, in which `PORT` stands for a free port, and waits until it answers `path`.
    ///
    /// - Throws: `BenchError`.
    package init(
        _ command: [String], path: String = "/hello", environment: [String: String] = [:], folder: String? = nil,
        errors: String? = nil, port known: Int? = nil
    ) throws {
        port = try known ?? Program.freePort()
        process = Process()
        let words = command.map { $0.replacingOccurrences(of: "PORT", with: "\(port)") }
        process.executableURL = URL(fileURLWithPath: words[0])
        process.arguments = Array(words.dropFirst())
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { _, new in new }
            .merging(["LC_ALL": "C.UTF-8"]) { _, new in new }
        if let folder { process.currentDirectoryURL = URL(fileURLWithPath: folder) }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        if let errors, FileManager.default.createFile(atPath: errors, contents: nil),
            let file = FileHandle(forWritingAtPath: errors)
        {
            process.standardError = file
        } else {
            process.standardError = FileHandle.nullDevice
        }
        do { try process.run() } catch {
            throw BenchError(description: "\(words[0]) does not start: \(error.localizedDescription)")
        }
        do {
            try Program.wait(for: port, path, words[0]) { [process] in
                guard !process.isRunning else { return nil }
                return (process.terminationReason == .exit ? "it ended with " : "it was ended by signal ")
                    + "\(process.terminationStatus)"
            }
        } catch {
            stop()
            throw error
        }
    }

    /// Waits until something on `port` answers `path`.
    ///
    /// - Parameter end: why nothing will answer any more, once that is known.
    package static func wait(for port: Int, _ path: String, _ what: String, end: () -> String? = { nil }) throws {
        let limit = now() + 20_000_000_000
        while now() < limit {
            if let answer = try? Socket(port: port).get(path), answer.hasPrefix("HTTP/1.1 ") { return }
            if let end = end() { throw BenchError(description: "\(what) does not serve: \(end)") }
            usleep(20_000)
        }
        throw BenchError(description: "\(what) does not answer on port \(port)")
    }

    package var id: Int32 { process.processIdentifier }

    package func url(_ path: String) -> String { "http://127.0.0.1:\(port)\(path)" }

    /// Asks it to stop, and waits for that; how long it took, in seconds.
    ///
    /// - Throws: `BenchError` when it had to be killed.
    package func terminate(within seconds: Double) throws -> Double {
        let begin = now()
        process.terminate()
        while process.isRunning, Double(now() - begin) < seconds * 1e9 { usleep(5_000) }
        let took = Double(now() - begin) / 1e9
        guard !process.isRunning else {
            kill(id, SIGKILL)
            process.waitUntilExit()
            throw BenchError(description: "the process had not ended \(took) s after SIGTERM")
        }
        return took
    }

    package var isRunning: Bool { process.isRunning }

    package func stop() {
        guard process.isRunning else { return }
        process.terminate()
        let limit = now() + 8_000_000_000
        while process.isRunning, now() < limit { usleep(10_000) }
        if process.isRunning { kill(id, SIGKILL) }
        process.waitUntilExit()
    }

    /// Waits until it does nothing any more, for five seconds at most: a recorder may still be writing.
    package func settle() {
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

    /// Its memory, that of its children included, in bytes.
    package var memory: Double {
        let tasks = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(id)/task")) ?? []
        let children = tasks.flatMap { task in
            ((try? String(contentsOfFile: "/proc/\(id)/task/\(task)/children", encoding: .utf8)) ?? "")
                .split(separator: " ").compactMap { Int32($0) }
        }
        return ([id] + children).reduce(0) { $0 + Program.memory(of: $1) }
    }

    /// How many threads it has.
    package var threads: Int {
        let text = (try? String(contentsOfFile: "/proc/\(id)/status", encoding: .utf8)) ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix("Threads:") }
        return line?.split(separator: "\t").last.flatMap { Int($0) } ?? 0
    }

    /// How many files, connections included, it has open.
    package var descriptors: Int {
        (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(id)/fd"))?.count ?? 0
    }

    /// The memory of one process, in bytes: now, or the most that it had (`VmHWM:`).
    package static func memory(of id: Int32, _ what: String = "VmRSS:") -> Double {
        let text = (try? String(contentsOfFile: "/proc/\(id)/status", encoding: .utf8)) ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix(what) }
        return (line?.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first.flatMap { Double($0) } ?? 0)
            * 1024
    }

    package static func freePort() throws -> Int {
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

    /// The path of a library that a Debian package brings, whatever this machine's architecture is.
    package static func library(_ name: String) -> String? {
        let folders = (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib")) ?? []
        return folders.map { "/usr/lib/\($0)/\(name)" }.first { FileManager.default.fileExists(atPath: $0) }
    }

    /// Runs a program to its end, and gives what it printed.
    ///
    /// - Throws: `BenchError` when it fails.
    @discardableResult
    package static func run(_ command: [String], folder: String? = nil) throws -> String {
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
package enum Child {
    /// - Returns: how long it took in seconds, and the most memory that it had, in bytes.
    /// - Throws: `BenchError` when it fails.
    @discardableResult
    package static func run(_ command: [String]) throws -> (seconds: Double, most: Double) {
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
        var status: Int32 = 0
        var most = 0.0
        // Asked for while it runs: what the system tells of a child that has ended includes what this process had.
        while waitpid(id, &status, WNOHANG) == 0 {
            most = max(most, Program.memory(of: id, "VmHWM:"))
            usleep(5000)
        }
        guard status == 0 else {
            throw BenchError(description: "\(command.joined(separator: " ")) ended with \(status)")
        }
        return (Double(now() - begin) / 1e9, most)
    }
}

/// A blocking connection to a loopback port.
package final class Socket {
    private let descriptor: Int32

    package init(port: Int) throws {
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

    package static func loopback(_ port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        return address
    }

    /// Sends bytes as they are; false when the other side has gone.
    @discardableResult
    package func send(bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if count <= 0 { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    /// Closes this side only.
    package func closeSide() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Goes with a reset as soon as it is let go of.
    package func resetOnClose() {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
    }

    /// At most `count` bytes; nil when the other side has closed, or nothing came in a minute.
    package func read(_ count: Int) -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: count)
        let read = recv(descriptor, &buffer, count, 0)
        return read > 0 ? Array(buffer[..<read]) : nil
    }

    package func send(_ path: String) {
        let bytes = Array("GET \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".utf8)
        _ = bytes.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
    }

    /// What comes until an answer's head is there; its body is short and comes with it.
    package func read() -> String {
        var buffer = [UInt8](repeating: 0, count: 4096)
        var text = ""
        while !text.contains("\r\n\r\n") {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count <= 0 { break }
            text += String(decoding: buffer[..<count], as: UTF8.self)
        }
        return text
    }

    package func get(_ path: String) throws -> String {
        send(path)
        return read()
    }
}
