import JSON
import Records
import Timeline

/// Reads documents for one page, each at most once.
final class DocumentReader {
    private let records: any PortalRecords
    private var visits: [String: ClinicalFact] = [:]
    private var names: [String: String] = [:]

    init(_ records: any PortalRecords) { self.records = records }

    /// The document of a row; nil when it was deleted since the row was written.
    func fact(_ entry: TimelineEntry) throws -> ClinicalFact? {
        guard let version = try version(of: entry.resource), let document = try? JSONDocument(parsing: version.json())
        else { return nil }
        let fact = ClinicalFact(document.root, kind: entry.kind, seconds: entry.seconds)
        return fact.what == nil ? named(fact) : fact
    }

    /// The visit of a reference such as `Encounter/7`; nil when it is not there.
    func visit(_ reference: String) -> ClinicalFact? {
        if let known = visits[reference] { return known }
        guard let document = document(reference), let moment = TimelineMoment(document, kind: .visit) else {
            return nil
        }
        let visit = ClinicalFact(document.root, kind: .visit, seconds: moment.seconds)
        visits[reference] = visit
        return visit
    }

    /// The name of a visit's institution.
    func placeName(_ visit: ClinicalFact) -> String? {
        guard let place = visit.place else { return nil }
        if let display = place.display { return display }
        guard let reference = place.reference else { return nil }
        if let known = names[reference] { return known }
        let name = document(reference)?.root["name"]?.string
        names[reference] = name
        return name
    }

    /// A medicine that is only referred to gets the words of what it refers to.
    private func named(_ fact: ClinicalFact) -> ClinicalFact {
        guard let medication = fact.medication else { return fact }
        if let display = medication.display { return fact.naming(Concept(text: display, code: nil)) }
        guard let concept = medication.reference.flatMap(document).flatMap({ Concept($0.root["code"]) }) else {
            return fact
        }
        return fact.naming(concept)
    }

    private func document(_ reference: String) -> JSONDocument? {
        guard let key = ResourceKey(reference: reference), let version = try? records.readAside(key) else { return nil }
        return try? JSONDocument(parsing: version.json())
    }

    private func version(of resource: Int64) throws -> Version? {
        do {
            return try records.readAside(number: resource)
        } catch {
            switch error.category {
            case .notFound, .gone: return nil
            default: throw error
            }
        }
    }
}
