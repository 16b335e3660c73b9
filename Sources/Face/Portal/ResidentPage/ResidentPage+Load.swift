import JSON
import Records
import Timeline

extension ResidentModel {
    /// Rows on a page of the timeline.
    static let pageRows = 40
    /// The latest observations that trends are drawn from, at most.
    static let observationsMax = 300
    /// The latest documents that each list is made from, at most.
    static let listMax = 80

    /// Reads a resident's page.
    /// - Parameters:
    ///   - records: what the reader reaches.
    ///   - counts: whether the numbers of all facts are told, also of those that the reader may not reach.
    /// - Returns: nil when there never was such a resident.
    /// - Throws: ``RecordsError`` of category `gone` for a deleted one.
    static func load(
        _ store: RecordStore, _ records: any PortalRecords, id: String, choice: Choice, counts: Bool = true
    ) throws -> ResidentModel? {
        let key = ResourceKey(type: "Patient", id: id)
        let patient: Version
        do {
            patient = try records.read(key)
        } catch {
            if error.category == .notFound { return nil }
            throw error
        }
        let document = try JSONDocument(parsing: patient.json())
        let timeline = Timeline(store: store)
        guard let resident = try records.number(of: key) else { return nil }
        let reader = DocumentReader(records)
        func facts(_ kind: TimelineKind, _ limit: Int) throws -> [ClinicalFact] {
            try timeline.entries(of: resident, kinds: [kind], limit: limit).entries.compactMap(reader.fact)
        }
        let page = try timeline.entries(
            of: resident, kinds: choice.kind.map { [$0] } ?? [], after: choice.cursor, limit: pageRows)
        let groups = groups(
            try page.entries.compactMap(reader.fact), visit: reader.visit, placeName: reader.placeName)
        let latestVisit = try facts(.visit, 1).first
        return ResidentModel(
            person: Person(document.root), choice: choice, counts: counts ? try timeline.counts(of: resident) : [:],
            tellsCounts: counts, groups: groups,
            older: page.hasMore ? page.entries.last.map(TimelineCursor.init) : nil,
            trends: trends(try facts(.observation, observationsMax), limit: 12),
            diagnoses: latestOfEach(try facts(.diagnosis, listMax)),
            medicines: latestOfEach(try facts(.medicine, listMax)),
            vaccines: try facts(.vaccine, listMax), allergies: latestOfEach(try facts(.allergy, listMax)),
            latestVisit: latestVisit, latestPlaceName: latestVisit.flatMap(reader.placeName))
    }
}
