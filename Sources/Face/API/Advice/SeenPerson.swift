import JSON
import Records

/// A person's record as somebody sees it: what the rules hide isn't there, and what is read stands in the audit log.
enum SeenPerson {
    private static let count = "1000"

    /// The Patient, the compartment, and the Tasks and Contracts about them.
    ///
    /// - Throws: ``RecordsError`` of category `notFound` where the Patient isn't there for the one who asks.
    static func documents(_ id: String, _ records: SeenRecords) throws -> [JSONDocument] {
        var found: [JSONDocument] = []
        var query = EverythingQuery()
        repeat {
            let page = try records.everything(of: "Patient", id: id, query)
            for entry in page.entries where entry.mode == .match {
                found.append(try JSONDocument(parsing: entry.version.json()))
            }
            query.cursor = page.next
        } while query.cursor != nil
        // R4's compartment of a Patient holds neither of these.
        for type in ["Task", "Contract"] {
            var cursor: String?
            repeat {
                var parameters = [("patient", id), ("_count", count)]
                if let cursor { parameters.append(("_cursor", cursor)) }
                let page = try records.search(type: type, parameters: parameters)
                for entry in page.entries where entry.mode == .match {
                    found.append(try JSONDocument(parsing: entry.version.json()))
                }
                cursor = page.next
            } while cursor != nil
        }
        return found
    }
}
