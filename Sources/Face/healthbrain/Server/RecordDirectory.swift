import Accounts
import Gate
import JSON
import Records
import SignIn
import Synchronization

/// Which patients a person reaches, as the sign-in of programs asks: by the same way as every page.
final class RecordDirectory: SignInDirectory {
    private let gate = Mutex<Gate?>(nil)

    /// From now on questions are answered.
    func open(_ gate: Gate) { self.gate.withLock { $0 = gate } }

    func patients(
        of account: Account, as assignment: RoleAssignment, matching text: String, limit: Int
    ) async throws -> [PatientChoice] {
        guard let gate = gate.withLock({ $0 }), assignment.role == .resident || !text.isEmpty else { return [] }
        let (records, trace) = try gate.records(of: account, as: assignment, client: Self.client)
        var parameters = [("_count", "\(limit)")]
        if !text.isEmpty {
            parameters.append((text.utf8.contains { (0x30...0x39).contains($0) } ? "identifier" : "name", text))
        }
        do {
            let page = try records.search(type: "Patient", parameters: parameters)
            try gate.finish(trace)
            return try page.entries.filter { $0.mode == .match }.map { try Self.choice($0.version) }
        } catch let error as RecordsError where error.category == .forbidden {
            try gate.finish(trace)
            return []
        }
    }

    func patient(_ id: String, for account: Account, as assignment: RoleAssignment) async throws -> PatientChoice? {
        guard let gate = gate.withLock({ $0 }), let key = ResourceKey(reference: "Patient/\(id)") else { return nil }
        let (records, trace) = try gate.records(of: account, as: assignment, client: Self.client)
        do {
            let version = try records.read(key)
            try gate.finish(trace)
            return try Self.choice(version)
        } catch let error as RecordsError where [.notFound, .gone, .forbidden].contains(error.category) {
            try gate.finish(trace)
            return nil
        }
    }

    func name(ofOrganization reference: String) async -> String? {
        // The city's directory is everybody's who is signed in.
        guard let gate = gate.withLock({ $0 }), let key = ResourceKey(reference: reference), key.type == "Organization",
            let version = try? gate.store.read(key), let document = try? JSONDocument(parsing: version.json())
        else { return nil }
        return document.root["name"]?.string
    }

    private static let client = "healthbrain/sign-in"

    private static func choice(_ version: Version) throws -> PatientChoice {
        let root = try JSONDocument(parsing: version.json()).root
        let name = root["name"]?.elements.lazy.compactMap { name -> String? in
            if let text = name["text"]?.string { return text }
            let given = name["given"]?.elements.compactMap(\.string).joined(separator: " ")
            return [name["family"]?.string, given].compactMap { $0 }.joined(separator: " ")
        }.first
        let birth = root["birthDate"]?.string.map { String($0.prefix(4)) }
        return PatientChoice(id: version.key.id, name: name ?? version.key.id, detail: birth ?? "")
    }
}

/// Tells the gate what a bearer token stands for.
struct TokenDesk: TokenVerifier {
    let tokens: SMARTTokens

    var generation: UInt64 { tokens.generation }

    func grant(of token: String) async throws -> TokenGrant? {
        guard let holder = try await tokens.holder(of: token) else { return nil }
        let client = holder.client
        guard let account = holder.account, let assignment = holder.assignment else {
            let rights = ProgramRights(
                organization: client.organization.map { String($0.dropFirst("Organization/".count)) },
                division: client.division, sensitivities: client.sensitivities, purpose: client.purpose)
            return TokenGrant(
                client: client.id, holder: .program(rights), scopes: holder.scopes, expires: holder.expires)
        }
        return TokenGrant(
            client: client.id, holder: .person(account, assignment), scopes: holder.scopes, expires: holder.expires)
    }
}
