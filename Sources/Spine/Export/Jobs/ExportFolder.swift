import Foundation

/// The folder of one export: for the server's user alone.
struct ExportFolder: Sendable {
    let path: String

    static let note = "job.json"

    func path(of name: String) -> String { "\(path)/\(name)" }

    /// Makes the folder.
    func make() throws(ExportFault) {
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw .folder(path) }
    }

    func remove() { try? FileManager.default.removeItem(atPath: path) }

    /// Removes what was written, and leaves the note.
    func removeFiles() {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] where name != Self.note {
            unlink(self.path(of: name))
        }
    }

    /// Writes the note, whole or not at all.
    func keep(_ job: ExportJob) throws {
        let data = try JSONEncoder().encode(job)
        let draft = path(of: Self.note + ".new")
        unlink(draft)
        let file = try ExportFile(draft)
        try file.write(Array(data))
        try file.close()
        guard rename(draft, path(of: Self.note)) == 0 else { throw ExportFault.folder(path) }
    }

    func job() -> ExportJob? {
        FileManager.default.contents(atPath: path(of: Self.note)).flatMap {
            try? JSONDecoder().decode(ExportJob.self, from: $0)
        }
    }
}

/// A file that is written once, of mode 0600.
final class ExportFile {
    let path: String
    private var descriptor: Int32
    private var waiting: [UInt8] = []
    private(set) var bytes = 0

    private static let bufferBytes = 256 << 10

    init(_ path: String) throws(ExportFault) {
        self.path = path
        descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw .folder(path) }
    }

    deinit { if descriptor >= 0 { Foundation.close(descriptor) } }

    func write(_ text: [UInt8]) throws(ExportFault) {
        waiting += text
        bytes += text.count
        if waiting.count >= Self.bufferBytes { try flush() }
    }

    func write(line: [UInt8]) throws(ExportFault) {
        try write(line)
        try write([UInt8(ascii: "\n")])
    }

    func close() throws(ExportFault) {
        try flush()
        Foundation.close(descriptor)
        descriptor = -1
    }

    private func flush() throws(ExportFault) {
        var from = 0
        while from < waiting.count {
            let count = waiting.withUnsafeBytes {
                Foundation.write(descriptor, $0.baseAddress?.advanced(by: from), $0.count - from)
            }
            guard count > 0 else {
                if count < 0, errno == EINTR { continue }
                throw .full
            }
            from += count
        }
        waiting.removeAll(keepingCapacity: true)
    }
}

/// Why an export can't go on.
public enum ExportFault: Error, Sendable, CustomStringConvertible {
    /// The folder can't be written.
    case folder(String)
    /// The disk takes no more, or the export is larger than is allowed.
    case full
    /// It was taken back.
    case cancelled
    /// So many exports wait that no other is taken.
    case busy(perOwner: Bool)
    /// The records changed so much meanwhile that the copy would not be anonymous enough.
    case unsettled(k: Int)

    /// In words that tell nothing of any record.
    public var description: String {
        switch self {
        case .folder: "The files of the export can't be written."
        case .full: "The disk is full, or the export is larger than is allowed; narrow it by _type or _since."
        case .cancelled: "The export was taken back."
        case .busy(let perOwner):
            perOwner
                ? "You have as many exports under way as are allowed; wait for one, or take it back."
                : "Too many exports wait; try again later."
        case .unsettled(let k):
            "The records changed while they were copied, so that fewer than \(k) persons would share a combination; "
                + "export again."
        }
    }
}

extension ExportFile {
    /// The lines of a file, without their ends.
    static func lines(of path: String) throws(ExportFault) -> [ArraySlice<UInt8>] {
        guard let data = FileManager.default.contents(atPath: path) else { throw .folder(path) }
        return [UInt8](data).split(separator: UInt8(ascii: "\n"))
    }

    static func remove(_ path: String) { unlink(path) }
}
