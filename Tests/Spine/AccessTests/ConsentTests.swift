import Access
import FHIR
import JSON
import Testing

@Suite("Consents of patients")
struct ConsentTests {
    static let now = Situation.now

    static func decision(_ subject: Subject, _ provision: String, rule: String = "", labels: ResourceLabels) throws
        -> Decision
    {
        let text = """
            {"resourceType":"Consent","id":"c","status":"active",\(rule)"patient":{"reference":"Patient/p"},
            "provision":\(provision)}
            """
        let directive = try #require(ConsentDirective(try JSONDocument(parsing: Array(text.utf8)).root))
        let relations = Relations(care: [
            CareRelation(patient: "p", organisation: "o", kind: .visit, from: 0, until: nil)
        ])
        return AccessPolicy().decide(
            subject, .read, on: .resource(labels), relations: relations, consents: [directive], at: now)
    }

    static func clinician() -> Subject {
        Subject(
            account: "a", role: .clinician, references: ["Practitioner/me"], reach: .organisations(["o"]),
            purpose: .treatment)
    }

    static func observation() -> ResourceLabels {
        var labels = ResourceLabels(type: "Observation", id: "1")
        labels.persons = ["p"]
        labels.codes = [Token(system: "urn:x", code: "a")]
        labels.period = 1_000...2_000
        return labels
    }

    @Test(
        "deny what they are about",
        arguments: [
            (#"{"type":"deny"}"#, true), (#"{"type":"permit"}"#, false),
            (#"{"type":"deny","actor":[{"reference":{"reference":"Practitioner/me"}}]}"#, true),
            (#"{"type":"deny","actor":[{"reference":{"reference":"Practitioner/other"}}]}"#, false),
            (#"{"type":"deny","actor":[{"reference":{"reference":"Group/g"}}]}"#, true),
            (#"{"type":"deny","actor":[{"reference":{"display":"某人"}}]}"#, true),
            (#"{"type":"deny","code":[{"coding":[{"system":"urn:x","code":"a"}]}]}"#, true),
            (#"{"type":"deny","code":[{"coding":[{"system":"urn:x","code":"b"}]}]}"#, false),
            (#"{"type":"deny","code":[{"text":"乙肝"}]}"#, true),
            (#"{"type":"deny","dataPeriod":{"start":"1970-01-01","end":"1970-01-02"}}"#, true),
            (#"{"type":"deny","dataPeriod":{"start":"2020-01-01"}}"#, false),
            (#"{"type":"deny","data":[{"meaning":"instance","reference":{"reference":"Observation/1"}}]}"#, true),
            (#"{"type":"deny","data":[{"meaning":"instance","reference":{"reference":"Observation/2"}}]}"#, false),
            (#"{"type":"deny","period":{"end":"2020"}}"#, false),
            (#"{"type":"deny","period":{"start":"2020"}}"#, true),
            (#"{"type":"deny","purpose":[{"code":"TREAT"}]}"#, true),
            (#"{"type":"deny","purpose":[{"code":"HMARKT"}]}"#, false),
            (#"{"type":"deny","purpose":[{"code":"PURPOSEOFUSE"}]}"#, true),
            (#"{"type":"deny","purpose":[{"code":"local-purpose"}]}"#, true),
            (#"{"type":"deny","action":[{"text":"查看"}]}"#, true),
            (#"{"type":"deny","provision":[{"type":"permit","purpose":[{"code":"local-purpose"}]}]}"#, true),
            (#"{"type":"deny","provision":[{"type":"permit","purpose":[{"code":"TREAT"}]}]}"#, false),
            (#"{"type":"permit","provision":[{"type":"deny","provision":[{"type":"permit"}]}]}"#, false),
            (#"{"type":"permit","provision":[{"type":"permit"},{"type":"deny"}]}"#, true),
            // What a permission cannot tell does not lift a denial.
            (#"{"type":"deny","provision":[{"type":"permit","actor":[{"reference":{"reference":"Group/g"}}]}]}"#, true),
            (#"{"type":"deny","action":[{"coding":[{"code":"access"}]}]}"#, true),
            (#"{"type":"deny","action":[{"coding":[{"code":"collect"}]}]}"#, false),
        ])
    func provisions(provision: String, denies: Bool) throws {
        let decision = try Self.decision(Self.clinician(), provision, labels: Self.observation())
        #expect(decision.refusal == (denies ? .consent : nil))
    }

    @Test("of the opting-out kind deny what they do not permit")
    func optOut() throws {
        let rule = #""policyRule":{"coding":[{"code":"OPTOUT"}]},"#
        let other = #"{"type":"permit","actor":[{"reference":{"reference":"Organization/x"}}]}"#
        let own = #"{"type":"permit","actor":[{"reference":{"reference":"Organization/o"}}]}"#
        let labels = Self.observation()
        #expect(try Self.decision(Self.clinician(), other, rule: rule, labels: labels).refusal == .consent)
        #expect(try Self.decision(Self.clinician(), own, rule: rule, labels: labels).isPermit)
    }

    @Test("name organisations, which the whole city's programs act for too")
    func city() throws {
        let reader = LabelReader(try Definitions.r4())
        var subject = Self.clinician()
        subject.role = .system
        subject.reach = .city
        subject.scopes = try Scopes("system/*.cruds", reader)
        let other = #"{"type":"deny","actor":[{"reference":{"reference":"Organization/elsewhere"}}]}"#
        #expect(try Self.decision(subject, other, labels: Self.observation()).refusal == .consent)
    }

    @Test("that are no consents in force say nothing", arguments: ["draft", "proposed", "rejected", "inactive"])
    func status(status: String) throws {
        let text = #"{"resourceType":"Consent","status":"\#(status)","patient":{"reference":"Patient/p"}}"#
        #expect(ConsentDirective(try JSONDocument(parsing: Array(text.utf8)).root) == nil)
    }
}
