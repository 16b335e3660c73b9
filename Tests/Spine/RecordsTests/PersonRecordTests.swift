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

    @Test(
        "what was written after a change is told of each person by their own change",
        arguments: [nil, ["Observation"], ["Task"]] as [Set<String>?])
    func changes(types: Set<String>?) async throws {
        let store = try memoryStore()
        func observe(_ id: String, _ person: String, _ text: String) async throws {
            try await store.put(
                #"{"resourceType":"Observation","id":"\#(id)","status":"final","code":{"text":"\#(text)"},"subject":{"reference":"Patient/\#(person)"}}"#
            )
        }
        for id in ["lin", "wang"] { try await store.put(#"{"resourceType":"Patient","id":"\#(id)"}"#) }
        try await observe("a", "lin", "血压")
        try await observe("b", "wang", "血压")
        let first = try store.status().sequence
        try await observe("a", "lin", "脉搏")
        try await observe("c", "wang", "血压")
        try await observe("d", "lin", "血压")
        let second = try store.status().sequence
        try await observe("e", "wang", "血压")
        _ = try await store.delete(ResourceKey(type: "Observation", id: "d"))

        let persons = [("wang", second), ("lin", first), ("nobody", 0), ("wang", first), ("lin", 0)]
        let found = try store.changes(ofPersons: persons.map { (id: $0.0, after: $0.1) }, types: types)
        let isRead = types != ["Task"]
        #expect(
            found.map { $0.map { "\($0.key)/\($0.versionID)" } } == [
                isRead ? ["Observation/e/1"] : [], isRead ? ["Observation/a/2"] : [], [],
                isRead ? ["Observation/c/1", "Observation/e/1"] : [],
                ["Patient/lin/1"] + (isRead ? ["Observation/a/2"] : []),
            ])
        #expect(try store.changes(ofPersons: [], types: types).isEmpty)
        await store.close()
    }
}
