public import Foundation

/// The files of a programme, as they lie in its folder. This is the one place that reads files.
public struct ProgrammeFolder: Sendable {
    /// The folder's name, which is also the programme's id.
    public let name: String
    /// The files by their path inside the folder: `pathways/hypertension.yaml`.
    public let files: [String: [UInt8]]

    /// No file of a programme is larger.
    public static let fileBytesMax = 4 << 20
    /// No programme has more files.
    public static let filesMax = 2000

    /// - Parameters:
    ///   - name: the folder's name.
    ///   - files: the files by their path inside the folder.
    public init(name: String, files: [String: [UInt8]]) {
        self.name = name
        self.files = files
    }

    /// Reads a folder with everything below it; names that begin with a dot are passed over.
    ///
    /// - Throws: a fault of kind `layout` when it is no folder, can't be read or is too large.
    public init(reading url: URL) throws(ProgrammeFault) {
        let root = url.standardizedFileURL.resolvingSymlinksInPath()
        name = root.lastPathComponent
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: root.path, isDirectory: &isFolder), isFolder.boolValue else {
            throw ProgrammeFault(.layout, file: url.path, "there is no such folder")
        }
        guard let paths = FileManager.default.subpaths(atPath: root.path)?.sorted() else {
            throw ProgrammeFault(.layout, file: url.path, "the folder can't be read")
        }
        var files: [String: [UInt8]] = [:]
        for path in paths where !path.split(separator: "/").contains(where: { $0.hasPrefix(".") }) {
            let place = root.appendingPathComponent(path)
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: place.path, isDirectory: &isFolder), !isFolder.boolValue else {
                continue
            }
            guard files.count < Self.filesMax else {
                throw ProgrammeFault(.layout, file: path, "a programme has at most \(Self.filesMax) files")
            }
            let size = (try? FileManager.default.attributesOfItem(atPath: place.path)[.size] as? Int) ?? 0
            guard size <= Self.fileBytesMax else {
                throw ProgrammeFault(
                    .layout, file: path, "\(size) bytes, where a file of a programme has at most \(Self.fileBytesMax)")
            }
            guard let data = FileManager.default.contents(atPath: place.path) else {
                throw ProgrammeFault(.layout, file: path, "the file can't be read")
            }
            files[path] = [UInt8](data)
        }
        self.files = files
    }

    /// The same folder with other scenarios.
    ///
    /// - Parameter scenarios: files by path: `scenarios/first-year.yaml`.
    public func with(scenarios: [String: [UInt8]]) -> ProgrammeFolder {
        ProgrammeFolder(
            name: name, files: files.filter { !$0.key.hasPrefix("scenarios/") }.merging(scenarios) { _, new in new })
    }

    /// The folders below one that hold a programme, by name; empty when there is no such folder.
    public static func all(below url: URL) -> [URL] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []
        return names.sorted().map { url.appendingPathComponent($0) }.filter {
            FileManager.default.fileExists(atPath: $0.appendingPathComponent("programme.yaml").path)
        }
    }
}
