import FHIR
import JSON

// Narratives: `txt-1`, `txt-2`, and links that lead somewhere.
extension RuleRun {
    mutating func narrative(_ visit: Int) {
        guard let text = node(visit).string else { return }
        let narrative = Narrative(text)
        if options.depth == .full {
            for fault in narrative.faults {
                report(.error, fault.isFatal ? .structure : .invalid, "the narrative: \(fault.text)", visit)
            }
            // What can't be read can't be shown to keep txt-1.
            if narrative.faults.contains(where: { $0.isForbidden || $0.isFatal }) {
                broken("txt-1", .error, visit, detail: "")
            }
        } else if let fault = narrative.faults.first {
            let more = narrative.faults.count > 1 ? " (\(narrative.faults.count) such findings)" : ""
            broken("txt-1", .error, visit, detail: fault.text + more)
        }
        if narrative.faults.isEmpty, !narrative.hasContent {
            // A warning: the table gives txt-2 the expression of txt-1, the reference validator lets an empty div pass, and
            // official examples have one.
            broken("txt-2", .warning, visit, detail: "")
        }
        guard options.depth == .full else { return }
        var missing = Set(narrative.localLinks).subtracting(narrative.ids)
        guard !missing.isEmpty else { return }
        missing.subtract(Narrative.ids(in: node(container(around: visit))))
        if let place = entry(around: visit) {
            missing.subtract(index(of: place.bundle).entries.compactMap(\.id))
        }
        for link in missing.sorted() {
            report(.error, .notFound, "the link \(shown("#" + link)) leads to nothing in the resource", visit)
        }
    }

    private mutating func broken(_ key: String, _ severity: Issue.Severity, _ visit: Int, detail: String) {
        let meaning = InvariantMeaning.of(key) ?? ""
        report(severity, .invariant, "\(key): \(meaning)\(detail.isEmpty ? "" : ": \(detail)")", visit)
    }
}
