// How our own traffic is known from a client's: by the address that its sockets are bound to. A page in a browser
// cannot choose that, and a header could be copied.

/// The loopback address of this process's own senders.
package enum OwnAddress {
    /// One of 127.0.0.0/8, chosen anew by each process: all of them are this machine.
    package static let text: String = {
        let bytes = (0..<3).map { _ in UInt8.random(in: 2...253) }
        return "127.\(bytes[0]).\(bytes[1]).\(bytes[2])"
    }()

    /// Whether nothing that is sent to `host`, as a URL has it, leaves this machine: `localhost`, `[::1]`, 127.0.0.0/8.
    package static func isLoopback(_ host: String) -> Bool {
        if ["localhost", "::1", "[::1]"].contains(host.lowercased()) { return true }
        // A name such as 127.example.org is anybody's.
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }

    /// Whether a connection from `address` is one of ours.
    static func isOurs(_ address: String) -> Bool { address == text }
}
