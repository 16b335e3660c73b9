import Foundation

/// The calls of POSIX that a file needs to be there after a crash.
enum DurableFile {
    /// Hands bytes to the kernel, all of them; false when it takes no more.
    ///
    /// - Parameter place: where in the file they go, in bytes.
    static func write(_ bytes: [UInt8], to file: Int32, at place: Int64 = 0) -> Bool {
        bytes.withUnsafeBytes { buffer in
            var rest = buffer[...]
            while !rest.isEmpty {
                let slice = UnsafeRawBufferPointer(rebasing: rest)
                let count = pwrite(file, slice.baseAddress, slice.count, off_t(place) + off_t(rest.startIndex))
                if count < 0, errno == EINTR { continue }
                if count <= 0 { return false }
                rest = rest.dropFirst(count)
            }
            return true
        }
    }

    /// Syncs the folder that a file is in, so that its name is there too.
    static func syncFolder(of path: String) -> Bool {
        syncFolder((path as NSString).deletingLastPathComponent)
    }

    /// Syncs a folder.
    static func syncFolder(_ path: String) -> Bool {
        let folder = open(path.isEmpty ? "." : path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { return false }
        defer { close(folder) }
        return fsync(folder) == 0
    }
}
