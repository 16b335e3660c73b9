import Access
import AuditLog
import FHIR
import JSON
import SQL

extension SeenRecords {
    /// What judges in the state of the store that a transaction sees.
    func judge(_ sight: Sight, _ action: Action, _ db: SQLConnection) throws -> SightJudge {
        let newest = try db.first("SELECT max(sequence) FROM version") { $0.int(0) } ?? 0
        return SightJudge(db: db, parts: parts, plan: sight.plan(for: action, at: newest).plan)
    }

    /// The newest version of a resource and whether it is reached, without a transaction: in one statement where nothing has
    /// been written since the rules were last worked out.
    func find(_ key: ResourceKey, _ sight: Sight, _ db: SQLConnection) throws -> (SightJudge, SightJudge.Found?) {
        if let moment = store.commits?.moment {
            let judge = SightJudge(db: db, parts: parts, plan: sight.plan(for: .read, at: moment.head).plan)
            let found = try judge.find(key, at: moment.head)
            if store.commits?.moment == moment { return (judge, found) }
        }
        var known: Int64?
        while true {
            let (plan, sequence) = sight.plan(for: .read, at: known)
            let judge = SightJudge(db: db, parts: parts, plan: plan)
            guard let found = try judge.find(key) else { return (judge, nil) }
            guard let sequence, found.newest != sequence else { return (judge, found) }
            known = found.newest
        }
    }

    /// Refuses what the role, the purpose or the scopes do not allow with a type.
    ///
    /// - Parameter other: another action that would do.
    func require(
        _ action: Action, _ other: Action? = nil, of type: String, _ sight: Sight, _ asked: String? = nil
    ) throws(RecordsError) {
        if let other, sight.refusal(other, of: type) == nil { return }
        guard let refusal = sight.refusal(action, of: type) else { return }
        trace.refuse(.search, refusal, query: asked)
        throw RecordsError(refusal)
    }

    /// What is thrown for a resource that is not reached; the true reason goes to the trace.
    func refused(
        _ found: SightJudge.Found?, _ key: ResourceKey, _ action: AuditAction, _ judge: SightJudge
    ) throws -> RecordsError {
        let sight = judge.plan.sight
        if let refusal = sight.refusal(.read, of: key.type) {
            trace.refuse(action, refusal, key: key)
            return RecordsError(refusal)
        }
        guard let found else {
            trace.refuse(action, nil, key: key)
            return .hidden
        }
        var reason = Refusal.unknownPerson
        var persons: Set<String> = []
        if found.version.verb != .delete {
            let labels = try judge.labels(of: parts.document(found.version.stored.bytes).root)
            reason = try judge.decide(.read, labels).refusal ?? reason
            persons = labels.persons
        }
        trace.refuse(action, reason, key: key, patients: persons)
        return .hidden
    }

    func reached(_ version: Version, _ judgement: SightJudge.Judgement) -> AccessTrace.Reached {
        AccessTrace.Reached(
            key: version.key, versionID: version.versionID, patients: judgement.persons, basis: judgement.basis,
            masking: judgement.masking)
    }

    /// A version as it may leave.
    func shown(
        _ version: Version, _ judgement: SightJudge.Judgement, _ sight: Sight, _ db: SQLConnection
    ) throws -> Version {
        guard version.verb != .delete else { return version }
        var bytes = version.stored.bytes
        if judgement.masking != .none {
            var names: Set<String> = []
            for person in judgement.persons.sorted() where judgement.masking >= .masked && version.key.type != "Patient"
            {
                guard let patient = try parts.current(db, ResourceKey(type: "Patient", id: person)) else { continue }
                names.formUnion(Masker.names(in: try parts.document(patient.stored.bytes).root))
            }
            let masked = Masker(parts.definitions).masked(
                try parts.document(bytes).root, judgement.masking, names: names, now: sight.now)
            guard let masked else { throw RecordsError.hidden }
            bytes = masked
        }
        if judgement.hidesSmallCounts, version.key.type == "MeasureReport" {
            bytes = SmallCounts(below: sight.policy.smallCellsBelow).hidden(in: try parts.document(bytes))
        }
        if bytes == version.stored.bytes { return version }
        let document = try parts.document(bytes)
        return Version(
            key: version.key, versionID: version.versionID, lastUpdated: version.lastUpdated,
            sequence: version.sequence, verb: version.verb,
            stored: StoredBody(bytes: document.text, splice: Preparation.splice(of: document.root)))
    }

    /// A page as it may leave, and what of it was reached.
    func shown(
        _ page: SearchPage, _ judge: SightJudge, _ sight: Sight
    ) throws -> (page: SearchPage, reached: [AccessTrace.Reached]) {
        let said = try judge.judgements(on: page.entries.map(\.version))
        var found: [AccessTrace.Reached] = []
        found.reserveCapacity(said.count)
        var entries: [SearchPage.Entry] = []
        entries.reserveCapacity(said.count)
        for (entry, judgement) in zip(page.entries, said) {
            guard let judgement else { continue }
            let shown = try shown(entry.version, judgement, sight, judge.db)
            found.append(reached(shown, judgement))
            entries.append(.init(version: shown, mode: entry.mode))
        }
        return (
            SearchPage(
                subset: page.subset, entries: entries, total: page.total, next: page.next,
                selfParameters: page.selfParameters, issues: page.issues), found
        )
    }
}

extension SearchPage {
    /// The page of a count, as those see it who may count what they may not see.
    ///
    /// A count of few is hidden. Others are rounded, since questions can be put so that two counts differ by few.
    ///
    /// - Parameter seen: how many of them can be seen one by one.
    func hidingSmall(_ cells: SmallCells, seen: Int) -> SearchPage {
        guard let total, total > seen else { return self }
        if cells.isSmall(total - seen) {
            return withTotal(nil, .suppressed, "The count is from 1 to \(cells.below - 1), and is not shown.")
        }
        return withTotal(
            seen + cells.rounded(total - seen), .informational,
            "The count is rounded to a multiple of \(cells.below), so that none follows from the difference of two.")
    }

    /// The page of a count that is not told, be it large or zero: the question points at somebody's record.
    static func pointing(_ parameters: [(String, String)]) -> SearchPage {
        SearchPage(subset: nil, entries: [], total: nil, next: nil, selfParameters: parameters, issues: []).withTotal(
            nil, .suppressed,
            "What points at a record, such as an id, a patient or a list, is not counted for who sees numbers only.")
    }

    private func withTotal(_ total: Int?, _ code: IssueCode, _ diagnostics: String) -> SearchPage {
        SearchPage(
            subset: subset, entries: entries, total: total, next: next, selfParameters: selfParameters,
            issues: issues + [Issue(severity: .information, code: code, diagnostics: diagnostics)])
    }
}

extension SearchScope {
    /// A search as it is told to the audit log.
    static func text(_ scope: SearchScope, _ parameters: [(String, String)]) -> String {
        let path =
            switch scope {
            case .type(let type): type
            case .system: ""
            case .compartment(let key, let type): "\(key)/\(type ?? "*")"
            }
        return path + "?" + parameters.map { "\($0.0)=\($0.1)" }.joined(separator: "&")
    }
}
