// The options of a curl command, and the requests that it would make.

internal import Foundation

/// What a command asks for.
struct CurlOptions {
    /// Requests that have all but their address in common.
    struct Group: Sendable {
        let options: CurlRequest
        let addresses: [String]
    }

    /// Each address makes a request, and `--next` begins others with options of their own.
    private(set) var groups: [Group] = []
    private(set) var notes: [String] = []

    private var addresses: [String] = []
    private var current: CurlRequest

    init(command: CurlCommand) {
        current = CurlRequest(input: command.input, problem: command.problem)
        var words = command.words[...]
        while let word = words.popFirst() {
            let text = String(decoding: word, as: UTF8.self)
            if text == "--" {
                addresses += words.map { String(decoding: $0, as: UTF8.self) }
                break
            }
            if text.hasPrefix("--") {
                takeLong(String(text.dropFirst(2)), words: &words)
            } else if text.hasPrefix("-"), text.count > 1 {
                takeShort(word, words: &words)
            } else {
                addresses.append(text)
            }
        }
        finish()
    }

    /// The end of the options of one request.
    private mutating func finish() {
        if !addresses.isEmpty {
            groups.append(Group(options: current, addresses: addresses))
        } else if groups.isEmpty || !current.isBlank {
            var options = current
            options.problem = options.problem ?? "it has no address"
            groups.append(Group(options: options, addresses: [""]))
        }
    }

    private mutating func note(_ text: String) {
        if !notes.contains(text), notes.count < 20 { notes.append(text) }
    }

    /// Options of one letter, which may stand together: `-sSL`, `-XPOST`.
    private mutating func takeShort(_ word: [UInt8], words: inout ArraySlice<[UInt8]>) {
        var rest = word.dropFirst()
        while let letter = rest.popFirst() {
            let key = Character(Unicode.Scalar(letter))
            if key == ":" {
                startNext()
            } else if let name = CurlOptionTable.shortWithValue[key] {
                guard let value = rest.isEmpty ? words.popFirst() : Array(rest) else {
                    note("the option -\(key) has no value and is left out")
                    return
                }
                take(name, value: value)
                return
            } else if let name = CurlOptionTable.short[key] {
                take(name)
            } else if !CurlOptionTable.shortIgnored.contains(key) {
                note("the option -\(key) is not known and is left out")
            }
        }
    }

    private mutating func takeLong(_ text: String, words: inout ArraySlice<[UInt8]>) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let name = parts[0]
        if name == "next" {
            startNext()
        } else if CurlOptionTable.withValue.contains(name) || CurlOptionTable.ignoredWithValue.contains(name) {
            guard let value = parts.count > 1 ? Array(parts[1].utf8) : words.popFirst() else {
                note("the option --\(name) has no value and is left out")
                return
            }
            if CurlOptionTable.withValue.contains(name) { take(name, value: value) }
        } else if CurlOptionTable.flags.contains(name) {
            take(name)
        } else if let reason = CurlOptionTable.undone[name] {
            if CurlOptionTable.undoneWithValue.contains(name), parts.count == 1 { _ = words.popFirst() }
            note("--\(name): \(reason)")
        } else if !CurlOptionTable.isIgnored(name) {
            note("the option --\(name.prefix(40)) is not known and is left out")
            // What stands behind it is its value, unless it looks like the next option or an address.
            if parts.count == 1, words.count > 1, let next = words.first, next.first != 0x2D,
                !String(decoding: next, as: UTF8.self).contains("/")
            {
                words.removeFirst()
            }
        }
    }

    private mutating func startNext() {
        finish()
        addresses = []
        current = CurlRequest(input: nil, problem: current.problem)
    }

    private mutating func take(_ flag: String) {
        switch flag {
        case "get": current.isGet = true
        case "head": current.isHead = true
        case "compressed": current.isCompressed = true
        case "location": note("redirects are not followed here: each is an answer")
        default: break
        }
    }

    private mutating func take(_ name: String, value: [UInt8]) {
        let text = String(decoding: value, as: UTF8.self)
        switch name {
        case "url": addresses.append(text)
        case "request": current.method = text
        case "header": takeHeader(text)
        case "data", "data-ascii": current.data.append(CurlData(value: value, kind: .plain))
        case "data-raw": current.data.append(CurlData(value: value, kind: .raw))
        case "data-binary": current.data.append(CurlData(value: value, kind: .binary))
        case "data-urlencode": current.data.append(CurlData(value: value, kind: .encoded))
        case "json":
            current.data.append(CurlData(value: value, kind: .json))
            current.isJSON = true
        case "url-query": current.query.append(CurlData(value: value, kind: text.hasPrefix("+") ? .plus : .encoded))
        case "form": current.form.append(CurlFormField(text: text, isText: false))
        case "form-string": current.form.append(CurlFormField(text: text, isText: true))
        case "upload-file": current.upload = text
        case "cookie":
            if text.contains("=") {
                current.cookies.append(text)
            } else {
                note("the cookies of the file \(text.prefix(60)) are not read")
            }
        case "user": current.user = text
        case "oauth2-bearer": current.add("Authorization", value: "Bearer \(text)")
        case "user-agent": current.add("User-Agent", value: text)
        case "referer": current.add("Referer", value: text.hasSuffix(";auto") ? String(text.dropLast(5)) : text)
        case "range": current.add("Range", value: "bytes=\(text)")
        default: if let reason = CurlOptionTable.undone[name] { note("--\(name): \(reason)") }
        }
    }

    /// `Name: value`; `Name;` for an empty value; `Name:` takes away what curl would send; `@file` holds several.
    private mutating func takeHeader(_ text: String) {
        if text.hasPrefix("@") {
            current.headerFiles.append(String(text.dropFirst()))
        } else if !current.takeHeader(text) {
            note("a header is left out: it has no colon: \(text.prefix(40))")
        }
    }
}

/// Which options there are (curl's manual), by what they mean for a request.
enum CurlOptionTable {
    static let shortWithValue: [Character: String] = [
        "X": "request", "H": "header", "d": "data", "F": "form", "b": "cookie", "u": "user", "A": "user-agent",
        "e": "referer", "T": "upload-file", "r": "range", "o": "output", "m": "max-time", "x": "proxy",
        "w": "write-out",
        "c": "cookie-jar", "C": "continue-at", "D": "dump-header", "E": "cert", "K": "config", "P": "ftp-port",
        "Q": "quote", "t": "telnet-option", "U": "proxy-user", "y": "speed-time", "Y": "speed-limit", "z": "time-cond",
        "h": "help",
    ]
    static let short: [Character: String] = ["G": "get", "I": "head", "L": "location"]
    static let shortIgnored = Set("kfsSvigjJlMnNOpqRVZa#01234 6B")

    static let flags: Set<String> = ["get", "head", "compressed", "location", "location-trusted"]
    static let withValue: Set<String> = [
        "url", "request", "header", "data", "data-ascii", "data-raw", "data-binary", "data-urlencode", "json",
        "url-query", "form", "form-string", "upload-file", "cookie", "user", "oauth2-bearer", "user-agent", "referer",
        "range",
    ]
    /// What would change the request and is not done.
    static let undone: [String: String] = [
        "digest": "sent without it", "ntlm": "sent without it", "negotiate": "sent without it",
        "anyauth": "sent without it", "aws-sigv4": "the request is not signed", "config": "its file is not read",
        "netrc": "its file is not read", "netrc-file": "its file is not read", "netrc-optional": "its file is not read",
        "time-cond": "left out", "request-target": "the address's own path is sent", "variable": "left out",
        "expand-url": "left out", "expand-data": "left out", "expand-header": "left out", "crlf": "left out",
    ]
    static let undoneWithValue: Set<String> = [
        "aws-sigv4", "config", "netrc-file", "time-cond", "request-target", "variable", "expand-url", "expand-data",
        "expand-header",
    ]
    /// What concerns the connection, the output, the waiting: no part of the request.
    static let ignoredWithValue: Set<String> = [
        "output", "output-dir", "max-time", "connect-timeout", "retry", "retry-delay", "retry-max-time", "proxy",
        "proxy-user", "proxy-header", "preproxy", "noproxy", "socks4", "socks4a", "socks5", "socks5-hostname", "cacert",
        "capath", "cert", "cert-type", "key", "key-type", "pass", "ciphers", "tls13-ciphers", "tls-max", "curves",
        "pinnedpubkey", "resolve", "connect-to", "interface", "local-port", "dns-servers", "doh-url", "limit-rate",
        "rate", "write-out", "cookie-jar", "dump-header", "max-redirs", "max-filesize", "stderr", "trace",
        "trace-ascii", "trace-config", "unix-socket", "abstract-unix-socket", "keepalive-time", "speed-limit",
        "speed-time", "expect100-timeout", "happy-eyeballs-timeout-ms", "proto", "proto-default", "proto-redir",
        "continue-at", "create-file-mode", "etag-save", "etag-compare", "parallel-max", "libcurl", "hsts", "alt-svc",
        "engine", "delegation", "service-name", "crlfile", "random-file", "egd-file", "ftp-port", "quote",
        "telnet-option", "help", "ip-tos", "vlan-priority",
    ]
    private static let ignored: Set<String> = [
        "insecure", "silent", "show-error", "verbose", "include", "show-headers", "fail", "fail-with-body",
        "fail-early", "globoff", "progress-bar", "no-progress-meter", "ipv4", "ipv6", "tlsv1", "http0.9", "http1.0",
        "http1.1", "http2", "http2-prior-knowledge", "http3", "http3-only", "path-as-is", "remote-name",
        "remote-name-all", "remote-header-name", "remote-time", "parallel", "parallel-immediate", "create-dirs",
        "styled-output", "junk-session-cookies", "raw", "tr-encoding", "tcp-nodelay", "tcp-fastopen", "buffer",
        "keepalive", "alpn", "npn", "sessionid", "ssl", "ssl-reqd", "ssl-allow-beast", "ssl-no-revoke", "sslv3",
        "sslv2", "cert-status", "false-start", "disable", "basic", "post301", "post302", "post303", "proxytunnel",
        "proxy-insecure", "proxy-basic", "proxy-digest", "proxy-ntlm", "proxy-anyauth", "retry-all-errors",
        "retry-connrefused", "suppress-connect-headers", "disallow-username-in-url", "ca-native", "skip-existing",
        "trace-time", "trace-ids", "clobber", "xattr", "manual", "version", "append", "list-only", "use-ascii",
    ]

    /// Whether an option changes nothing of the request.
    static func isIgnored(_ name: String) -> Bool {
        ignored.contains(name) || name.hasPrefix("tlsv1.")
            || (name.hasPrefix("no-") && ignored.union(flags).contains(String(name.dropFirst(3))))
    }
}
