import ChildPrograms
import Foundation

/// Real inputs beside the repository; they are not part of it.
enum Suites {
    /// The folder `shared/suites` beside the package.
    static let root = URL(filePath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "shared/suites")

    /// The names of the files in a folder below the root, sorted; none when the folder is absent.
    static func files(_ folder: String, suffix: String = ".json") -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: root.appending(path: folder).path)) ?? []
        return names.filter { $0.hasSuffix(suffix) }.sorted()
    }

    static func bytes(_ path: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: root.appending(path: path)))
    }

    static func gunzipped(_ path: String) throws -> [UInt8] {
        let run = try ChildProgram.run("gzip", ["--decompress", "--stdout", root.appending(path: path).path])
        return [UInt8](run.output)
    }
}
