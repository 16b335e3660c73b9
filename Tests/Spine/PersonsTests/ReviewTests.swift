import Foundation
import Identity
import JSON
import Persons
import Records
import Testing

/// The uncertain middle.
struct ReviewTests {
    /// Two records that agree by halves: one number is missing, and the homes differ.
    private static func fill(_ store: RecordStore) async throws {
        try await store.put(TestPatient(id: "a").text)
        var other = TestPatient(id: "b", name: "欧阳婉晴", number: nil)
        other.phone = nil
        other.address = "宁波市海曙区中山西路8号1幢1单元101室"
        try await store.put(other.text)
        for number in 0..<40 {
            var patient = TestPatient(id: "n\(number)", name: "王\("伟芳娜敏静丽强磊军洋".randomElement()!)\(number % 7)")
            patient.number = nil
            patient.born = "19\(50 + number)-0\(1 + number % 9)-1\(number % 9)"
            patient.phone = "1370000\(1000 + number * 37)"
            patient.address = "杭州市拱墅区湖墅路\(number)号\(number)幢1单元\(100 + number)室"
            try await store.put(patient.text)
        }
        await store.settle()
    }

    @Test("the rescoring asks about pairs in doubt, and what a reviewer decided stands", arguments: TestStore.all)
    func asksAndKeeps(_ kind: TestStore) async throws {
        try await kind.with { store, persons in
            try await Self.fill(store)
            try await persons.askReview("a", "b", weight: 2)
            let review = try #require(try persons.reviews(.open).first)
            #expect(review.one == "a" && review.other == "b")
            #expect(abs(review.score - 0.8) < 1e-9)
            await #expect(throws: RecordsError.self) {
                _ = try await persons.decide(review.id, ReviewDecision(.different, reason: "", author: "r"))
            }
            _ = try await persons.decide(review.id, ReviewDecision(.different, reason: "spoke to both", author: "r"))
            let report = try await persons.rescore()
            #expect(report.records == 42)
            #expect(report.decisions == 1)
            #expect(try persons.review(review.id)?.state == .different)
            #expect(try persons.reviews(.open).allSatisfy { $0.one != "a" || $0.other != "b" })
            await #expect(throws: RecordsError.self) {
                _ = try await persons.decide(review.id, ReviewDecision(.same, reason: "changed mind", author: "r"))
            }
        }
    }

    @Test("same merges, and the weights learn from it", arguments: TestStore.all)
    func merges(_ kind: TestStore) async throws {
        try await kind.with { store, persons in
            try await Self.fill(store)
            let before = persons.matcher.model
            try await persons.askReview("b", "a", weight: 2)
            let review = try #require(try persons.reviews(.open).first)
            let outcome = try await persons.decide(
                review.id, ReviewDecision(.same, reason: "the same passport photo", author: "r"))
            #expect(outcome != nil)
            #expect(try persons.survivor(of: "a") == persons.survivor(of: "b"))
            _ = try await persons.rescore()
            #expect(persons.matcher.model != before)
            // Another server reads what was learned.
            #expect(try Persons(store).matcher.model == persons.matcher.model)
        }
    }

    @Test("shows what agrees and what does not")
    func compares() async throws {
        try await TestStore.sqlite.with { _, persons in
            var other = TestPatient()
            other.name = "欧阳婉晴"
            other.phone = "13867452210"
            let fields = persons.comparison(try json(TestPatient().text), try json(other.text))
            func agreement(_ role: ColumnRole) -> FieldComparison.Agreement? {
                fields.first { $0.role == role }?.agreement
            }
            #expect(agreement(.name) == .similar)
            #expect(agreement(.birthDate) == .same)
            #expect(agreement(.phone) == .different)
            #expect(agreement(.card) == .missing)
        }
    }

    @Test("reviewers' decisions move the weight of such pairs")
    func teaches() {
        func fields(_ name: String, _ phone: String) -> [ColumnRole: String] {
            [.name: name, .birthDate: "1980-03-07", .sex: "2", .phone: phone]
        }
        var batch = PersonBatch()
        for number in 0..<300 {
            batch.add(fields("王\(number)", "137\(10_000_000 + number * 7919)"), person: "p\(number)")
        }
        let pair = PersonBatch.Decision(
            one: fields("李娜", "13700000001"), other: fields("李娜", "13811111111"), isSame: true)
        var no = pair
        no.isSame = false
        func weight(_ decisions: [PersonBatch.Decision]) -> Double {
            let matcher = Matcher(batch.learned(from: decisions))
            return matcher.match(pair.one, among: [IdentityRecord(id: "1", person: "x", fields: pair.other)])[0].weight
        }
        #expect(weight(Array(repeating: pair, count: 10)) > weight(Array(repeating: no, count: 10)))
    }

    @Test(
        "a register in which everybody stands once tells nothing of how records of one person differ; one in twenty does"
    )
    func tellsOnlyWhereRecordsRepeat() {
        var register = PersonBatch()
        for number in 0..<19 {
            register.add([.name: "王伟", .birthDate: "19\(50 + number)-03-11", .idNumber: "不详"], person: "p\(number)")
        }
        #expect(register.repeated == 0 && !register.isTelling)
        // The same name and day; then the same number under another name.
        var (named, numbered) = (register, register)
        named.add([.name: "王伟", .birthDate: "1950-03-11"], person: "q")
        #expect(named.repeated == 1 && named.isTelling)
        numbered.add([.name: "沈丽", .idNumber: "330106198003072525"], person: "q")
        #expect(numbered.repeated == 0)
        numbered.add([.name: "李静", .idNumber: "330106198003072525"], person: "r")
        #expect(numbered.repeated == 1 && !numbered.isTelling)
    }
}
