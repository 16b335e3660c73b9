public import JSON
public import Syndromes

/// Cases in what a hospital's system has just given, before it has left the hospital (前置软件): the same evidence and the same card as at
/// the platform, of one bundle alone.
public enum LocalCases {
    /// A card that was prepared beside the hospital.
    public struct Found: Sendable, Hashable {
        /// The card; its patient is the reference of the bundle.
        public let card: ReportCard
        /// What tells the person from others: a number of the person's, else the reference.
        public let person: String
    }

    /// The cards of the cases in a bundle, one for each person and disease.
    ///
    /// - Parameters:
    ///   - bundle: a Bundle, or a single resource.
    ///   - known: when it became known, in milliseconds since 1970 UTC.
    public static func cards(
        in bundle: JSONNode, known: Int64, _ list: WatchList, _ form: ReportForm
    ) -> [Found] {
        let entries = bundle["entry"].map { Array($0.elements) } ?? []
        var byReference: [String: JSONNode] = [:]
        for entry in entries {
            guard let resource = entry["resource"] else { continue }
            if let url = entry["fullUrl"]?.string { byReference[url] = resource }
            if let type = resource["resourceType"]?.string, let id = resource["id"]?.string {
                byReference["\(type)/\(id)"] = resource
            }
        }
        struct Case {
            var evidence: CaseEvidence
            var resource: JSONNode
            var grounds: [ReportCard.Ground]
        }
        var cases: [String: Case] = [:]
        var order: [String] = []
        let resources = entries.isEmpty ? [bundle] : entries.compactMap { $0["resource"] }
        for (index, resource) in resources.enumerated() {
            for evidence in CaseEvidence.found(in: resource, known: known, list, form) {
                let type = resource["resourceType"]?.string ?? ""
                let ground = ReportCard.Ground(
                    reference: "\(type)/\(resource["id"]?.string ?? "\(index + 1)")",
                    classification: evidence.classification)
                let key = "\(evidence.person ?? "")|\(evidence.disease.id)"
                guard var known = cases[key] else {
                    cases[key] = Case(evidence: evidence, resource: resource, grounds: [ground])
                    order.append(key)
                    continue
                }
                known.grounds.append(ground)
                if evidence.classification > known.evidence.classification {
                    (known.evidence, known.resource) = (evidence, resource)
                }
                cases[key] = known
            }
        }
        return order.compactMap { cases[$0] }.map { found in
            let reference = found.evidence.person ?? ""
            let patient = byReference[reference]
            let encounter = (found.resource["encounter"]?["reference"]?.string).flatMap { byReference[$0] }
            let institution = (encounter?["serviceProvider"]?["reference"]?.string).flatMap { byReference[$0] }
            var values: [String: String] = [:]
            if let patient {
                values = ReportPrefill(
                    patient: patient, ground: found.resource, encounter: encounter, institution: institution
                ).values(found.evidence, form)
            }
            let number = patient?["identifier"]?[0]?["value"]?.string
            let card = ReportCard(
                found.evidence, grounds: found.grounds, values: values, district: 0, owner: nil, centre: nil, form,
                now: known)
            return Found(card: card, person: values["idNumber"] ?? number ?? reference)
        }
    }
}
