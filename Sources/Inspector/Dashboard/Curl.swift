// A request as a command for a POSIX shell. What it holds came from outside: nothing of it may be more than an argument,
// and nothing in the text may be more than text, because it is pasted into a terminal.

package import InspectorCore

extension Exchange {
    /// The request as it can be sent again.
    package var draft: RequestDraft {
        RequestDraft(method: method, target: target, headers: sentHeaders, body: requestBody.bytes)
    }

    /// Without what a client adds by itself for its own connection.
    private var sentHeaders: Headers {
        let own = ["host", "connection", "content-length", "transfer-encoding", "accept-encoding"]
        return Headers(requestHeaders.fields.filter { !own.contains($0.name.lowercased()) })
    }

    /// A command that sends the request to the server at `url`; no control byte stands in it.
    package func curl(url: String) -> String {
        var words = ["curl", "-i"]
        func add(_ option: String, word: String) { words += [option, word.safe(for: .shell)] }
        // Else curl would expand brackets, and take dots out of the path.
        if target.utf8.contains(where: { "[]{}".utf8.contains($0) }) { words.append("--globoff") }
        if target.contains("/.") { words.append("--path-as-is") }
        let hasBody = !requestBody.bytes.isEmpty
        if method == "HEAD", !hasBody {
            words.append("--head")
        } else if method != "GET" || hasBody {
            // A method may hold any character of a token, backquotes and ampersands too.
            add("-X", word: method)
        }
        for field in sentHeaders.fields {
            // `@` would make a file of it.
            guard !field.name.hasPrefix("@") else { continue }
            // A header without a value is written so; curl takes `X-Empty:` for one that is not to be sent.
            let isEmpty = field.value.utf8.allSatisfy { $0 == 32 || $0 == 9 }
            add("-H", word: isEmpty ? "\(field.name);" : "\(field.name): \(field.value)")
        }
        var input = ""
        if hasBody {
            if let text = String(validating: requestBody.bytes, as: UTF8.self), text.madeVisible == text {
                // It takes an @ at the beginning as it stands.
                add("--data-raw", word: text)
            } else {
                input = "printf '%b' '\(Curl.printed(bytes: requestBody.bytes))' | "
                words += ["--data-binary", "@-"]
            }
        }
        if target.hasPrefix("/") {
            words.append((url + target).safe(for: .shell))
        } else {
            // `OPTIONS *`, or a whole address as proxies get it.
            add("--request-target", word: target)
            words.append(url.safe(for: .shell))
        }
        return input + words.joined(separator: " ")
    }
}

extension Model {
    /// The command that sends `exchange` again, without its secrets, and what has to be said of it.
    package func command(for exchange: Exchange) -> (text: String, remarks: [String]) {
        let clean = settings.redaction.exchange(exchange)
        var remarks: [String] = []
        var base = known.url
        if recording != nil {
            // Nothing is served: the address is that of the file.
            if let host = exchange.requestHeaders["Host"], Curl.isHost(host) {
                base = "http://\(host)"
                remarks.append("It is sent to \(host), as recorded.")
            } else {
                base = "http://HOST"
                remarks.append("HOST stands for the server, which the recording does not name.")
            }
        }
        if clean.curl(url: base) != exchange.curl(url: base) {
            remarks.append("Secrets in it are \(Redaction.mark); --no-redact keeps them.")
        }
        return (clean.curl(url: base), remarks)
    }
}

/// Words of a shell's command line.
enum Curl {
    /// Bytes as an argument of `printf '%b'`, between single quotes.
    ///
    /// What is not plain ASCII is written in octal, the one way that every POSIX printf knows; three digits after the 0,
    /// so that a digit that follows is none of them.
    static func printed(bytes: [UInt8]) -> String {
        var text = ""
        for byte in bytes {
            if (32..<127).contains(byte), byte != 0x5C, byte != 0x27 {
                text.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                let octal = String(byte, radix: 8)
                text += "\\0" + String(repeating: "0", count: 3 - octal.count) + octal
            }
        }
        return text
    }

    /// Whether `text` is the name of a host, with a port perhaps.
    static func isHost(_ text: String) -> Bool {
        !text.isEmpty && text.count <= 255
            && text.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    || "-._:[]".utf8.contains(byte)
            }
    }
}
