// Who sent a request: its connection's other end, or who a trusted proxy says.

extension Request {
    /// The address of the client: that of the connection's other end, or, behind proxies that are trusted
    /// (`AppOptions.trustedProxies`), the one that they say (`Flask: request.remote_addr`, with Werkzeug's `ProxyFix`).
    ///
    /// Nil in a test without a socket, and of a request out of a file.
    public var remoteAddress: String? {
        forwarded("X-Forwarded-For").map(Request.bare(address:)) ?? client
    }

    /// The scheme by which the client asked: `http`, or what trusted proxies say.
    public var scheme: String {
        guard let told = forwarded("X-Forwarded-Proto")?.loweredASCII, ["http", "https"].contains(told) else {
            return "http"
        }
        return told
    }

    /// What the outermost trusted proxy wrote under `name`: each appends its word, so those of the last are at the end.
    ///
    /// Nil where the field has fewer words than there are trusted proxies: the request passed one of them by, or a proxy wrote
    /// nothing.
    private func forwarded(_ name: String) -> String? {
        let count = app.table.options.trustedProxies
        guard count > 0 else { return nil }
        let words = headers.all(name).flatMap { $0.split(atByte: ",") }.map(\.trimmed)
        guard words.count >= count, !words[words.count - count].isEmpty else { return nil }
        return String(words[words.count - count])
    }

    /// An address without the port that some proxies write after it.
    private static func bare(address: String) -> String {
        if address.utf8.first == 0x5B, let end = address.firstIndex(of: "]") {
            return String(address[address.index(after: address.startIndex)..<end])
        }
        // One colon only: an address of version 6 has more.
        guard let colon = address.firstIndex(of: ":"), address.lastIndex(of: ":") == colon else { return address }
        return String(address[..<colon])
    }
}
