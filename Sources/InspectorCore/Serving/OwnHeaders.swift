// The headers by which our own traffic tells us something: an app may read them, and nobody else is shown them.

/// Headers of ours in a request that we sent.
enum OwnHeaders {
    /// What all their names begin with.
    private static let prefix = "x-inspector-"

    /// The headers without ours: what is shown, copied, recorded and exported is what a client sent.
    static func left(out headers: Headers) -> Headers {
        guard headers.fields.contains(where: { isOwn($0.name) }) else { return headers }
        return Headers(headers.fields.filter { !isOwn($0.name) })
    }

    private static func isOwn(_ name: String) -> Bool {
        name.utf8.count > prefix.utf8.count
            && zip(name.utf8, prefix.utf8).allSatisfy { ($0 | 0x20) == $1 || $0 == $1 }
    }
}
