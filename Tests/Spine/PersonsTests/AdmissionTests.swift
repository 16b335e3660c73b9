import Foundation
import Identity
import JSON
import Persons
import Records
import SQL
import Testing

/// How Patients of sources and of other doors come to persons.
struct AdmissionTests {
    @Test("finds a Patient that came by the FHIR door", arguments: TestStore.all)
    func followsTheFeed(_ kind: TestStore) async throws {
        try await kind.with { store, persons in
            try await store.put(TestPatient(id: "a").text)
            await store.settle()
            var arriving = TestPatient()
            arriving.name = "欧阳婉晴"
            let matches = try persons.matches(PatientFields.fields(of: try json(arriving.text).root))
            #expect(matches.map(\.person) == ["a"])
            #expect(matches.first?.grade == .certain)
            _ = try await store.delete(ResourceKey(type: "Patient", id: "a"))
            await store.settle()
            #expect(try persons.matches(PatientFields.fields(of: try json(arriving.text).root)).isEmpty)
        }
    }

    @Test("puts what two sources say of one person into one Patient", arguments: TestStore.all)
    func foldsSources(_ kind: TestStore) async throws {
        try await kind.with { store, persons in
            var first = TestPatient()
            first.card = ("urn:h1", "0001")
            var second = TestPatient()
            second.card = ("urn:h2", "77")
            second.number = nil
            second.address = ""
            second.address = "西湖区文三路100号3幢2单元501室"
            let one = try await admit(first.text, from: "H1", persons)
            let other = try await admit(second.text, from: "H2", persons)
            #expect(one == other)
            let golden = try store.plain("Patient/" + one)
            #expect(golden.contains("0001") && golden.contains("77") && golden.contains("330106198003072525"))
            // The same again changes nothing.
            let before = try store.read(ResourceKey(type: "Patient", id: one)).versionID
            _ = try await admit(second.text, from: "H2", persons)
            #expect(try store.read(ResourceKey(type: "Patient", id: one)).versionID == before)
        }
    }

    @Test("keeps what came by another door", arguments: TestStore.all)
    func keepsOwnWord(_ kind: TestStore) async throws {
        try await kind.with { store, persons in
            try await store.put(
                TestPatient(id: "a").text.replacing(
                    #""active":true"#, with: #""active":true,"maritalStatus":{"text":"已婚"}"#))
            await store.settle()
            var arriving = TestPatient()
            arriving.card = ("urn:h1", "0001")
            #expect(try await admit(arriving.text, from: "H1", persons) == "a")
            let golden = try store.plain("Patient/a")
            #expect(golden.contains("已婚") && golden.contains("0001"))
        }
    }

    @Test("never joins two valid resident numbers by itself", arguments: TestStore.all)
    func keepsNumbersApart(_ kind: TestStore) async throws {
        try await kind.with { store, persons in
            var first = TestPatient()
            first.card = ("urn:h1", "0001")
            let one = try await admit(first.text, from: "H1", persons)
            var second = first
            second.card = ("urn:h2", "0001")
            second.number = "330106198003072541"
            let other = try await admit(second.text, from: "H2", persons)
            #expect(one != other)
            await #expect(throws: RecordsError.self) {
                _ = try await persons.merge(
                    MergeRequest(source: one, target: other, author: "machine", reason: "test", isReviewed: false))
            }
            _ = try await persons.merge(
                MergeRequest(source: one, target: other, author: "reviewer", reason: "test", isReviewed: true))
            #expect(try persons.survivor(of: one) == other)
        }
    }

    @Test("a late message of a source does not overrule its later one", arguments: TestStore.all)
    func ordersByTime(_ kind: TestStore) async throws {
        try await kind.with { store, persons in
            var patient = TestPatient()
            patient.card = ("urn:h1", "0001")
            patient.phone = "13800138001"
            let id = try await admit(patient.text, from: "H1", at: 2_000, persons)
            patient.phone = "13700137002"
            _ = try await admit(patient.text, from: "H1", at: 1_000, persons)
            #expect(try store.plain("Patient/" + id).contains("13800138001"))
        }
    }

    @Test("the index made anew is the same", arguments: TestStore.all)
    func rebuilds(_ kind: TestStore) async throws {
        try await kind.with { store, persons in
            try await store.put(TestPatient(id: "a").text)
            var source = TestPatient()
            source.card = ("urn:h1", "0001")
            _ = try await admit(source.text, from: "H1", persons)
            await store.settle()
            func rows() throws -> [String] {
                try store.readSQL { db in
                    try db.query("SELECT key, record FROM person_index_key ORDER BY key, record") {
                        "\($0.int(0)) \($0.int(1))"
                    }
                }
            }
            let before = try rows()
            #expect(before.count > 5)
            try await store.rebuild(projection: "person_index")
            await store.settle()
            #expect(try rows() == before)
        }
    }

    @Test("reads a Patient as Identity compares it")
    func readsFields() throws {
        var patient = TestPatient()
        patient.card = ("urn:h1", "0001")
        let fields = PatientFields.fields(of: try json(patient.text).root, source: "H1")
        #expect(fields[.name] == "欧阳晚晴")
        #expect(fields[.idNumber] == "330106198003072525")
        #expect(fields[.card] == "0001")
        #expect(fields[.source] == "urn:h1")
        #expect(fields[.sex] == "2")
        #expect(fields[.phone] == "13957112233")
        let newborn = try json(
            #"{"resourceType":"Patient","identifier":[{"system":"https://healthbrain.dev/fhir/newborn","#
                + #""value":"330106198003072525-2"}],"name":[{"text":"沈丽之女"}],"multipleBirthInteger":2,"#
                + #""contact":[{"name":{"family":"沈","given":["丽"]}}]}"#)
        let child = PatientFields.fields(of: newborn.root)
        #expect(child[.name] == "沈丽之女2")
        #expect(child[.contactName] == "沈丽")
        #expect(child[.idNumber] == "330106198003072525")
    }
}
