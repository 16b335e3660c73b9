public import JSON
public import Records

extension CityLife {
    /// Writes institutions and the like into a store, some hundred at once.
    public static func found(_ documents: [JSONDocument], _ store: RecordStore) async throws {
        for from in stride(from: 0, to: documents.count, by: 500) {
            var ready: [ReadyWrite] = []
            for document in documents[from..<min(from + 500, documents.count)] {
                let key = ResourceKey(
                    type: document.root["resourceType"]?.string ?? "", id: document.root["id"]?.string ?? "")
                ready.append(try store.ready(document, as: key))
            }
            let all = ready
            _ = try await store.write(size: all.count, deciding: { _ in all })
        }
    }
}
