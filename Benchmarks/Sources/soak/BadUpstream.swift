// The external API of the soak: it answers late, never, or stops in the middle.

import BenchKit
import Foundation
import Glibc

/// A server of threads: what it is asked for says how it fails.
final class BadUpstream: Sendable {
    let port: Int
    private let descriptor: Int32

    init() throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = Socket.loopback(0)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, size) == 0 && getsockname(descriptor, $0, &size) == 0
            }
        }
        guard isBound, listen(descriptor, 1024) == 0 else {
            throw BenchError(description: "the upstream cannot listen")
        }
        self.descriptor = descriptor
        port = Int(UInt16(bigEndian: address.sin_port))
        Thread.detachNewThread {
            while true {
                let client = accept(descriptor, nil, nil)
                if client < 0 { return }
                Thread.detachNewThread { BadUpstream.serve(client) }
            }
        }
    }

    func stop() {
        shutdown(descriptor, Int32(SHUT_RDWR))
        close(descriptor)
    }

    private static func serve(_ client: Int32) {
        defer { close(client) }
        var text = ""
        var buffer = [UInt8](repeating: 0, count: 4096)
        func send(_ text: String) -> Bool {
            let bytes = Array(text.utf8)
            return bytes.withUnsafeBytes { Glibc.send(client, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) } > 0
        }
        while true {
            while !text.contains("\r\n\r\n") {
                let count = recv(client, &buffer, buffer.count, 0)
                if count <= 0 { return }
                text += String(decoding: buffer[..<count], as: UTF8.self)
            }
            let path = text.split(separator: " ").dropFirst().first.map(String.init) ?? ""
            text = text.components(separatedBy: "\r\n\r\n").dropFirst().joined(separator: "\r\n\r\n")
            if path.hasPrefix("/hang") {
                // Until the caller has had enough.
                _ = recv(client, &buffer, buffer.count, 0)
                return
            }
            if path.hasPrefix("/cut") {
                _ = send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nonly this")
                return
            }
            usleep(2000)
            if !send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok") { return }
        }
    }
}
