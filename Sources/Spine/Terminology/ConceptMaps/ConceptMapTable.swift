import JSON

/// A ConceptMap resource made ready for `$translate`.
final class ConceptMapTable: Sendable {
    let url: String?
    let version: String?
    /// The value sets that the map goes from and to, as it names them.
    let source: String?
    let target: String?
    let groups: [Group]

    /// The mappings from one code system to another.
    struct Group: Sendable {
        let source: String?
        let sourceVersion: String?
        let target: String?
        let targetVersion: String?
        let elements: [Element]
        let bySource: [String: [Int]]
        let byTarget: [String: [(element: Int, target: Int)]]
        let unmapped: JSONNode?
    }

    /// What one source code becomes.
    struct Element: Sendable {
        let code: String
        let display: String?
        let targets: [Target]
    }

    /// One target of a source code.
    struct Target: Sendable {
        /// Nil where the map says that there is no counterpart.
        let code: String?
        let display: String?
        let equivalence: String
        let dependsOn: [Dependency]
        let products: [Dependency]
        let comment: String?
    }

    /// A fact that a mapping needs, or one that it adds.
    struct Dependency: Sendable {
        let property: String
        let system: String?
        let value: String
        let display: String?
    }

    init(_ resource: JSONNode) throws(TerminologyError) {
        url = resource["url"]?.string
        version = resource["version"]?.string
        source = resource["sourceUri"]?.string ?? resource["sourceCanonical"]?.string
        target = resource["targetUri"]?.string ?? resource["targetCanonical"]?.string
        groups = Self.list(resource, "group").map(Self.group)
    }

    private static func list(_ node: JSONNode, _ key: JSONKey) -> [JSONNode] {
        node[key].map { Array($0.elements) } ?? []
    }

    private static func group(_ node: JSONNode) -> Group {
        let elements = list(node, "element").compactMap { element in
            element["code"]?.string.map { code in
                Element(
                    code: code, display: element["display"]?.string, targets: list(element, "target").map(target))
            }
        }
        var bySource: [String: [Int]] = [:]
        var byTarget: [String: [(element: Int, target: Int)]] = [:]
        for (place, element) in elements.enumerated() {
            bySource[element.code, default: []].append(place)
            for (position, target) in element.targets.enumerated() {
                if let code = target.code { byTarget[code, default: []].append((place, position)) }
            }
        }
        return Group(
            source: node["source"]?.string, sourceVersion: node["sourceVersion"]?.string,
            target: node["target"]?.string, targetVersion: node["targetVersion"]?.string, elements: elements,
            bySource: bySource, byTarget: byTarget, unmapped: node["unmapped"])
    }

    private static func target(_ node: JSONNode) -> Target {
        Target(
            code: node["code"]?.string, display: node["display"]?.string,
            equivalence: node["equivalence"]?.string ?? "equivalent",
            dependsOn: list(node, "dependsOn").compactMap(dependency),
            products: list(node, "product").compactMap(dependency), comment: node["comment"]?.string)
    }

    private static func dependency(_ node: JSONNode) -> Dependency? {
        guard let property = node["property"]?.string, let value = node["value"]?.string else { return nil }
        return Dependency(
            property: property, system: node["system"]?.string, value: value, display: node["display"]?.string)
    }
}
