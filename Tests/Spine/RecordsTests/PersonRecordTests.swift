import Records
import Testing

@Suite("A person's record")
struct PersonRecordTests {
    @Test(
        "is the Patient, what lies in its compartment, and its Tasks; of the types asked for, and no one else's",
        arguments: [
            (nil, ["lin", "visit", "pressure", "call"]), (["Task"], ["lin", "call"]),
            (["Observation"], ["lin", "pressure"]),
            (["Organization"], ["lin"]), ([], ["lin"]),
        ] as [(Set<String>?, [String])])
    func record(types: Set<String>?, expected: [String]) async throws {
        let store = try memoryStore()
        try await store.put(#"{"resourceType":"Patient","id":"lin"}"#)
        try await store.put(#"{"resourceType":"Patient","id":"wang"}"#)
        try await store.put(
            #"{"resourceType":"Encounter","id":"visit","status":"finished","class":{"code":"AMB"},"subject":{"reference":"Patient/lin"}}"#
        )
        for (id, person) in [("pressure", "lin"), ("foreign", "wang"), ("gone", "lin")] {
            try await store.put(
                #"{"resourceType":"Observation","id":"\#(id)","status":"final","code":{"text":"血压"},"subject":{"reference":"Patient/\#(person)"}}"#
            )
        }
        _ = try await store.delete(ResourceKey(type: "Observation", id: "gone"))
        try await store.put(
            #"{"resourceType":"Task","id":"call","status":"requested","intent":"order","for":{"reference":"Patient/lin"}}"#
        )

        #expect(try store.record(ofPerson: "lin", types: types).map(\.key.id) == expected)
        #expect(try store.record(ofPerson: "nobody", types: types).isEmpty)
        await store.close()
    }
}
