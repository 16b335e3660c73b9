import Foundation
import Identity
import JSON
import Persons
import Records
import SQL
import Testing

/// What the machine joins by itself, what it asks about, and that the order of arrival leaves no trace.
struct LinkingTests {
    private static func patient(_ id: String, _ sender: String?, _ card: String? = nil) -> TestPatient {
        var patient = TestPatient(id: id)
        patient.sender = sender
        if let card, let sender { patient.card = ("urn:" + sender, card) }
        return patient
    }

    @Test("one valid resident number from two hospitals is one person, with the best of both", arguments: TestStore.all)
    func joinsByNumber(_ kind: TestStore) async throws {
        try await kind.with { store, persons in
            try await store.put(Self.patient("b", "H1", "0001").text)
            var other = Self.patient("a", "H2", "77")
            other.number = "330106800307252"
            try await store.put(other.text)
            try await store.put(
                #"{"resourceType":"Observation","id":"o","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/b"}}"#
            )
            #expect(try await persons.linkAll().merged == 1)
            #expect(try persons.survivor(of: "b") == "a")
            let golden = try store.plain("Patient/a")
            #expect(golden.contains("0001") && golden.contains("77"))
            #expect(try store.ids("Observation", "subject", "Patient/a") == ["o"])
            #expect(try persons.reviewCounts()[.open] == nil)
            // Nothing more happens.
            #expect(try await persons.linkAll().merged == 0)
        }
    }

    @Test(
        "who shares name, sex and birth date in one hospital stays two, and a reviewer is asked",
        arguments: TestStore.all)
    func asksAboutNamesakes(_ kind: TestStore) async throws {
        try await kind.with { store, persons in
            for id in ["a", "b"] {
                var patient = Self.patient(id, "H1", "000" + id)
                (patient.number, patient.phone, patient.address) = (nil, nil, "")
                try await store.put(patient.text)
            }
            #expect(try await persons.linkAll().merged == 0)
            #expect(try persons.reviews(.open).map { [$0.one, $0.other] } == [["a", "b"]])
        }
    }

    @Test("Patients that come by REST or load are asked about, never joined", arguments: TestStore.all)
    func asksAboutOthers(_ kind: TestStore) async throws {
        try await kind.with { store, persons in
            try await store.put(Self.patient("a", nil).text)
            try await store.put(Self.patient("b", "H1", "1").text)
            #expect(try await persons.linkAll().merged == 0)
            #expect(try persons.reviews(.open).map { [$0.one, $0.other] } == [["a", "b"]])
        }
    }

    @Test("with joining off everything is asked about", arguments: TestStore.all)
    func mayBeOff(_ kind: TestStore) async throws {
        try await kind.with { store, _ in
            var options = Persons.Options()
            options.joinsCertain = false
            let persons = try Persons(store, options)
            try await store.put(Self.patient("a", "H1", "1").text)
            try await store.put(Self.patient("b", "H2", "1").text)
            #expect(try await persons.linkAll().merged == 0)
            #expect(try persons.reviews(.open).count == 1)
        }
    }

    @Test(
        "whoever comes anew goes before an import that waits, and the import isn't passed over",
        arguments: TestStore.all)
    func freshGoFirst(_ kind: TestStore) async throws {
        try await kind.with { store, persons in
            func put(_ number: Int) async throws {
                var patient = Self.patient("p\(number)", "H1", "\(number)")
                (patient.number, patient.phone, patient.address) = (nil, "1380000\(1000 + number)", "")
                patient.born = "19\(40 + number)-03-11"
                try await store.put(patient.text)
            }
            for number in 0..<40 { try await put(number) }
            await store.settle()
            let report = try await persons.link(limit: 4)
            #expect(report.patients == 4)
            // The newest two and the oldest two; the rest waits.
            let waits = try [0, 1, 2, 20, 37, 38, 39].filter { try isWaiting("p\($0)", store) }
            #expect(waits == [2, 20, 37])
            #expect(try waiting(store) == 36)
            while try await persons.linkGivingWay().patients > 0 {}
            #expect(try waiting(store) == 0)
        }
    }

    private func waiting(_ store: RecordStore) throws -> Int64? {
        try store.readSQL { db in try db.first("SELECT count(*) FROM person_awaiting") { $0.int(0) } }
    }

    private func isWaiting(_ patient: String, _ store: RecordStore) throws -> Bool {
        try store.readSQL { db in
            try db.first("SELECT 1 FROM person_awaiting WHERE patient = ?", [.text(patient)]) { $0.int(0) } != nil
        }
    }

    @Test(
        "a join that is no longer certain is taken back, and what reviewers parted stays so", arguments: TestStore.all)
    func takesBack(_ kind: TestStore) async throws {
        try await kind.with { store, persons in
            let first = Self.patient("a", "H1", "1")
            try await store.put(first.text)
            var second = Self.patient("b", "H2", "1")
            try await store.put(second.text)
            #expect(try await persons.linkAll().merged == 1)
            // The second hospital corrects the number: it was somebody else.
            second.number = "330106198003072541"
            try await say(second, persons)
            #expect(try await persons.linkAll().parted == 1)
            #expect(try persons.survivor(of: "b") == "b")
            #expect(try store.plain("Patient/b").contains("330106198003072541"))
            #expect(try !store.plain("Patient/a").contains("330106198003072541"))
            second.number = first.number
            try await store.put(second.text)
            #expect(try await persons.linkAll().merged == 1)
            _ = try await persons.unmerge("b", author: "reviewer")
            #expect(try await persons.linkAll().merged == 0)
            #expect(try persons.survivor(of: "b") == "b")
        }
    }

    @Test("what an institution says of a Patient that was merged shows at the survivor", arguments: TestStore.all)
    func foldsWords(_ kind: TestStore) async throws {
        try await kind.with { store, persons in
            try await store.put(Self.patient("a", "H1", "1").text)
            var second = Self.patient("b", "H2", "1")
            try await store.put(second.text)
            try await persons.linkAll()
            second.phone = "13867452210"
            try await say(second, at: 1_900_000_000_000, persons)
            #expect(try store.plain("Patient/a").contains("13867452210"))
            // And is found by it.
            #expect(try persons.matches([.name: "欧阳晚晴", .phone: "13867452210"]).map(\.person) == ["a"])
            _ = try await persons.unmerge("b", author: "reviewer")
            #expect(try !store.plain("Patient/a").contains("13867452210"))
            #expect(try store.plain("Patient/b").contains("13867452210"))
        }
    }

    /// Says something of a Patient as the highway does.
    private func say(_ patient: TestPatient, at: Int64 = 1_800_000_000_000, _ persons: Persons) async throws {
        let word = PersonWord(patient: patient.id, at: at, document: try json(patient.text))
        let survivor = try persons.survivor(of: patient.id)
        _ = try await persons.store.write(
            size: 1, beside: { db, _ in try persons.keep([word], db) },
            deciding: { desk in
                let golden = try persons.golden(at: survivor, saying: [word], desk)
                return [try persons.store.ready(golden.document, as: ResourceKey(type: "Patient", id: survivor))]
            })
        await persons.store.settle()
    }

    /// A town of people with Patients at several hospitals: some with numbers, some namesakes, twins and families.
    private static func town(_ random: inout SeededGenerator) -> [TestPatient] {
        let names = ["王伟", "李娜", "欧阳晚晴", "张敏"]
        let numbers = ["330106198003072525", "330106198003072541", nil, nil]
        let phones = ["13957112233", "13867452210", nil]
        return (0..<7).map { place in
            let sender = "H\(Int.random(in: 1...3, using: &random))"
            var patient = TestPatient(id: "p\(place)", name: names[Int.random(in: 0..<names.count, using: &random)])
            patient.number = numbers[Int.random(in: 0..<numbers.count, using: &random)]
            patient.phone = phones[Int.random(in: 0..<phones.count, using: &random)]
            patient.address = Bool.random(using: &random) ? "" : patient.address
            patient.sender = place == 0 ? nil : sender
            patient.card = ("urn:" + sender, "\(place)")
            return patient
        }
    }

    @Test(
        "who stands for whom, who is asked about and what is shown do not depend on the order of arrival",
        arguments: 0..<10 as Range<UInt64>)
    func isIndifferentToOrder(_ seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let town = Self.town(&random)
        var first: [String]?
        for _ in 0..<4 {
            let order = town.shuffled(using: &random)
            let linksEach = Bool.random(using: &random)
            try await TestStore.sqlite.with { store, _ in
                var options = Persons.Options()
                options.saidAt = { patient, _ in Int64(patient.utf8.last ?? 0) }
                let persons = try Persons(store, options)
                for patient in order {
                    try await store.put(patient.text)
                    if linksEach { try await persons.linkAll() }
                }
                try await persons.linkAll()
                var found = try town.map { "\($0.id) → \(try persons.survivor(of: $0.id))" }
                found += try persons.reviews(.open).map { "\($0.one) ? \($0.other)" }.sorted()
                for id in Set(try town.map { try persons.survivor(of: $0.id) }).sorted() {
                    let patient = try json(store.plain("Patient/" + id)).root
                    for name in ["name", "telecom", "address"] {
                        found.append(String(decoding: patient[JSONKey(name)]?.compactText() ?? [], as: UTF8.self))
                    }
                    let identifiers = (patient["identifier"].map { Array($0.elements) } ?? [])
                    found += identifiers.compactMap { $0["value"]?.string }.sorted()
                }
                if let first { #expect(found == first, "seed \(seed)") } else { first = found }
                // Two valid numbers never are one person by the machine.
                for one in town {
                    for other in town where one.number != nil && other.number != nil && one.number != other.number {
                        #expect(try persons.survivor(of: one.id) != persons.survivor(of: other.id))
                    }
                }
            }
        }
    }

    @Test("the index made anew is the same", arguments: TestStore.all)
    func rebuilds(_ kind: TestStore) async throws {
        try await kind.with { store, persons in
            for (id, sender) in [("a", "H1"), ("b", "H2")] { try await store.put(Self.patient(id, sender, "1").text) }
            try await store.put(TestPatient(id: "c", name: "王伟", number: nil).text)
            try await persons.linkAll()
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

    @Test("finds a Patient that came by the FHIR door, and forgets one that was deleted", arguments: TestStore.all)
    func followsTheFeed(_ kind: TestStore) async throws {
        try await kind.with { store, persons in
            try await store.put(TestPatient(id: "a").text)
            await store.settle()
            let arriving = PatientFields.fields(of: try json(TestPatient(name: "欧阳婉晴").text).root)
            let matches = try persons.matches(arriving)
            #expect(matches.map(\.person) == ["a"])
            #expect(matches.first?.grade == .certain)
            _ = try await store.delete(ResourceKey(type: "Patient", id: "a"))
            await store.settle()
            #expect(try persons.matches(arriving).isEmpty)
        }
    }

    @Test(
        "children who carry a parent's number are neither the parent nor each other, whichever comes first",
        arguments: [["m", "c1", "c2"], ["c1", "c2", "m"], ["c2", "m", "c1"]])
    func keepsFamiliesApart(_ order: [String]) async throws {
        for kind in TestStore.all {
            try await kind.with { store, persons in
                var family = ["m": Self.patient("m", "H1", "1")]
                for (id, name, born) in [("c1", "李小雨", "2019-05-01"), ("c2", "李小雪", "2021-08-12")] {
                    var child = Self.patient(id, "H2", id)
                    (child.name, child.born) = (name, born)
                    family[id] = child
                }
                for id in order { try await store.put(try #require(family[id]).text) }
                #expect(try await persons.linkAll().merged == 0)
                for id in order { #expect(try persons.survivor(of: id) == id) }
            }
        }
    }

    @Test("a number that is shared joins nobody who has a valid one of their own", arguments: TestStore.all)
    func keepsThirdNumbersApart(_ kind: TestStore) async throws {
        try await kind.with { store, persons in
            try await store.put(Self.patient("a", "H1", "1").text)
            var other = Self.patient("b", "H2", "2")
            other.number = "330106198003072541"
            try await store.put(other.text)
            // Fits both; had it joined one by way of the other, two valid numbers would be one person.
            var between = Self.patient("c", "H3", "3")
            between.number = nil
            try await store.put(between.text)
            try await persons.linkAll()
            #expect(try persons.survivor(of: "a") != persons.survivor(of: "b"))
        }
    }

    @Test("the machine never joins two valid resident numbers, and a reviewer may", arguments: TestStore.all)
    func keepsNumbersApart(_ kind: TestStore) async throws {
        try await kind.with { store, persons in
            try await store.put(Self.patient("a", "H1", "1").text)
            var other = Self.patient("b", "H2", "1")
            other.number = "330106198003072541"
            try await store.put(other.text)
            #expect(try await persons.linkAll().merged == 0)
            await #expect(throws: RecordsError.self) {
                _ = try await persons.merge(
                    MergeRequest(source: "a", target: "b", author: "machine", reason: "test", isReviewed: false))
            }
            _ = try await persons.merge(
                MergeRequest(source: "a", target: "b", author: "reviewer", reason: "test", isReviewed: true))
            try await persons.linkAll()
            #expect(try persons.survivor(of: "a") == "b")
        }
    }
}
