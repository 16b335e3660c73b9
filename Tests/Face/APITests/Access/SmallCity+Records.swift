import Accounts
import Foundation
import Gate

/// The city in FHIR, and its people's accounts.
extension SmallCity {
    /// Makes the accounts and signs everybody in.
    func settle(_ house: GuardedDoor) async throws -> [(Person, GuardedDoor.Pass)] {
        var settled: [(Person, GuardedDoor.Pass)] = []
        for (number, person) in people.enumerated() {
            let new = try await house.gate.accounts.add(
                login: "person\(number)", displayName: "测试", assignments: [assignment(person)],
                password: .chosen(HousePerson.password))
            switch person {
            case .clinician(_, true), .epidemiologist(_, true):
                try await house.gate.accounts.setSensitivities(["hiv", "mentalHealth"], of: new.account.id)
            default: break
            }
            settled.append((person, try await house.pass(login: "person\(number)")))
        }
        return settled
    }

    private func assignment(_ person: Person) -> RoleAssignment {
        func staff(_ role: AccountRole, _ organization: String, _ district: Int = 0) -> RoleAssignment {
            RoleAssignment(
                role, person: "Practitioner/d1", practitionerRole: "PractitionerRole/r1",
                organization: "Organization/\(organization)", district: Self.districts[district])
        }
        return switch person {
        case .resident(let patient): RoleAssignment(.resident, person: "Patient/p\(patient)")
        case .clinician(let hospital, _): staff(.clinician, "h\(hospital)")
        case .epidemiologist(let district, _): staff(.epidemiologist, "cdc", district)
        case .manager: staff(.manager, "city")
        case .systemOperator: RoleAssignment(.operator, duty: .system)
        case .auditor: RoleAssignment(.operator, duty: .audit)
        }
    }

    var bundle: String {
        func day(_ daysAgo: Int) -> String {
            Date(timeIntervalSinceNow: Double(-86_400 * daysAgo)).ISO8601Format()
        }
        var resources: [(String, String)] = [
            ("Organization/city", #""name":"卫健委""#), ("Organization/cdc", #""name":"疾控""#),
            ("Practitioner/d1", #""name":[{"family":"李"}]"#), ("PractitionerRole/r1", #""active":true"#),
        ]
        for hospital in 0..<Self.hospitals {
            resources.append(
                ("Organization/h\(hospital)", #""name":"医院","partOf":{"reference":"Organization/city"}"#))
        }
        let year = Calendar(identifier: .gregorian).component(.year, from: Date())
        for patient in 0..<Self.patients {
            let children = guardians.filter { $0.value == patient }.keys.sorted()
            let links = children.map { #"{"other":{"reference":"RelatedPerson/g\#($0)"},"type":"seealso"}"# }
            let link = links.isEmpty ? "" : #","link":[\#(links.joined(separator: ","))]"#
            resources.append(
                (
                    "Patient/p\(patient)",
                    """
                    "name":[{"text":"奇名\(patient)异","family":"奇名\(patient)异"}],"birthDate":"\(year - ages[patient])-01-01",\
                    "address":[{"line":["文三路1号"],"extension":[{"url":\
                    "https://healthbrain.dev/fhir/StructureDefinition/division","valueCode":"\(Self.districts[homes[patient]])"}]}]\(link)
                    """
                ))
            resources.append(
                (
                    "Observation/o\(patient)",
                    #""status":"final","code":{"text":"血压"},"subject":{"reference":"Patient/p\#(patient)"}"#
                ))
            if guardians[patient] != nil {
                resources.append(
                    (
                        "RelatedPerson/g\(patient)",
                        #""patient":{"reference":"Patient/p\#(patient)"},"relationship":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-RoleCode","code":"PRN"}]}]"#
                    ))
            }
        }
        for (place, visit) in visits.enumerated() {
            resources.append(
                (
                    "Encounter/e\(place)",
                    """
                    "status":"finished","class":{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"AMB"},\
                    "subject":{"reference":"Patient/p\(visit.patient)"},"serviceProvider":{"reference":\
                    "Organization/h\(visit.hospital)"},"period":{"start":"\(day(visit.daysAgo + 1))","end":"\(day(visit.daysAgo))"}
                    """
                ))
        }
        for (place, finding) in findings.enumerated() {
            resources.append(
                (
                    "Condition/c\(place)",
                    """
                    "subject":{"reference":"Patient/p\(finding.patient)"},"code":{"coding":[{"system":\
                    "http://hl7.org/fhir/sid/icd-10","code":"\(finding.code)"}]}
                    """
                ))
        }
        let entries = resources.map { key, members in
            let parts = key.split(separator: "/")
            return """
                {"resource":{"resourceType":"\(parts[0])","id":"\(parts[1])",\(members)},\
                "request":{"method":"PUT","url":"\(key)"}}
                """
        }
        return #"{"resourceType":"Bundle","type":"transaction","entry":[\#(entries.joined(separator: ","))]}"#
    }
}
