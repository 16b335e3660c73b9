import JSON
import Records

extension PathwayDesk {
    /// Since when what tells no date is known: a diagnosis since its first version, a death since the first version that told it, so
    /// that an edit doesn't begin its time anew. What is there for the first time, or not in the store, isn't looked up.
    func firstTold(_ root: JSONNode) throws -> Moment? {
        guard let newest = root["meta"]?["versionId"]?.string.flatMap({ Int($0) }), newest > 1,
            let type = root["resourceType"]?.string, let id = root["id"]?.string
        else { return nil }
        let key = ResourceKey(type: type, id: id)
        var first: Moment?
        for number in (1..<newest).reversed() {
            do {
                let version = try store.version(key, number)
                let isTold =
                    try type == "Condition" || RecordReading.tellsNoDate(JSONDocument(parsing: version.json()).root)
                guard isTold else { return first }
                first = Moment(milliseconds: version.lastUpdated)
            } catch let error as RecordsError where error.category == .notFound || error.category == .gone {
                return first
            }
        }
        return first
    }
}
