import Foundation
import JSON

/// A folder with mapping files of senders, and the ConceptMaps that they name.
enum MapFolder {
    /// The ConceptMaps (`.json`) of a folder and those below it.
    static func conceptMaps(in folder: String) throws -> [JSONDocument] {
        let names = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
        return try names.filter { $0.hasSuffix(".json") }.sorted().map { name in
            guard let bytes = FileManager.default.contents(atPath: "\(folder)/\(name)") else {
                throw Misuse("\(folder)/\(name) can't be read.")
            }
            do { return try JSONDocument(parsing: Array(bytes)) } catch { throw Misuse("\(folder)/\(name): \(error)") }
        }
    }
}
