import JSON
import Records

extension ResidentsModel {
    /// Residents on a page.
    static let pageRows = 20

    /// Searches for residents, or lists them when nothing was typed.
    static func load(_ store: RecordStore, choice: Choice) throws -> ResidentsModel {
        let count = try store.status().resourceCounts["Patient"] ?? 0
        let attempts = choice.attempts
        if attempts.isEmpty {
            let page = try page(store, [], cursor: choice.cursor)
            return ResidentsModel(
                choice: choice, people: people(page), total: count, next: page.next, isStoreEmpty: count == 0)
        }
        for attempt in attempts {
            let page = try page(store, [(attempt.name, attempt.value), ("_total", "accurate")], cursor: choice.cursor)
            guard page.entries.isEmpty else {
                return ResidentsModel(
                    choice: choice, people: people(page), total: page.total, next: page.next, isStoreEmpty: false)
            }
        }
        return ResidentsModel(choice: choice, people: [], total: 0, next: nil, isStoreEmpty: count == 0)
    }

    private static func page(
        _ store: RecordStore, _ parameters: [(String, String)], cursor: String?
    ) throws -> SearchPage {
        let paging = [("_count", "\(pageRows)")] + (cursor.map { [("_cursor", $0)] } ?? [])
        return try store.search(type: "Patient", parameters: parameters + paging)
    }

    private static func people(_ page: SearchPage) -> [Person] {
        page.entries.compactMap { entry in
            (try? JSONDocument(parsing: entry.version.json())).map { Person($0.root) }
        }
    }
}
