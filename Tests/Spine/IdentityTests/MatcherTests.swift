import Foundation
import Identity
import Testing

@Suite("Matcher")
struct MatcherTests {
    private static let columns: [ColumnRole] = [
        .recordID, .source, .address, .address, .registeredAt, .name, .sex, .birthDate, .idType, .idNumber, .phone,
        .address,
        .district, .card, .socialCard, .ethnicity, .contactName,
    ]

    static func fields(_ row: String) -> [ColumnRole: String] {
        var fields: [ColumnRole: String] = [:]
        for (role, text) in zip(columns, row.split(separator: ",", omittingEmptySubsequences: false))
        where !text.isEmpty {
            fields[role] = String(text)
        }
        return fields
    }

    /// A town whose records lie in a store under their persons.
    private func stored() throws -> (Matcher, MemoryIdentityStore) {
        let town = Town(households: 40, seed: 11)
        let records = town.rows.map(Self.fields)
        let matcher = Matcher(LearnedModel(learningFrom: records))
        let linking = try Linking(csv: town.csv)
        var store = MemoryIdentityStore()
        for (record, decision) in zip(records, linking.decisions) {
            store.add(
                IdentityRecord(id: decision.recordID, person: decision.personID, fields: record),
                keys: matcher.keys(of: record))
        }
        var known: [ColumnRole: String] = [
            .name: "钱明亮", .sex: "1", .birthDate: "1979-08-21", .idNumber: Town.number("330102", "1979-08-21", 123),
            .phone: "13777712345", .address: "翠苑3幢2单元501室",
        ]
        store.add(IdentityRecord(id: "a", person: "known", fields: known), keys: matcher.keys(of: known))
        known[.idNumber] = nil
        store.add(IdentityRecord(id: "b", person: "known", fields: known), keys: matcher.keys(of: known))
        return (matcher, store)
    }

    @Test("grades what it finds")
    func grades() throws {
        let (matcher, store) = try stored()
        let certain = try matcher.match(
            [.name: "钱明亮", .birthDate: "1979-08-21", .idNumber: Town.number("330102", "1979-08-21", 123)], in: store)
        #expect(certain.first?.person == "known")
        #expect(certain.first?.grade == .certain)
        #expect((certain.first?.score ?? 0) > 0.99)

        let other = try matcher.match(
            [.name: "钱明亮", .birthDate: "1979-08-21", .idNumber: Town.number("330102", "1979-08-21", 125)], in: store)
        #expect(other.first { $0.person == "known" }?.grade == .certainlyNot)

        let wife = try matcher.match(
            [.name: "沈丽", .sex: "2", .birthDate: "1980-02-03", .phone: "13777712345", .address: "翠苑3-2-501"], in: store)
        #expect(wife.first { $0.person == "known" }?.grade != .certain)
        #expect(try matcher.match([.name: "诸葛晚晴", .birthDate: "1901-01-01"], in: store).isEmpty)
        #expect(try matcher.match([:], in: store).isEmpty)
    }

    @Test("is not certain when two persons fit alike")
    func doubts() throws {
        let (matcher, store) = try stored()
        var both = store
        let namesake: [ColumnRole: String] = [
            .name: "钱明亮", .sex: "1", .birthDate: "1979-08-21", .phone: "13777712345", .address: "翠苑3幢2单元501室",
        ]
        both.add(IdentityRecord(id: "n", person: "namesake", fields: namesake), keys: matcher.keys(of: namesake))
        let found = try matcher.match(namesake, in: both)
        #expect(Set(found.map(\.person)).isSuperset(of: ["known", "namesake"]))
        #expect(!found.contains { $0.grade == .certain })
    }

    @Test("a model that was written down and read again gives the same weights")
    func keepsModels() throws {
        let records = Town(households: 30, seed: 3).rows.map(Self.fields)
        let model = LearnedModel(learningFrom: records)
        let again = try JSONDecoder().decode(LearnedModel.self, from: JSONEncoder().encode(model))
        let candidates = records.prefix(9).enumerated().map { IdentityRecord(id: "\($0)", person: "\($0)", fields: $1) }
        for (a, b) in zip(
            Matcher(model).match(records[0], among: candidates), Matcher(again).match(records[0], among: candidates))
        {
            #expect(a.person == b.person)
            #expect(abs(a.weight - b.weight) < 1e-4)
        }
    }
}
