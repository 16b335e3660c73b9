import City
import FHIR
import JSON
import Testing

@Suite("Care in a city")
struct CareTests {
    private func city() throws -> SimulatedCity { try SimulatedCity.hangzhou.get() }

    private func visits(_ city: SimulatedCity, for codes: [String], months: Set<Int>) -> Int {
        city.all("Encounter").count { encounter in
            guard let code = encounter.text("reasonCode", "coding", "code"), codes.contains(code),
                let month = Int((encounter.text("period", "start") ?? "").dropFirst(5).prefix(2))
            else { return false }
            return months.contains(month)
        }
    }

    @Test(
        "follows the seasons",
        arguments: [
            (["J10.100"], Set([12, 1, 2]), Set([6, 7, 8])),
            (["B08.401"], Set([5, 6, 7]), Set([1, 2, 3])),
            (["A09.000", "A05.900"], Set([6, 7, 8]), Set([12, 1, 2])),
        ])
    func seasons(codes: [String], high: Set<Int>, low: Set<Int>) throws {
        let city = try city()
        #expect(visits(city, for: codes, months: high) > 2 * visits(city, for: codes, months: low))
    }

    @Test("is busiest on Mondays and quietest on Sundays")
    func weekdays() throws {
        var counts = [Int](repeating: 0, count: 7)
        for encounter in try city().all("Encounter")
        where encounter.text("type", "coding", "code") == "outpatient" {
            let start = try #require(encounter.text("period", "start"))
            let day = try #require(FHIRDateTime(String(start.prefix(10))))
            counts[Int(((day.lowMilliseconds + 28_800_000) / 86_400_000 + 3) % 7)] += 1
        }
        #expect(counts[0] == counts.max())
        #expect(counts[6] == counts.min())
    }

    @Test("has outpatients, emergencies and stays, and most people near home")
    func settings() throws {
        var counts: [String: Int] = [:]
        let encounters = try city().all("Encounter")
        for encounter in encounters { counts[encounter.text("class", "code") ?? "", default: 0] += 1 }
        #expect(Set(counts.keys) == ["AMB", "EMER", "IMP"])
        #expect((counts["AMB"] ?? 0) > 8 * (counts["EMER"] ?? 0))
        #expect((counts["EMER"] ?? 0) > (counts["IMP"] ?? 0))
        let perYear = Double(encounters.count) / 3_000
        #expect((3.0...5.0).contains(perYear))
    }

    @Test("diagnoses hypertension after raised readings on three days")
    func hypertensionIsFound() throws {
        let city = try city()
        var raised: [String: Set<String>] = [:]
        for observation in city.all("Observation") where observation.code == "85354-9" {
            let values = (observation["component"]?.elements.map { $0 } ?? []).compactMap {
                $0.number("valueQuantity", "value")
            }
            guard values.count == 2, let subject = observation.subject,
                let day = observation.text("effectiveDateTime")?.prefix(10)
            else { continue }
            if values[0] >= 140 || values[1] >= 90 { raised[subject, default: []].insert(String(day)) }
        }
        var found = 0
        for condition in city.all("Condition") where condition.code == "I10.x00x002" {
            let recorded = try #require(condition.text("recordedDate"))
            guard recorded >= "2024-07-01", let subject = condition.subject else { continue }
            found += 1
            #expect((raised[subject] ?? []).count { $0 <= recorded } >= 3)
        }
        #expect(found > 20)
    }

    @Test("sees managed patients at least four times a year, most of them")
    func followUp() throws {
        let city = try city()
        var visits: [String: Int] = [:]
        for encounter in city.all("Encounter")
        where encounter.text("type", "coding", "code") == "chronic-follow-up" {
            visits[encounter.subject ?? "", default: 0] += 1
        }
        let died = Set(
            city.all("Patient").filter { $0.text("deceasedDateTime") != nil }.map { "Patient/\($0.text("id") ?? "")" })
        let known = city.all("Condition").filter {
            $0.code == "I10.x00x002" && ($0.text("recordedDate") ?? "") < "2024-07-01"
        }.compactMap(\.subject).filter { !died.contains($0) }
        let enough = known.count { (visits[$0] ?? 0) >= 7 }
        #expect(known.count > 60)
        #expect(enough * 10 > known.count * 8)
    }

    @Test("treats more when diabetes gets worse")
    func progress() throws {
        let city = try city()
        let patient = try #require(city.all("Patient").first { $0.text("name", "text") == "王秀英" })
        let subject = "Patient/" + (try #require(patient.text("id")))
        let medicines = Set(
            city.all("MedicationRequest").filter { $0.subject == subject }
                .compactMap { $0.text("medicationCodeableConcept", "coding", "code") }
                .filter { $0.hasPrefix("A10") })
        #expect(medicines.contains("A10BA02"))
        #expect(medicines.count >= 2)
        let glucose = city.all("Observation").filter { $0.subject == subject && $0.code == "14771-0" }
            .compactMap { $0.number("valueQuantity", "value") }
        #expect(glucose.count >= 8)
        #expect((glucose.first ?? 0) >= 7)
        #expect(glucose.contains { $0 < 7 })
        let hba1c = city.all("Observation").filter { $0.subject == subject && $0.code == "4548-4" }
        #expect(hba1c.count >= 3)
    }

    @Test("finds new diabetes by two fasting values from 7.0")
    func diabetesIsFound() throws {
        let found = try city().all("Condition").filter {
            $0.code == "E11.900" && ($0.text("recordedDate") ?? "") >= "2024-07-01"
        }
        #expect(!found.isEmpty)
    }

    @Test("reports laboratory values with a UCUM unit, and an interpretation that fits the reference range")
    func results() throws {
        var outside = 0
        for observation in try city().all("Observation") {
            guard let value = observation.number("valueQuantity", "value") else { continue }
            #expect(observation.text("valueQuantity", "system") == "http://unitsofmeasure.org")
            #expect(observation.text("valueQuantity", "code") != nil)
            guard let low = observation.number("referenceRange", "low", "value"),
                let high = observation.number("referenceRange", "high", "value")
            else { continue }
            let wanted = value < low ? "L" : value > high ? "H" : "N"
            #expect(observation.text("interpretation", "coding", "code") == wanted)
            if wanted != "N" { outside += 1 }
        }
        #expect(outside > 500)
    }

    @Test("writes diagnoses in the shape of GB/T 14396 with a Chinese name")
    func diagnoses() throws {
        let shape = /[A-Z]\d{2}(\.[\dx]{1,3}(x\d{3})?)?/
        for condition in try city().all("Condition") {
            let code = try #require(condition.code)
            #expect(code.wholeMatch(of: shape) != nil, "\(code)")
            let display = try #require(condition.text("code", "coding", "display"))
            #expect(display.unicodeScalars.contains { $0.value >= 0x4E00 && $0.value <= 0x9FFF })
        }
    }

    @Test("is watched over by people of its own in every office, whom no hospital knows")
    func offices() throws {
        let city = try SimulatedCity.hangzhou.get()
        let names = Set(city.all("Practitioner").compactMap { $0.text("id") })
        var posts: [String: [String: Int]] = [:]
        var elsewhere: Set<String> = []
        for role in city.all("PractitionerRole") {
            let person = try #require(role.text("practitioner", "reference")).dropFirst("Practitioner/".count)
            #expect(names.contains(String(person)))
            let place = try #require(role.text("organization", "reference"))
            guard role.text("code", "coding", "system") == "https://healthbrain.dev/fhir/CodeSystem/post" else {
                elsewhere.insert(place)
                continue
            }
            posts[place, default: [:]][role.text("code", "coding", "code") ?? "", default: 0] += 1
        }
        for office in city.all("Organization") {
            let place = "Organization/\(office.text("id") ?? "")"
            switch office.text("type", "coding", "code") {
            case "cdc": #expect(posts[place] == ["epidemiologist": 2])
            case "commission": #expect(posts[place] == ["manager": 1, "operator": 1])
            default: #expect(posts[place] == nil)
            }
        }
        // The city and its thirteen districts have two offices each.
        #expect(posts.count == 28)
        #expect(elsewhere.isDisjoint(with: posts.keys))
    }
}
