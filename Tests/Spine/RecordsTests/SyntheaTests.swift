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
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["gzip", "--decompress", "--stdout", folder + "/bundles.ndjson.gz"]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return [UInt8](data).split(separator: 0x0A).map { Array($0) }
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
        for bundle in bundles {
            let document = try JSONDocument(parsing: bundle)
            _ = try await store.process(bundle: document)
            for entry in document.root["entry"].map({ Array($0.elements) }) ?? [] {
                guard let resource = entry["resource"] else { continue }
                if resource["resourceType"]?.string == "Patient" {
                    families.append(
                        resource["name"].map { $0.elements.compactMap { $0["family"]?.string } } ?? [])
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
