// A request as a command for a POSIX shell. What it holds came from outside: nothing of it may be more than an argument.

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

    /// A command that sends the request to `url`.
    package func curl(_ url: String) -> String {
        var words = ["curl", "-i"]
        // Else curl would expand brackets, and take dots out of the path.
        if target.contains(where: { "[]{}".contains($0) }) { words.append("--globoff") }
        if target.contains("/.") { words.append("--path-as-is") }
        if method == "HEAD" {
            words.append("--head")
        } else if method != "GET" || !requestBody.bytes.isEmpty {
            // A method may hold any character of a token, backquotes and ampersands too.
            words += ["-X", Curl.quoted(method)]
        }
        for field in sentHeaders.fields { words += ["-H", Curl.quoted("\(field.name): \(field.value)")] }
        guard !requestBody.bytes.isEmpty else {
            return (words + [Curl.quoted(url + target)]).joined(separator: " ")
        }
        if let text = String(validating: requestBody.bytes, as: UTF8.self), Curl.isPlain(text) {
            // --data-raw takes an @ at the beginning as it stands.
            return (words + ["--data-raw", Curl.quoted(text), Curl.quoted(url + target)]).joined(separator: " ")
        }
        // Octal, the one way to write any byte that every POSIX printf knows.
        let bytes = requestBody.bytes.map { byte in
            let octal = String(byte, radix: 8)
            return "\\0" + String(repeating: "0", count: 3 - octal.count) + octal
        }
        return "printf '%b' '\(bytes.joined())' | "
            + (words + ["--data-binary", "@-", Curl.quoted(url + target)]).joined(separator: " ")
    }
}

/// Words of a shell's command line.
enum Curl {
    /// `text` as one argument.
    ///
    /// Scalar by scalar: a quote with a combining mark after it is one character, and still ends a quoted text.
    static func quoted(_ text: String) -> String {
        var word = "'"
        for scalar in text.unicodeScalars {
            if scalar == "'" { word += "'\\''" } else { word.unicodeScalars.append(scalar) }
        }
        return word + "'"
    }

    /// Whether a terminal takes `text` for text when it is pasted: no control but tab and line break.
    static func isPlain(_ text: String) -> Bool {
        !text.unicodeScalars.contains { scalar in
            (scalar.value < 32 && scalar.value != 10 && scalar.value != 9) || (127...159).contains(scalar.value)
        }
    }
}
