// Where a server elsewhere is, as a user names it.

internal import Foundation

/// Why a server cannot be a lane.
package struct RemoteTargetError: Error, CustomStringConvertible {
    package let description: String
}

/// A server in another process: its name and its address.
package struct RemoteTarget: Hashable, Sendable {
    /// What screens and reports call it.
    package let name: String
    /// Where its paths begin, without a slash at its end: `http://127.0.0.1:9201/base`.
    package let url: String
    /// The host, as a URL has it.
    package let host: String
    /// What stands before the paths that are asked for; empty where there is nothing.
    private let base: String
    /// The port, the scheme's own where none is named.
    package let port: Int

    /// Reads `NAME=URL`, or a URL alone, which is then called by its host and port.
    ///
    /// - Throws: `RemoteTargetError`.
    package init(reading text: String) throws(RemoteTargetError) {
        let scheme = text.range(of: "://")
        var address = text
        var name: String?
        if let sign = text.firstIndex(of: "="), scheme.map({ sign < $0.lowerBound }) ?? true {
            let named = String(text[..<sign]).trimmed
            guard !named.isEmpty, named.utf8.count <= RemoteTarget.nameLimit,
                named.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F })
            else {
                throw RemoteTargetError(
                    description: "\(text): a lane's name has 1 to \(RemoteTarget.nameLimit) characters, and no spaces.")
            }
            name = named
            address = String(text[text.index(after: sign)...])
        }
        while address.hasSuffix("/") { address.removeLast() }
        guard let parts = URLComponents(string: address), let scheme = parts.scheme?.lowercased(),
            let host = parts.host, !host.isEmpty
        else {
            throw RemoteTargetError(
                description: "\(text): name a server as NAME=URL, such as sync=http://127.0.0.1:9201.")
        }
        guard scheme == "http" || scheme == "https" else {
            throw RemoteTargetError(description: "\(text): an address begins with http:// or https://.")
        }
        guard parts.user == nil, parts.password == nil else {
            throw RemoteTargetError(
                description: "\(name ?? host): an address holds no password. Give the server one with --header "
                    + "'Authorization:Basic …'.")
        }
        guard parts.query == nil, parts.fragment == nil else {
            throw RemoteTargetError(
                description: "\(text): an address ends with its path; a query belongs to each request.")
        }
        let port = parts.port ?? (scheme == "https" ? 443 : 80)
        guard (1...65_535).contains(port) else {
            throw RemoteTargetError(description: "\(text): a port is between 1 and 65535.")
        }
        self.host = host
        self.port = port
        url = address
        base =
            address.range(of: "://").flatMap { address[$0.upperBound...].firstIndex(of: "/") }.map {
                String(address[$0...])
            } ?? ""
        self.name = name ?? (parts.port.map { "\(host):\($0)" } ?? host)
    }

    /// What a server is asked for where a client asks for `target`; nil where that is neither a path nor `*`.
    func requestTarget(of target: String) -> String? {
        if target == "*" { return base.isEmpty ? "*" : base }
        return target.utf8.first == UInt8(ascii: "/") ? base + target : nil
    }

    private static let nameLimit = 40

    /// Whether nothing that is sent there leaves this machine.
    package var isLoopback: Bool { OwnAddress.isLoopback(host) }
}
