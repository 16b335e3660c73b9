import ChildPrograms
import FHIR
import Foundation
import JSON
import Records
import Testing

/// Real records that nobody here made: the suite `synthea`, read from the shared folder.
enum Synthea {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../../../shared/suites/synthea").standardizedFileURL.path

    static var isThere: Bool { FileManager.default.fileExists(atPath: folder + "/bundles.ndjson.gz") }

    static func bundles() throws -> [[UInt8]] {
        let run = try ChildProgram.run("gzip", ["--decompress", "--stdout", folder + "/bundles.ndjson.gz"])
        return [UInt8](run.output).split(separator: 0x0A).map { Array($0) }
    }

    /// The entries of `resource-totals.tsv`.
    static func totals() throws -> [String: Int] {
        let text = try String(contentsOfFile: folder + "/resource-totals.tsv", encoding: .utf8)
        let rows = text.split(separator: "\n").dropFirst().map { $0.split(separator: "\t") }
        return Dictionary(uniqueKeysWithValues: rows.compactMap { row in Int(row[1]).map { (String(row[0]), $0) } })
    }
}

@Suite(.enabled(if: Synthea.isThere, "the suite ../shared/suites/synthea is not here"))
struct SyntheaTests {
    @Test("everything loads, and searches give what reading the files gives")
    func load() async throws {
        let store = try memoryStore()
        let bundles = try Synthea.bundles()
        var observations: [(patient: String, code: String, date: FHIRDateTime, value: Double?)] = []
        var families: [[String]] = []
        /// By the address that the bundle gives each.
        var genders: [String: String] = [:]
        var conditions: [(patient: String, code: String)] = []
        /// Each observation's components: code and value.
        var panels: [(patient: String, parts: [(code: String, value: Double)])] = []
        for bundle in bundles {
            let document = try JSONDocument(parsing: bundle)
            _ = try await store.process(bundle: document)
            for entry in document.root["entry"].map({ Array($0.elements) }) ?? [] {
                guard let resource = entry["resource"] else { continue }
                if resource["resourceType"]?.string == "Patient" {
                    families.append(
                        resource["name"].map { $0.elements.compactMap { $0["family"]?.string } } ?? [])
                }
                let patient = resource["subject"]?["reference"]?.string ?? ""
                let code = resource["code"]?["coding"]?[0]?["code"]?.string ?? ""
                switch resource["resourceType"]?.string {
                case "Patient": genders[entry["fullUrl"]?.string ?? ""] = resource["gender"]?.string
                case "Condition": conditions.append((patient, code))
                case "Observation":
                    let parts = resource["component"].map { Array($0.elements) } ?? []
                    panels.append(
                        (
                            patient,
                            parts.map {
                                (
                                    $0["code"]?["coding"]?[0]?["code"]?.string ?? "",
                                    $0["valueQuantity"]?["value"]?.double ?? -1
                                )
                            }
                        ))
                default: break
                }
                if resource["resourceType"]?.string == "Observation",
                    let date = FHIRDateTime(resource["effectiveDateTime"]?.string ?? "")
                {
                    observations.append(
                        (
                            resource["subject"]?["reference"]?.string ?? "",
                            resource["code"]?["coding"]?[0]?["code"]?.string ?? "", date,
                            resource["valueQuantity"]?["value"]?.double
                        ))
                }
            }
        }
        let counts = try store.status().resourceCounts
        for (type, total) in try Synthea.totals() { #expect(counts[type] == total) }

        func total(_ query: String) throws -> Int? {
            let halves = query.split(separator: "?", maxSplits: 1).map(String.init)
            return try store.search(
                type: halves[0], parameters: URLQuery.parse(halves[1]) + [("_summary", "count")]
            ).total
        }
        for code in Set(observations.map(\.code)).sorted().prefix(25) {
            let ofCode = observations.filter { $0.code == code }
            #expect(try total("Observation?code=\(code)") == ofCode.count)
            #expect(try total("Observation?code=http://loinc.org|\(code)") == ofCode.count)
            let low = try #require(FHIRDateTime("2015-01-01"))
            #expect(
                try total("Observation?code=\(code)&date=ge2015-01-01")
                    == ofCode.filter { $0.date.lowMilliseconds >= low.lowMilliseconds }.count)
            #expect(
                try total("Observation?code-value-quantity=\(code)$gt50")
                    == ofCode.filter { ($0.value ?? 0) > 50 }.count)
        }
        let month = try #require(FHIRDateTime("2017-03"))
        let inMonth = observations.filter {
            $0.date.lowMilliseconds >= month.lowMilliseconds && $0.date.highMilliseconds <= month.highMilliseconds
        }
        #expect(try total("Observation?date=2017-03") == inMonth.count)
        #expect(try store.allIDs("Observation?date=2017-03&_count=7").count == inMonth.count)
        for family in Set(families.joined()) {
            let bearers = families.filter { $0.contains { $0.hasPrefix(family) } }
            #expect(try total("Patient?family=\(family.lowercased())") == bearers.count)
        }
        // Across references, forth and back.
        for gender in ["male", "female"] {
            #expect(
                try total("Observation?patient.gender=\(gender)")
                    == observations.filter { genders[$0.patient] == gender }.count)
        }
        let common = Dictionary(grouping: conditions, by: \.code).sorted {
            ($0.value.count, $0.key) > ($1.value.count, $1.key)
        }
        for (condition, cases) in common.prefix(8) {
            let ill = Set(cases.map(\.patient))
            #expect(try total("Patient?_has:Condition:patient:code=\(condition)") == ill.count)
            #expect(
                try total("Patient?_has:Condition:patient:code=\(condition)&gender=female")
                    == ill.filter { genders[$0] == "female" }.count)
            #expect(
                try total("Observation?code=8302-2&patient._has:Condition:subject:code=\(condition)")
                    == observations.filter { $0.code == "8302-2" && ill.contains($0.patient) }.count)
            let measured = Set(
                observations.filter { $0.code == "29463-7" && ($0.value ?? 0) > 80 && ill.contains($0.patient) }
                    .map(\.patient))
            #expect(
                try total(
                    "Patient?_has:Condition:patient:code=\(condition)&_has:Observation:patient:code-value-quantity=29463-7$gt80"
                ) == measured.count)
        }
        let systolic = panels.filter { $0.parts.contains { $0.code == "8480-6" && $0.value > 120 } }
        #expect(try total("Observation?component-code-value-quantity=8480-6$gt120") == systolic.count)
        #expect(try total("Observation?combo-code-value-quantity=http://loinc.org|8480-6$gt120") == systolic.count)
        #expect(
            try total("Patient?_has:Observation:patient:component-code-value-quantity=8480-6$gt120")
                == Set(systolic.map(\.patient)).count)
        #expect(
            try total("Observation?combo-code=8480-6")
                == panels.filter { $0.parts.contains { $0.code == "8480-6" } }.count
                + observations.filter { $0.code == "8480-6" }.count)
        let perPatient = Dictionary(grouping: observations, by: \.patient).values.map(\.count).sorted()
        var found: [Int] = []
        for id in try store.allIDs("Patient?_count=50") {
            let count = try total("Observation?patient=\(id)") ?? 0
            if count > 0 { found.append(count) }
        }
        #expect(found.sorted() == perPatient)
        await store.close()
    }
}
