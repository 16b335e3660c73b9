import Access
import AuditLog
import FHIR
import Gate
import HTTPTypes
import JSON
import Testing

/// Who may send to the highway, and who sees what of it: Docs/highway.md.
@Suite("The highway's door")
struct HighwayDoorTests {
    /// Programs of hospital 1: one may create whatever it sends, one only Observations.
    private struct Programs: TokenVerifier {
        let labels: LabelReader

        func grant(of token: String) async throws -> TokenGrant? {
            let scopes = ["h1": "system/*.c", "narrow": "system/Observation.c", "reader": "system/*.rs"][token]
            guard let scopes else { return nil }
            return TokenGrant(
                client: token, holder: .program(ProgramRights(organization: "h1")), scopes: try Scopes(scopes, labels))
        }
    }

    private static let message = """
        MSH|^~\\&|HIS|h1|||20261122083000||ADT^A01|1|P|2.4\r\
        PID|1||0001234^^^HIS^MR||张^三||19491231|2\r
        """
    private static let unknown = message.replacing("ADT^A01|1", with: "ADT^Z99|2")

    private static func bearer(_ token: String) -> HTTPFields {
        [.authorization: "Bearer \(token)", .contentType: "application/hl7-v2"]
    }

    private func withHighway(_ body: @escaping @Sendable (GuardedDoor) async throws -> Void) async throws {
        let programs = Programs(labels: LabelReader(try Definitions.r4()))
        try await withGuardedDoor(verifier: programs, hasHighway: true, body: body)
    }

    @Test("lets a program send in the name of its own organisation alone, with the right to create whatever it sends")
    func sending() async throws {
        try await withHighway { house in
            func send(_ sender: String, _ headers: HTTPFields) async throws -> Int {
                try await house.door.send(.post, "/highway/\(sender)", headers, Array(Self.message.utf8)).status
            }
            #expect(try await send("h1", Self.bearer("h1")) == 202)
            #expect(try await send("h1-surgery", Self.bearer("h1")) == 202)
            #expect(try await send("h2", Self.bearer("h1")) == 403)
            #expect(try await send("h1", Self.bearer("narrow")) == 403)
            #expect(try await send("h1", Self.bearer("reader")) == 403)
            #expect(try await send("h1", Self.bearer("nonsense")) == 401)
            #expect(try await send("h1", [.contentType: "application/hl7-v2"]) == 401)
            var own = house.program
            own[.contentType] = "application/hl7-v2"
            #expect(try await send("h2", own) == 202)
            own[.contentType] = "text/plain"
            #expect(try await send("h2", own) == 415)
            let clinician = try await house.pass(.clinician)
            var writing = clinician.writing
            writing[.contentType] = "application/hl7-v2"
            #expect(try await send("h1", writing) == 403)
        }
    }

    @Test("tells the sender's program what became of it, and notes the writes in the sender's name")
    func receipt() async throws {
        try await withHighway { house in
            let sent = try await house.door.send(
                .post, "/highway/h1", Self.bearer("h1"), Array(Self.message.utf8))
            let place = try #require(sent.headers[.location])
            var state = ""
            while state != "done" && state != "dead" {
                let answer = try await house.door.get(place, Self.bearer("h1"))
                state = answer.json["state"]?.string ?? "none: \(answer.text)"
                try await Task.sleep(for: .milliseconds(5))
            }
            #expect(state == "done")
            #expect(try house.log().contains { $0.agent.organization == "h1" && $0.action == .create })
        }
    }

    @Test("shows operators structure and no values, and the sender's programs the values for a reason")
    func content() async throws {
        try await withHighway { house in
            let sent = try await house.door.send(
                .post, "/highway/h1", Self.bearer("h1"), Array(Self.unknown.utf8))
            let id = try #require(sent.json["id"]?.string)
            let system = try await house.pass(.system)
            var letters: [String] = []
            while letters.isEmpty {
                let answer = try await house.door.get("/highway/dead", system.headers)
                try #require(answer.status == 200, "\(answer.text)")
                letters = answer.json["letters"]?.elements.compactMap { $0["id"]?.string } ?? []
                try await Task.sleep(for: .milliseconds(5))
            }
            #expect(letters == ["\(id).0"])
            let masked = try await house.door.get("/highway/dead/\(id)", system.headers)
            #expect(masked.status == 200 && !masked.text.contains("张") && masked.text.contains("PID|9||9999999"))
            #expect(try await house.door.get("/highway/dead/\(id)?reason=to+look+at+it", system.headers).status == 403)
            #expect(try await house.door.get("/highway/dead/\(id)?reason=x", Self.bearer("h1")).status == 422)
            let open = try await house.door.get("/highway/dead/\(id)?reason=to+look+at+it", Self.bearer("h1"))
            #expect(open.text.contains("张"))
            #expect(try house.log().contains { $0.action == .reveal && $0.reason == "to look at it" })
            for person in HousePerson.allCases where ![.system, .everything].contains(person) {
                let pass = try await house.pass(person)
                for path in ["dead", "dead/\(id)", "senders", "receipts/\(id)", "unmapped", "quality", "lag", "events"]
                {
                    let status = try await house.door.get("/highway/\(path)", pass.headers).status
                    #expect([401, 403].contains(status), "\(person) \(path)")
                }
                let status = try await house.door.send(.post, "/highway/dead/\(id)/replay", pass.writing).status
                #expect([401, 403].contains(status), "\(person)")
            }
            #expect(try await house.door.send(.post, "/highway/dead/\(id)/replay", system.headers).status == 403)
            #expect(try await house.door.send(.post, "/highway/dead/\(id)/replay", system.writing).status == 200)
        }
    }
}
