import City
import JSON
import Testing

@Suite("Planted outbreaks")
struct OutbreakTests {
    private static func options(seed: UInt64 = 5, plants: Bool = true) -> CityOptions {
        CityOptions(
            city: "hangzhou", seed: seed, residents: 2_000, days: 500, endDate: "2026-11-22", plantsOutbreaks: plants)
    }

    private static func run(_ options: CityOptions) throws -> (planted: [PlantedCase], resources: [JSONNode]) {
        var planted: [PlantedCase] = []
        var resources: [JSONNode] = []
        for bundle in try CitySimulation(options).bundles() {
            planted += bundle.planted
            for entry in try JSONDocument(parsing: bundle.json).root["entry"]?.elements.map({ $0 }) ?? [] {
                if let resource = entry["resource"] { resources.append(resource) }
            }
        }
        return (planted, resources)
    }

    @Test("are of five kinds in a year, the same for the same seed and others for another one")
    func kinds() throws {
        let one = try CitySimulation(Self.options()).outbreaks
        #expect(Set(one.map(\.id)) == ["school", "wave", "dengue", "rise", "artefact"])
        #expect(try CitySimulation(Self.options()).outbreaks == one)
        #expect(try CitySimulation(Self.options(seed: 6)).outbreaks != one)
        #expect(one.allSatisfy { $0.first >= "2025-03-01" && $0.first <= "2026-11-22" })
        #expect(Set(one.compactMap(\.district)).count == one.compactMap(\.district).count)
        #expect(try CitySimulation(Self.options(plants: false)).outbreaks.isEmpty)
    }

    @Test("leave ordinary records of the patients they reach, and no mark")
    func records() throws {
        let (planted, resources) = try Self.run(Self.options())
        let outbreaks = try CitySimulation(Self.options()).outbreaks
        for outbreak in outbreaks where !outbreak.isArtefact {
            let cases = planted.filter { $0.outbreak == outbreak.id }
            #expect(cases.count >= 3, "\(outbreak.id)")
            for one in cases {
                let condition = resources.first {
                    $0.text("resourceType") == "Condition" && $0.code == outbreak.code
                        && $0.subject == "Patient/\(one.patient)" && $0.text("recordedDate") == one.day
                }
                #expect(condition != nil, "\(outbreak.id) \(one.patient)")
            }
        }
        for id in outbreaks.map(\.id) + ["outbreak"] {
            #expect(!resources.contains { String(decoding: $0.rawText, as: UTF8.self).contains("\"\(id)\"") })
        }
    }

    @Test("reach people of the district and age alone, but for the traveller")
    func places() throws {
        let (planted, resources) = try Self.run(Self.options())
        let outbreaks = try CitySimulation(Self.options()).outbreaks
        var homes: [String: String] = [:]
        for patient in resources where patient.text("resourceType") == "Patient" {
            homes[patient.text("id") ?? ""] = String(decoding: patient["address"]?.rawText ?? [], as: UTF8.self)
        }
        for outbreak in outbreaks {
            guard let district = outbreak.district else { continue }
            let strangers = planted.filter {
                $0.outbreak == outbreak.id && homes[$0.patient]?.contains("\"\(district)\"") != true
            }
            #expect(strangers.count <= (outbreak.id == "dengue" ? 1 : 0))
        }
    }

    @Test("of a laboratory are positives of people without a visit")
    func artefact() throws {
        let (planted, resources) = try Self.run(Self.options())
        let artefacts = planted.filter { $0.outbreak == "artefact" }
        #expect(artefacts.count >= 5 && Set(artefacts.map(\.day)).count == 1)
        for one in artefacts {
            let test = resources.first {
                $0.code == "80382-5" && $0.subject == "Patient/\(one.patient)"
                    && $0.text("effectiveDateTime")?.hasPrefix(one.day) == true
            }
            #expect(test?.text("valueCodeableConcept", "text") == "阳性" && test?["encounter"] == nil)
        }
    }

    @Test("show in what their district counts beside its patients")
    func streams() throws {
        let (_, resources) = try Self.run(Self.options())
        let rise = try #require(try CitySimulation(Self.options()).outbreaks.first { $0.id == "rise" })
        var centres: [String: String] = [:]
        for organization in resources where organization.text("resourceType") == "Organization" {
            if let district = organization.text("address", "extension", "valueCode") {
                centres["Organization/\(organization.text("id") ?? "")"] = district
            }
        }
        var above: [Bool: Double] = [:]
        var samples: [Bool: Double] = [:]
        for report in resources where report["component"] != nil && report["performer"] != nil {
            guard let day = report.text("effectiveDateTime"), day.count == 10,
                centres[report.text("performer", "reference") ?? ""] == rise.district
            else { continue }
            let isDuring = day >= rise.first && day <= rise.last
            for part in report["component"]?.elements.map({ $0 }) ?? [] where part.code == "water-coliform" {
                samples[isDuring, default: 0] += 1
                if (part.number("valueQuantity", "value") ?? 0) > 0 { above[isDuring, default: 0] += 1 }
            }
        }
        let (usual, during) = (try #require(samples[false]), try #require(samples[true]))
        #expect((above[true] ?? 0) / during > 0.8 && (above[false] ?? 0) / usual < 0.2)
    }
}
