import Calendar
import DailyCounts
import FHIR
import JSON
public import Records
import SQL
public import Signals
public import Syndromes

/// How report cards are kept. Every default is the house's own, for a city to set.
public struct ReportOptions: Sendable, Hashable {
    /// What was diagnosed longer ago than these days when the house first learns of it is history, and gets no card.
    public var lookBackDays = 7
    /// Hours for a correction after the record has changed (the domain facts give 24, to be confirmed).
    public var correctionHours = 24
    /// Days after the onset in which a death is asked about.
    public var deathDays = 365
    /// Cards that one run makes or changes at most; the next goes on.
    public var cardsMax = 500

    /// The defaults.
    public init() {}
}

/// Finds cases that are to be reported, prepares their cards and keeps their clocks.
public struct ReportDesk: Sendable {
    /// What a run has done: the ids of cards.
    public struct Report: Sendable, Hashable {
        /// Prepared.
        public var prepared: [String] = []
        /// Taken further by what the record says now: surer, withdrawn, a death.
        public var changed: [String] = []
        /// Found to be late.
        public var late: [String] = []
        /// Signals raised or grown.
        public var signals: [String] = []

        /// Whether it did nothing.
        public var isEmpty: Bool { prepared.isEmpty && changed.isEmpty && late.isEmpty && signals.isEmpty }
    }

    /// The store.
    public let store: RecordStore
    /// What is watched.
    public let list: WatchList
    /// The card.
    public let form: ReportForm
    /// The rules within a unit.
    public let clusters: UnitClusters
    /// How.
    public let options: ReportOptions
    let signals: SignalDesk

    /// - Parameters:
    ///   - store: one that runs ``ReportCasesProjection`` with the same list and form.
    ///   - signals: the desk that late reports and events within a unit are told to.
    public init(
        _ store: RecordStore, _ form: ReportForm, _ clusters: UnitClusters, _ signals: SignalDesk,
        _ options: ReportOptions = ReportOptions()
    ) {
        self.store = store
        self.list = signals.list
        self.form = form
        self.clusters = clusters
        self.signals = signals
        self.options = options
    }

    /// Waits until the cards that were written are counted, for two seconds at most.
    private func caughtUp() async throws {
        for _ in 0..<50 {
            let state = store.feed.projectionStates.first { $0.name == "report_cases" }
            guard let state, state.sequence < state.head else { return }
            try await Task.sleep(for: .milliseconds(40))
        }
    }

    /// Looks once: new cases, what has changed for old ones, clocks that have run out, events within a unit. It may be repeated at
    /// any time: what has a card gets no second one. It goes by the projection
    /// `report_cases`, which should have followed the feed.
    ///
    /// - Parameter now: milliseconds since 1970 UTC.
    public func run(now: Int64) async throws -> Report {
        var report = Report()
        try await prepare(now, &report)
        try await dismissDuplicates(now, &report)
        try await ask(now, &report)
        try await caughtUp()
        try await markLate(now, &report)
        try await raiseEvents(now, &report)
        return report
    }

    /// A card; nil where there is none.
    public func card(_ id: String) throws -> ReportCard? {
        do { return try ReportCard(store.read(ResourceKey(type: "Task", id: id)), list) } catch let error
            as RecordsError
            where error.category == .notFound || error.category == .gone
        { return nil }
    }

    /// Writes a new version of a card.
    /// - Returns: whether it was written; not where somebody else was faster.
    @discardableResult
    public func write(_ card: ReportCard) async throws -> Bool {
        do {
            _ = try await store.update(
                ResourceKey(type: "Task", id: card.id), try card.task(form), ifMatch: card.version)
            return true
        } catch let error as RecordsError where error.category == .preconditionFailed { return false }
    }

    // MARK: - New cases

    /// A row of `report_cases`.
    private struct Told {
        let reference: String
        let kind: String
        let person: String
        let disease: Int
        let classification: CaseClass
        let diagnosed: Int64
        let isPending: Bool
    }

    private func prepare(_ now: Int64, _ report: inout Report) async throws {
        let since = now - Int64(options.lookBackDays) * 86_400_000
        let uncovered =
            "NOT EXISTS (SELECT 1 FROM report_grounds g WHERE g.reference = p.reference AND g.disease = p.disease "
            + "AND g.class >= p.class)"
        let rows = try store.readSQL { db in
            try db.query(
                "SELECT p.reference, p.person, p.disease, p.class, p.diagnosed, "
                    + "CASE WHEN p.diagnosed >= ? AND \(uncovered) THEN 1 ELSE 0 END, p.kind "
                    + "FROM (SELECT DISTINCT p.person, p.disease FROM report_cases p WHERE p.diagnosed >= ? AND \(uncovered)) w "
                    + "JOIN report_cases p ON p.person = w.person AND p.disease = w.disease "
                    + "ORDER BY p.person, p.disease, p.kind, p.diagnosed, p.reference",
                [.integer(since), .integer(since)]
            ) { row in
                Told(
                    reference: row.text(0), kind: row.text(6), person: row.text(1), disease: Int(row.int(2)),
                    classification: CaseClass(rawValue: Int(row.int(3))) ?? .suspected, diagnosed: row.int(4),
                    isPending: row.int(5) == 1)
            }
        }
        var centres: DiseaseControlCentres?
        for episode in episodes(rows) where episode.contains(where: \.isPending) {
            guard report.prepared.count + report.changed.count < options.cardsMax else { return }
            guard let first = episode.first, let disease = list.condition(numbered: first.disease) else { continue }
            let cards = try cards(on: episode)
            let open = cards.filter { $0.stage != .dismissed }
            let surest = episode.map(\.classification).max() ?? .suspected
            if let card = open.first
                ?? cards.first(where: { dismissed in
                    // A dismissed case stays so unless something surer is found.
                    (dismissed.grounds.map(\.classification).max() ?? .carrier) >= surest
                })
            {
                if try await add(episode, to: card, now) { report.changed.append(card.id) }
            } else if first.diagnosed >= since || !cards.isEmpty {
                if centres == nil { centres = try DiseaseControlCentres(store) }
                if let id = try await create(
                    cards.isEmpty ? episode : episode.filter(\.isPending), disease, centres ?? DiseaseControlCentres(),
                    now)
                {
                    report.prepared.append(id)
                }
            }
        }
    }

    /// Rows of one person and disease with no long silence between them; of a disease that is reported once, all of them.
    private func episodes(_ rows: [Told]) -> [[Told]] {
        var found: [[Told]] = []
        for row in rows {
            if let last = found.last?.last, last.person == row.person, last.disease == row.disease,
                last.kind == row.kind, let disease = list.condition(numbered: row.disease),
                form.isSameEpisode(disease, kind: row.kind, last.diagnosed, row.diagnosed)
            {
                found[found.count - 1].append(row)
            } else {
                found.append([row])
            }
        }
        return found
    }

    /// The cards that stand on any part of an episode, the oldest first.
    private func cards(on episode: [Told]) throws -> [ReportCard] {
        guard let first = episode.first else { return [] }
        let references = Set(episode.map(\.reference))
        let ids = try store.readSQL { db in
            try db.query(
                "SELECT g.card, g.reference FROM report_cards c JOIN report_grounds g ON g.card = c.card "
                    + "WHERE c.person = ? AND c.disease = ?", [.text(first.person), .int(first.disease)]
            ) { ($0.text(0), $0.text(1)) }
        }
        let own = Set(ids.filter { references.contains($0.1) }.map(\.0))
        return try own.sorted().compactMap { try card($0) }.sorted { $0.preparedAt < $1.preparedAt }
    }

    /// Adds what was found since to a card.
    private func add(_ episode: [Told], to old: ReportCard, _ now: Int64) async throws -> Bool {
        var card = old
        let known = Set(card.grounds)
        for told in episode where told.isPending {
            let ground = ReportCard.Ground(reference: told.reference, classification: told.classification)
            if !known.contains(ground) { card.grounds.append(ground) }
        }
        let surest = episode.map(\.classification).max() ?? .suspected
        let written = card.values["classification"].flatMap { CaseClass(code: $0) } ?? .carrier
        if surest > written, surest > old.grounds.map(\.classification).max() ?? .carrier {
            switch card.stage {
            case .prepared, .returned: card.values["classification"] = surest.code
            case .confirmed, .reviewed, .correctionDue:
                card.ask(
                    .classification, "病例分类 \(written.code) → \(surest.code)", hours: options.correctionHours, now: now)
            case .dismissed: break
            }
        }
        return card == old ? false : try await write(card)
    }

    private func create(
        _ episode: [Told], _ disease: WatchedCondition, _ centres: DiseaseControlCentres, _ now: Int64
    ) async throws -> String? {
        guard let first = episode.first, let patient = try resource("Patient/\(first.person)") else { return nil }
        let sources = try episode.compactMap { told in
            try resource(told.reference).map { (told: told, root: $0) }
        }
        guard
            let main = sources.max(by: {
                ($0.told.classification, -$0.told.diagnosed) < ($1.told.classification, -$1.told.diagnosed)
            })
        else { return nil }
        func evidence(_ root: JSONNode, _ told: Told) -> CaseEvidence? {
            CaseEvidence.found(in: root, known: told.diagnosed, list, form).first { $0.disease.id == disease.id }
        }
        let all = sources.compactMap { evidence($0.root, $0.told) }
        let icd10 = all.compactMap(\.icd10).first ?? WatchList.icd10(of: disease)
        guard let icd10 else { return nil }
        let encounter = try sources.compactMap { $0.root["encounter"]?["reference"]?.string }.first.flatMap(resource)
        let owner =
            encounter?["serviceProvider"]?["reference"]?.string
            ?? main.root["performer"]?.elements.compactMap { $0["reference"]?.string }.first {
                $0.hasPrefix("Organization/")
            }
        let institution = try owner.flatMap(resource)
        var prefill = ReportPrefill(
            patient: patient, ground: main.root, encounter: encounter, institution: institution)
        prefill.institutionDistrict = institution.map { Int(Recorded.district(ofResource: $0)) } ?? 0
        let home = Int(Recorded.district(ofResource: patient))
        let whole = CaseEvidence(
            disease: disease, classification: episode.map(\.classification).max() ?? .suspected, icd10: icd10,
            person: "Patient/\(first.person)", onset: all.compactMap(\.onset).min(), diagnosedAt: first.diagnosed)
        let centre = centres.answering(for: prefill.institutionDistrict == 0 ? home : prefill.institutionDistrict)
        var card = ReportCard(
            whole, grounds: episode.map { .init(reference: $0.reference, classification: $0.classification) },
            values: prefill.values(whole, form), district: home, owner: institution == nil ? centre : owner,
            centre: centre, form, now: now)
        // One that was dismissed stands in nobody's way.
        let query =
            "identifier=\(ReportCard.identifierSystem)%7C\(card.identifier)&business-status=\(ReportCard.openStages)"
        let outcome = try await store.create(type: "Task", try card.task(form), ifNoneExist: query)
        card.id = outcome.version.key.id
        return outcome.version.versionID == 1 ? card.id : nil
    }

    private func resource(_ reference: String) throws -> JSONNode? {
        guard let key = ResourceKey(reference: reference) else { return nil }
        do { return try JSONDocument(parsing: store.read(key).json()).root } catch let error as RecordsError
            where error.category == .notFound || error.category == .gone
        { return nil }
    }

    // MARK: - What has changed

    /// Of several cards of one person and episode, as after persons were merged, the later ones that nobody has confirmed go.
    private func dismissDuplicates(_ now: Int64, _ report: inout Report) async throws {
        let groups = try store.readSQL { db in
            try db.query(
                "SELECT DISTINCT c.person, c.disease, c.kind FROM report_cards c JOIN report_cards o "
                    + "ON o.person = c.person AND o.disease = c.disease AND o.kind = c.kind AND o.card <> c.card "
                    + "AND o.stage <> \(ReportStage.dismissed.rawValue) "
                    + "WHERE c.stage = \(ReportStage.prepared.rawValue)"
            ) { ($0.text(0), $0.int(1), $0.text(2)) }
        }
        for (person, disease, kind) in groups {
            let ids = try ids(
                "SELECT card FROM report_cards WHERE person = ? AND disease = ? AND kind = ? "
                    + "AND stage <> \(ReportStage.dismissed.rawValue)",
                [.text(person), .integer(disease), .text(kind)])
            // A confirmed one stays before one that is only prepared.
            let cards = try ids.compactMap { try card($0) }.sorted {
                ($0.reportedAt == nil ? 1 : 0, $0.diagnosedAt, $0.id)
                    < ($1.reportedAt == nil ? 1 : 0, $1.diagnosedAt, $1.id)
            }
            var kept: [ReportCard] = []
            for var card in cards {
                let first = kept.first { one in
                    form.isSameEpisode(card.disease, kind: kind, one.diagnosedAt, card.diagnosedAt)
                }
                guard let first, card.reportedAt == nil else {
                    kept.append(card)
                    continue
                }
                try card.dismissByHouse("重复：Task/\(first.id)", form, now: now)
                if try await write(card) { report.changed.append(card.id) }
            }
        }
    }

    /// What the records say now against reported cards: diagnoses that were taken back, deaths.
    private func ask(_ now: Int64, _ report: inout Report) async throws {
        let since = SQLValue.integer(now - 400 * 86_400_000)
        let graver = try store.readSQL { db in
            try db.query(
                """
                SELECT c.card, p.icd10 FROM report_cards c JOIN report_grounds g ON g.card = c.card \
                JOIN report_cases p ON p.reference = g.reference AND p.disease = g.disease \
                WHERE c.stage = \(ReportStage.prepared.rawValue) AND p.hours < c.hours
                """
            ) { ($0.text(0), $0.text(1)) }
        }
        for (id, icd10) in graver {
            guard var card = try card(id), card.stage == .prepared else { continue }
            let before = card
            card.hasten(icd10: icd10, form, now: now)
            if card != before, try await write(card) { report.changed.append(id) }
        }
        let withdrawn = try ids(
            """
            SELECT c.card FROM report_cards c WHERE c.diagnosed >= ? AND c.stage <> \(ReportStage.dismissed.rawValue) AND NOT EXISTS \
            (SELECT 1 FROM report_grounds g JOIN report_cases p ON p.reference = g.reference AND p.disease = g.disease \
            WHERE g.card = c.card) AND (c.stage <= \(ReportStage.returned.rawValue) OR c.asked % 4 < 2)
            """, [since])
        for id in withdrawn {
            guard var card = try card(id) else { continue }
            if card.reportedAt == nil {
                try card.dismissByHouse("诊断已撤销", form, now: now)
            } else {
                guard card.stage != .returned else { continue }
                card.ask(.withdrawal, "诊断已撤销", hours: options.correctionHours, now: now)
            }
            if try await write(card) { report.changed.append(id) }
        }
        let dead = try store.readSQL { db in
            try db.query(
                """
                SELECT c.card, d.died FROM report_cards c JOIN report_deaths d ON d.person = c.person \
                WHERE c.diagnosed >= ? AND c.died IS NULL AND c.asked % 2 = 0 AND d.died >= COALESCE(c.onset, 0) \
                AND d.died <= COALESCE(c.onset, d.died) + ? \
                AND c.stage IN (\(ReportStage.confirmed.rawValue), \(ReportStage.reviewed.rawValue), \
                \(ReportStage.correctionDue.rawValue))
                """, [since, .int(options.deathDays)]
            ) { ($0.text(0), CivilDay(number: Int($0.int(1)))) }
        }
        for (id, died) in dead {
            guard var card = try card(id), !report.changed.contains(id) else { continue }
            card.ask(.death, "死亡日期 \(died.isoText)", hours: options.correctionHours, now: now)
            if try await write(card) { report.changed.append(id) }
        }
    }

    private func ids(_ sql: String, _ values: [SQLValue] = []) throws -> [String] {
        try store.readSQL { db in try db.query(sql, values) { $0.text(0) } }
    }

    // MARK: - Clocks

    private func markLate(_ now: Int64, _ report: inout Report) async throws {
        let isWaiting =
            "stage = \(ReportStage.prepared.rawValue) AND due < ?"
        for id in try ids("SELECT card FROM report_cards WHERE late = 0 AND \(isWaiting)", [.integer(now)]) {
            guard var card = try card(id), card.stage == .prepared, card.isOverdue(at: now) else { continue }
            card.markLate(now: now)
            if try await write(card) { report.late.append(id) }
        }
        if !report.late.isEmpty { try await caughtUp() }
        struct Place: Hashable {
            let owner: String
            let disease: Int
        }
        var groups: [Place: [CivilDay]] = [:]
        try store.readSQL { db in
            try db.rows(
                "SELECT owner, disease, diagnosed FROM report_cards WHERE late = 1 AND \(isWaiting)", [.integer(now)]
            ) { row in
                groups[Place(owner: row.text(0), disease: Int(row.int(1))), default: []].append(
                    CivilDay(milliseconds: row.int(2)))
            }
        }
        let known = groups.isEmpty ? [] : try signals.signals(open: false)
        for (place, days) in groups.sorted(by: { ($0.key.owner, $0.key.disease) < ($1.key.owner, $1.key.disease) }) {
            guard let condition = list.condition(numbered: place.disease), let from = days.min() else { continue }
            let institution = try resource(place.owner)
            let signal = try await signals.raise(
                .overdue(institution?["name"]?.string ?? place.owner), condition,
                district: institution.map { Int(Recorded.district(ofResource: $0)) } ?? 0,
                window: from...max(from, CivilDay(milliseconds: now)), count: days.count, among: known, now: now)
            if let signal { report.signals.append(signal.id) }
        }
    }

    // MARK: - Events within a unit

    private func raiseEvents(_ now: Int64, _ report: inout Report) async throws {
        let today = CivilDay(milliseconds: now)
        let cases = try store.readSQL { db in
            try db.query(
                "SELECT person, disease, subtype, unit, onset, CASE WHEN died IS NULL THEN 0 ELSE 1 END, district "
                    + "FROM report_cards WHERE unit <> '' AND onset >= ? AND stage <> \(ReportStage.dismissed.rawValue) "
                    + "AND NOT (stage = \(ReportStage.correctionDue.rawValue) AND asked % 4 >= 2)",
                [.int(today.advanced(by: -2 * clusters.daysMax).number)]
            ) { row in
                UnitClusters.Case(
                    person: row.text(0), disease: Int(row.int(1)), subtype: row.text(2), unit: row.text(3),
                    onset: CivilDay(number: Int(row.int(4))), hasDied: row.int(5) == 1, district: Int(row.int(6)))
            }
        }
        // What is over for longer than a signal is quiet isn't told again.
        let recent = today.advanced(by: -signals.options.quietDays)
        let events = clusters.events(cases).filter { $0.window.upperBound > recent }
        let known = events.isEmpty ? [] : try signals.signals(open: false)
        for event in events {
            let signal = try await signals.raise(
                .unit(event.unit), event.rule.disease, district: event.district, window: event.window,
                count: event.persons.count, among: known, now: now)
            if let signal { report.signals.append(signal.id) }
        }
    }
}

extension ReportCard {
    /// A new card of a case.
    init(
        _ evidence: CaseEvidence, grounds: [Ground], values: [String: String], district: Int, owner: String?,
        centre: String?, _ form: ReportForm, now: Int64
    ) {
        let hours = Int64(form.hours(evidence.disease, subtype: values["subtype"]))
        let deadline = evidence.diagnosedAt + hours * 3_600_000
        self.init(
            id: "", version: 0, disease: evidence.disease, icd10: evidence.icd10 ?? "", patient: evidence.person ?? "",
            grounds: grounds, values: values, district: district, stage: .prepared, diagnosedAt: evidence.diagnosedAt,
            deadline: deadline, due: deadline, isLate: now > deadline, asked: [], owner: owner, requester: centre,
            steps: [Step(what: .prepared, at: now, by: "", text: "")])
    }
}
