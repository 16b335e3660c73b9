import City
import JSON
import Testing

@Suite("Immunisation in a city")
struct ImmunisationTests {
    private struct Given {
        let code: String
        let dose: Int
        let day: Int
    }

    /// Doses of each child by birthday (days since 1970), oldest first.
    private func children() throws -> [(born: Int, female: Bool, doses: [Given])] {
        let city = try SimulatedCity.hangzhou.get()
        var doses: [String: [Given]] = [:]
        for dose in city.all("Immunization") {
            let patient = try #require(dose.text("patient", "reference"))
            let day = try #require(CivilDate(dose.text("occurrenceDateTime")))
            doses[patient, default: []].append(
                Given(
                    code: dose.text("vaccineCode", "coding", "code") ?? "",
                    dose: Int(dose.number("protocolApplied", "doseNumberPositiveInt") ?? 0), day: day.number))
        }
        var children: [(born: Int, female: Bool, doses: [Given])] = []
        for patient in city.all("Patient") {
            guard let id = patient.text("id"), let given = doses["Patient/\(id)"],
                let born = CivilDate(patient.text("birthDate"))
            else { continue }
            children.append((born.number, patient.text("gender") == "female", given.sorted { $0.day < $1.day }))
        }
        return children
    }

    @Test("never gives a dose before its age")
    func minimumAges() throws {
        let leastDays = [
            "IPV": 59, "bOPV": 119, "DTaP": 59, "MMR": 242, "JE-L": 242, "MPSV-A": 180, "MPSV-AC": 1_094,
            "HepA-L": 545, "2vHPV": 4_747, "DT": 2_190, "Influenza": 23_000,
        ]
        for child in try children() {
            for dose in child.doses { #expect(dose.day - child.born >= leastDays[dose.code] ?? 0, "\(dose)") }
        }
    }

    @Test("keeps 28 days between doses of a series, and between injected live vaccines of different days")
    func intervals() throws {
        let live: Set = ["MMR", "JE-L", "HepA-L"]
        for child in try children() {
            for (one, next) in zip(child.doses, child.doses.dropFirst()) where one.code == next.code {
                #expect(next.day - one.day >= 28)
            }
            let injected = child.doses.filter { live.contains($0.code) }
            for (one, next) in zip(injected, injected.dropFirst()) {
                #expect(next.day == one.day || next.day - one.day >= 28)
            }
        }
    }

    @Test("gives hepatitis B within a day of birth and BCG soon after")
    func atBirth() throws {
        let born = try #require(CivilDate("2024-07-01")).number
        let newborns = try children().filter { $0.born >= born }
        #expect(!newborns.isEmpty)
        for child in newborns {
            let first = try #require(child.doses.first)
            #expect(first.code == "HepB" && first.day - child.born <= 1)
        }
    }

    @Test("gives HPV vaccine to girls only")
    func girls() throws {
        let doses = try children().filter { $0.doses.contains { $0.code == "2vHPV" } }
        #expect(doses.allSatisfy { $0.female })
    }

    @Test("numbers the doses of a series without a gap for children with a whole history")
    func doseNumbers() throws {
        let since = try #require(CivilDate("2019-10-01")).number
        for child in try children() where child.born >= since {
            for code in ["HepB", "DTaP", "MMR", "JE-L", "MPSV-A"] {
                let numbers = child.doses.filter { $0.code == code }.map(\.dose)
                #expect(numbers == Array(1..<(numbers.count + 1)), "\(code)")
            }
        }
    }
}

/// Days since 1970-01-01 of the date part of a FHIR date, counted by walking the years: slow and obvious.
struct CivilDate {
    let number: Int

    init?(_ text: String?) {
        let parts = (text ?? "").prefix(10).split(separator: "-").compactMap { Int($0) }
        guard parts.count == 3 else { return nil }
        func isLeap(_ year: Int) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }
        var days = 0
        for year in min(1970, parts[0])..<max(1970, parts[0]) {
            days += (isLeap(year) ? 366 : 365) * (parts[0] < 1970 ? -1 : 1)
        }
        let months = [31, isLeap(parts[0]) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        number = days + months.prefix(parts[1] - 1).reduce(0, +) + parts[2] - 1
    }
}
