import AuditLog
import Identity
public import Records
import SQL

/// What the linking of Patients came to.
public struct LinkReport: Sendable, Equatable {
    /// Patients that were looked at.
    public var patients = 0
    /// Merges that were made because they are certain.
    public var merged = 0
    /// Merges of the machine's that no longer are, and were taken back.
    public var parted = 0
    /// Patients that could not be decided about, such as those that a deletion has overtaken.
    public var refused = 0
}

/// A merge that stands, by the Patient that went.
private struct StandingMerge {
    let id: Int64
    let person: String
    let survivor: String
    /// Whether the machine made it.
    let isMachine: Bool

    static func of(_ patients: [String], _ db: SQLConnection) throws -> [StandingMerge] {
        try db.ofEach(
            patients,
            """
            SELECT m.id, r.person, r.survivor, m.author FROM person_redirect r JOIN person_merge m ON m.id = r.merge
            WHERE r.person IN
            """
        ) { row in
            StandingMerge(
                id: row.int(0), person: row.text(1), survivor: row.text(2), isMachine: row.text(3) == Persons.machine)
        }
    }
}

extension Persons {
    /// The author of what is joined because it is certain.
    public static let machine = "healthbrain/identity"

    /// Decides for Patients that are new or changed, by whichever door they came, who else they are: joins what is certain,
    /// takes back joins of its own that are no longer, and puts what is in doubt on the desk.
    ///
    /// Every decision is about all Patients that bear on it (``PersonScene``) and depends on what they say alone, so that the
    /// order in which they came leaves no trace. It can be stopped anywhere, and goes on where it stood.
    ///
    /// Whoever came last is looked at first, in turn with whoever waits longest: after an import of a million nobody waits
    /// for all of it, and nobody is passed over for ever.
    ///
    /// - Parameter limit: look at this many Patients at most.
    public func link(limit: Int = 256) async throws(RecordsError) -> LinkReport {
        var report = LinkReport()
        let waiting = try store.readSQL { db in try Self.waiting(limit, db) }
        for one in waiting {
            do { try await settle(one.patient, &report) } catch {
                // What the store can't do now is tried again; what it refuses waits for the Patient's next change.
                if error.category == .unavailable || error.category == .internal { throw error }
                report.refused += 1
            }
        }
        if !waiting.isEmpty {
            // Where a power cut undoes it they are looked at again, which changes nothing.
            try await store.writeSQL(durably: false) { db in
                // What has changed meanwhile waits again.
                for one in waiting {
                    try db.execute(
                        "DELETE FROM person_awaiting WHERE patient = ? AND since = ?", .text(one.patient),
                        .integer(one.since))
                }
            }
        }
        report.patients = waiting.count
        return report
    }

    /// The newest and the oldest of those that wait, in turn.
    private static func waiting(_ limit: Int, _ db: SQLConnection) throws -> [(patient: String, since: Int64)] {
        func first(_ order: String) throws -> [(patient: String, since: Int64)] {
            try db.query(
                "SELECT patient, since FROM person_awaiting ORDER BY since \(order), patient \(order) LIMIT ?",
                [.int(limit)]
            ) { (patient: $0.text(0), since: $0.int(1)) }
        }
        let (newest, oldest) = (try first("DESC"), try first("ASC"))
        var taken: Set<String> = []
        return Array(
            zip(newest, oldest).lazy.flatMap { [$0, $1] }.filter { taken.insert($0.patient).inserted }.prefix(limit))
    }

    private func settle(_ patient: String, _ report: inout LinkReport) async throws(RecordsError) {
        let scene = try translated { try PersonScene(around: patient, self) }
        if scene.patients.count < 2 { return }
        let (decided, behind) = try decisions(on: scene)
        let mayJoin = options.joinsCertain && scene.isWhole
        let members = scene.patients.values.map { patient in
            var member = patient.member
            member.isHeld = member.isHeld || !mayJoin
            return member
        }
        let groups = PersonGroups(members, decided: decided, matcher: matcher)
        var doubts = groups.doubts
        if mayJoin {
            for (one, other) in try await part(groups, scene, behind, &report) {
                doubts.append(PersonGroups.Doubt(one: one, other: other, weight: matcher.certainBits))
            }
            doubts += try await join(groups, scene, behind, &report)
        } else if !scene.isWhole {
            doubts = doubts.filter { $0.one == patient || $0.other == patient }
        }
        try await ask(doubts, among: scene)
    }

    /// Puts pairs on the desk, and takes those of the scene from it that are no longer in doubt.
    private func ask(_ doubts: [PersonGroups.Doubt], among scene: PersonScene) async throws(RecordsError) {
        let ids = Set(scene.patients.keys)
        let (open, survivors) = try store.readSQL { db in
            let open = try db.ofEach(ids, "SELECT id, one, other FROM person_review WHERE state = 0 AND one IN") {
                (id: $0.int(0), pair: [$0.text(1), $0.text(2)])
            }
            return (open, try Redirects.standing(ids, db))
        }
        let asked = doubts.map { (survivors[$0.one] ?? $0.one, survivors[$0.other] ?? $0.other, $0.weight) }
        let pairs = Set(asked.map { [min($0.0, $0.1), max($0.0, $0.1)] })
        let stale = open.filter { scene.isWhole && ids.contains($0.pair[1]) && !pairs.contains($0.pair) }.map(\.id)
        if asked.isEmpty, stale.isEmpty { return }
        let now = store.now
        // Where a power cut undoes it, it undoes what comes after too: that the Patient was looked at.
        try await store.writeSQL(durably: false) { db in
            for id in stale { try db.execute("DELETE FROM person_review WHERE id = ? AND state = 0", .integer(id)) }
            for (one, other, weight) in asked { try ReviewTable.ask(one, other, weight, at: now, db) }
        }
    }

    /// What people have decided about the Patients of a scene, and who they have put behind another.
    private func decisions(
        on scene: PersonScene
    ) throws(RecordsError) -> (decided: [PersonGroups.Decided], behind: Set<String>) {
        let ids = scene.survivors.keys.sorted()
        return try store.readSQL { db in
            var decided: [PersonGroups.Decided] = []
            var behind: Set<String> = []
            for merge in try StandingMerge.of(ids, db) where !merge.isMachine {
                decided.append(PersonGroups.Decided(merge.person, merge.survivor, isSame: true))
                behind.insert(merge.person)
            }
            let reviews = try db.ofEach(ids, "SELECT one, other, state FROM person_review WHERE one IN") { row in
                (one: row.text(0), other: row.text(1), state: row.int(2))
            }
            for review in reviews where review.state == Review.State.different.rawValue {
                decided.append(PersonGroups.Decided(review.one, review.other, isSame: false))
            }
            return (decided, behind)
        }
    }

    // MARK: Making it so

    /// Takes back merges of the machine's until nobody stands for Patients of two persons, and who is to stand for each stands
    /// free.
    /// - Returns: pairs that a reviewer's later merge holds together.
    private func part(
        _ groups: PersonGroups, _ scene: PersonScene, _ behind: Set<String>, _ report: inout LinkReport
    ) async throws(RecordsError) -> [(String, String)] {
        var held: [(String, String)] = []
        var tried: Set<String> = []
        while true {
            let survivors = try now(scene)
            var wrong: Set<String> = []
            var groupOf: [String: Int] = [:]
            for (number, group) in groups.persons.enumerated() {
                if let first = scene.representative(of: group, behind: behind), let stands = survivors[first],
                    stands != first
                {
                    wrong.insert(stands)
                }
                for id in group {
                    guard let stands = survivors[id] else { continue }
                    if groupOf.updateValue(number, forKey: stands) ?? number != number { wrong.insert(stands) }
                }
            }
            let ids = survivors.filter { wrong.contains($0.value) }.map(\.key).sorted()
            let latest = try latestMerge(among: ids, besides: tried)
            guard let latest else { return held }
            tried.insert(latest.person)
            do {
                _ = try await unmerge(latest.person, author: Self.machine, trace: trace)
                report.parted += 1
                tried = []
            } catch {
                guard error.category == .conflict else { throw error }
                held.append((latest.person, latest.survivor))
            }
        }
    }

    private func latestMerge(
        among ids: [String], besides tried: Set<String>
    ) throws(RecordsError) -> (person: String, survivor: String)? {
        try store.readSQL { db in
            let merges = try StandingMerge.of(ids, db).filter { $0.isMachine && !tried.contains($0.person) }
            return merges.max { $0.id < $1.id }.map { ($0.person, $0.survivor) }
        }
    }

    /// Puts each person's Patients behind the one that is to stand for it.
    /// - Returns: what could not be joined for its size, for a reviewer.
    private func join(
        _ groups: PersonGroups, _ scene: PersonScene, _ behind: Set<String>, _ report: inout LinkReport
    ) async throws(RecordsError) -> [PersonGroups.Doubt] {
        var doubts: [PersonGroups.Doubt] = []
        for group in groups.persons where group.count > 1 {
            guard let first = scene.representative(of: group, behind: behind) else { continue }
            let survivors = try now(scene)
            guard survivors[first] == first else { continue }
            for root in Set(group.compactMap { survivors[$0] }).sorted() where root != first {
                do {
                    _ = try await merge(
                        MergeRequest(
                            source: root, target: first, author: Self.machine, reason: "certain", isReviewed: false),
                        trace: trace)
                    report.merged += 1
                } catch {
                    // Too much to be rewritten, or somebody was faster.
                    guard [.tooCostly, .conflict, .notFound, .unprocessable].contains(error.category) else {
                        throw error
                    }
                    doubts.append(PersonGroups.Doubt(one: root, other: first, weight: matcher.certainBits))
                }
            }
        }
        return doubts
    }

    private func now(_ scene: PersonScene) throws(RecordsError) -> [String: String] {
        try store.readSQL { db in
            let redirects = Redirects(db)
            return try Dictionary(
                uniqueKeysWithValues: scene.patients.keys.map { ($0, try redirects.survivor(of: $0)) })
        }
    }

    private var trace: AccessTrace {
        AccessTrace(
            .init(
                agent: AuditAgent(role: "system", client: Self.machine), purpose: "HOPERAT", request: "identity/link"))
    }
}
