// A socket for tests that need to say exactly which bytes a client sends, and when it goes.

import Foundation
import Glibc

/// One TCP connection to a loopback port, blocking, with a limit of 30 seconds for each read.
final class RawClient {
    private let descriptor: Int32
    /// Whether the server broke the connection off, rather than closing it.
    private(set) var wasReset = false

    /// - Parameter receiveBuffer: how much its system takes before it is read, in bytes; nil for what is usual.
    init(port: Int, receiveBuffer: Int32? = nil) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        if var size = receiveBuffer {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
        }
        var limit = timeval(tv_sec: 30, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        let code = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard code == 0 else { throw VectorError(description: "no connection: \(String(cString: strerror(errno)))") }
    }

    deinit { close(descriptor) }

    func send(_ text: String) { send(Array(text.utf8)) }

    func send(_ all: [UInt8]) {
        var bytes = all[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if count <= 0 { return }
            bytes = bytes.dropFirst(count)
        }
    }

    /// The same connection for another thread.
    func duplicate() -> Sending { Sending(descriptor: dup(descriptor)) }

    /// A connection that another thread sends on.
    final class Sending: Sendable {
        private let descriptor: Int32

        fileprivate init(descriptor: Int32) { self.descriptor = descriptor }

        deinit { close(descriptor) }

        /// Sends some of `bytes`, once there is room; how many, or less than 1 when the connection is gone.
        func sendSome(_ bytes: [UInt8]) -> Int {
            bytes.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        }
    }

    /// Closes this side only: a FIN.
    func closeSide() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Goes away with a reset.
    func reset() {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        // The other end of the test may not reuse this number for another socket before `deinit` closes it.
        dup2(0, descriptor)
    }

    /// Everything until the server closes, or until `condition` holds of what came.
    func read(until condition: (String) -> Bool = { _ in false }) -> String {
        var text = ""
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while !condition(text) {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count <= 0 {
                wasReset = count < 0 && errno == ECONNRESET
                break
            }
            text += String(decoding: buffer[..<count], as: UTF8.self)
        }
        return text
    }
}
