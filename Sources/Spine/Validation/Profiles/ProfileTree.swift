import JSON

/// The elements of a profile as a tree: below each element its own, slices beside it.
final class ProfileTree: Sendable {
    /// One element.
    struct Element: Sendable {
        /// The name in the path, with `[x]` where it has one.
        let name: String
        /// The name of the slice, without those of slices around; nil of the element as a whole.
        let slice: String?
        /// The definition; nil where only elements below are constrained.
        var definition: JSONNode?
        var children: [Int] = []
    }

    /// The element at the root is the first.
    let elements: [Element]

    /// - Parameter profile: a StructureDefinition; what its differential says, or its snapshot where it has none.
    init?(_ profile: JSONNode) {
        let list = profile["differential"]?[Keys.element] ?? profile["snapshot"]?[Keys.element]
        guard let type = profile[Keys.type]?.string, let list else { return nil }
        var elements = [Element(name: type, slice: nil)]
        var lastOfPath: [String: String] = [:]
        for definition in list.elements {
            guard let path = definition[Keys.path]?.string else { continue }
            let id = definition[Keys.id]?.string ?? Self.id(path, definition, &lastOfPath)
            var at = 0
            for segment in Self.segments(id).dropFirst() {
                let parts = segment.split(separator: ":", maxSplits: 1).map(String.init)
                guard let name = parts.first else { continue }
                let slice = parts.count > 1 ? parts[1] : nil
                if let known = elements[at].children.first(where: {
                    elements[$0].name == name && elements[$0].slice == slice
                }) {
                    at = known
                } else {
                    elements.append(Element(name: name, slice: slice))
                    elements[at].children.append(elements.count - 1)
                    at = elements.count - 1
                }
            }
            elements[at].definition = definition
        }
        self.elements = elements
    }

    /// Ids are split at points, but not inside brackets and not in the names of slices with URLs.
    private static func segments(_ id: String) -> [String] {
        id.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    }

    /// The id that an element without one would have: of its path, below the slice that stands before.
    private static func id(_ path: String, _ definition: JSONNode, _ last: inout [String: String]) -> String {
        let parent = path.split(separator: ".").dropLast().joined(separator: ".")
        let name = path.split(separator: ".").last.map(String.init) ?? path
        let around = last[parent].map { "\($0)." } ?? (parent.isEmpty ? "" : parent + ".")
        let slice = definition["sliceName"]?.string.map { ":\($0)" } ?? ""
        let id = around + name + slice
        last[path] = id
        return id
    }
}
