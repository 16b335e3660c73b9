import FHIR
import JSON

/// The element that an item's `definition` names: `…/StructureDefinition/Condition#Condition.code`.
struct FormElement {
    /// The resource type.
    let type: String
    /// The members on the way to the element.
    let way: [Member]
    /// The element; of a choice such as `onset[x]` one for each type.
    let ends: [Member]

    /// Reads a definition; nil when R4 has no such element.
    init?(_ definition: String, _ definitions: Definitions) {
        guard let hash = definition.lastIndex(of: "#") else { return nil }
        var parts = definition[definition.index(after: hash)...].split(separator: ".").map(String.init)
        guard parts.count >= 2, var structure = definitions.structure(parts[0]) else { return nil }
        type = parts.removeFirst()
        var way: [Member] = []
        for part in parts.dropLast() {
            guard let member = structure.member(part), let next = member.structureIndex else { return nil }
            way.append(member)
            structure = definitions.structure(at: next)
        }
        let last = parts[parts.count - 1]
        let stem = last.hasSuffix("[x]") ? String(last.dropLast(3)) : last
        let ends = structure.member(last).map { [$0] } ?? structure.members(ofElement: stem)
        guard !ends.isEmpty else { return nil }
        self.way = way
        self.ends = ends
    }
}
