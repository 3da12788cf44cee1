// How an answer says that it is not the server's: the field Proxy-Status (RFC 9209).

internal import Foundation

/// Tells the answers that a remote lane makes itself from those of its server.
enum ProxyStatus {
    private static let fieldName = "Proxy-Status"

    /// Marks `response` as made here.
    ///
    /// - Parameters:
    ///   - error: a type of RFC 9209, 2.3.
    ///   - details: a sentence.
    static func mark(_ response: inout Response, error: String, details: String) {
        // A structured field's string holds printable ASCII, with two characters escaped (RFC 8941, 3.3.3).
        var text = ""
        for scalar in details.unicodeScalars.prefix(400) {
            switch scalar {
            case "\"", "\\": text += "\\\(scalar)"
            case " "..."~": text.unicodeScalars.append(scalar)
            default: text += "?"
            }
        }
        response.headers[fieldName] = "\(RemoteFields.pseudonym); error=\(error); details=\"\(text)\""
    }

    /// What came of a call, seen by its server: what a remote lane says in its place is no answer of it.
    static func answer(of given: Result<ExternalResponse, any Error>) -> Result<ExternalResponse, any Error> {
        guard case .success(let response) = given, let reason = details(in: response.headers) else { return given }
        return .failure(CallError(kind: CallError.connectionError, call: response.call, reason: reason))
    }

    /// Why the answer is none of its server; nil of all others.
    private static func details(in headers: Headers) -> String? {
        let own = RemoteFields.pseudonym + "; error="
        guard let value = headers.all(fieldName).first(where: { $0.hasPrefix(own) }) else { return nil }
        guard let start = value.range(of: "details=\"") else { return String(value.dropFirst(own.count)) }
        var text = ""
        var isEscaped = false
        for character in value[start.upperBound...] {
            if !isEscaped, character == "\\" {
                isEscaped = true
            } else if !isEscaped, character == "\"" {
                break
            } else {
                text.append(character)
                isEscaped = false
            }
        }
        return text
    }
}
