// What is wrong with what a client sent, said so that its author can mend it.

/// A fault of a body, a query, a form or a path.
public struct InputFault: Sendable, Hashable, CustomStringConvertible {
    /// Where: `items[2].price`; empty for the whole of it.
    public let path: String
    /// What was expected: "a whole number".
    public let expected: String
    /// What came: "a text"; nil where nothing did.
    public let came: String?
    /// What the app itself says is wrong: "begins with http:// or https://"; nil where a type did not fit.
    public let reason: String?

    /// - Parameters:
    ///   - path: as `items[2].price`.
    ///   - expected: with its article, in lower case.
    ///   - came: the same; nil where nothing came.
    public init(path: String, expected: String, came: String?) {
        self.path = path
        self.expected = expected
        self.came = came
        reason = nil
    }

    /// A fault that the app found: `InputFault(path: "url", reason: "it must begin with http:// or https://")`.
    ///
    /// - Parameters:
    ///   - path: as `items[2].price`.
    ///   - reason: a clause without its full stop.
    ///   - came: what came, where that helps.
    public init(path: String, reason: String, came: String? = nil) {
        self.path = path
        self.reason = reason
        self.came = came
        expected = ""
    }

    /// One clause: "items[2].price: a number was expected, and a text came".
    public var description: String {
        let place = path.isEmpty ? "" : "\(path): "
        if let reason { return place + reason }
        guard let came else {
            return (path.isEmpty ? "" : path + " ") + "is missing" + (expected.isEmpty ? "" : " (\(expected))")
        }
        return expected.isEmpty
            ? "\(place)\(came) is none of its values" : "\(place)\(expected) was expected, and \(came) came"
    }

    /// The most faults that one answer lists.
    static let most = 20

    /// The faults as one sentence without its full stop; it lists `most` of them.
    static func words(of faults: [InputFault]) -> String {
        let told = faults.prefix(most).map { "\($0)" }.joined(separator: "; ")
        return faults.count > most ? "\(told); and \(faults.count - most) more" : told
    }
}

extension ErrorKind {
    /// 400 for a body, a query, a form or an argument that does not fit; `HTTPError.faults` says where.
    public static let invalidInput = ErrorKind("InvalidInput", parents: [.badRequest, .valueError])
}

extension HTTPError {
    /// The error of input that the app refuses for reasons of its own; JSON answers list the faults under `errors`, as
    /// they list those that decoding finds.
    ///
    /// - Parameters:
    ///   - faults: at least one; the first 20 are told.
    ///   - what: how the sentence begins: "The body", "The query".
    public static func invalidInput(_ faults: InputFault..., in what: String = "The body") -> HTTPError {
        invalidInput(faults, in: what)
    }

    /// The error of input that does not fit.
    ///
    /// - Parameters:
    ///   - faults: at least one.
    ///   - what: "The body", "The query".
    public static func invalidInput(_ faults: [InputFault], in what: String = "The body") -> HTTPError {
        var error = HTTPError(.invalidInput, message: "\(what) does not fit: \(InputFault.words(of: faults)).")
        error.faults = Array(faults.prefix(InputFault.most))
        return error
    }
}

/// The path of a value within others.
enum InputPath {
    /// As JavaScript writes it: `items[2].price`.
    static func text(of path: [any CodingKey]) -> String {
        path.reduce(into: "") { text, key in
            if let index = key.intValue {
                text += "[\(index)]"
            } else {
                text += (text.isEmpty ? "" : ".") + key.stringValue
            }
            if text.utf8.count > 400 { text = String(text.prefix(400)) + "…" }
        }
    }
}
