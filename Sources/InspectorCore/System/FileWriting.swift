// Files that we write: new ones only, readable by their owner only, no link followed; and bytes into them to the last.

internal import CInspectorSystem
internal import Glibc

/// Why a file could not be written.
package struct FileProblem: Error, Sendable, CustomStringConvertible {
    package let path: String
    /// A sentence without its subject: `it is there already`.
    package let reason: String

    package init(path: String, reason: String) {
        self.path = path
        self.reason = reason
    }

    package var description: String { "\(path): \(reason)" }
}

/// Writes to files.
package enum FileWriting {
    /// Writes all of `bytes`, from any thread.
    ///
    /// - Parameter patience: how long a descriptor that does not block may take nothing, in ms; nil for as long as it likes.
    /// - Returns: how many were written, and in words why not all of them; nil when all were.
    package static func write(
        _ bytes: ArraySlice<UInt8>, to descriptor: Int32, patience: Int32? = nil
    ) -> (count: Int, problem: String?) {
        var rest = bytes
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EAGAIN {
                // A terminal or a pipe that another program has made non-blocking.
                var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                if poll(&ready, 1, patience ?? 1000) == 0, patience != nil {
                    return (bytes.count - rest.count, "it takes no more")
                }
                continue
            }
            guard count > 0 else { return (bytes.count - rest.count, String(cString: strerror(errno))) }
            rest = rest.dropFirst(count)
        }
        return (bytes.count, nil)
    }

    /// Makes a file that was not there: 0600, exclusively, no link followed.
    ///
    /// - Throws: `FileProblem` when something of that name is there, or it cannot be made.
    package static func create(_ path: String) throws(FileProblem) -> Int32 {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw FileProblem(
                path: path,
                reason: errno == EEXIST
                    ? "it is there already; nothing was written"
                    : "it cannot be made (\(String(cString: strerror(errno))))")
        }
        return descriptor
    }

    /// Writes a whole file: a new one, or with `replacing` in the place of the one that is there.
    ///
    /// A file is replaced as a whole, when the new one is complete: one cut by a full disk never takes its place. A link
    /// of that name is replaced itself, what it points to stays as it is. What was begun and could not be ended is taken
    /// away again.
    ///
    /// - Throws: `FileProblem`.
    package static func write(_ bytes: [UInt8], toNew path: String, replacing: Bool = false) throws(FileProblem) {
        guard replacing, exists(path) else {
            try fill(path, bytes: bytes, called: path)
            return
        }
        let part = "\(path).part-\(getpid())"
        try fill(part, bytes: bytes, called: path)
        do throws(FileProblem) { try move(part, toNew: path, replacing: true) } catch {
            unlink(part)
            throw error
        }
    }

    /// Gives a file that we made its name: a new one, or with `replacing` that of the file that is there.
    ///
    /// - Throws: `FileProblem`; the file keeps its old name then.
    package static func move(_ part: String, toNew path: String, replacing: Bool = false) throws(FileProblem) {
        if replacing {
            guard !exists(path) || isFileOrLink(path) else {
                throw FileProblem(path: path, reason: "it is not a file; nothing was written")
            }
            guard rename(part, path) == 0 else {
                throw FileProblem(path: path, reason: "it cannot be replaced (\(String(cString: strerror(errno))))")
            }
            return
        }
        // Unlike a rename, a second name is never given in the place of another file.
        if link(part, path) == 0 {
            unlink(part)
            return
        }
        let code = errno
        // File systems without second names (FAT, some network ones).
        if code == EPERM || code == ENOTSUP || code == EOPNOTSUPP || code == ENOSYS, !exists(path),
            rename(part, path) == 0
        {
            return
        }
        throw FileProblem(
            path: path,
            reason: code == EEXIST
                ? "it is there already; nothing was written" : "it cannot be made (\(String(cString: strerror(code))))")
    }

    /// Takes away the file of that name, so that a new one can be made: what the user asked for with `--force`.
    ///
    /// - Throws: `FileProblem` for what is neither a file nor a link, and where it cannot be taken away.
    package static func makeRoom(at path: String) throws(FileProblem) {
        guard exists(path) else { return }
        guard isFileOrLink(path) else { throw FileProblem(path: path, reason: "it is not a file; nothing was written") }
        guard unlink(path) == 0 else {
            throw FileProblem(path: path, reason: "it cannot be replaced (\(String(cString: strerror(errno))))")
        }
    }

    /// Whether something has that name, a dangling link included.
    package static func exists(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0
    }

    private static func isFileOrLink(_ path: String) -> Bool {
        var status = stat()
        guard lstat(path, &status) == 0 else { return false }
        return status.st_mode & S_IFMT == S_IFREG || status.st_mode & S_IFMT == S_IFLNK
    }

    private static func fill(_ path: String, bytes: [UInt8], called name: String) throws(FileProblem) {
        let descriptor: Int32
        do throws(FileProblem) { descriptor = try create(path) } catch {
            throw FileProblem(path: name, reason: error.reason)
        }
        var problem = write(bytes[...], to: descriptor).problem
        // Some file systems tell of a full disk only now.
        if close(descriptor) != 0, problem == nil { problem = String(cString: strerror(errno)) }
        if let problem {
            unlink(path)
            throw FileProblem(path: name, reason: "it cannot be written (\(problem))")
        }
    }
}
