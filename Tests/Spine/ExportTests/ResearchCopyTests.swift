import Access
import Export
import FHIR
import Foundation
import JSON
import Records
import Testing
import Validation

@Suite("copies for research")
struct ResearchCopyTests {
    static let types = ["Patient", "Appointment", "Condition", "Encounter", "Flag", "Observation", "Organization"]

    /// The lines of a copy, by type.
    static func lines(_ files: [String: String]) throws -> [String: [JSONNode]] {
        var found: [String: [JSONNode]] = [:]
        for (name, text) in files.sorted(by: { $0.key < $1.key }) where name.hasSuffix(".ndjson") {
            for line in text.split(separator: "\n") {
                let root = try JSONDocument(parsing: Array(line.utf8)).root
                found[root["resourceType"]?.string ?? "", default: []].append(root)
            }
        }
        return found
    }

    /// What a Patient of the copy tells.
    static func quasi(_ patient: JSONNode) -> [String] {
        [
            patient["gender"]?.string ?? "*",
            patient["_birthDate"]?["extension"]?[1]?["valueString"]?.string ?? "*",
            patient["address"]?[0]?["extension"]?[0]?["valueCode"]?.string ?? "*",
            patient["deceasedBoolean"]?.bool.map { "\($0)" } ?? "*",
        ]
    }

    @Test(
        "hold nothing that tells a person, and every combination of quasi-identifiers for k persons or more",
        arguments: 0..<4 as Range<UInt64>)
    func anonymity(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let (town, k) = (Town(seed: seed, patients: 60 + random.below(40)), random.pick([5, 7]))
        try await withDesk(town.bundles) { desk async throws in
            let job = try await desk.ended(try desk.accept(Self.types, study: try desk.study(k: k)))
            #expect(job.state == .complete, "\(job.fault ?? "")")
            let files = try desk.files(of: job)
            for (name, text) in files {
                for secret in town.secrets where text.contains(secret) { Issue.record("\(name) holds \(secret)") }
            }
            let lines = try Self.lines(files)
            let patients = lines["Patient"] ?? []
            var sizes: [[String]: Int] = [:]
            for patient in patients { sizes[Self.quasi(patient), default: 0] += 1 }
            #expect(!sizes.isEmpty && sizes.values.allSatisfy { $0 >= k })
            // Whoever is left out is left out everywhere, and nobody is mentioned who is not there.
            let there = Set(patients.compactMap { $0["id"]?.string.map { "Patient/" + $0 } })
            #expect(there.count == patients.count)
            for type in ["Condition", "Encounter", "Flag", "Observation"] {
                let found = lines[type] ?? []
                #expect(found.count == patients.count, "\(type)")
                for resource in found { #expect(there.contains(resource["subject"]?["reference"]?.string ?? "")) }
            }
            for appointment in lines["Appointment"] ?? [] {
                let actors = appointment["participant"]?.elements.compactMap { $0["actor"]?["reference"]?.string } ?? []
                #expect(actors.count == 2 && there.isSuperset(of: actors))
            }
            // Dates of one person move together.
            let conditions = Set(lines["Condition"]?.compactMap { $0["id"]?.string } ?? [])
            for encounter in lines["Encounter"] ?? [] {
                let reference = encounter["diagnosis"]?[0]?["condition"]?["reference"]?.string ?? ""
                #expect(conditions.contains(String(reference.dropFirst("Condition/".count))))
            }
            try Self.check(files["report.json"], patients.count, sizes, k)
        }
    }

    static func check(_ text: String?, _ persons: Int, _ sizes: [[String]: Int], _ k: Int) throws {
        let report = try JSONDocument(parsing: Array(try #require(text).utf8)).root
        #expect(report["persons"]?["after"]?.integer == persons)
        #expect(report["anonymity"]?["kReached"]?.integer == sizes.values.min())
        #expect(report["anonymity"]?["kWanted"]?.integer == k)
        #expect(report["anonymity"]?["classes"]?.integer == sizes.count)
        let highest = try #require(report["risk"]?["after"]?["prosecutorHighest"]?.double)
        #expect(abs(highest - 1 / Double(sizes.values.min() ?? 1)) < 0.0001)
        let average = try #require(report["risk"]?["after"]?["prosecutorAverage"]?.double)
        #expect(abs(average - Double(sizes.count) / Double(persons)) < 0.0001)
        let share = try #require(report["persons"]?["suppressedShare"]?.double)
        #expect(share <= 0.05)
        #expect(report["risk"]?["journalistHighest"]?.double ?? 1 <= highest)
    }

    @Test("are valid R4")
    func valid() async throws {
        let validator = try ResourceValidator(definitions: try Definitions.r4())
        try await withDesk(Town(seed: 99, patients: 30).bundles) { desk async throws in
            let job = try await desk.ended(try desk.accept(Self.types, study: try desk.study()))
            for text in try desk.files(of: job).filter({ $0.key.hasSuffix(".ndjson") }).values {
                for line in text.split(separator: "\n") {
                    let issues = validator.validate(try JSONDocument(parsing: Array(line.utf8)))
                    let faults = issues.filter { $0.severity == .error || $0.severity == .fatal }
                    #expect(faults.isEmpty, "\(faults.first?.diagnostics ?? "") \(line)")
                }
            }
        }
    }

    @Test("are the same with the same key, and share no token with one of another key")
    func keys() async throws {
        try await withDesk(Town(seed: 7, patients: 50).bundles) { desk async throws in
            func copy(_ secret: UInt8) async throws -> [String: String] {
                let job = try await desk.ended(try desk.accept(Self.types, study: try desk.study(secret: secret)))
                return try desk.files(of: job).filter { $0.key.hasSuffix(".ndjson") }
            }
            let (first, again, other) = (try await copy(1), try await copy(1), try await copy(2))
            #expect(first == again)
            func ids(_ files: [String: String]) throws -> Set<String> {
                Set(try Self.lines(files).values.joined().compactMap { $0["id"]?.string })
            }
            #expect(try ids(first).isDisjoint(with: try ids(other)))
            // The order tells nothing either: it is that of the tokens.
            for patients in [first, other].map({ $0["Patient.1.ndjson"] ?? "" }) {
                let lines = patients.split(separator: "\n").map(String.init)
                #expect(lines == lines.sorted())
            }
        }
    }

    @Test("hold nobody when too few are there, and say so")
    func tooFew() async throws {
        try await withDesk(Town(seed: 3, patients: 4).bundles) { desk async throws in
            let job = try await desk.ended(try desk.accept(["Patient", "Condition"], study: try desk.study()))
            #expect(job.state == .complete && job.files.map(\.name) == ["report.json", "report.md"])
            let report = try #require(try desk.files(of: job)["report.md"])
            #expect(report.contains("k = 0") && report.contains("抑制 4 人"))
        }
    }

    @Test("are made of an empty store too")
    func empty() async throws {
        try await withDesk { desk async throws in
            let job = try await desk.ended(try desk.accept(["Patient"], study: try desk.study()))
            #expect(job.state == .complete)
        }
    }

    @Test(
        "keep what stands in another place out as well",
        arguments: [
            #""valueString":"张三丰""#, #""valueCodeableConcept":{"coding":[{"code":"13812345678"}]}"#,
            #""valueQuantity":{"value":330106199001011234}"#, #""valueDateTime":"1990-01-01""#,
            #""bodySite":{"coding":[{"system":"https://x.example/330106199001011234","code":"a"}]}"#,
            #""method":{"text":"zhang@example.org"}"#, #""issued":"2026-01-01T08:00:00+08:00""#,
        ])
    func places(member: String) throws {
        let masker = Masker(try Definitions.r4())
        let text = """
            {"resourceType":"Observation","id":"b","status":"final","code":{"coding":[{"code":"1"}]},
            "subject":{"reference":"Patient/p"},\(member)}
            """
        let patient = #"{"resourceType":"Patient","id":"p","name":[{"family":"张","given":["三丰"]}]}"#
        let bytes = try #require(
            masker.researchLine(
                of: try JSONDocument(parsing: Array(text.utf8)).root, person: "p", Pseudonyms(secret: Array(0..<32)),
                identifiers: DirectIdentifiers(of: try JSONDocument(parsing: Array(patient.utf8)).root),
                shiftDaysMax: 30, now: 1_780_000_000_000))
        let copy = String(decoding: bytes, as: UTF8.self)
        for secret in ["张三丰", "13812345678", "330106199001011234", "1990-01-01", "zhang@", "2026-01-01T"] {
            #expect(!copy.contains(secret))
        }
    }

    @Test("are never finer than the profile allows, however many share a combination")
    func floors() {
        let groups = (0..<90).flatMap { age in
            ["male", "female"].map {
                KAnonymity.Group(ladders: [KAnonymity.ageLadder(age), KAnonymity.plainLadder($0)], persons: 1000)
            }
        }
        let found = KAnonymity(k: 5).generalisation(of: groups, floors: [1, 0])
        #expect(found.levels == [1, 0] && found.suppressed == 0)
        #expect(found.losses[0] > 0 && found.losses[1] == 0)
        #expect(found.after.k == 5000 && found.before.k == 1000)
    }

    @Test("are refused a profile that can't be used")
    func profiles() throws {
        #expect(try ResearchProfile.city().quasiIdentifiers.map(\.name) == ["age", "sex", "division", "deceased"])
        #expect(throws: ResearchProfile.Malformed.self) { try ResearchProfile(json: Array("{}".utf8)) }
    }
}
