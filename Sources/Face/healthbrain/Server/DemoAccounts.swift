import Accounts
import Foundation
import Gate
import JSON
import Portal
import Records
import Synchronization

/// One account for each face, tied to people and institutions of the simulated city. Their passwords stand in a file of the
/// data folder that only the server's user can read, and are printed at each start in demo mode.
struct DemoAccounts {
    /// One account.
    struct Entry: Codable {
        var login: String
        var password: String
        var about: String
        /// Who it is, and in which role; absent from files of earlier versions.
        var name: String?
        var role: String?

        /// As the sign-in page lists it.
        var shown: DemoAccount? {
            Role(rawValue: role ?? login).map {
                DemoAccount(role: $0, name: name ?? about, login: login, password: password)
            }
        }
    }

    let gate: Gate
    let folder: String
    /// GB/T 2260 code of the city.
    let division: String

    private var path: String { "\(folder)/demo-accounts.json" }

    /// The accounts; they are made when they are not there.
    func entries() async throws -> [Entry] {
        if let known = FileManager.default.contents(atPath: path),
            let entries = try? JSONDecoder().decode([Entry].self, from: known)
        {
            return entries
        }
        var entries: [Entry] = []
        for one in try people() {
            if let entry = try await made(one) { entries.append(entry) }
        }
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw Failure("The file \(path) can't be written.") }
        try FileHandle(fileDescriptor: file, closeOnDealloc: true).write(contentsOf: JSONEncoder().encode(entries))
        return entries
    }

    /// The account of somebody; nil where there is one with the name already.
    private func made(_ one: Somebody) async throws -> Entry? {
        let password = Self.password()
        do {
            _ = try await gate.accounts.add(
                login: one.login, displayName: one.name, assignments: [one.assignment], password: .chosen(password))
        } catch .loginTaken {
            Terminal.complain("There is an account \(one.login) already; it is not made a demo account.")
            return nil
        }
        return Entry(
            login: one.login, password: password, about: "\(one.about) \(one.name)", name: one.name,
            role: one.assignment.role.rawValue)
    }

    /// Twelve letters and digits that are hard to confuse.
    private static func password() -> String {
        let letters = Array("abcdefghjkmnpqrstuvwxyz23456789")
        var generator = SystemRandomNumberGenerator()
        let groups = (0..<3).map { _ in
            String((0..<4).map { _ in letters.randomElement(using: &generator) ?? "a" })
        }
        return groups.joined(separator: "-")
    }

    // MARK: Who they are

    private struct Somebody {
        let assignment: RoleAssignment
        let name: String
        let about: String
        /// The name to sign in with, where it isn't that of the role.
        var ownLogin: String?

        var login: String { ownLogin ?? assignment.role.rawValue }
    }

    private func people() throws -> [Somebody] {
        var found: [Somebody] = []
        if let visit = try latestVisit() {
            found.append(
                Somebody(
                    assignment: RoleAssignment(.resident, person: visit.patient), name: try name(of: visit.patient),
                    about: "居民 Resident"))
            if let role = try first("PractitionerRole", [("practitioner", visit.practitioner)]),
                let home = role["organization"]?["reference"]?.string, let id = role["id"]?.string
            {
                found.append(
                    Somebody(
                        assignment: RoleAssignment(
                            .clinician, person: visit.practitioner, practitionerRole: "PractitionerRole/\(id)",
                            organization: home, level: .department),
                        name: try name(of: visit.practitioner), about: "医生 Clinician"))
            }
        }
        if let visit = try latestVisit(), let doctor = try familyDoctor(of: visit.patient) { found.append(doctor) }
        // The city's own offices: the commission that belongs to none, and the centre that belongs to it.
        let commissions = try all("Organization", [("type", "commission")])
        guard let commission = commissions.first(where: { $0["partOf"] == nil })?["id"]?.string else {
            return found + [Somebody(assignment: RoleAssignment(.operator), name: "运维", about: "运维 Operator")]
        }
        let cdc = try first("Organization", [("type", "cdc"), ("partof", commission)])?["id"]?.string
        for (role, office, about) in [
            (Role.epidemiologist, cdc, "疾控 Epidemiologist"), (.manager, commission, "管理 Manager"),
            (.operator, commission, "运维 Operator"),
        ] {
            guard let office, let person = try staff(of: office, post: role.rawValue) else { continue }
            found.append(
                Somebody(
                    assignment: RoleAssignment(
                        role, person: person.practitioner, practitionerRole: person.role,
                        organization: "Organization/\(office)", level: .city, district: division),
                    name: try name(of: person.practitioner), about: about))
        }
        return found
    }

    /// Somebody who works at the centre that looks after a resident, to see the work of programmes.
    private func familyDoctor(of patient: String) throws -> Somebody? {
        guard let centre = try document(patient)?.root["managingOrganization"]?["reference"]?.string,
            let id = centre.split(separator: "/").last.map(String.init)
        else { return nil }
        let departments = try all("Organization", [("partof", id)]).compactMap { $0["id"]?.string }
        for office in [id] + departments {
            guard let role = try first("PractitionerRole", [("organization", office)]), let roleID = role["id"]?.string,
                let person = role["practitioner"]?["reference"]?.string
            else { continue }
            return Somebody(
                assignment: RoleAssignment(
                    .clinician, person: person, practitionerRole: "PractitionerRole/\(roleID)", organization: centre,
                    level: .institution), name: try name(of: person), about: "家庭医生 Family doctor",
                ownLogin: "family-doctor")
        }
        return nil
    }

    /// Somebody who works in an office.
    private func staff(of office: String, post: String) throws -> (practitioner: String, role: String)? {
        let role = try first(
            "PractitionerRole",
            [("organization", office), ("role", "https://healthbrain.dev/fhir/CodeSystem/post|\(post)")])
        guard let role, let id = role["id"]?.string, let person = role["practitioner"]?["reference"]?.string else {
            return nil
        }
        return (person, "PractitionerRole/\(id)")
    }

    /// The latest visit whose doctor is known, of a parent where one is among the latest, else of anybody.
    private func latestVisit() throws -> (patient: String, practitioner: String)? {
        var latest: (patient: String, practitioner: String)?
        for visit in try all("Encounter", [("_sort", "-date"), ("_count", "\(Self.visitsMax)")]) {
            guard let patient = visit["subject"]?["reference"]?.string, patient.hasPrefix("Patient/"),
                let doctor = visit["participant"]?.elements.lazy.compactMap({ $0["individual"]?["reference"]?.string })
                    .first(where: { $0.hasPrefix("Practitioner/") }),
                let person = try document(patient), person.root["active"]?.bool != false
            else { continue }
            if person.root["link"] != nil { return (patient, doctor) }
            latest = latest ?? (patient, doctor)
        }
        return latest
    }

    private static let visitsMax = 200

    private func name(of reference: String) throws -> String {
        try document(reference)?.root["name"]?.elements.first { $0["text"] != nil }?["text"]?.string ?? reference
    }

    private func document(_ reference: String) throws -> JSONDocument? {
        guard let key = ResourceKey(reference: reference) else { return nil }
        return try JSONDocument(parsing: gate.store.read(key).json())
    }

    private func first(_ type: String, _ parameters: [(String, String)]) throws -> JSONNode? {
        try all(type, parameters + [("_sort", "_id"), ("_count", "1")]).first
    }

    private func all(_ type: String, _ parameters: [(String, String)]) throws -> [JSONNode] {
        try gate.store.search(type: type, parameters: parameters).entries.map {
            try JSONDocument(parsing: $0.version.json()).root
        }
    }
}

/// The accounts of a demonstration, as soon as they are made.
final class DemoBoard: Sendable {
    private let shown = Mutex<[DemoAccount]>([])

    /// Empty while the city is not there yet.
    var accounts: [DemoAccount] { shown.withLock { $0 } }

    func show(_ accounts: [DemoAccount]) { shown.withLock { $0 = accounts } }
}
