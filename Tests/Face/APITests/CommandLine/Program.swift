import ChildPrograms
import Foundation
import JSON

/// The executable, run as a script would run it.
enum Program {
    /// What a run came to.
    struct Result {
        let code: Int32
        let output: String
        let errors: String

        /// The lines of the output.
        var lines: [String] { output.split(separator: "\n").map(String.init) }
    }

    /// Lies beside the test runner.
    static let path = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        .appendingPathComponent("healthbrain").path

    /// Runs it to its end.
    static func run(_ arguments: String...) async throws -> Result {
        try await run(arguments)
    }

    /// Runs it to its end.
    static func run(_ arguments: [String]) async throws -> Result {
        let folder = try TemporaryFolder()
        let (output, errors) = (folder.file("output", ""), folder.file("errors", ""))
        let files = [output, errors].compactMap { FileHandle(forWritingAtPath: $0) }
        // A handle closes its file when nobody holds it.
        let child = try withExtendedLifetime(files) {
            try ChildProgram(
                path, arguments, output: files.first?.fileDescriptor, errors: files.last?.fileDescriptor)
        }
        let code = await withCheckedContinuation { ended in child.whenEnded { ended.resume(returning: $0) } }
        return Result(
            code: code, output: try String(contentsOfFile: output, encoding: .utf8),
            errors: try String(contentsOfFile: errors, encoding: .utf8))
    }
}

/// A server of its own, until it is stopped.
final class RunningServer {
    private let child: ChildProgram
    private let ending: AsyncStream<Int32>
    private var isStopped = false
    /// The address of its FHIR door.
    let fhir: String

    /// Nobody is asked to sign in unless `access` says so.
    init(data: String, access: [String] = ["--access", "open"]) async throws {
        let pipe = Pipe()
        let child = try ChildProgram(
            Program.path, ["serve", "--port", "0", "--data", data, "--format", "json"] + access,
            output: pipe.fileHandleForWriting.fileDescriptor)
        try pipe.fileHandleForWriting.close()
        let (ending, ended) = AsyncStream.makeStream(of: Int32.self)
        child.whenEnded { code in
            ended.yield(code)
            ended.finish()
        }
        let (pieces, arrived) = AsyncStream.makeStream(of: Data.self)
        pipe.fileHandleForReading.readabilityHandler = { handle in
            let piece = handle.availableData
            if piece.isEmpty { arrived.finish() } else { arrived.yield(piece) }
        }
        // An account that the first start makes is told in a line before the addresses.
        let newline = UInt8(ascii: "\n")
        var (output, line) = (Data(), Data())
        for await piece in pieces {
            output += piece
            let lines = output.split(separator: newline, omittingEmptySubsequences: false).dropLast()
            line = lines.first { $0.starts(with: Data(#"{"pages""#.utf8)) } ?? line
            if !line.isEmpty { break }
        }
        pipe.fileHandleForReading.readabilityHandler = nil
        self.child = child
        self.ending = ending
        fhir = try JSONDocument(parsing: [UInt8](line)).root["fhir"]?.string ?? ""
    }

    /// Sends a signal and waits for the end.
    /// - Returns: the exit code.
    func stop(_ signal: Int32 = SIGTERM) async -> Int32 {
        isStopped = true
        kill(child.id, signal)
        return await ending.first { _ in true } ?? -1
    }

    deinit {
        if !isStopped { kill(child.id, SIGTERM) }
    }
}

/// A folder that goes away with its owner.
final class TemporaryFolder {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("healthbrain-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    /// Writes a file and gives its path.
    func file(_ name: String, _ text: String) -> String { file(name, Array(text.utf8)) }

    /// Writes a file and gives its path.
    func file(_ name: String, _ bytes: [UInt8]) -> String {
        let file = "\(path)/\(name)"
        _ = FileManager.default.createFile(atPath: file, contents: Data(bytes))
        return file
    }

    /// The files whose names begin so.
    func files(_ prefix: String) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        return names.filter { $0.hasPrefix(prefix) }.map { "\(path)/\($0)" }
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }
}
