import Foundation

/// Remembers which parcels of a load are done, so that an interrupted load goes on where it stopped. The file goes
/// away with the end of the load: loading the same files again then sends everything again, which changes nothing.
final class Journal {
    let path: String
    private let handle: FileHandle
    private let done: Set<Place>
    /// Resources that earlier runs say they have sent, newest last: if the server lacks them, it isn't the same any
    /// more, and the journal means nothing.
    let samples: [String]

    private struct Place: Hashable {
        let file: Int
        let ordinal: Int
    }

    /// Opens the journal of a load, the one of an earlier run if there is one.
    /// - Parameters:
    ///   - folder: where it lies.
    ///   - server: the server's address.
    ///   - files: what is loaded; files that have changed since make another load.
    init(folder: String, server: String, files: [InputFile]) throws {
        let header = ([server] + files.map { "\($0.path) \($0.bytes) \($0.modified)" }).joined(separator: "|")
            .replacingOccurrences(of: "\n", with: " ")
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in header.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        path = "\(folder)/load-\(String(hash, radix: 36)).journal"
        var done: Set<Place> = []
        var samples: [String] = []
        let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        // The last piece is empty, or a line that a crash has torn.
        if !lines.isEmpty { lines.removeLast() }
        if lines.first.map(String.init) == header {
            for line in lines.dropFirst() {
                let words = line.split(separator: " ")
                guard words.count >= 2, let file = Int(words[0]), let ordinal = Int(words[1]) else { continue }
                done.insert(Place(file: file, ordinal: ordinal))
                if words.count > 2 { samples.append(String(words[2])) }
            }
        }
        self.done = done
        self.samples = samples
        if done.isEmpty {
            guard FileManager.default.createFile(atPath: path, contents: Data((header + "\n").utf8)) else {
                throw Failure("The journal \(path) can't be written.")
            }
        }
        guard let handle = FileHandle(forWritingAtPath: path) else {
            throw Failure("The journal \(path) can't be written.")
        }
        self.handle = handle
        try handle.seekToEnd()
        // A torn last line is closed off by an empty one.
        if !text.isEmpty, !text.hasSuffix("\n"), !done.isEmpty { try handle.write(contentsOf: Data("\n".utf8)) }
    }

    /// How many parcels earlier runs have done.
    var count: Int { done.count }

    /// Whether an earlier run has done it.
    func holds(_ origin: Parcel.Origin) -> Bool {
        done.contains(Place(file: origin.file, ordinal: origin.ordinal))
    }

    /// Notes that a parcel is done.
    func add(_ origin: Parcel.Origin) throws {
        let sample = origin.sample.map { " \($0)" } ?? ""
        try handle.write(contentsOf: Data("\(origin.file) \(origin.ordinal)\(sample)\n".utf8))
    }

    /// Removes the journal: everything is done, or it can't be trusted.
    func discard() {
        try? handle.close()
        try? FileManager.default.removeItem(atPath: path)
    }
}
