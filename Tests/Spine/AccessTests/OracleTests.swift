import Access
import FHIR
import JSON
import Testing

@Suite("The rules, held against an independent statement of them")
struct OracleTests {
    static let caseCount = 10_000

    @Test("ten thousand random situations are decided as the oracle says, and searches reach what reads may read")
    func oracle() throws {
        let reader = LabelReader(try Definitions.r4())
        let policy = AccessPolicy()
        var random = SeededGenerator(seed: SeededGenerator.seedOfRun)
        var permitted: [String: Int] = [:]
        for number in 0..<Self.caseCount {
            let situation = Situation(&random)
            let subject = try situation.subject(reader)
            let labels = try situation.labels(reader, subject)
            let relations = situation.relations()
            let consents = try situation.directives()
            let decision = policy.decide(
                subject, situation.action, on: .resource(labels), relations: relations, consents: consents,
                at: Situation.now)
            let expected = Oracle(at: situation).answer
            #expect(
                decision.obligations?.masking == expected,
                "case \(number) of seed \(SeededGenerator.seedOfRun): \(decision), not \(String(describing: expected)): \(situation)"
            )
            if decision.isPermit { permitted[situation.who.rawValue, default: 0] += 1 }
            agree(policy, subject, situation, labels, relations, consents)
            guard decision.obligations?.masking == expected else { return }
        }
        // A generator of nothing but refusals would prove little.
        #expect(permitted.count == Situation.Who.allCases.count)
        #expect(permitted.values.reduce(0, +) > Self.caseCount / 10)
    }

    /// What a search reaches is what the decision on the row permits, and no count is of more than that.
    private func agree(
        _ policy: AccessPolicy, _ subject: Subject, _ situation: Situation, _ labels: ResourceLabels,
        _ relations: Relations, _ consents: [ConsentDirective]
    ) {
        for action in [Action.search, [.count, .export, .read][labels.persons.count % 3]] {
            // As a store does it: care relations are not among the relations, but looked up for each row.
            var ownRelations = relations
            ownRelations.care = []
            let visible = policy.visibility(
                of: subject, labels.type, for: action, relations: ownRelations, consents: consents, at: Situation.now)
            let clause = visible.clause(for: labels, isInCare: policy.careLookup(relations, Situation.now))
            let decision = policy.decide(
                subject, action, on: .resource(labels), relations: relations, consents: consents, at: Situation.now)
            #expect(clause?.masking == decision.obligations?.masking, "\(action) in \(situation)")
            let onType = policy.decide(
                subject, action, on: .type(labels.type), relations: relations, consents: consents, at: Situation.now)
            #expect(onType.isPermit == !visible.isEmpty)
        }
    }

    @Test("adding consents never permits more", arguments: 0..<20 as Range<UInt64>)
    func consentsNarrow(seed: UInt64) throws {
        let reader = LabelReader(try Definitions.r4())
        let policy = AccessPolicy()
        var random = SeededGenerator(seed: SeededGenerator.seedOfRun &+ seed)
        for _ in 0..<100 {
            var situation = Situation(&random)
            situation.consents = Situation.patients.flatMap { patient in
                Situation.ConsentKind.allCases.filter { _ in random.percent(20) }.map { (patient, $0) }
            }
            let subject = try situation.subject(reader)
            let labels = try situation.labels(reader, subject)
            var before = true
            for count in 0...situation.consents.count {
                let now = policy.decide(
                    subject, situation.action, on: .resource(labels), relations: situation.relations(),
                    consents: Array(try situation.directives().prefix(count)), at: Situation.now
                ).isPermit
                #expect(before || !now, "\(situation)")
                before = now
            }
        }
    }

    @Test("scopes never permit more than no scopes", arguments: 0..<20 as Range<UInt64>)
    func scopesNarrow(seed: UInt64) throws {
        let reader = LabelReader(try Definitions.r4())
        let policy = AccessPolicy()
        var random = SeededGenerator(seed: SeededGenerator.seedOfRun &+ seed)
        for _ in 0..<100 {
            let situation = Situation(&random)
            var subject = try situation.subject(reader)
            guard subject.scopes != nil else { continue }
            let labels = try situation.labels(reader, subject)
            let narrow = policy.decide(
                subject, situation.action, on: .resource(labels), relations: situation.relations(), at: Situation.now)
            subject.scopes = subject.role == .system ? try Scopes("system/*.cruds", reader) : nil
            let wide = policy.decide(
                subject, situation.action, on: .resource(labels), relations: situation.relations(), at: Situation.now)
            #expect(!narrow.isPermit || wide.isPermit, "\(situation)")
        }
    }
}
