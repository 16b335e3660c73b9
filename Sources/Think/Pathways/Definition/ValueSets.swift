import JSON
public import Programmes

/// The codes of the value sets that programmes bring along, as they list them.
struct ValueSets: Sendable {
    /// By value set: `system|code`.
    private let members: [String: Set<String>]

    init(_ programmes: [Programme]) {
        let files = programmes.flatMap { $0.files(.codes) }
        var systems: [String: [String]] = [:]
        for file in files where file.resourceType == "CodeSystem" {
            if let url = file.url { systems[url] = Self.codes(file.document.root.list("concept")) }
        }
        var members: [String: Set<String>] = [:]
        for file in files where file.resourceType == "ValueSet" {
            guard let url = file.url else { continue }
            var found: Set<String> = []
            for include in file.document.root["compose"]?.list("include") ?? [] {
                guard let system = include["system"]?.string else { continue }
                let listed = include.list("concept").compactMap { $0["code"]?.string }
                let codes = include["concept"] == nil ? systems[system] ?? [] : listed
                found.formUnion(codes.map { "\(system)|\($0)" })
            }
            members[url] = found
        }
        self.members = members
    }

    private static func codes(_ concepts: [JSONNode]) -> [String] {
        concepts.flatMap { concept in
            (concept["code"]?.string.map { [$0] } ?? []) + codes(concept.list("concept"))
        }
    }

    /// Answers `memberOf()`; nil for value sets that no programme brings.
    var membership: ValueSetMembership {
        let members = members
        return { system, code, valueSet in
            let url = valueSet.split(separator: "|").first.map(String.init) ?? valueSet
            guard let codes = members[url] else { return nil }
            guard let system else { return codes.contains { $0.hasSuffix("|\(code)") } }
            return codes.contains("\(system)|\(code)")
        }
    }
}

extension Pathway {
    /// Answers `memberOf()` by the value sets that programmes bring along; nil for others.
    public static func membership(_ programmes: [Programme]) -> ValueSetMembership { ValueSets(programmes).membership }
}
