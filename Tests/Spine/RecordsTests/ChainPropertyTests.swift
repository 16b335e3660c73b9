import FHIR
import JSON
import Records
import Testing

/// Chains made at random over a small random store, held against following the references in plain Swift.
@Suite struct ChainPropertyTests {
    /// A resource as plain data: what the documents of the store are written from.
    private struct Node {
        var type: String
        var id: String
        var text: String
        /// Code of the reference parameter → what it refers to.
        var links: [String: [String]] = [:]

        var key: String { "\(type)/\(id)" }
    }

    /// A reference parameter of a type, what it may refer to here, and where it stands in the document.
    private struct Edge {
        var source: String
        var code: String
        var targets: [String]
        var isList: Bool
        var element: String
    }

    private static let edges = [
        Edge(
            source: "Patient", code: "organization", targets: ["Organization"], isList: false,
            element: "managingOrganization"),
        Edge(
            source: "Patient", code: "general-practitioner", targets: ["Practitioner", "Organization"], isList: true,
            element: "generalPractitioner"),
        Edge(source: "Organization", code: "partof", targets: ["Organization"], isList: false, element: "partOf"),
        Edge(
            source: "Observation", code: "subject", targets: ["Patient", "Location"], isList: false, element: "subject"),
        Edge(source: "Observation", code: "patient", targets: ["Patient"], isList: false, element: "subject"),
        Edge(
            source: "Observation", code: "performer", targets: ["Practitioner", "Organization", "Patient"],
            isList: true, element: "performer"),
        Edge(
            source: "Observation", code: "derived-from", targets: ["Observation"], isList: true, element: "derivedFrom"),
        Edge(
            source: "Location", code: "organization", targets: ["Organization"], isList: false,
            element: "managingOrganization"),
        Edge(source: "Location", code: "partof", targets: ["Location"], isList: false, element: "partOf"),
    ]

    /// The parameter that is asked at the end of a chain, by type.
    private static let leaves = [
        "Patient": "family", "Practitioner": "family", "Organization": "name", "Location": "name",
        "Observation": "status",
    ]

    private static func values(of type: String) -> [String] {
        type == "Observation" ? ["final", "amended", "preliminary"] : ["aa", "ab", "bb"]
    }

    private static func document(_ node: Node) -> String {
        var members = [#""resourceType":"\#(node.type)""#, #""id":"\#(node.id)""#]
        switch node.type {
        case "Patient", "Practitioner": members.append(#""name":[{"family":"\#(node.text)"}]"#)
        case "Observation": members += [#""status":"\#(node.text)""#, #""code":{"text":"x"}"#]
        default: members.append(#""name":"\#(node.text)""#)
        }
        for edge in edges where edge.source == node.type && edge.code != "patient" {
            guard let links = node.links[edge.code], !links.isEmpty else { continue }
            let references = links.map { #"{"reference":"\#($0)"}"# }
            members.append(
                "\"\(edge.element)\":" + (edge.isList ? "[\(references.joined(separator: ","))]" : references[0]))
        }
        return "{\(members.joined(separator: ","))}"
    }

    private static func nodes(_ generator: inout SeededGenerator) -> [Node] {
        var nodes: [Node] = []
        for type in leaves.keys.sorted() {
            for number in 0..<(type == "Observation" ? 14 : 6) {
                let text = values(of: type).randomElement(using: &generator) ?? ""
                nodes.append(Node(type: type, id: "\(type.lowercased())\(number)", text: text))
            }
        }
        for index in nodes.indices {
            for edge in edges where edge.source == nodes[index].type && edge.code != "patient" {
                let targets = nodes.filter { edge.targets.contains($0.type) && $0.key != nodes[index].key }
                let count = Int.random(in: 0...(edge.isList ? 3 : 1), using: &generator)
                // Some references lead to what is not there.
                nodes[index].links[edge.code] = (0..<count).map { _ in
                    Int.random(in: 0..<8, using: &generator) == 0
                        ? "\(edge.targets[0])/gone" : targets.randomElement(using: &generator)?.key ?? ""
                }
            }
            if nodes[index].type == "Observation" {
                nodes[index].links["patient"] = nodes[index].links["subject"]?.filter { $0.hasPrefix("Patient/") }
            }
        }
        return nodes
    }

    /// A question: a name, and who answers yes.
    private struct Question {
        var name: String
        var value: String
        var holds: (Node) -> Bool
    }

    private static func question(
        on type: String, depth: Int, _ nodes: [Node], _ generator: inout SeededGenerator
    ) -> Question {
        let forward = edges.filter { $0.source == type }
        let backward = edges.filter { $0.targets.contains(type) }
        let byKey = Dictionary(uniqueKeysWithValues: nodes.map { ($0.key, $0) })
        let choice = depth == 0 ? 0 : Int.random(in: 0..<5, using: &generator)
        if choice <= 2, choice > 0, let edge = forward.randomElement(using: &generator) {
            let target = edge.targets.randomElement(using: &generator) ?? ""
            let inner = question(on: target, depth: depth - 1, nodes, &generator)
            return Question(name: "\(edge.code):\(target).\(inner.name)", value: inner.value) { node in
                (node.links[edge.code] ?? []).contains { key in
                    byKey[key].map { $0.type == target && inner.holds($0) } ?? false
                }
            }
        }
        if choice > 2, let edge = backward.randomElement(using: &generator) {
            let inner = question(on: edge.source, depth: depth - 1, nodes, &generator)
            return Question(name: "_has:\(edge.source):\(edge.code):\(inner.name)", value: inner.value) { node in
                nodes.contains {
                    $0.type == edge.source && ($0.links[edge.code] ?? []).contains(node.key) && inner.holds($0)
                }
            }
        }
        let leaf = leaves[type] ?? ""
        let first = values(of: type).randomElement(using: &generator) ?? ""
        let second = values(of: type).randomElement(using: &generator) ?? ""
        switch Int.random(in: 0..<6, using: &generator) {
        case 0: return Question(name: leaf, value: "\(first),\(second)") { [first, second].contains($0.text) }
        case 1 where type == "Observation": return Question(name: "\(leaf):not", value: first) { $0.text != first }
        case 2 where type != "Observation":
            return Question(name: leaf, value: "a") { $0.text.hasPrefix("a") }
        case 3: return Question(name: "_id", value: "\(type.lowercased())1") { $0.id == "\(type.lowercased())1" }
        case 4:
            let code = forwardCode(type)
            guard let code else { break }
            return Question(name: "\(code):missing", value: "true") { ($0.links[code] ?? []).isEmpty }
        default: break
        }
        return Question(name: leaf, value: first) { $0.text == first }
    }

    private static func forwardCode(_ type: String) -> String? { edges.first { $0.source == type }?.code }

    @Test("chains and _has find what following the references finds", arguments: 0..<12 as Range<UInt64>)
    func chains(seed: UInt64) async throws {
        var generator = SeededGenerator(seed: seed)
        let nodes = Self.nodes(&generator)
        let store = try memoryStore()
        for node in nodes.shuffled(using: &generator) { try await store.put(Self.document(node)) }
        for _ in 0..<60 {
            let type = Self.leaves.keys.sorted().randomElement(using: &generator) ?? ""
            let questions = (0..<Int.random(in: 1...2, using: &generator)).map { _ in
                Self.question(on: type, depth: Int.random(in: 0...4, using: &generator), nodes, &generator)
            }
            let expected = nodes.filter { node in node.type == type && questions.allSatisfy { $0.holds(node) } }
            let parameters = questions.map { ($0.name, $0.value) }
            let page = try store.search(type: type, parameters: parameters + [("_count", "100")])
            #expect(
                page.entries.map(\.version.key.description).sorted() == expected.map(\.key).sorted(),
                "\(type)?\(parameters.map { "\($0.0)=\($0.1)" }.joined(separator: "&"))")
            #expect(
                try store.search(type: type, parameters: parameters + [("_summary", "count")]).total == expected.count)
        }
    }

    @Test("searches stay right while resources change", arguments: 0..<6 as Range<UInt64>)
    func changes(seed: UInt64) async throws {
        var generator = SeededGenerator(seed: seed)
        var nodes = Self.nodes(&generator)
        let store = try memoryStore()
        for node in nodes { try await store.put(Self.document(node)) }
        for _ in 0..<15 {
            let index = Int.random(in: 0..<nodes.count, using: &generator)
            if Bool.random(using: &generator) {
                _ = try await store.delete(ResourceKey(type: nodes[index].type, id: nodes[index].id))
                nodes.remove(at: index)
            } else {
                let others = Self.nodes(&generator)
                guard let other = others.first(where: { $0.key == nodes[index].key }) else { continue }
                nodes[index] = other
                try await store.put(Self.document(other))
            }
            let type = Self.leaves.keys.sorted().randomElement(using: &generator) ?? ""
            let question = Self.question(on: type, depth: 2, nodes, &generator)
            let page = try store.search(type: type, parameters: [(question.name, question.value), ("_count", "100")])
            let expected = nodes.filter { $0.type == type && question.holds($0) }
            #expect(
                page.entries.map(\.version.key.description).sorted() == expected.map(\.key).sorted(),
                "\(type)?\(question.name)=\(question.value)")
        }
    }
}
