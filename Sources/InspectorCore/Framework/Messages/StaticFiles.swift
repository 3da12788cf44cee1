// Files as responses: types, validators, ranges (RFC 9110, 13 and 14; `Flask: send_from_directory`).

internal import CInspectorSystem
internal import Foundation
internal import Glibc

extension Scaffold {
    /// Serves the files under a folder, at `rule/<path:filename>` (`Flask: static_folder`).
    ///
    /// The endpoint is `static`, its argument `filename`. A path that leads out of the folder, by `..` or by a link, is
    /// 404. Each file has an ETag and a date; a client that has it is told so (304), and a range can be asked for (206).
    public func staticFiles(in directory: String, at rule: String = "/static", endpoint: String = "static") {
        get(rule + "/<path:filename>", endpoint: endpoint) { request in
            try Response.file(request.viewArgs["filename"]?.description ?? "", in: directory, for: request)
        }
    }
}

extension Response {
    /// Answers with a file of `directory`.
    ///
    /// Read in pieces as it is sent, on the worker's thread.
    ///
    /// - Parameters:
    ///   - name: a path within `directory`.
    ///   - request: for its conditions and its range.
    ///   - downloadName: what the client is to save it as; shown in place unless given.
    /// - Throws: 404 when there is no such file within the folder, 412 when the request is about another version of it,
    ///   416 for a range past its end.
    public static func file(
        _ name: String, in directory: String, for request: Request, contentType: String? = nil,
        downloadName: String? = nil
    ) throws -> Response {
        let file = try StaticFile(name: name, in: directory)
        var headers: Headers = [
            "ETag": file.tag, "Last-Modified": HTTPDate.text(seconds: file.modified), "Accept-Ranges": "bytes",
            "Cache-Control": "no-cache",
        ]
        if let downloadName {
            let plain = downloadName.unicodeScalars.map {
                $0.isASCII && $0.value >= 0x20 && $0.value != 0x7F && $0 != "\"" && $0 != "\\" ? Character($0) : "_"
            }
            headers["Content-Disposition"] =
                "attachment; filename=\"\(String(plain))\"; filename*=UTF-8''\(PercentCoding.encodeAll(downloadName))"
        }
        let type = contentType ?? ContentTypes.type(of: name)
        switch FileCondition(request: request, tag: file.tag, modified: file.modified, size: file.size) {
        case .unchanged:
            return Response(bytes: [], status: 304, contentType: nil, headers: headers)
        case .failed:
            throw HTTPError(status: 412, message: "The file is no longer the one that the request is about.")
        case .whole:
            return file.response(range: 0..<file.size, status: 200, type: type, headers: headers)
        case .part(let range):
            headers["Content-Range"] = "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(file.size)"
            return file.response(range: range, status: 206, type: type, headers: headers)
        case .unsatisfiable:
            throw HTTPError(
                .rangeNotSatisfiable, message: "The file has no such range of bytes.",
                headers: ["Content-Range": "bytes */\(file.size)"])
        }
    }
}

/// A file within a folder.
private struct StaticFile: Sendable {
    let path: String
    let size: Int
    /// Seconds since 1970.
    let modified: Int64
    let tag: String

    /// - Throws: 404.
    init(name: String, in directory: String) throws {
        let parts = name.utf8.split(separator: 0x2F, omittingEmptySubsequences: false).map(Substring.init)
        guard !name.utf8.contains(0), !name.utf8.contains(0x5C), !parts.contains(".."), !parts.contains(""),
            let root = StaticFile.resolved(path: directory),
            let path = StaticFile.resolved(path: directory + "/" + name),
            path.utf8.starts(with: (root == "/" ? root : root + "/").utf8)
        else { throw HTTPError(.notFound) }
        var info = stat()
        guard stat(path, &info) == 0, info.st_mode & S_IFMT == S_IFREG, access(path, R_OK) == 0 else {
            throw HTTPError(.notFound)
        }
        self.path = path
        size = Int(info.st_size)
        modified = Int64(info.st_mtim.tv_sec)
        tag =
            "\"\(String(info.st_mtim.tv_sec, radix: 16))-\(String(info.st_mtim.tv_nsec, radix: 16))-\(String(size, radix: 16))\""
    }

    /// The path without links and dots, or nil when nothing is there.
    private static func resolved(path: String) -> String? {
        guard let real = realpath(path, nil) else { return nil }
        defer { free(real) }
        return String(cString: real)
    }

    func response(range: Range<Int>, status: Int, type: String, headers: Headers) -> Response {
        let path = path
        return Response.stream(contentType: type, status: status, headers: headers, length: range.count) {
            (writer: ResponseWriter) throws in
            let file = open(path, O_RDONLY | O_CLOEXEC)
            guard file >= 0 else {
                throw FrameworkError(kind: .osError, description: "\(path) cannot be read any more.")
            }
            defer { close(file) }
            var place = range.lowerBound
            while place < range.upperBound {
                let piece = min(64 * 1024, range.upperBound - place)
                var count = 0
                let bytes = [UInt8](unsafeUninitializedCapacity: piece) { buffer, filled in
                    count = pread(file, buffer.baseAddress, piece, off_t(place))
                    filled = max(0, count)
                }
                guard count > 0 else {
                    throw FrameworkError(kind: .osError, description: "\(path) became shorter while it was sent.")
                }
                try writer.write(bytes)
                place += count
            }
        }
    }
}

/// Content types by suffix.
enum ContentTypes {
    private static let types = [
        "html": "text/html; charset=utf-8", "htm": "text/html; charset=utf-8", "css": "text/css; charset=utf-8",
        "js": "text/javascript; charset=utf-8", "mjs": "text/javascript; charset=utf-8",
        "txt": "text/plain; charset=utf-8",
        "md": "text/markdown; charset=utf-8", "csv": "text/csv; charset=utf-8", "xml": "application/xml",
        "json": "application/json", "map": "application/json", "webmanifest": "application/manifest+json",
        "pdf": "application/pdf", "zip": "application/zip", "gz": "application/gzip", "tar": "application/x-tar",
        "wasm": "application/wasm", "svg": "image/svg+xml", "png": "image/png", "jpg": "image/jpeg",
        "jpeg": "image/jpeg",
        "gif": "image/gif", "webp": "image/webp", "avif": "image/avif", "ico": "image/vnd.microsoft.icon",
        "mp3": "audio/mpeg", "ogg": "audio/ogg", "wav": "audio/wav", "mp4": "video/mp4", "webm": "video/webm",
        "woff": "font/woff", "woff2": "font/woff2", "ttf": "font/ttf", "otf": "font/otf",
    ]

    /// The type of a file by its name; bytes of no known kind otherwise.
    static func type(of name: String) -> String {
        let suffix =
            name.utf8.lastIndex(of: 0x2E).map { name[name.utf8.index(after: $0)...].loweredASCII } ?? name.loweredASCII
        return types[suffix] ?? "application/octet-stream"
    }
}
