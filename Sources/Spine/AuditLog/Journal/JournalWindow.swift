import Foundation
import Synchronization

/// The room of a segment as memory that is the file itself: what is put there the kernel has, without a call to it.
///
/// The room is allocated on the disk beforehand, so that a full disk can't take it away. What is not used of it holds zeros.
final class JournalWindow {
    private let bytes: UnsafeMutableRawBufferPointer

    /// - Returns: nil where the disk has no such room, or the file can't be mapped.
    init?(_ file: Int32, bytes count: Int64) {
        guard count > 0, posix_fallocate(file, 0, off_t(count)) == 0 else { return nil }
        let start = mmap(nil, Int(count), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0)
        guard let start, start != MAP_FAILED else { return nil }
        bytes = UnsafeMutableRawBufferPointer(start: start, count: Int(count))
    }

    deinit { munmap(bytes.baseAddress, bytes.count) }

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
