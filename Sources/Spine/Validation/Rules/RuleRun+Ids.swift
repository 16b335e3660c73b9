import FHIR
import JSON

// Ids that must be different from each other.
extension RuleRun {
    /// Ids of elements are unique in their resource; contained resources have ids of their own
    /// (R4, "Element" and "Resource.contained").
    mutating func uniqueIds() {
        var seen: [Int: Set<String>] = [:]
        for visit in survey.visits.indices where survey.visits[visit].structure >= 0 {
            guard let id = node(visit)[Keys.id]?.string, !id.isEmpty, resource(around: visit) != visit else { continue }
            // A snapshot repeats the ids of the differential.
            let space = snapshot(around: visit) ?? resource(around: visit)
            if !seen[space, default: []].insert(id).inserted {
                report(.error, .duplicate, "another element of the resource has the id \(shown(id))", visit)
            }
        }
        var contained: [Int: Set<String>] = [:]
        for visit in survey.visits.indices where survey.element(of: visit) == "contained" {
            guard let id = node(visit)[Keys.id]?.string else { continue }
            if !contained[Int(survey.visits[visit].parent), default: []].insert(id).inserted {
                report(.error, .duplicate, "another contained resource has the id \(shown(id))", visit)
            }
        }
    }

    private func snapshot(around visit: Int) -> Int? {
        var at = visit
        while at >= 0 {
            if survey.element(of: at) == "snapshot" { return at }
            at = Int(survey.visits[at].parent)
        }
        return nil
    }
}
