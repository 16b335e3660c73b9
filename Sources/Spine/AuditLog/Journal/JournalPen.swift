import Foundation
import Synchronization

/// The end of the journal: frames go into the window of the segment; where there is none, whoever comes to the file writes for
/// all who wait.
final class JournalPen: Sendable {
    private struct Waiting {
        var bytes: [UInt8] = []
        /// The number of the last frame in it.
        var ticket: UInt64 = 0
    }

    private struct File {
        var descriptor: Int32
        var segment: Int64
        /// Whole frames, in bytes.
        var length: Int64
        /// Nil where frames are written by calls, behind one another.
        var window: JournalWindow?
        /// Kept for its room.
        var spare: [UInt8] = []
        var isClosed = false

        /// - Parameter room: the bytes of the window.
        init(descriptor: Int32, segment: Int64, length: Int64, room: Int64) {
            (self.descriptor, self.segment, self.length) = (descriptor, segment, length)
            window = JournalWindow(descriptor, bytes: room)
            if window == nil { cut() }
        }

        /// Puts frames into the window; false when there is none, or no more.
        mutating func put(_ frames: [UInt8]) -> Bool {
            guard let window else { return false }
            guard window.put(frames, at: length) else {
                cut()
                return false
            }
            length += Int64(frames.count)
            return true
        }

        /// Ends the file where its frames end. Nothing may be put into a window that the file no longer has.
        mutating func cut() {
            window = nil
            _ = ftruncate(descriptor, off_t(length))
        }
    }

    /// Frames that wait while the disk takes none, in bytes; more are refused.
    private static let waitingBytesMax = 64 << 20

    private let waiting = Mutex(Waiting())
    private let file: Mutex<File>
    private let written = Atomic<UInt64>(0)

    /// - Parameters:
    ///   - descriptor: the file of a segment, which holds whole frames.
    ///   - segment: its number.
    ///   - length: the bytes of the frames.
    ///   - room: the bytes of which it has a window.
    init(descriptor: Int32, segment: Int64, length: Int64, room: Int64) {
        file = Mutex(File(descriptor: descriptor, segment: segment, length: length, room: room))
    }

    /// Returns when the kernel has the frames.
    ///
    /// When it throws, the frames may be written later all the same: the event was about to happen.
    func write(_ frames: [UInt8]) throws(AuditError) {
        let isPut = try file.withLock { file throws(AuditError) in
            if file.isClosed { throw Self.closed }
            return file.put(frames)
        }
        if !isPut { try writeByCall(frames) }
    }

    private static var closed: AuditError { .journal("The audit journal is closed.") }

    private func writeByCall(_ frames: [UInt8]) throws(AuditError) {
        let ticket = try waiting.withLock { waiting throws(AuditError) in
            guard waiting.bytes.count + frames.count <= Self.waitingBytesMax else {
                throw .journal("The audit journal can't be written: is the disk full?")
            }
            waiting.bytes.append(contentsOf: frames)
            waiting.ticket += 1
            return waiting.ticket
        }
        if written.load(ordering: .acquiring) >= ticket { return }
        try file.withLock { file throws(AuditError) in
            if written.load(ordering: .acquiring) >= ticket { return }
            if file.isClosed { throw Self.closed }
            let upTo = waiting.withLock { waiting in
                swap(&waiting.bytes, &file.spare)
                return waiting.ticket
            }
            guard DurableFile.write(file.spare, to: file.descriptor, at: file.length) else {
                // What was written of it goes, so that no torn frame stands before others.
                file.cut()
                waiting.withLock { $0.bytes.insert(contentsOf: file.spare, at: 0) }
                file.spare.removeAll(keepingCapacity: true)
                throw .journal("The audit journal can't be written: is the disk full?")
            }
            file.length += Int64(file.spare.count)
            file.spare.removeAll(keepingCapacity: true)
            written.store(upTo, ordering: .releasing)
        }
    }

    /// Where the journal ends.
    var end: (segment: Int64, length: Int64) { file.withLock { ($0.segment, $0.length) } }

    /// Syncs what is written; call it from one thread at a time, which is also the one that turns segments over.
    func sync() -> Bool {
        let descriptor = file.withLock { file in
            file.window?.release(before: file.length)
            return file.descriptor
        }
        return fdatasync(descriptor) == 0
    }

    /// Goes on in another segment. What was written to the old one is synced when this returns, and its size is where it ends.
    func turn(to segment: Int64, descriptor: Int32, length: Int64, room: Int64) -> Bool {
        let old = file.withLock { file in
            let old = file.descriptor
            file.cut()
            file = File(descriptor: descriptor, segment: segment, length: length, room: room)
            return old
        }
        defer { close(old) }
        return fdatasync(old) == 0
    }

    func finish() {
        file.withLock { file in
            file.window = nil
            if !file.isClosed { close(file.descriptor) }
            file.isClosed = true
        }
    }
}
