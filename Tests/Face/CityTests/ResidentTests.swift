import City
import Foundation
import JSON
import Testing

@Suite("The residents of a city")
struct ResidentTests {
    private static let identitySystem = "urn:oid:2.16.156.10011.1.3"

    @Test(
        "have ID numbers with the check character of GB 11643", arguments: ["11010519491231002X", "440524188001010014"])
    func checkCharacter(number: String) throws {
        #expect(ResidentID(number)?.description == number)
        let sequence = try #require(Int(number.dropFirst(14).prefix(3)))
        let built = ResidentID(
            division: String(number.prefix(6)), birthDate: String(number.dropFirst(6).prefix(8)), sequence: sequence)
        #expect(built?.description == number)
        let last = number.last == "X" ? "1" : "X"
        #expect(ResidentID(number.dropLast() + last) == nil)
    }

    @Test("have ID numbers that agree with birth date and sex, each only once")
    func identifiers() throws {
        let city = try SimulatedCity(
            CityOptions(city: "jiaxing", seed: 2, residents: 4_000, days: 2, endDate: "2026-06-30"))
        var seen: Set<String> = []
        var without = 0
        for patient in city.all("Patient") {
            guard patient.text("identifier", "system") == Self.identitySystem else {
                without += 1
                continue
            }
            let value = try #require(patient.text("identifier", "value"))
            let id = try #require(ResidentID(value)).description
            #expect(seen.insert(id).inserted)
            let born = try #require(patient.text("birthDate")).replacingOccurrences(of: "-", with: "")
            #expect(id.dropFirst(6).prefix(8) == born)
            let sequence = try #require(Int(id.dropFirst(16).prefix(1)))
            #expect(patient.text("gender") == (sequence % 2 == 1 ? "male" : "female"))
        }
        #expect(without > 0 && without < 100)
    }

    @Test(
        "have the age and sex structure of the census",
        arguments: [
            // Percent from 0 to 14, from 60, from 65, and of men: census of 2020; Wenzhou is our default.
            ("hangzhou", [13.02, 16.87, 11.66, 52.08]),
            ("jiaxing", [11.9, 19.30, 14.05, 52.10]),
            ("wenzhou", [15.2, 16.9, 11.7, 52.3]),
        ])
    func pyramid(city: String, wanted: [Double]) throws {
        let residents = try SimulatedCity(
            CityOptions(city: city, seed: 8, residents: 12_000, days: 1, endDate: "2026-06-30"))
        var counts = [0.0, 0, 0, 0]
        let patients = residents.all("Patient")
        for patient in patients {
            let born = try #require(patient.text("birthDate"))
            let year = try #require(Int(born.prefix(4)))
            let age = 2026 - year - (born.dropFirst(5) > "06-30" ? 1 : 0)
            if age < 15 { counts[0] += 1 }
            if age >= 60 { counts[1] += 1 }
            if age >= 65 { counts[2] += 1 }
            if patient.text("gender") == "male" { counts[3] += 1 }
        }
        for (count, percent) in zip(counts, wanted) {
            #expect(abs(count * 100 / Double(patients.count) - percent) < 1.3)
        }
    }

    @Test("live in the districts of GB/T 2260 in the proportion of their residents")
    func districts() throws {
        let districts = try CityResources.districts(city: "hangzhou")
        let patients = try SimulatedCity.hangzhou.get().all("Patient")
        let known = Set(districts.map(\.code))
        var counts: [String: Int] = [:]
        for patient in patients {
            let code = try #require(patient.text("address", "extension", "valueCode"))
            #expect(known.contains(code))
            counts[code, default: 0] += 1
        }
        #expect(counts.count == districts.count)
        let largest = try #require(districts.max { $0.population < $1.population })
        #expect((counts[largest.code] ?? 0) * 8 > patients.count)
    }

    @Test("are born, die and move")
    func changes() throws {
        let patients = try SimulatedCity.hangzhou.get().all("Patient")
        let born = patients.filter { ($0.text("birthDate") ?? "") >= "2024-07-01" }
        let died = patients.filter { $0.text("deceasedDateTime") != nil }
        let moved = patients.filter { patient in
            (patient[JSONKey("address")]?.elements).map { $0.count { $0["district"] != nil } } == 2
        }
        #expect((8...60).contains(born.count))
        #expect((4...45).contains(died.count))
        #expect((15...150).contains(moved.count))
        let arrived = patients.filter { patient in
            patient[JSONKey("address")].map { Array($0.elements) }?.contains { $0["district"] == nil } == true
        }
        #expect((20...200).contains(arrived.count))
        for patient in moved + arrived { #expect(patient.text("address", "period", "start") != nil) }
    }

    @Test("have no visit after their death")
    func death() throws {
        let city = try SimulatedCity.hangzhou.get()
        var died: [String: String] = [:]
        for patient in city.all("Patient") {
            if let day = patient.text("deceasedDateTime"), let id = patient.text("id") { died["Patient/\(id)"] = day }
        }
        for encounter in city.all("Encounter") {
            guard let subject = encounter.subject, let day = died[subject] else { continue }
            #expect((encounter.text("period", "start") ?? "").prefix(10) <= day)
        }
    }

    @Test("include twins: one birthday, one household, first and second")
    func twins() throws {
        let patients = try SimulatedCity.hangzhou.get().all("Patient")
        func named(_ name: String) throws -> JSONNode {
            try #require(patients.first { $0.text("name", "text") == name })
        }
        let (first, second) = (try named("陈一诺"), try named("陈一鸣"))
        #expect(first.text("birthDate") == second.text("birthDate"))
        #expect(first.number("multipleBirthInteger") == 1)
        #expect(second.number("multipleBirthInteger") == 2)
        func household(_ patient: JSONNode) -> String? { patient["identifier"]?[1]?.text("value") }
        #expect(household(first) != nil)
        #expect(household(first) == household(second))
    }

    @Test(
        "include the people that pages are shown with",
        arguments: ["王秀英", "李建国", "林沐阳", "周闰月", "张伟强", "欧阳修远", "阿卜杜热西提·麦麦提明"])
    func stories(name: String) throws {
        #expect(try SimulatedCity.hangzhou.get().all("Patient").contains { $0.text("name", "text") == name })
    }

    @Test("include someone born on a leap day, and someone with a passport instead of an ID number")
    func unusual() throws {
        let patients = try SimulatedCity.hangzhou.get().all("Patient")
        let leap = try #require(patients.first { $0.text("birthDate") == "1988-02-29" })
        #expect(leap.text("identifier", "value")?.dropFirst(6).prefix(8) == "19880229")
        let abroad = patients.filter {
            $0.text("identifier", "system")?.hasPrefix("http://hl7.org/fhir/sid/passport-") ?? false
        }
        #expect(!abroad.isEmpty)
    }

    @Test("keep compound surnames whole")
    func compoundSurname() throws {
        let patients = try SimulatedCity.hangzhou.get().all("Patient")
        let person = try #require(patients.first { $0.text("name", "text") == "欧阳修远" })
        #expect(person.text("name", "family") == "欧阳")
        #expect(person.text("name", "given") == "修远")
    }

    @Test("are linked as parents to their own children below 18, and to no others")
    func guardians() throws {
        let city = try SimulatedCity.hangzhou.get()
        let patients = Dictionary(uniqueKeysWithValues: city.all("Patient").map { ($0.text("id") ?? "", $0) })
        let related = Dictionary(uniqueKeysWithValues: city.all("RelatedPerson").map { ($0.text("id") ?? "", $0) })
        func household(_ patient: JSONNode) -> String? { patient["identifier"]?[1]?.text("value") }
        var linked: Set<String> = []
        for (_, parent) in patients {
            for link in parent["link"].map({ Array($0.elements) }) ?? [] {
                #expect(link.text("type") == "seealso")
                let reference = try #require(link.text("other", "reference"))
                let id = String(reference.dropFirst("RelatedPerson/".count))
                let relation = try #require(related[id])
                let child = try #require(patients[String((relation.text("patient", "reference") ?? "").dropFirst(8))])
                #expect(household(child) == household(parent))
                #expect((child.text("birthDate") ?? "") > "2008-06-30")
                #expect((parent.text("birthDate") ?? "") < (child.text("birthDate") ?? ""))
                #expect(parent.text("deceasedDateTime") == nil)
                let code = relation.text("relationship", "coding", "code")
                #expect(code == (parent.text("gender") == "female" ? "MTH" : "FTH"))
                #expect(relation.text("name", "text") == parent.text("name", "text"))
                #expect(linked.insert(id).inserted)
            }
        }
        #expect(linked == Set(related.keys))
        // The twins of the story have two parents each.
        let twins = patients.values.filter { ["陈一诺", "陈一鸣"].contains($0.text("name", "text")) }
        for twin in twins {
            let own = "Patient/\(twin.text("id") ?? "")"
            #expect(related.values.filter { $0.text("patient", "reference") == own }.count == 2)
        }
    }
}
