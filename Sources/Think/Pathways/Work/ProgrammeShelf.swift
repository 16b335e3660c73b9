import JSON
public import Programmes
public import Records

/// Lays what programmes are made of into a store: their questionnaires, codes, definitions, and the programmes themselves.
public enum ProgrammeShelf {
    /// Writes what isn't there or has changed, in one transaction.
    ///
    /// - Returns: how many resources were written; 0 when everything stood already.
    public static func lay(_ programmes: [Programme], into store: RecordStore) async throws -> Int {
        var ready: [ReadyWrite] = []
        for document in programmes.flatMap({ $0.resources() }) {
            guard let type = document.root["resourceType"]?.string, let id = document.root["id"]?.string else {
                continue
            }
            let key = ResourceKey(type: type, id: id)
            if let standing = try? store.read(key),
                isSame(try JSONDocument(parsing: standing.json()).root, document.root)
            {
                continue
            }
            ready.append(try store.ready(document, as: key))
        }
        guard !ready.isEmpty else { return 0 }
        let writes = ready
        return try await store.write(size: writes.count) { _ in writes }.count { $0?.changed == true }
    }

    private static func isSame(_ standing: JSONNode, _ wanted: JSONNode) -> Bool {
        func members(_ root: JSONNode) -> [String: JSONNode] {
            Dictionary(root.members.compactMap { key, value in key.string.map { ($0, value) } }) { one, _ in one }
                .filter { $0.key != "meta" }
        }
        let (one, other) = (members(standing), members(wanted))
        return one.count == other.count && other.allSatisfy { one[$0.key]?.isEqualJSON(to: $0.value) == true }
    }
}
