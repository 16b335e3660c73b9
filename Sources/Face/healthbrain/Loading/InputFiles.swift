import Foundation

/// A file to read, and how to recognise it later.
struct InputFile: Sendable, Equatable {
    let path: String
    let bytes: Int
    /// Seconds since 1970.
    let modified: Int
}

/// Finds the files that paths on a command line mean.
enum InputFiles {
    /// What is read in folders; a file that is named itself is read whatever it is called.
    private static let endings = [".json", ".ndjson", ".jsonl", ".json.gz", ".ndjson.gz", ".jsonl.gz"]
    /// Bundles that others refer to, by the names that Synthea gives them, are read first in a folder.
    private static let firstWords = ["hospitalinformation", "practitionerinformation"]

    static func find(_ paths: [String]) throws -> [InputFile] {
        var files: [InputFile] = []
        for path in paths {
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
                throw Misuse("There is no file or folder \(path).")
            }
            if isFolder.boolValue {
                files += try inFolder(path)
            } else {
                files.append(try file(path))
            }
        }
        guard !files.isEmpty else {
            throw Misuse("There is nothing to read: folders are searched for \(endings.joined(separator: ", ")).")
        }
        return files
    }

    private static func inFolder(_ folder: String) throws -> [InputFile] {
        guard let names = FileManager.default.enumerator(atPath: folder) else {
            throw Misuse("The folder \(folder) can't be read.")
        }
        var paths: [String] = []
        for case let name as String in names {
            let lower = name.lowercased()
            if endings.contains(where: lower.hasSuffix) { paths.append("\(folder)/\(name)") }
        }
        return try paths.sorted { (rank($0), $0) < (rank($1), $1) }.map(file)
    }

    private static func rank(_ path: String) -> Int {
        let name = path.split(separator: "/").last.map { $0.lowercased() } ?? ""
        return firstWords.firstIndex(where: name.hasPrefix) ?? firstWords.count
    }

    private static func file(_ path: String) throws -> InputFile {
        guard let facts = try? FileManager.default.attributesOfItem(atPath: path) else {
            throw Misuse("The file \(path) can't be read.")
        }
        return InputFile(
            path: path, bytes: (facts[.size] as? NSNumber)?.intValue ?? 0,
            modified: Int((facts[.modificationDate] as? Date)?.timeIntervalSince1970 ?? 0))
    }
}
