// A server whose every byte the test decides: what no well-kept server would send.

import Foundation
import Glibc
import Synchronization

@testable import InspectorCore

/// Listens on a free loopback port; answers each connection by the bytes that the test names.
final class RawServer: Sendable {
    /// What is done with a connection once a request's head has come.
    enum Act: Sendable {
        /// Send these bytes, and close.
        case send(String)
        /// Close with a reset.
        case reset
        /// Send these bytes, and keep the connection open.
        case hold(String)
        /// Read and write as the test says; what it is given came behind the head already.
        case talk(@Sendable (Talk, String) -> Void)
    }

    let port: Int
    private let socket: Int32
    private let heads = Mutex<[String]>([])
    private let open = Mutex<[Int32]>([])

    var url: String { "http://127.0.0.1:\(port)" }
    /// The heads of the requests that came, each with what came of its body at once.
    var requests: [String] { heads.withLock { $0 } }

    init(_ act: @escaping @Sendable (String) -> Act) throws {
        socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let socket = socket
        let isListening = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, size) == 0 && listen(socket, 64) == 0 && getsockname(socket, $0, &size) == 0
            }
        }
        guard isListening else { throw ListenError(host: "127.0.0.1", port: 0, reason: "no free port") }
        port = Int(UInt16(bigEndian: address.sin_port))
        let serve: @Sendable () -> Void = { [self] in
            while true {
                let connection = accept(socket, nil, nil)
                guard connection >= 0 else {
                    // Only here: closed by `stop`, its number could be another server's by the time this thread asks
                    // for the next connection, which would then come here.
                    close(socket)
                    return
                }
                answer(connection, act: act)
            }
        }
        Thread.detachNewThread(serve)
    }

    func stop() {
        shutdown(socket, Int32(SHUT_RDWR))
        for connection in open.withLock({ $0 }) { close(connection) }
    }

    private func answer(_ connection: Int32, act: @Sendable (String) -> Act) {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while !String(decoding: bytes, as: UTF8.self).contains("\r\n\r\n") {
            let count = recv(connection, &buffer, buffer.count, 0)
            guard count > 0 else { break }
            bytes += buffer[..<count]
        }
        let head = String(decoding: bytes, as: UTF8.self)
        var limit = timeval(tv_sec: 10, tv_usec: 0)
        setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        if !head.isEmpty { heads.withLock { $0.append(head) } }
        switch act(head) {
        case .send(let text):
            write(text, to: connection)
            shutdown(connection, Int32(SHUT_WR))
            // What has not been read would turn the close into a reset.
            while recv(connection, &buffer, buffer.count, 0) > 0 {}
            close(connection)
        case .reset:
            var option = Glibc.linger(l_onoff: 1, l_linger: 0)
            setsockopt(connection, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<Glibc.linger>.size))
            close(connection)
        case .hold(let text):
            write(text, to: connection)
            open.withLock { $0.append(connection) }
        case .talk(let body):
            let rest = head.range(of: "\r\n\r\n").map { String(head[$0.upperBound...]) } ?? ""
            body(Talk(connection: connection, server: self), rest)
            close(connection)
        }
    }

    /// A connection in a test's hands.
    struct Talk {
        fileprivate let connection: Int32
        fileprivate let server: RawServer

        func write(_ text: String) { server.write(text, to: connection) }

        /// What comes next; empty when the other side has closed, or nothing came for ten seconds.
        func read(upTo count: Int = 65_536) -> [UInt8] {
            var buffer = [UInt8](repeating: 0, count: count)
            let got = recv(connection, &buffer, buffer.count, 0)
            return got > 0 ? Array(buffer[..<got]) : []
        }

        /// Everything until `end` has come, or the other side closes.
        func read(until end: String, after first: String) -> String {
            var text = first
            while !text.contains(end) {
                let bytes = read()
                if bytes.isEmpty { break }
                text += String(decoding: bytes, as: UTF8.self)
            }
            return text
        }
    }

    private func write(_ text: String, to connection: Int32) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return }
            bytes = bytes.dropFirst(count)
        }
    }
}
