import FHIR
import Foundation
import JSON
import Terminology
import Testing

/// The tables that come with the house, held against the domain sheets that they are taken from.
@Suite("Built-in tables")
struct BuiltInTests {
    private static let house = "https://healthbrain.dev/fhir"
    /// The domain data beside the package.
    private static let domain = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("shared/domain/data")
    private static var hasDomain: Bool { FileManager.default.fileExists(atPath: domain.path) }

    private func rows(_ file: String) throws -> [[String]] {
        let text = try String(contentsOf: Self.domain.appendingPathComponent(file), encoding: .utf8)
        return text.split(separator: "\n").dropFirst().map { line in
            line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
    }

    @Test(
        "every table loads with as many codes as its source has",
        arguments: [
            ("gbt-3304", 58), ("gbt-2260", 599), ("gbt-4761", 45), ("gbt-2261-2-marital", 8),
            ("notifiable-disease", 74),
            ("report-card-disease", 64), ("icd-10", 203), ("programme-vaccine", 13), ("chs-drg-mdc", 26),
            ("tcm-constitution", 9), ("identity-document-type", 8), ("report-population-group", 18),
        ])
    func counts(_ name: String, _ count: Int) throws {
        #expect(try service().expanded("\(Self.house)/ValueSet/\(name)").count == count)
    }

    @Test(
        "divisions, streets and notifiable diseases are those of the domain data",
        .enabled(if: hasDomain, "domain data absent"))
    func domainData() throws {
        let service = try service()
        let divisions = try service.codeSystem("\(Self.house)/CodeSystem/gbt-2260")
        for row in try rows("zhejiang-divisions.csv") + rows("streets-hangzhou-wenzhou-jiaxing.csv") {
            #expect(divisions.contains(row[0]), "\(row)")
        }
        let diseases = try service.codeSystem("\(Self.house)/CodeSystem/notifiable-disease")
        for row in try rows("notifiable-diseases.csv") {
            #expect(diseases.concept(row[0])?.display == row[1])
            #expect(
                diseases.concept(row[0])?.properties.first { $0.code == "reportHours" }?.text == row[5], "\(row)")
        }
    }

    @Test("sex has its published OID, and names in two languages")
    func sex() throws {
        let lookup = try service().lookup(
            CodingReference(system: "urn:oid:2.16.156.10011.2.3.3.4", code: "2"), displayLanguage: "en")
        #expect(lookup.display == "Female")
        #expect(lookup.concept.display == "女性")
    }

    @Test("a street is below its county, city and province, and an abolished county is still known")
    func divisions() throws {
        let service = try service()
        let system = "\(Self.house)/CodeSystem/gbt-2260"
        #expect(
            try service.ancestors(system: system, code: "330102001") == ["330102001", "330102", "330100", "330000"])
        #expect(try service.descendants(system: system, code: "330100").contains("330102001"))
        let old = try service.validate([CodingReference(system: system, code: "330103")], inSystem: nil)
        #expect(old.result)
        #expect(old.message?.contains("no longer in use") == true)
    }

    @Test("an ICD-10 diagnosis is below its category and chapter")
    func icd10() throws {
        let service = try service()
        #expect(
            try service.ancestors(system: "http://hl7.org/fhir/sid/icd-10", code: "J06.900") == [
                "J06.900", "J06", "J00-J99",
            ])
    }

    @Test(
        "a disease is found by its Chinese name, by initials and by its English name",
        arguments: ["登革", "dgr", "Dengue"])
    func diseaseFilter(_ filter: String) throws {
        let found = try service().expanded("\(Self.house)/ValueSet/notifiable-disease") { $0.filter = filter }
        #expect(found.contains("\(Self.house)/CodeSystem/notifiable-disease|NID-B-011"))
        #expect(found.count < 5)
    }

    @Test("every required value set of R4 can be expanded and holds what it lists")
    func requiredValueSets() throws {
        let definitions = try Definitions.r4()
        let service = try service()
        #expect(definitions.requiredValueSets.count > 200)
        for set in definitions.requiredValueSets {
            #expect(
                try service.expanded(set.url).count
                    == Set(
                        zip(set.systems, set.codesBySystem).flatMap { system, codes in codes.map { "\(system)|\($0)" } }
                    ).count)
            for (system, codes) in zip(set.systems, set.codesBySystem) {
                #expect(service.contains(valueSet: set.url, system: system, code: codes[0]) == true)
                #expect(service.contains(valueSet: set.url, system: system, code: "no such code") == false)
            }
        }
        #expect(
            service.contains(
                valueSet: "http://hl7.org/fhir/ValueSet/administrative-gender|4.0.1", system: nil, code: "female")
                == true)
    }

    @Test(
        "languages, media types and currencies are known by their grammar",
        arguments: [
            ("http://hl7.org/fhir/ValueSet/mimetypes", "urn:ietf:bcp:13", "application/fhir+json", "json"),
            ("http://hl7.org/fhir/ValueSet/all-languages", "urn:ietf:bcp:47", "zh-Hans-CN", "zh_CN"),
            ("http://hl7.org/fhir/ValueSet/currencies", "urn:iso:std:iso:4217", "CNY", "RMB"),
        ])
    func grammars(_ url: String, _ system: String, _ good: String, _ bad: String) throws {
        let service = try service()
        #expect(service.contains(valueSet: url, system: system, code: good) == true)
        #expect(service.contains(valueSet: url, system: system, code: bad) == false)
        let error = #expect(throws: TerminologyError.self) { try service.expanded(url) }
        #expect(error?.kind == .tooCostly)
    }

    @Test("a stored code system stands before the built-in one of the same URL")
    func overridden() throws {
        let service = try service(
            #"{"resourceType":"CodeSystem","url":"http://hl7.org/fhir/sid/icd-10","status":"active","content":"complete","concept":[{"code":"X"}]}"#
        )
        #expect(try service.codeSystem("http://hl7.org/fhir/sid/icd-10").codes == ["X"])
    }
}
