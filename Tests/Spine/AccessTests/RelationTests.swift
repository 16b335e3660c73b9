import Access
import FHIR
import JSON
import Testing

@Suite("Relations and their ends")
struct RelationTests {
    static let now = Situation.now
    static let minute: Int64 = 60_000

    static func resident(_ relations: Relations, sensitive: Set<Sensitivity> = []) -> Decision {
        var labels = ResourceLabels(type: "Observation", id: "1")
        labels.persons = ["child"]
        labels.sensitivities = sensitive
        let subject = Subject(account: "a", role: .resident, patient: "me", purpose: .patientRequest)
        return AccessPolicy().decide(subject, .read, on: .resource(labels), relations: relations, at: now)
    }

    @Test(
        "guardians see all of a child below 14, what is not sensitive below 18, and nothing from then on",
        arguments: [
            ("2020-01-01", true, true), ("2012-11-23", true, true), ("2012-11-22", true, false),
            ("2008-11-23", true, false),
            ("2008-11-22", false, false), ("2012", true, true), ("2027-01-01", false, false),
            ("nonsense", false, false),
            ("2012-02-29", true, false),
        ])
    func guardians(born: String, plain: Bool, sensitive: Bool) {
        let relations = Relations(guardianships: [Guardianship(child: "child", birthDate: born)])
        #expect(Self.resident(relations).isPermit == plain)
        let decision = Self.resident(relations, sensitive: [.reproductive])
        #expect(decision.isPermit == sensitive)
        if plain, !sensitive { #expect(decision.refusal == .childsPrivacy) }
    }

    @Test("a child of 14 to 17 years may let the guardian see")
    func childsConsent() {
        let guardianship = Guardianship(
            child: "child", birthDate: "2010-01-01", sensitivitiesAllowed: [.mentalHealth])
        let relations = Relations(guardianships: [guardianship])
        #expect(Self.resident(relations, sensitive: [.mentalHealth]).isPermit)
        #expect(!Self.resident(relations, sensitive: [.mentalHealth, .hiv]).isPermit)
    }

    @Test("break-glass needs a reason, holds for two hours, and is told and looked at")
    func breakGlass() throws {
        var labels = ResourceLabels(type: "Observation", id: "1")
        labels.persons = ["p"]
        var subject = Subject(
            account: "a", role: .clinician, reach: .organisations(["o"]), purpose: .emergency)
        func decide(_ minutes: Int64, _ reason: String) -> Decision {
            AccessPolicy().decide(
                subject, .read, on: .resource(labels),
                relations: Relations(breakGlass: [
                    BreakGlass(patient: "p", reason: reason, from: Self.now - minutes * Self.minute)
                ]), at: Self.now)
        }
        let obligations = try #require(decide(119, "昏迷抢救").obligations)
        #expect(obligations.basis == .breakGlass && obligations.tellsPatient && obligations.reviewWithinHours == 24)
        #expect(!decide(120, "昏迷抢救").isPermit)
        #expect(!decide(1, "   ").isPermit)
        subject.purpose = .treatment
        #expect(decide(1, "昏迷抢救").refusal == .noCareRelation)
        subject.purpose = .emergency
        labels.sensitivities = [.hiv]
        #expect(decide(1, "昏迷抢救").refusal == .sensitivity)
    }

    @Test(
        "documents make care relations while they are in force",
        arguments: [
            (
                #"{"resourceType":"Encounter","status":"finished","subject":{"reference":"Patient/p"},"serviceProvider":{"reference":"Organization/o"},"period":{"start":"2026-01-01","end":"2026-01-02"}}"#,
                1, true
            ),
            (
                #"{"resourceType":"Encounter","status":"in-progress","subject":{"reference":"Patient/p"},"serviceProvider":{"reference":"Organization/o"},"period":{"start":"2026-01-01"}}"#,
                1, false
            ),
            (
                #"{"resourceType":"Encounter","status":"planned","subject":{"reference":"Patient/p"},"serviceProvider":{"reference":"Organization/o"}}"#,
                0, false
            ),
            (
                #"{"resourceType":"Encounter","status":"entered-in-error","subject":{"reference":"Patient/p"},"serviceProvider":{"reference":"Organization/o"}}"#,
                0, false
            ),
            (
                #"{"resourceType":"EpisodeOfCare","status":"active","patient":{"reference":"Patient/p"},"managingOrganization":{"reference":"Organization/o"}}"#,
                1, false
            ),
            (
                #"{"resourceType":"CareTeam","status":"active","subject":{"reference":"Patient/p"},"managingOrganization":[{"reference":"Organization/o"}],"period":{"start":"2026-01-01","end":"2026-12-31"}}"#,
                1, true
            ),
            (
                #"{"resourceType":"ServiceRequest","status":"active","intent":"order","subject":{"reference":"Patient/p"},"performer":[{"reference":"Organization/o"},{"reference":"Practitioner/d"}]}"#,
                1, true
            ),
            // What a pathway asks for binds its owner until it is answered; other tasks from when they were written.
            (
                #"{"resourceType":"Task","status":"requested","intent":"order","for":{"reference":"Patient/p"},"owner":{"reference":"Organization/o"},"code":{"coding":[{"system":"https://healthbrain.dev/fhir/CodeSystem/pathway-action","code":"a.b"}]}}"#,
                1, false
            ),
            (
                #"{"resourceType":"Task","status":"completed","intent":"order","for":{"reference":"Patient/p"},"owner":{"reference":"Organization/o"},"code":{"coding":[{"system":"https://healthbrain.dev/fhir/CodeSystem/pathway-action","code":"a.b"}]}}"#,
                1, true
            ),
            (
                #"{"resourceType":"Task","status":"requested","intent":"order","for":{"reference":"Patient/p"},"owner":{"reference":"Organization/o"}}"#,
                1, true
            ),
            (
                #"{"resourceType":"Encounter","status":"finished","subject":{"identifier":{"value":"1"}},"serviceProvider":{"reference":"Organization/o"}}"#,
                0, false
            ),
        ])
    func careRelations(text: String, count: Int, ends: Bool) throws {
        let document = try JSONDocument(parsing: Array(text.utf8))
        let labels = LabelReader(try Definitions.r4()).labels(of: document.root)
        let relations = CareRelation.reading(document.root, labels, written: Self.now)
        #expect(relations.count == count)
        for relation in relations {
            #expect(relation.patient == "p" && relation.organisation == "o")
            #expect((relation.until != nil) == ends)
        }
    }

    @Test(
        "what is refused for the record's sake is told in the same words as what is not there",
        arguments: Refusal.allCases)
    func texts(refusal: Refusal) {
        #expect(!refusal.text.zh.isEmpty && !refusal.text.en.isEmpty)
        if refusal.isAboutRecord { #expect(refusal.publicText == Refusal.notOwnRecord.publicText) }
    }
}
