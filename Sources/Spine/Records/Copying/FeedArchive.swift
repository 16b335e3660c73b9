import CZstd
import Foundation
import Synchronization

/// A backup: the feed from its beginning to a place, in one file that any database can be filled from.
///
/// The file is zstd frames that any zstd reads; their content, put together, is what ``FeedDigest`` digests. Two skippable
/// frames, which zstd passes over, stand around it: a head with the form's name, and a tail with the last place, the number
/// of versions and their digest. A file without a tail was never finished.
public enum FeedArchive {
    /// The form of the file.
    static let form = "healthbrain feed 1"
    /// The first four bytes of a skippable frame: <https://www.rfc-editor.org/rfc/rfc8878#name-skippable-frames>.
    static let skippable: UInt32 = 0x184D_2A50
    static let tailBytes = 128
    /// Content of a frame, in bytes; about so much memory is used.
    static let frameBytes = 4 << 20
    static let level: Int32 = 6

    /// What an archive holds.
    public struct Summary: Sendable, Equatable {
        /// The last place of the feed in it.
        public var sequence: Int64
        /// SHA-256 over its versions (``FeedDigest``).
        public var digest: String

        var line: String { "\(FeedArchive.form) \(sequence) \(digest)" }

        init(sequence: Int64, digest: String) {
            self.sequence = sequence
            self.digest = digest
        }

        init?(line: String) {
            let words = line.split(whereSeparator: { $0 == " " || $0 == "\n" })
            guard words.count == 5, words[0..<3].joined(separator: " ") == FeedArchive.form,
                let sequence = Int64(words[3]), words[4].count == 64
            else { return nil }
            self.init(sequence: sequence, digest: String(words[4]))
        }
    }

    /// Writes the feed of a source, up to where it stands now, into a file. The file has its name only when it is whole,
    /// synced and read back.
    ///
    /// - Parameter progress: told the place that was reached, and the last one.
    public static func write(
        _ source: some FeedSource, to path: String, progress: (_ done: Int64, _ of: Int64) -> Void = { _, _ in }
    ) throws(RecordsError) -> Summary {
        let partial = path + ".partial"
        do {
            let summary = try writeFile(source, to: partial, progress)
            let written = try ArchiveFeed(partial)
            var digest = FeedDigest()
            while case let page = try written.versions(after: Int64(digest.count), through: .max), !page.isEmpty {
                digest.add(page)
            }
            guard written.summary == summary, digest.finish() == summary.digest else {
                throw RecordsError(.internal, "\(path) reads back otherwise than it was written; is the disk sound?")
            }
            guard rename(partial, path) == 0 else {
                throw RecordsError(.unavailable, "\(path) can't be written: \(String(cString: strerror(errno))).")
            }
            return summary
        } catch {
            unlink(partial)
            throw RecordsError(translating: error)
        }
    }

    private static func writeFile(
        _ source: some FeedSource, to path: String, _ progress: (Int64, Int64) -> Void
    ) throws -> Summary {
        let head = try source.head()
        // A backup holds what the store holds about people: for its owner's eyes alone.
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw RecordsError(.unavailable, "\(path) can't be written: \(String(cString: strerror(errno))).")
        }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        try file.write(contentsOf: ZstdFrames.skippable(form + "\n"))
        var digest = FeedDigest()
        var block: [UInt8] = []
        var place: Int64 = 0
        while place < head {
            let page = try source.versions(after: place, through: head)
            guard let last = page.last else {
                throw RecordsError(.internal, "The feed ends at \(place), before \(head).")
            }
            for version in page {
                digest.add(version)
                version.append(to: &block)
                if block.count >= frameBytes { try flush(&block, to: file) }
            }
            place = last.sequence
            progress(place, head)
        }
        try flush(&block, to: file)
        let summary = Summary(sequence: head, digest: digest.finish())
        let padding = String(repeating: " ", count: tailBytes - summary.line.utf8.count - 1) + "\n"
        try file.write(contentsOf: ZstdFrames.skippable(summary.line + padding))
        try file.synchronize()
        try file.close()
        return summary
    }

    private static func flush(_ block: inout [UInt8], to file: FileHandle) throws {
        if block.isEmpty { return }
        let bound = ZSTD_compressBound(block.count)
        let frame = [UInt8](unsafeUninitializedCapacity: bound) { out, count in
            count = ZSTD_compress(out.baseAddress, out.count, block, block.count, level)
            precondition(ZSTD_isError(count) == 0, "a buffer of zstd's own bound is large enough")
        }
        try file.write(contentsOf: Data(frame))
        block.removeAll(keepingCapacity: true)
    }
}

/// The feed in an archive, read from front to back.
public final class ArchiveFeed: FeedSource {
    private struct Position {
        var offset = 0
        var sequence: Int64 = 0
        /// What was read but not asked for yet, last first.
        var ahead: [FeedVersion] = []
    }

    /// What the archive says it holds.
    public let summary: FeedArchive.Summary
    private let data: Data
    private let path: String
    private let position = Mutex(Position())

    /// Opens an archive.
    ///
    /// - Throws: ``RecordsError`` when it can't be read, is no archive, or was never finished.
    public init(_ path: String) throws(RecordsError) {
        self.path = path
        guard let data = try? Data(contentsOf: URL(fileURLWithPath: path), options: .alwaysMapped) else {
            throw RecordsError(.notFound, "\(path) can't be read.")
        }
        guard data.dropFirst(8).starts(with: FeedArchive.form.utf8) else {
            throw RecordsError(.invalid, "\(path) is no backup of Health Brain.")
        }
        let tail = data.suffix(FeedArchive.tailBytes)
        guard let summary = FeedArchive.Summary(line: String(decoding: tail, as: UTF8.self)) else {
            throw RecordsError(.invalid, "\(path) is not whole: its end is missing.")
        }
        self.data = data
        self.summary = summary
    }

    /// The last place in it.
    public func head() throws -> Int64 { summary.sequence }

    /// The versions of the next frame, or what is left of it. Asked for an earlier place, it begins again at the front.
    public func versions(after place: Int64, through end: Int64) throws -> [FeedVersion] {
        try position.withLock { position in
            if place < position.sequence - Int64(position.ahead.count) { position = Position() }
            while true {
                if position.ahead.isEmpty {
                    guard let frame = try nextFrame(&position.offset) else { return [] }
                    position.ahead = frame.reversed()
                    for version in frame {
                        guard version.sequence == position.sequence + 1 else { throw damaged() }
                        position.sequence = version.sequence
                    }
                }
                while let next = position.ahead.last, next.sequence <= place { position.ahead.removeLast() }
                guard let next = position.ahead.last else { continue }
                guard next.sequence <= end else { return [] }
                var found: [FeedVersion] = []
                while let next = position.ahead.last, next.sequence <= end {
                    found.append(next)
                    position.ahead.removeLast()
                }
                return found
            }
        }
    }

    private func damaged() -> RecordsError {
        RecordsError(.invalid, "\(path) is damaged: a part of it can't be read.")
    }

    /// The versions of the next frame that holds some; nil at the end.
    private func nextFrame(_ offset: inout Int) throws -> [FeedVersion]? {
        try data.withUnsafeBytes { whole -> [FeedVersion]? in
            while offset < whole.count {
                let rest = UnsafeRawBufferPointer(rebasing: whole[offset...])
                let size = ZSTD_findFrameCompressedSize(rest.baseAddress, rest.count)
                guard ZSTD_isError(size) == 0, size > 0 else { throw damaged() }
                offset += size
                let isSkippable = rest.loadUnaligned(as: UInt32.self).littleEndian & ~0xF == FeedArchive.skippable
                if isSkippable { continue }
                let length = ZSTD_getFrameContentSize(rest.baseAddress, size)
                guard length <= UInt64(BodyCodec.bodyBytesMax) + UInt64(2 * FeedArchive.frameBytes) else {
                    throw damaged()
                }
                var isBroken = false
                let content = [UInt8](unsafeUninitializedCapacity: Int(length)) { out, count in
                    let written = ZSTD_decompress(out.baseAddress, out.count, rest.baseAddress, size)
                    isBroken = ZSTD_isError(written) != 0 || written != Int(length)
                    count = isBroken ? 0 : written
                }
                if isBroken { throw damaged() }
                return try content.withUnsafeBufferPointer { bytes in
                    var versions: [FeedVersion] = []
                    var place = 0
                    while place < bytes.count {
                        guard let version = FeedVersion(bytes, &place) else { throw damaged() }
                        versions.append(version)
                    }
                    return versions
                }
            }
            return nil
        }
    }
}
