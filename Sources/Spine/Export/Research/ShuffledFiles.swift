/// The files of one type of a copy for research: in the order of their tokens, which tells nothing of the order in which
/// the resources came into the store.
struct ShuffledFiles {
    private let folder: ExportFolder
    private let type: String
    private var buckets: [ExportFile?]
    private var counts: [Int]
    private(set) var bytes = 0

    /// How many lines a file should have; they are put in order in memory.
    static let fileLines = 20_000
    private static let filesMax = 256

    /// - Parameter expected: about how many lines there will be.
    init(folder: ExportFolder, type: String, expected: Int) {
        self.folder = folder
        self.type = type
        let count = min(max(1, (expected + Self.fileLines - 1) / Self.fileLines), Self.filesMax)
        buckets = Array(repeating: nil, count: count)
        counts = Array(repeating: 0, count: count)
    }

    var count: Int { counts.reduce(0, +) }

    /// - Parameter token: the resource's id in the copy, hexadecimal.
    mutating func add(_ line: [UInt8], token: String) throws {
        let place = Int((UInt64(token.prefix(8), radix: 16) ?? 0) * UInt64(buckets.count) >> 32)
        let file = try buckets[place] ?? ExportFile(folder.path(of: "\(type).\(place).draft"))
        buckets[place] = file
        try file.write(line: line)
        counts[place] += 1
        bytes += line.count + 1
    }

    mutating func finish() throws -> [ExportJob.File] {
        var files: [ExportJob.File] = []
        for (place, bucket) in buckets.enumerated() {
            guard let bucket else { continue }
            try bucket.close()
            let name = "\(type).\(files.count + 1).ndjson"
            let sorted = try ExportFile(folder.path(of: name))
            for line in try ExportFile.lines(of: bucket.path).sorted(by: { $0.lexicographicallyPrecedes($1) }) {
                try sorted.write(line: Array(line))
            }
            try sorted.close()
            ExportFile.remove(bucket.path)
            files.append(ExportJob.File(name: name, type: type, count: counts[place], bytes: sorted.bytes))
        }
        return files
    }
}
