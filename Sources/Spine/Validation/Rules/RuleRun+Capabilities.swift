import FHIR
import JSON

// CapabilityStatements that name search parameters of R4.
extension RuleRun {
    /// A search parameter should have the type that its definition gives it.
    mutating func capabilityStatement(_ visit: Int) {
        let base = "http://hl7.org/fhir/SearchParameter/"
        for inner in visit..<subtreeEnd(visit) where survey.element(of: inner) == "searchParam" {
            let value = node(inner)
            guard let url = value["definition"]?.string, url.hasPrefix(base), let type = value[Keys.type]?.string
            else { continue }
            let parts = url.dropFirst(base.count).split(separator: "-", maxSplits: 1).map(String.init)
            guard parts.count == 2, let known = definitions.searchParameter(parts[1], of: parts[0]),
                known.type.rawValue != type
            else { continue }
            // A warning: R4's own examples have other types.
            report(
                .warning, .invalid, "\(url) is a search parameter of type \(known.type.rawValue), not \(type)", inner,
                below: "type")
        }
    }
}
