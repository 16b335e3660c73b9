import FHIR
import JSON
public import Records

/// Who holds a programme's role for a person.
public struct OwnerDirectory: Sendable {
    /// The health commissions by the code of their district.
    private var commissions: [String: String] = [:]
    /// The one above the others.
    private var ofCity: String?

    /// Changes when anybody else would hold a role.
    var fingerprint: String {
        commissions.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ",") + "/"
            + (ofCity ?? "")
    }

    /// No commissions are known.
    public init() {}

    /// Those of a store: Organizations of type `commission`.
    public init(_ store: RecordStore) throws {
        let page = try store.search(type: "Organization", parameters: [("type", "commission"), ("_count", "500")])
        for entry in page.entries {
            let root = try JSONDocument(parsing: entry.version.json()).root
            let code = PersonRecord.division(of: root)
            let reference = entry.version.key.description
            if root["partOf"] == nil { ofCity = ofCity ?? reference }
            if !code.isEmpty { commissions[String(code.prefix(6))] = reference }
        }
    }

    /// The reference of a holder; nil where nobody is known. Where a person has no family doctor their institution answers, and where
    /// they have no institution the commission: nothing is without an owner that anybody could be.
    public func holder(
        _ reach: ProgrammeSetting.Role.Reach, _ record: PersonRecord, basis: String?
    ) -> String? {
        let authority = commissions[String(record.city.prefix(6))] ?? ofCity
        let centre = record.patient["managingOrganization"]?["reference"]?.string ?? authority
        switch reach {
        case .resident: return "Patient/\(record.id)"
        case .districtAuthority: return authority ?? centre
        case .managingOrganization: return centre
        case .generalPractitioner:
            let doctor = record.patient["generalPractitioner"]?[0]?["reference"]?.string
            return doctor ?? centre
        case .receiver:
            let performer = basis.flatMap { record.entry($0)?.root["performer"]?[0]?["reference"]?.string }
            return performer ?? centre
        }
    }
}
