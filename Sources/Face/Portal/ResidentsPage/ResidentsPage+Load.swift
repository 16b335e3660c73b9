import JSON
import Records

extension ResidentsModel {
    /// Residents on a page.
    static let pageRows = 20

    /// Searches for residents, or lists them when nothing was typed.
    static func load(_ store: RecordStore, choice: Choice) throws -> ResidentsModel {
        let count = try store.status().resourceCounts["Patient"] ?? 0
        return try load(OpenRecords(store: store), choice: choice, count: count)
    }

    /// The same among the residents whom a reader reaches.
    /// - Parameter count: how many residents there are; nil to count those whom the reader reaches.
    static func load(_ records: any PortalRecords, choice: Choice, count: Int?) throws -> ResidentsModel {
        let attempts = choice.attempts
        if attempts.isEmpty {
            let page = try page(records, count == nil ? [("_total", "accurate")] : [], cursor: choice.cursor)
            return ResidentsModel(
                choice: choice, people: people(page), total: count ?? page.total, next: page.next,
                isStoreEmpty: count == 0)
        }
        for attempt in attempts {
            let page = try page(
                records, [(attempt.name, attempt.value), ("_total", "accurate")], cursor: choice.cursor)
            guard page.entries.isEmpty else {
                return ResidentsModel(
                    choice: choice, people: people(page), total: page.total, next: page.next, isStoreEmpty: false)
            }
        }
        return ResidentsModel(choice: choice, people: [], total: 0, next: nil, isStoreEmpty: count == 0)
    }

    private static func page(
        _ records: any PortalRecords, _ parameters: [(String, String)], cursor: String?
    ) throws -> SearchPage {
        let paging = [("_count", "\(pageRows)")] + (cursor.map { [("_cursor", $0)] } ?? [])
        return try records.search(type: "Patient", parameters: parameters + paging)
    }

    private static func people(_ page: SearchPage) -> [Person] {
        page.entries.compactMap { entry in
            (try? JSONDocument(parsing: entry.version.json())).map { Person($0.root) }
        }
    }
}
