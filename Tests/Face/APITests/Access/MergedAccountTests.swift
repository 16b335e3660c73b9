import HTTPTypes
import JSON
import Persons
import Records
import Testing

/// Accounts, guardians, delegates, care and consents, where the Patients that they are about are put together, and parted.
@Suite("Rights over Patients that were put together", .serialized)
struct MergedAccountTests {
    /// Puts resources, given by their places and what follows the id.
    private func put(_ house: GuardedDoor, _ resources: [(String, String)]) async throws {
        for (place, members) in resources {
            let parts = place.split(separator: "/")
            let body = #"{"resourceType":"\#(parts[0])","id":"\#(parts[1])",\#(members)}"#
            let done = try await house.door.send(.put, "/fhir/\(place)", house.program, Array(body.utf8))
            try #require(done.status == 201 || done.status == 200, "\(done.text)")
        }
    }

    private func observation(_ patient: String) -> String {
        #""status":"final","code":{"text":"血压"},"subject":{"reference":"Patient/\#(patient)"}"#
    }

    private func merge(_ house: GuardedDoor, _ source: String, into target: String) async throws {
        let body =
            #"{"resourceType":"Parameters","parameter":[{"name":"source-patient","valueReference":{"reference":"Patient/\#(source)"}},"#
            + #"{"name":"target-patient","valueReference":{"reference":"Patient/\#(target)"}},"#
            + #"{"name":"reason","valueString":"same card"}]}"#
        let done = try await house.door.send(.post, "/fhir/Patient/$merge", house.program, Array(body.utf8))
        try #require(done.status == 200, "\(done.text)")
    }

    private func unmerge(_ house: GuardedDoor, _ source: String) async throws {
        let done = try await house.door.send(.post, "/fhir/Patient/\(source)/$unmerge", house.program)
        try #require(done.status == 200, "\(done.text)")
    }

    /// Of some addresses those that somebody can read.
    private func read(_ house: GuardedDoor, _ pass: GuardedDoor.Pass, _ places: [String]) async throws -> [String] {
        var found: [String] = []
        for place in places {
            let answer = try await house.door.send(.get, "/fhir/" + place, pass.headers)
            if answer.status == 200 { found.append(place) }
        }
        return found
    }

    /// In the one direction the account's own Patient goes, in the other it stays.
    @Test(
        "a resident sees the whole record after a merge, and only the own one again after it is taken back",
        arguments: [("p1", "joined"), ("joined", "p1")])
    func ownRecord(_ source: String, _ target: String) async throws {
        try await withGuardedDoor { house in
            try await put(
                house,
                [
                    ("Patient/joined", #""name":[{"text":"张三"}],"birthDate":"1980-01-01""#),
                    ("Observation/oj", observation("joined")),
                ])
            let all = ["Patient/p1", "Observation/o1", "Patient/joined", "Observation/oj", "Observation/o2"]
            let resident = try await house.pass(.resident)
            #expect(try await read(house, resident, all) == ["Patient/p1", "Observation/o1"])
            try await merge(house, source, into: target)
            #expect(try await read(house, resident, all) == Array(all.prefix(4)))
            for id in ["p1", "joined"] {
                let found = try await house.door.send(.get, "/fhir/Observation?patient=\(id)", resident.headers)
                #expect(found.text.contains("\"oj\"") && found.text.contains("\"o1\""), "\(id): \(found.text)")
            }
            // As they were before the merge.
            #expect(
                try await read(house, resident, ["Observation/o1/_history/1", "Observation/oj/_history/1"]).count == 2)
            // What comes by the old id is the person's all the same.
            try await put(house, [("Observation/late", observation(source))])
            #expect(try await read(house, resident, ["Observation/late"]).count == 1)
            try await unmerge(house, source)
            #expect(try await read(house, resident, all) == ["Patient/p1", "Observation/o1"])
            let late = try await read(house, resident, ["Observation/late"])
            #expect(late.count == (source == "p1" ? 1 : 0))
        }
    }

    @Test("an institution that cares for one of the two sees both, and each its own again")
    func care() async throws {
        try await withGuardedDoor { house in
            let clinician = try await house.pass(.clinician)
            let other = try await house.pass(.other)
            let all = ["Patient/p1", "Observation/o1", "Patient/p2", "Observation/o2"]
            #expect(try await read(house, clinician, all) == Array(all.prefix(2)))
            #expect(try await read(house, other, all) == Array(all.suffix(2)))
            try await merge(house, "p1", into: "p2")
            #expect(try await read(house, clinician, all) == all)
            #expect(try await read(house, other, all) == all)
            #expect(try await read(house, clinician, ["Observation/o1/_history/1"]).count == 1)
            try await unmerge(house, "p1")
            #expect(try await read(house, clinician, all) == Array(all.prefix(2)))
            #expect(try await read(house, other, all) == Array(all.suffix(2)))
        }
    }

    /// The child's Patient goes, or the guardian's.
    @Test(
        "a guardian sees the child's whole record, whichever of the two was put together with another",
        arguments: [("p4", "child", true), ("child", "p4", true), ("p3", "adult", false), ("adult", "p3", false)])
    func guardian(_ source: String, _ target: String, _ seesOther: Bool) async throws {
        try await withGuardedDoor { house in
            try await put(
                house,
                [
                    ("Patient/child", #""name":[{"text":"赵小"}],"birthDate":"2020-01-01""#),
                    ("Patient/adult", #""name":[{"text":"赵六"}],"birthDate":"1990-01-01""#),
                    ("Observation/oc", observation("child")),
                ])
            let parent = try await house.pass(.parent)
            let own = ["Patient/p4", "Observation/o4"]
            let others = ["Patient/child", "Observation/oc"]
            #expect(try await read(house, parent, own + others) == own)
            try await merge(house, source, into: target)
            #expect(try await read(house, parent, own + others) == (seesOther ? own + others : own))
            try await unmerge(house, source)
            #expect(try await read(house, parent, own + others) == own)
        }
    }

    @Test("a mandate and a refusal hold for the whole record", arguments: [("p2", "joined"), ("joined", "p2")])
    func consents(_ source: String, _ target: String) async throws {
        try await withGuardedDoor { house in
            let consent =
                #""status":"active","patient":{"reference":"Patient/p2"},"scope":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/consentscope","#
                + #""code":"patient-privacy"}]},"category":[{"coding":[{"system":"http://loinc.org","code":"59284-0"}]}],"#
                + #""policyRule":{"text":"本人"}"#
            try await put(
                house,
                [
                    ("Patient/joined", #""name":[{"text":"王五"}],"birthDate":"1970-01-01""#),
                    ("Observation/oj", observation("joined")),
                    (
                        "Encounter/ej",
                        #""status":"in-progress","class":{"code":"AMB"},"subject":{"reference":"Patient/joined"},"#
                            + #""serviceProvider":{"reference":"Organization/h1"},"period":{"start":"2026-01-01"}"#
                    ),
                    (
                        "Consent/mandate",
                        consent
                            + #","provision":{"type":"permit","period":{"start":"2020-01-01","end":"2099-01-01"},"actor":[{"role":{"coding":["#
                            + #"{"system":"http://terminology.hl7.org/CodeSystem/v3-ParticipationFunction","code":"DELEGATEE"}]},"#
                            + #""reference":{"reference":"Patient/p1"}}]}"#
                    ),
                    (
                        "Consent/refusal",
                        consent
                            + #","provision":{"type":"deny","actor":[{"role":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ParticipationType","#
                            + #""code":"PRCP"}]},"reference":{"reference":"Organization/h1"}}]}"#
                    ),
                ])
            let all = ["Observation/o2", "Patient/joined", "Observation/oj"]
            let delegate = try await house.pass(.resident)
            let refused = try await house.pass(.clinician)
            #expect(try await read(house, delegate, all) == ["Observation/o2"])
            #expect(try await read(house, refused, all) == Array(all.suffix(2)))
            try await merge(house, source, into: target)
            #expect(try await read(house, delegate, all) == all)
            #expect(try await read(house, refused, all).isEmpty)
            try await unmerge(house, source)
            #expect(try await read(house, delegate, all) == ["Observation/o2"])
            #expect(try await read(house, refused, all) == Array(all.suffix(2)))
        }
    }

    @Test("what was refused to somebody is refused to them by whichever Patient they are", arguments: [true, false])
    func refusedDelegate(_ goes: Bool) async throws {
        try await withGuardedDoor { house in
            func consent(_ id: String, _ provision: String) -> (String, String) {
                (
                    "Consent/" + id,
                    #""status":"active","patient":{"reference":"Patient/p2"},"scope":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/consentscope","#
                        + #""code":"patient-privacy"}]},"category":[{"coding":[{"system":"http://loinc.org","code":"59284-0"}]}],"#
                        + #""policyRule":{"text":"本人"},"provision":\#(provision)"#
                )
            }
            func actor(_ system: String, _ code: String) -> String {
                #""actor":[{"role":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/\#(system)","code":"\#(code)"}]},"#
                    + #""reference":{"reference":"Patient/p1"}}]"#
            }
            try await put(
                house,
                [
                    ("Patient/joined", #""name":[{"text":"张三"}],"birthDate":"1980-01-01""#),
                    consent(
                        "mandate",
                        #"{"type":"permit","period":{"start":"2020-01-01","end":"2099-01-01"},\#(actor("v3-ParticipationFunction", "DELEGATEE"))}"#
                    ),
                ])
            let delegate = try await house.pass(.resident)
            #expect(try await read(house, delegate, ["Observation/o2"]).count == 1)
            try await put(
                house,
                [consent("refusal", #"{"type":"deny",\#(actor("v3-ParticipationType", "PRCP"))}"#)])
            #expect(try await read(house, delegate, ["Observation/o2"]).isEmpty)
            let (source, target) = goes ? ("p1", "joined") : ("joined", "p1")
            try await merge(house, source, into: target)
            #expect(try await read(house, delegate, ["Observation/o2"]).isEmpty)
            try await unmerge(house, source)
            #expect(try await read(house, delegate, ["Observation/o2"]).isEmpty)
        }
    }

    @Test("a refusal that is written by the old id follows its patient when the merge is taken back")
    func refusalInMerge() async throws {
        try await withGuardedDoor { house in
            let other = try await house.pass(.other)
            let clinician = try await house.pass(.clinician)
            try await merge(house, "p2", into: "p1")
            let refusal =
                #""status":"active","patient":{"reference":"Patient/p2"},"scope":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/consentscope","#
                + #""code":"patient-privacy"}]},"category":[{"coding":[{"system":"http://loinc.org","code":"59284-0"}]}],"#
                + #""policyRule":{"text":"本人"},"provision":{"type":"deny"}"#
            try await put(house, [("Consent/refusal", refusal)])
            #expect(try await read(house, other, ["Observation/o2", "Observation/o1"]).isEmpty)
            #expect(try await read(house, clinician, ["Observation/o2", "Observation/o1"]).isEmpty)
            try await unmerge(house, "p2")
            #expect(try await read(house, other, ["Observation/o2", "Observation/o1"]).isEmpty)
            #expect(try await read(house, clinician, ["Observation/o2", "Observation/o1"]) == ["Observation/o1"])
        }
    }

    @Test("a Patient that only says to be replaced by another opens nothing")
    func linksAreNoMerges() async throws {
        try await withGuardedDoor { house in
            try await put(
                house,
                [
                    (
                        "Patient/p1",
                        #""name":[{"text":"张三"}],"birthDate":"1980-01-01","link":[{"other":{"reference":"Patient/p2"},"type":"replaced-by"}]"#
                    ),
                    (
                        "Patient/p2",
                        #""name":[{"text":"王五"}],"birthDate":"1970-01-01","link":[{"other":{"reference":"Patient/p1"},"type":"replaces"}]"#
                    ),
                ])
            let resident = try await house.pass(.resident)
            #expect(
                try await read(house, resident, ["Patient/p1", "Patient/p2", "Observation/o2"]) == ["Patient/p1"])
        }
    }

    @Test("merges upon merges stand for one person, and are taken back one by one")
    func chains() async throws {
        try await withGuardedDoor { house in
            try await put(
                house,
                [
                    ("Patient/j1", #""name":[{"text":"张三"}],"birthDate":"1980-01-01""#),
                    ("Patient/j2", #""name":[{"text":"张三"}],"birthDate":"1980-01-01""#),
                    ("Observation/oj1", observation("j1")), ("Observation/oj2", observation("j2")),
                ])
            let all = [
                "Patient/p1", "Observation/o1", "Patient/j1", "Observation/oj1", "Patient/j2", "Observation/oj2",
            ]
            let resident = try await house.pass(.resident)
            try await merge(house, "p1", into: "j1")
            try await put(house, [("Observation/late", observation("p1"))])
            try await merge(house, "j1", into: "j2")
            #expect(try await read(house, resident, all + ["Observation/late"]) == all + ["Observation/late"])
            try await unmerge(house, "j1")
            #expect(
                try await read(house, resident, all + ["Observation/late"]) == Array(all.prefix(4)) + [
                    "Observation/late"
                ])
            try await unmerge(house, "p1")
            #expect(
                try await read(house, resident, all + ["Observation/late"]) == Array(all.prefix(2)) + [
                    "Observation/late"
                ])
        }
    }
}
