import FHIR
import JSON
import Records
import Reporting
import Syndromes
import Testing

@Suite("Beside the hospital")
struct LocalCaseTests {
    private func cards(_ resources: [(url: String, text: String)]) throws -> [LocalCases.Found] {
        let entries = resources.map { #"{"fullUrl":"\#($0.url)","resource":\#($0.text)}"# }.joined(separator: ",")
        let bundle = try JSONDocument(
            parsing: Array(#"{"resourceType":"Bundle","type":"transaction","entry":[\#(entries)]}"#.utf8))
        return LocalCases.cards(
            in: bundle.root, known: TestClock().now, try watchList.get(), try reportForm.get())
    }

    @Test("a case is found in the message itself, with the same card and clock as at the platform")
    func found() async throws {
        let condition = Sample.condition("c1", code: "A00.900")
        let found = try cards([
            ("urn:1", Sample.patient("p1")), ("urn:2", Sample.encounter("e1", patient: "p1", organization: "h1")),
            ("urn:3", Sample.organization("h1", type: "prov", partOf: nil, division: 330_106)), ("urn:4", condition),
            ("urn:5", Sample.condition("c2", code: "A00.100")), ("urn:6", Sample.condition("c3", code: "I10.x00")),
        ])
        let card = try #require(found.first?.card)
        #expect(found.count == 1 && card.grounds.count == 2 && found[0].person == "33010619800309002X")
        let house = try await House()
        try await house.put(condition)
        try await house.run()
        let platform = try #require(try house.cards().first)
        #expect(card.deadline == platform.deadline && card.disease == platform.disease)
        for (field, value) in card.values { #expect(platform.values[field] == value || field == "belongs", "\(field)") }
        await house.store.close()
    }

    @Test("nothing is made up where the message holds no patient, and nothing is found where there is no case")
    func bare() throws {
        let found = try cards([("urn:1", Sample.condition("c1", code: "B05.900"))])
        #expect(found.count == 1 && found[0].card.values.isEmpty && found[0].person == "Patient/p1")
        #expect(try cards([("urn:1", Sample.patient("p1"))]).isEmpty)
    }
}
