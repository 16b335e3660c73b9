import FHIR
import JSON

// Rules of resources that define codes.
extension RuleRun {
    private static let content: JSONKey = "content"
    private static let count: JSONKey = "count"
    private static let concept: JSONKey = "concept"

    /// A complete code system has as many concepts as it says.
    mutating func codeSystem(_ visit: Int) {
        let value = node(visit)
        guard let count = value[Self.count]?.integer, value[Self.content]?.equals("complete") == true else { return }
        var found = 0
        var lists = [value[Self.concept]].compactMap { $0 }
        while let list = lists.popLast() {
            for concept in list.elements {
                found += 1
                if let inner = concept[Self.concept] { lists.append(inner) }
            }
        }
        guard found != count else { return }
        report(
            .error, .invalid, "the code system is complete, but has \(found) concepts where count says \(count)", visit,
            below: "count")
    }

    /// A value set takes codes from systems named in full.
    mutating func valueSetInclude(_ visit: Int) {
        guard let system = node(visit)[Keys.system]?.string, !URIForms.isAbsolute(system) else { return }
        report(
            .error, .invalid,
            "a value set must name the code system by an absolute URI; found \(shown(system))", visit, below: "system")
    }
}
