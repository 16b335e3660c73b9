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

    @Test(
        "is the same read with others as alone",
        arguments: [nil, ["Observation", "Appointment"], []] as [Set<String>?])
    func together(types: Set<String>?) async throws {
        let store = try memoryStore()
        for id in ["lin", "wang", "zhao", "gone"] { try await store.put(#"{"resourceType":"Patient","id":"\#(id)"}"#) }
        for (index, person) in ["lin", "wang", "lin", "gone", "wang"].enumerated() {
            try await store.put(
                #"{"resourceType":"Observation","id":"o\#(index)","status":"final","code":{"text":"血压"},"subject":{"reference":"Patient/\#(person)"}}"#
            )
        }
        // Of two persons.
        try await store.put(
            #"{"resourceType":"Appointment","id":"both","status":"proposed","participant":[{"actor":{"reference":"Patient/lin"},"status":"accepted"},{"actor":{"reference":"Patient/wang"},"status":"accepted"}]}"#
        )
        _ = try await store.delete(ResourceKey(type: "Observation", id: "o2"))
        _ = try await store.delete(ResourceKey(type: "Patient", id: "gone"))

        let ids = ["wang", "nobody", "lin", "zhao", "gone", "lin"]
        let records = try store.records(ofPersons: ids, types: types).map { $0.map { "\($0.key)/\($0.versionID)" } }
        #expect(
            records
                == (try ids.map { try store.record(ofPerson: $0, types: types).map { "\($0.key)/\($0.versionID)" } }))
        let isAll = types != []
        #expect(
            records == [
                ["Patient/wang/1"] + (isAll ? ["Observation/o1/1", "Observation/o4/1", "Appointment/both/1"] : []), [],
                ["Patient/lin/1"] + (isAll ? ["Observation/o0/1", "Appointment/both/1"] : []), ["Patient/zhao/1"], [],
                ["Patient/lin/1"] + (isAll ? ["Observation/o0/1", "Appointment/both/1"] : []),
            ])
        #expect(try store.records(ofPersons: [], types: types).isEmpty)
        await store.close()
    }
}
