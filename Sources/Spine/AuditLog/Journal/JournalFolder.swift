import Foundation

/// The files of a journal: numbered segments, a lock that one process holds, and the name by which the database knows it.
final class JournalFolder: Sendable {
    let path: String
    /// What the database calls this journal: random, made once.
    let name: String
    private let lock: Int32

    init(_ path: String) throws(AuditError) {
        self.path = path
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw .journal("The folder \(path) of the audit journal can't be made.")
        }
        lock = open("\(path)/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard lock >= 0 else { throw .journal("The folder \(path) of the audit journal can't be used.") }
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            close(lock)
            throw .journal("The audit journal in \(path) is in use by another server; give each a folder of its own.")
        }
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = pread(lock, &bytes, bytes.count, 0)
        if count == 32 {
            name = String(decoding: bytes.prefix(count), as: UTF8.self)
        } else {
            var generator = SystemRandomNumberGenerator()
            name = (0..<16).map { _ in hexadecimal(UInt8.random(in: 0...255, using: &generator)) }.joined()
            guard ftruncate(lock, 0) == 0, pwrite(lock, name, 32, 0) == 32, fsync(lock) == 0,
                DurableFile.syncFolder(path), DurableFile.syncFolder(of: path)
            else {
                close(lock)
                throw .journal("The folder \(path) of the audit journal can't be written.")
            }
        }
    }

    deinit { close(lock) }

    /// Lets another process in.
    func release() { flock(lock, LOCK_UN) }

    func file(_ segment: Int64) -> String { "\(path)/\(segment).journal" }

    /// The numbers of the segments that are there, in order.
    var segments: [Int64] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        return names.filter { $0.hasSuffix(".journal") }.compactMap { Int64($0.dropLast(".journal".count)) }.sorted()
    }

    /// Makes a segment, durably.
    func create(_ segment: Int64, header: [UInt8]) throws(AuditError) -> Int32 {
        let file = open(self.file(segment), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw .journal("The audit journal in \(path) can't be written.") }
        guard DurableFile.write(header, to: file), fsync(file) == 0, DurableFile.syncFolder(path) else {
            close(file)
            throw .journal("The audit journal in \(path) can't be written.")
        }
        return file
    }

    func remove(_ segment: Int64) { unlink(file(segment)) }

    /// Some bytes of a segment.
    func read(_ segment: Int64, from position: Int64, count: Int) throws(AuditError) -> [UInt8] {
        let file = open(self.file(segment), O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw .journal("The audit journal in \(path) can't be read.") }
        defer { close(file) }
        var failed = false
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            filled = 0
            while filled < count {
                let got = pread(
                    file, buffer.baseAddress.map { $0 + filled }, count - filled, off_t(position) + off_t(filled))
                if got < 0, errno == EINTR { continue }
                failed = got < 0
                if got <= 0 { break }
                filled += got
            }
        }
        if failed { throw .journal("The audit journal in \(path) can't be read.") }
        return bytes
    }

    /// The bytes of a segment; 0 when it is not there.
    func size(_ segment: Int64) -> Int64 {
        var status = stat()
        return stat(file(segment), &status) == 0 ? Int64(status.st_size) : 0
    }
}

/// Which life of the machine this is.
public struct MachineLife: Sendable, Hashable {
    /// Another after each start of the machine; empty when not known.
    public var boot: String
    /// When the machine started, in milliseconds since 1970; nil when not known.
    public var bootedAt: Int64?

    /// Describes a life.
    public init(boot: String, bootedAt: Int64?) {
        self.boot = boot
        self.bootedAt = bootedAt
    }

    /// As Linux tells it.
    public static func current() -> MachineLife {
        let boot = try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8)
        let lines = (try? String(contentsOfFile: "/proc/stat", encoding: .utf8))?.split(separator: "\n") ?? []
        let seconds = lines.first { $0.hasPrefix("btime ") }.flatMap { Int64($0.dropFirst("btime ".count)) }
        return MachineLife(
            boot: boot?.trimmingCharacters(in: .whitespacesAndNewlines) ?? "", bootedAt: seconds.map { $0 * 1000 })
    }
}
