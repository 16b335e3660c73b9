public import Foundation

/// A program that a test starts.
///
/// Foundation's `Process` copies a whole `d_name` out of each entry of `/proc/self/fd` when it starts one, past the end of the
/// buffer for the last of them: where much is open that ends the tests by a segmentation fault, once in many runs.
public struct ChildProgram: Sendable {
    /// Its process.
    public let id: pid_t

    /// Starts a program.
    ///
    /// - Parameters:
    ///   - path: the file; a name without a slash is looked for in `PATH`.
    ///   - output, errors: open descriptors; what is written to none goes to `/dev/null`. No other file is open in it.
    public init(_ path: String, _ arguments: [String], output: Int32? = nil, errors: Int32? = nil) throws {
        #if canImport(Glibc)
            var actions = posix_spawn_file_actions_t()
        #else
            var actions: posix_spawn_file_actions_t?
        #endif
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        for (target, source) in [(Int32(1), output), (2, errors)] {
            if let source {
                posix_spawn_file_actions_adddup2(&actions, source, target)
            } else {
                posix_spawn_file_actions_addopen(&actions, target, "/dev/null", O_WRONLY, 0)
            }
        }
        if let closeFrom = Self.closeFrom { _ = closeFrom(&actions, 3) }
        var words: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var child: pid_t = 0
        let code = posix_spawnp(&child, path, &actions, nil, &words, environ)
        guard code == 0 else {
            throw CocoaError(
                .executableNotLoadable, userInfo: [NSLocalizedDescriptionKey: String(cString: strerror(code))])
        }
        id = child
    }

    private typealias CloseFrom = @convention(c) (UnsafeMutablePointer<posix_spawn_file_actions_t>, Int32) -> Int32

    /// `posix_spawn_file_actions_addclosefrom_np` of glibc 2.34, which the module of Glibc doesn't show.
    private static let closeFrom: CloseFrom? = dlsym(nil, "posix_spawn_file_actions_addclosefrom_np").map {
        unsafeBitCast($0, to: CloseFrom.self)
    }

    /// Waits for the end, and keeps the thread for that long.
    /// - Returns: the exit code, or 128 and the signal.
    @discardableResult
    public func wait() -> Int32 {
        var status: Int32 = 0
        while waitpid(id, &status, 0) < 0 {
            if errno != EINTR { return -1 }
        }
        return status & 0x7F == 0 ? (status >> 8) & 0xFF : 128 + (status & 0x7F)
    }

    /// Tells the end, on a thread of its own.
    public func whenEnded(_ body: @escaping @Sendable (Int32) -> Void) {
        Thread.detachNewThread { body(wait()) }
    }

    /// Runs a program to its end.
    /// - Returns: its exit code, and what it wrote to its output.
    public static func run(_ path: String, _ arguments: [String]) throws -> (code: Int32, output: Data) {
        let pipe = Pipe()
        let child = try ChildProgram(path, arguments, output: pipe.fileHandleForWriting.fileDescriptor)
        try pipe.fileHandleForWriting.close()
        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
        return (child.wait(), output)
    }
}
