// What a form sent: fields and uploaded files.

/// The content of a form, urlencoded or multipart.
public struct Form: Sendable {
    /// The fields, in order; a name may stand more than once.
    public internal(set) var fields: [(name: String, value: String)] = []
    /// The uploaded files, in order.
    public internal(set) var files: [UploadedFile] = []

    /// The first field of that name.
    public subscript(name: String) -> String? { fields.first { $0.name == name }?.value }

    /// All fields of that name, in order.
    public func all(_ name: String) -> [String] { fields.filter { $0.name == name }.map(\.value) }

    /// The first field of that name.
    ///
    /// - Throws: `BadRequestKeyError` (400) when there is none, as `request.form["name"]` does in Flask.
    public func require(_ name: String) throws -> String {
        guard let value = self[name] else {
            throw HTTPError(.badRequestKeyError, message: "The form has no field `\(name)`.")
        }
        return value
    }

    /// The first file that was uploaded under that name.
    public func file(_ name: String) -> UploadedFile? { files.first { $0.name == name } }
}

/// A file that a multipart form brought along.
public struct UploadedFile: Sendable {
    /// The name of the form's field.
    public let name: String
    /// What the client calls the file, as it came: it may hold anything, path separators too.
    public let filename: String
    /// What the client says it is.
    public let contentType: String
    /// The header fields of its part.
    public let headers: Headers
    /// Its content.
    public let bytes: [UInt8]

    /// A name under which it can be kept: the last component of `filename`, reduced to letters, digits, `.`, `-` and
    /// `_`, never empty and with no dot at its beginning (`Werkzeug: secure_filename`).
    public var safeFilename: String {
        let last = filename.split { $0 == "/" || $0 == "\\" }.last.map(String.init) ?? ""
        var name = ""
        for scalar in last.unicodeScalars {
            let isPlain =
                scalar.isASCII
                && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
                    || "._-".unicodeScalars.contains(scalar))
            if isPlain { name.unicodeScalars.append(scalar) } else if scalar == " " { name += "_" }
        }
        while name.hasPrefix(".") || name.hasPrefix("_") { name.removeFirst() }
        return name.isEmpty ? "file" : String(name.prefix(200))
    }
}

/// Reads forms, within bounds.
struct FormReader {
    let options: AppOptions

    /// The form in `body`; an empty one when the content type is none of a form's.
    ///
    /// - Throws: 413 for too much of something, 400 for a multipart body that is broken.
    func read(_ body: [UInt8], contentType: String) throws -> Form {
        let type = MediaType(contentType)
        switch type.name {
        case "application/x-www-form-urlencoded":
            try check(body)
            guard body.count <= options.maxFormMemory else { throw tooLarge("The form is larger than this app takes.") }
            var form = Form()
            form.fields = PercentCoding.decodeForm(String(decoding: body, as: UTF8.self))
            return form
        case "multipart/form-data":
            try check(body)
            guard let boundary = type.parameters["boundary"], !boundary.isEmpty, boundary.utf8.count <= 200 else {
                throw HTTPError(.badRequest, message: "The multipart form does not say its boundary.")
            }
            return try MultipartReader(boundary: boundary, options: options).read(body)
        default:
            return Form()
        }
    }

    func check(_ body: [UInt8]) throws {
        guard body.count <= options.maxContentLength ?? .max else {
            throw tooLarge("The body is larger than this app takes.")
        }
    }

    private func tooLarge(_ message: String) -> HTTPError { HTTPError(.contentTooLarge, message: message) }
}

/// A content type with its parameters: `text/html; charset=utf-8`.
struct MediaType {
    /// In lower case, without parameters.
    let name: String
    /// By their names in lower case; a quoted value without its quotes.
    let parameters: [String: String]

    init(_ text: String) {
        var pieces: [String] = [""]
        var isQuoted = false
        var isEscaped = false
        for character in text.unicodeScalars {
            if isEscaped {
                isEscaped = false
            } else if isQuoted, character == "\\" {
                isEscaped = true
            } else if character == "\"" {
                isQuoted.toggle()
            } else if character == ";", !isQuoted {
                pieces.append("")
                continue
            }
            pieces[pieces.count - 1].unicodeScalars.append(character)
        }
        name = pieces[0].trimmed.lowercased()
        var parameters: [String: String] = [:]
        for piece in pieces.dropFirst() {
            guard let equals = piece.firstIndex(of: "=") else { continue }
            let key = piece[..<equals].trimmed.lowercased()
            parameters[key] = parameters[key] ?? MediaType.unquoted(piece[piece.index(after: equals)...].trimmed)
        }
        self.parameters = parameters
    }

    private static func unquoted(_ text: String) -> String {
        guard text.utf8.count >= 2, text.utf8.first == 0x22, text.utf8.last == 0x22 else { return text }
        var plain = ""
        var isEscaped = false
        for scalar in text.unicodeScalars.dropFirst().dropLast() {
            // Browsers send a backslash in a filename as it stands; only a quote or another backslash is escaped.
            if isEscaped {
                if scalar != "\"" && scalar != "\\" { plain.unicodeScalars.append("\\") }
                plain.unicodeScalars.append(scalar)
                isEscaped = false
            } else if scalar == "\\" {
                isEscaped = true
            } else {
                plain.unicodeScalars.append(scalar)
            }
        }
        return isEscaped ? plain + "\\" : plain
    }
}
