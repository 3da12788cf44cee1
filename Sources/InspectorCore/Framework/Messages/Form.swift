// What a form sent: fields and uploaded files.

/// The content of a form, urlencoded or multipart.
public struct Form: Sendable {
    /// The fields, in order; a name may stand more than once.
    public internal(set) var fields: [(name: String, value: String)] = []
    /// The uploaded files, in order.
    public internal(set) var files: [UploadedFile] = []

    /// The first field of that name.
    public subscript(name: String) -> String? { fields.first { $0.name.hasSameBytes(as: name) }?.value }

    /// All fields of that name, in order.
    public func all(_ name: String) -> [String] { fields.filter { $0.name.hasSameBytes(as: name) }.map(\.value) }

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
    public func file(_ name: String) -> UploadedFile? { files.first { $0.name.hasSameBytes(as: name) } }
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
        let last = filename.utf8.split { $0 == 0x2F || $0 == 0x5C }.last ?? Substring().utf8
        let bytes = last.compactMap { byte -> UInt8? in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: byte
            case 0x20: 0x5F
            default: nil
            }
        }
        let name = bytes.drop { $0 == 0x2E || $0 == 0x5F }.prefix(200)
        return name.isEmpty ? "file" : String(decoding: name, as: UTF8.self)
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
            guard body.count <= options.maxFormMemory else {
                throw tooLarge(message: "The form is larger than this app takes.")
            }
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
            throw tooLarge(message: "The body is larger than this app takes.")
        }
    }

    private func tooLarge(message: String) -> HTTPError { HTTPError(.contentTooLarge, message: message) }
}
