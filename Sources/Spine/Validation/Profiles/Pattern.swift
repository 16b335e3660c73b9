import JSON

/// Whether a value has what a pattern says (R4, `ElementDefinition.pattern[x]`).
enum Pattern {
    /// Members of the pattern are there with matching values, each element of a list has a match; anything more is allowed.
    static func matches(_ pattern: JSONNode, _ value: JSONNode) -> Bool {
        if pattern.isObject {
            return pattern.members.allSatisfy { member in
                member.key.string.flatMap { value[JSONKey($0)] }.map { matches(member.value, $0) } ?? false
            }
        }
        if pattern.isArray {
            return pattern.elements.allSatisfy { wanted in value.elements.contains { matches(wanted, $0) } }
        }
        return pattern.hasSameValue(as: value)
    }
}
