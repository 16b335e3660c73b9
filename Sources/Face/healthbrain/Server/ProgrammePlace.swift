import FHIR
import Foundation
import Programmes

/// Where the programmes lie that come with the house, and how they are read.
enum ProgrammePlace {
    /// The folder `Programmes` below the working folder, or beside the program or above it; nil where there is none.
    static var shipped: URL? {
        var places = [URL(fileURLWithPath: FileManager.default.currentDirectoryPath)]
        var place = URL(fileURLWithPath: CommandLine.arguments.first ?? "").resolvingSymlinksInPath()
        for _ in 0..<5 {
            place = place.deletingLastPathComponent()
            places.append(place)
        }
        return places.map { $0.appendingPathComponent("Programmes") }.first { !ProgrammeFolder.all(below: $0).isEmpty }
    }

    /// The programmes of a folder, checked whole.
    ///
    /// - Parameter path: the folder; `shipped`: the one that comes with the house; nil and `none`: no programme.
    static func programmes(_ path: String?) throws -> [Programme] {
        guard let path, path != "none" else { return [] }
        guard let root = path == "shipped" ? shipped : URL(fileURLWithPath: path) else {
            throw Misuse("The programmes that come with the house aren't found; name their folder.")
        }
        let folders = ProgrammeFolder.all(below: root)
        if folders.isEmpty { throw Misuse("There is no programme in \(root.path).") }
        let checker = ProgrammeChecker(definitions: try Definitions.r4())
        return try folders.map { folder in
            do { return try Programme.load(try ProgrammeFolder(reading: folder), checker) } catch let refusal
                as ProgrammeRefusal
            { throw Failure("\(refusal)") } catch { throw Failure("\(error)") }
        }.filter { $0.status == .active }
    }
}
