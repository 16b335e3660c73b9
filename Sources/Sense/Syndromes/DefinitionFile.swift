package import Foundation
package import JSON

/// What is wrong with a file of definitions: which file, where in it, and what to do.
public struct DefinitionFault: Error, Equatable, CustomStringConvertible {
    /// The file's name.
    public let file: String
    /// Where in it, such as `syndromes[2].icd10`.
    public let path: String
    /// What was found, and what is expected.
    public let hint: String

    /// File, path and hint in one line.
    public var description: String { "\(file): \(path): \(hint)" }
}

/// A file of definitions under `Resources`, or given in its place.
package struct DefinitionFile {
    package let name: String
    package let root: JSONNode

    package init(_ name: String, _ bytes: [UInt8]) throws(DefinitionFault) {
        self.name = name
        do { root = try JSONDocument(parsing: bytes).root } catch {
            throw DefinitionFault(file: name, path: error.path, hint: "\(error)")
        }
    }

    /// One that comes with the house.
    init(house name: String) throws(DefinitionFault) { try self.init(house: name, in: Bundle.module) }

    /// One that comes with another part of the house.
    package init(house name: String, in bundle: Bundle) throws(DefinitionFault) {
        let url = bundle.bundleURL.appendingPathComponent("Resources/\(name)")
        guard let data = FileManager.default.contents(atPath: url.path) else {
            throw DefinitionFault(file: name, path: "$", hint: "is missing beside the program; install it whole")
        }
        try self.init(name, [UInt8](data))
    }

    package func fault(_ path: String, _ hint: String) -> DefinitionFault {
        DefinitionFault(file: name, path: path, hint: hint)
    }

    package func required(_ node: JSONNode, _ key: JSONKey, _ path: String) throws(DefinitionFault) -> String {
        guard let text = node[key]?.string, !text.isEmpty else { throw fault(path, "\(key.string) is missing") }
        return text
    }

    package func number(_ node: JSONNode, _ key: JSONKey, _ path: String) throws(DefinitionFault) -> Int {
        guard let number = node[key]?.integer, number > 0 else {
            throw fault("\(path).\(key.string)", "must be a whole number above 0")
        }
        return number
    }
}

extension JSONNode {
    package func list(_ key: JSONKey) -> [JSONNode] { self[key].map { Array($0.elements) } ?? [] }
    package func texts(_ key: JSONKey) -> [String] { list(key).compactMap(\.string) }
}
