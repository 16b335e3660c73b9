import Accounts
import Foundation
import Gate
import JSON
import Records

/// One account for each face, tied to people and institutions of the simulated city. Their passwords stand in a file of the
/// data folder that only the server's user can read, and are printed at each start in demo mode.
struct DemoAccounts {
    /// One account.
    struct Entry: Codable {
        var login: String
        var password: String
        var about: String
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
        for (login, assignment, about) in try await assignments() {
            let password = Self.password()
            do {
                _ = try await gate.accounts.add(
                    login: login, displayName: about, assignments: [assignment], password: .chosen(password))
                entries.append(Entry(login: login, password: password, about: about))
            } catch .loginTaken {
                Terminal.complain("There is an account \(login) already; it is not made a demo account.")
            }
        }
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw Failure("The file \(path) can't be written.") }
        try FileHandle(fileDescriptor: file, closeOnDealloc: true).write(contentsOf: JSONEncoder().encode(entries))
        return entries
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

    private func assignments() async throws -> [(login: String, RoleAssignment, about: String)] {
        var found: [(String, RoleAssignment, String)] = [("operator", RoleAssignment(.operator), "运维 Operator")]
        guard let visit = try newestVisit() else { return found }
        found.append(
            ("resident", RoleAssignment(.resident, person: visit.patient), "居民 Resident \(visit.patient)"))
        guard let role = try first("PractitionerRole", [("practitioner", visit.practitioner)]),
            let home = role["organization"]?["reference"]?.string, let id = role["id"]?.string
        else { return found }
        found.append(
            (
                "clinician",
                RoleAssignment(
                    .clinician, person: visit.practitioner, practitionerRole: "PractitionerRole/\(id)",
                    organization: home, level: .department),
                "医生 Clinician \(visit.practitioner)"
            ))
        for (login, kind, about) in [
            ("epidemiologist", "cdc", "疾控 Epidemiologist"), ("manager", "commission", "管理 Manager"),
        ] {
            guard let organization = try first("Organization", [("type", kind), ("_sort", "_id")])?["id"]?.string else {
                continue
            }
            let role = try await self.role(login, visit.practitioner, "Organization/\(organization)")
            found.append(
                (
                    login,
                    RoleAssignment(
                        login == "manager" ? .manager : .epidemiologist, person: visit.practitioner,
                        practitionerRole: role, organization: "Organization/\(organization)", level: .city,
                        district: division),
                    about
                ))
        }
        return found
    }

    /// The last visit whose doctor and patient are known.
    private func newestVisit() throws -> (patient: String, practitioner: String)? {
        let page = try gate.store.search(type: "Encounter", parameters: [("_sort", "-date"), ("_count", "100")])
        for entry in page.entries {
            let root = try JSONDocument(parsing: entry.version.json()).root
            guard let patient = root["subject"]?["reference"]?.string, patient.hasPrefix("Patient/"),
                let doctor = root["participant"]?.elements.lazy.compactMap({ $0["individual"]?["reference"]?.string })
                    .first(where: { $0.hasPrefix("Practitioner/") })
            else { continue }
            return (patient, doctor)
        }
        return nil
    }

    private func first(_ type: String, _ parameters: [(String, String)]) throws -> JSONNode? {
        let page = try gate.store.search(type: type, parameters: parameters + [("_count", "1")])
        return try page.entries.first.map { try JSONDocument(parsing: $0.version.json()).root }
    }

    /// The simulated city gives its offices no staff: somebody of a hospital works there too.
    private func role(_ name: String, _ practitioner: String, _ organization: String) async throws -> String {
        let key = ResourceKey(type: "PractitionerRole", id: "demo-\(name)")
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("resourceType", string: key.type)
        writer.member("id", string: key.id)
        writer.member("active", bool: true)
        for (member, reference) in [("practitioner", practitioner), ("organization", organization)] {
            writer.key(member)
            writer.beginObject()
            writer.member("reference", string: reference)
            writer.endObject()
        }
        writer.endObject()
        _ = try await gate.ownRecords().update(key, JSONDocument(parsing: writer.bytes))
        return key.description
    }
}
