import Access
import AuditLog
import JSON

/// For whom a job writes.
struct SeenWriter: Sendable {
    /// What they may do; nil for the house itself, whose writes are noted all the same.
    let sight: Sight?
    let trace: AccessTrace
    /// What an update is called in the audit log.
    var updating = AuditAction.update
}

extension WriteSession {
    /// Lets the next job write for somebody, or for the house itself.
    func begin(_ writer: SeenWriter?) {
        self.writer = writer
        pendingStandIns = [:]
        parts.seen = writer?.sight.map { SightPlan($0, for: .search) }
    }

    /// Refuses a job that its writer may not write. The old and the new resource must both be permitted.
    ///
    /// Nothing has been written yet. Care relations that the job itself makes count for the rest of it: what makes them is
    /// decided first.
    func decide(
        _ writes: [PreparedWrite], _ states: [State?], _ labels: [ResourceKey: Labelled], for writer: SeenWriter,
        seeing sight: Sight
    ) throws {
        // Relations and consents of the group's earlier jobs are looked up in their tables.
        try flushLabels()
        let judge = SightJudge(db: db, parts: parts, plan: SightPlan(sight, for: .search))
        var fresh: [CareRelation] = []
        let order =
            writes.indices.filter { writes[$0].makesRelation } + writes.indices.filter { !writes[$0].makesRelation }
        for index in order {
            let (write, state) = (writes[index], states[index])
            func require(_ action: Action, _ labels: ResourceLabels) throws {
                guard let refusal = try judge.decide(action, labels, fresh: fresh).refusal else { return }
                writer.trace.refuse(writer.event(action), refusal, key: write.key, patients: labels.persons)
                throw RecordsError(refusal)
            }
            let before = try state.flatMap { try version(of: write.key, $0) }
            switch write.operation {
            case .put(let body, _, _):
                guard let own = labels[write.key] else { continue }
                var new = own.labels
                let parameters = sight.subject.scopes?.parameters(of: write.key.type) ?? []
                if !parameters.isEmpty {
                    new.parameters =
                        parts.access.reader.labels(of: body.document.root, parameters: parameters).parameters
                }
                if let before {
                    try require(.update, judge.labels(of: parts.document(before.stored.bytes).root))
                    try require(.update, new)
                } else {
                    try require(.create, new)
                }
                fresh += CareRelation.reading(body.document.root, own.labels, written: instant)
            case .delete:
                guard let before else { continue }
                try require(.delete, judge.labels(of: parts.document(before.stored.bytes).root))
            case .keep: continue
            }
        }
    }

    /// Whether the job's writer sees a resource.
    func isSeen(_ key: ResourceKey) throws -> Bool {
        guard let seen = parts.seen else { return true }
        return try SightJudge(db: db, parts: parts, plan: seen).judge([key])[key] != nil
    }

    private func version(of key: ResourceKey, _ state: State) throws -> Version? {
        guard state.isAlive else { return nil }
        let known = isBuffered ? found[key]?.current : nil
        return try known ?? parts.version(db, at: state.sequence, key: key)
    }

    /// Notes what a job has done, to be told in the same transaction.
    func note(
        _ writes: [PreparedWrite], _ outcomes: [WriteOutcome?], _ labels: [ResourceKey: Labelled],
        for writer: SeenWriter
    ) throws {
        for (write, outcome) in zip(writes, outcomes) {
            guard let outcome else { continue }
            let action: Action
            switch write.operation {
            case .put: action = outcome.created ? .create : .update
            case .delete: action = .delete
            case .keep: continue
            }
            let rid = try rid(of: write.key)
            let persons = try labels[write.key]?.labels.persons ?? LabelLookup(db: db, parts: parts).persons(of: rid)
            events.append(
                writer.trace.entry(
                    writer.event(action), at: instant, patients: (persons ?? []).sorted(),
                    entities: [.resource(write.key.description, version: "\(outcome.version.versionID)")]))
        }
    }
}

extension SeenWriter {
    func event(_ action: Action) -> AuditAction {
        switch action {
        case .create: .create
        case .delete: .delete
        default: updating
        }
    }
}

extension PreparedWrite {
    /// Whether it may put a patient into somebody's care.
    fileprivate var makesRelation: Bool {
        guard case .put = operation else { return false }
        return ["Appointment", "CareTeam", "Encounter", "EpisodeOfCare", "ServiceRequest", "Task"].contains(key.type)
    }
}

extension RecordsError {
    /// A refusal as the one who asked may read it.
    init(_ refusal: Refusal) {
        let category: Category =
            switch refusal {
            case .notSignedIn: .unauthorized
            case _ where refusal.isAboutRecord: .notFound
            default: .forbidden
            }
        self.init(category, refusal.publicText.en)
    }

    /// What somebody gets who asks for what is not there, or not for them to see.
    static let hidden = RecordsError(.notFound, Refusal.notOwnRecord.publicText.en)

    /// The same, where it tells whether something is there.
    var uniform: RecordsError { category == .notFound ? .hidden : self }
}
