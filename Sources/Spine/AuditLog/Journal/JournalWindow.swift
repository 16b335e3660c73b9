import Foundation
import Synchronization

/// The room of a segment as memory that is the file itself: what is put there the kernel has, without a call to it.
///
/// The room is allocated on the disk beforehand, so that a full disk can't take it away. What is not used of it holds zeros.
final class JournalWindow {
    private let bytes: UnsafeMutableRawBufferPointer
    /// How many at the beginning are mapped no more.
    private var released = 0

    /// - Returns: nil where the disk has no such room, or the file can't be mapped.
    init?(_ file: Int32, bytes count: Int64) {
        guard count > 0, posix_fallocate(file, 0, off_t(count)) == 0 else { return nil }
        let start = mmap(nil, Int(count), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0)
        guard let start, start != MAP_FAILED else { return nil }
        bytes = UnsafeMutableRawBufferPointer(start: start, count: Int(count))
    }

    deinit { munmap(bytes.baseAddress.map { $0 + released }, bytes.count - released) }

    private static let pageBytes = max(4096, sysconf(Int32(_SC_PAGESIZE)))

    /// Lets go of the whole pages before a place, where nothing is put any more. What was put there the kernel has as before; but
    /// to write a page that is mapped it must stop every processor, and one that is not, none.
    func release(before place: Int64) {
        let end = min(Int(place), bytes.count - 1) / Self.pageBytes * Self.pageBytes
        guard end > released, munmap(bytes.baseAddress.map { $0 + released }, end - released) == 0 else { return }
        released = end
    }

    /// Puts whole frames at a place, the first eight bytes last: a process that is killed in between leaves zeros there.
    ///
    /// - Returns: false when they don't fit; nothing is written then.
    func put(_ frames: [UInt8], at place: Int64) -> Bool {
        let place = Int(place)
        guard frames.count >= JournalFrame.prefixBytes, place + frames.count <= bytes.count else { return false }
        frames.withUnsafeBytes { frames in
            let behind = JournalFrame.prefixBytes
            UnsafeMutableRawBufferPointer(rebasing: bytes[(place + behind)..<(place + frames.count)])
                .copyMemory(from: UnsafeRawBufferPointer(rebasing: frames[behind...]))
            atomicMemoryFence(ordering: .releasing)
            bytes.storeBytes(of: frames.loadUnaligned(as: UInt64.self), toByteOffset: place, as: UInt64.self)
        }
        return true
    }
}
