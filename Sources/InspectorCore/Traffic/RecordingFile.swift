// The files of a recording: the newest has the name, older ones a number. Nothing of another's is ever written over or
// deleted, whatever stands in the folder.

internal import CInspectorSystem
internal import Glibc

/// Appends lines, and begins another file when one is full.
final class RecordingFile {
    /// Writes bytes to a descriptor as `FileWriting.write` does; tests give one whose disk is full.
    typealias Writer = @Sendable (ArraySlice<UInt8>, Int32) -> (count: Int, problem: String?)

    /// A file that this recording made, by what does not change when it is renamed.
    private struct Identity: Equatable {
        let device: UInt64
        let number: UInt64

        init?(status: stat, result: Int32) {
            guard result == 0 else { return nil }
            device = UInt64(truncatingIfNeeded: status.st_dev)
            number = UInt64(truncatingIfNeeded: status.st_ino)
        }

        static func of(path: String) -> Identity? {
            var status = stat()
            let result = lstat(path, &status)
            return Identity(status: status, result: result)
        }

        static func of(descriptor: Int32) -> Identity? {
            var status = stat()
            let result = fstat(descriptor, &status)
            return Identity(status: status, result: result)
        }
    }

    /// How long after a rotation that failed the next one is tried, in ns.
    private static let pause: UInt64 = 500_000_000

    private let options: Recorder.Options
    private let header: [UInt8]
    private var descriptor: Int32
    private var size = 0
    private var number = 0
    private var older: [(path: String, identity: Identity?, size: Int)] = []
    /// What of the header is not in the file yet: it comes before everything else.
    private var owed: ArraySlice<UInt8>
    /// Whether a line was begun and not ended: the disk was full within it.
    private var isBroken = false
    /// Whether the system allows no larger file.
    private var isFull = false
    private var nextTry: UInt64 = 0
    /// Why no other file could be begun; nil when one could.
    private(set) var problem: String?

    init(options: Recorder.Options, header: JSON) throws(TrafficFileError) {
        self.options = options
        self.header = header.encoded + [10]
        owed = self.header[...]
        do throws(FileProblem) { descriptor = try FileWriting.create(options.path) } catch {
            throw TrafficFileError(
                file: options.path,
                reason: FileWriting.exists(options.path)
                    ? "it is there already; a recording is never written over another file" : error.reason)
        }
        _ = put([])
    }

    func close() {
        if descriptor >= 0 { _ = Glibc.close(descriptor) }
        descriptor = -1
    }

    /// Adds lines.
    ///
    /// - Returns: how many of their bytes are in the file, and why not all are.
    func append(_ lines: [UInt8]) -> (count: Int, problem: String?) { put(lines) }

    private func put(_ bytes: [UInt8]) -> (count: Int, problem: String?) {
        if !owed.isEmpty {
            let (count, problem) = write(owed)
            owed = owed.dropFirst(count)
            if problem != nil { return (0, problem) }
        }
        // What was cut in the middle of a line is ended first, so that it costs that line only.
        if isBroken {
            let (count, problem) = write([10])
            guard count == 1 else { return (0, problem) }
            isBroken = false
        }
        guard !bytes.isEmpty else { return (0, nil) }
        let (count, problem) = write(bytes[...])
        isBroken = count > 0 && bytes[count - 1] != 10
        return (count, problem)
    }

    private func write(_ bytes: ArraySlice<UInt8>) -> (count: Int, problem: String?) {
        let (count, problem) = options.writer(bytes, descriptor)
        size += count
        guard let problem, problem == String(cString: strerror(EFBIG)) else { return (count, problem) }
        isFull = true
        return (count, "\(options.path) is as large as a file of this process may become (ulimit -f)")
    }

    // MARK: The next file

    /// Begins another file when this one is as large as it may become; whether it did.
    ///
    /// Where it cannot, this one grows on, `problem` says why, and it is tried again.
    func rotateIfFull() -> Bool {
        guard size >= options.fileLimit || isFull, MonotonicClock.now() >= nextTry else { return false }
        do throws(FileProblem) {
            try rotate()
            problem = nil
            return true
        } catch {
            problem = "no other file could be begun, and this one grows on: \(error)"
            nextTry = MonotonicClock.now() &+ RecordingFile.pause
            return false
        }
    }

    /// The new file is complete, header included, before the old one gives up its name.
    private func rotate() throws(FileProblem) {
        let own = Identity.of(descriptor: descriptor)
        let there = Identity.of(path: options.path)
        guard there == nil || there == own else {
            throw FileProblem(path: options.path, reason: "another program has put a file of its own there")
        }
        let part = "\(options.path).next-\(getpid())"
        let next = try FileWriting.create(part)
        let (count, problem) = options.writer(header[...], next)
        guard problem == nil else {
            _ = Glibc.close(next)
            unlink(part)
            throw FileProblem(path: part, reason: problem ?? "")
        }
        // Where the file was moved away by its owner, it keeps the name that it has.
        var name: String?
        if there != nil { name = try giveNumber(abandoning: part, next: next) }
        guard rename(part, options.path) == 0 else {
            let reason = String(cString: strerror(errno))
            if let name {
                // As it was before: under its own name only.
                if Identity.of(path: options.path) == own { unlink(name) } else { _ = rename(name, options.path) }
            }
            unlink(part)
            _ = Glibc.close(next)
            throw FileProblem(path: options.path, reason: reason)
        }
        _ = Glibc.close(descriptor)
        if let name { older.append((name, own, size)) }
        descriptor = next
        size = count
        owed = []
        isBroken = false
        isFull = false
        deleteOldest()
    }

    /// Gives the file a second name, the first number that is free.
    ///
    /// Where a file can have one name only (FAT, some network file systems), it loses the first one: the number is
    /// reserved by an empty file of ours, and that is what it is renamed over.
    private func giveNumber(abandoning part: String, next: Int32) throws(FileProblem) -> String {
        for _ in 0..<100_000 {
            number += 1
            let name = "\(options.path).\(number)"
            if link(options.path, name) == 0 { return name }
            if errno == EEXIST { continue }
            if errno == EPERM || errno == EOPNOTSUPP || errno == ENOSYS || errno == EMLINK {
                guard let reserved = try? FileWriting.create(name) else { continue }
                _ = Glibc.close(reserved)
                if rename(options.path, name) == 0 { return name }
                unlink(name)
            }
            let reason = String(cString: strerror(errno))
            number -= 1
            unlink(part)
            _ = Glibc.close(next)
            throw FileProblem(path: name, reason: reason)
        }
        unlink(part)
        _ = Glibc.close(next)
        throw FileProblem(path: options.path, reason: "all numbers up to \(number) are taken")
    }

    /// Deletes the oldest of its own files beyond the total; one that is another's by now stays.
    private func deleteOldest() {
        while let oldest = older.first,
            older.reduce(0, { $0.addingSaturated($1.size) }).addingSaturated(options.fileLimit) > options.totalLimit
        {
            if let own = oldest.identity, Identity.of(path: oldest.path) == own { unlink(oldest.path) }
            older.removeFirst()
        }
    }
}
