import Calendar
import JSON
import Records
import SQL

extension PathwayDesk {
    /// What is the same for all who are looked at together.
    struct Glance: Sendable {
        let owners: OwnerDirectory
        let following: Following?
        let basis: String
        let now: Int64
        /// Whether every programme that is followed anywhere is so by now.
        let isFollowing: Bool

        init(_ owners: OwnerDirectory, _ following: Following?, _ basis: String, now: Int64) {
            (self.owners, self.following, self.basis, self.now) = (owners, following, basis, now)
            isFollowing = (following?.starts ?? []).allSatisfy { $0.since.startMilliseconds <= now }
        }
    }

    /// What is known of a person before their record is read.
    struct Before: Sendable {
        /// The change up to which they are touched.
        var touched: Int64?
        /// Whether the record doesn't tell what has changed.
        var isWhole = false
        var settled: SettledPlans?
        /// What may be others since, where that was found out.
        var others: Others?
    }

    /// The plans that may be others, as the changes up to one tell.
    struct Others: Sendable {
        let seen: Int64
        let places: [Int]
    }

    func before(_ persons: [String]) throws -> [String: Before] {
        try store.readSQL { db in
            var found: [String: Before] = [:]
            for person in persons {
                var one = Before()
                try db.rows("SELECT sequence, whole FROM pathway_touched WHERE person = ?", [.text(person)]) {
                    (one.touched, one.isWhole) = ($0.int(0), $0.int(1) != 0)
                }
                if !looksAtWhole {
                    try db.rows("SELECT \(SettledPlans.columns) FROM pathway_settled WHERE person = ?", [.text(person)])
                    {
                        one.settled = SettledPlans($0, pathways)
                    }
                }
                found[person] = one
            }
            return found
        }
    }

    /// Those of some persons for whom no plan can be another than it was, as what has changed tells alone: the rest of their records
    /// isn't read. Of the others is noted which plans may be others.
    func quiet(_ persons: [String], _ glance: Glance, _ before: inout [String: Before]) throws -> [String: Work] {
        let known = persons.compactMap { person -> (id: String, settled: SettledPlans)? in
            guard let standing = before[person].flatMap({ self.known($0, glance) }),
                !pathways.indices.contains(where: { standing.isDue($0, glance.now) })
            else { return nil }
            return (person, standing)
        }
        guard !known.isEmpty else { return [:] }
        let changes = try store.changes(ofPersons: known.map { ($0.id, $0.settled.seen) }, types: types)
        var quiet: [String: Work] = [:]
        for ((person, standing), versions) in zip(known, changes) {
            let changed = standing.changed(
                try versions.map { ($0, try JSONDocument(parsing: $0.json())) }, person, made: made)
            let seen = versions.reduce(standing.seen) { max($0, $1.sequence) }
            let places = pathways.indices.filter { standing.isOther($0, pathways[$0], glance.now, changed) }
            guard places.isEmpty else {
                before[person]?.others = Others(seen: seen, places: places)
                continue
            }
            var work = Work(person: person, touched: before[person]?.touched)
            var settled = standing
            settled.at = glance.now
            settled.seen = seen
            work.isWhole = false
            work.settled = settled
            quiet[person] = work
        }
        return quiet
    }

    /// Makes the plans of one person that may be others than they were, and compares them with what stands.
    func work(_ person: String, _ versions: [Version], _ glance: Glance, _ before: Before) throws -> Work {
        var work = Work(person: person, touched: before.touched)
        guard !versions.isEmpty else { return work }
        let documents = try versions.map { try JSONDocument(parsing: $0.json()) }
        let standing = known(before, glance)
        let seen = versions.reduce(0) { max($0, $1.sequence) }
        var places = pathways.indices.map { $0 }
        if let others = before.others, others.seen == seen {
            places = others.places
        } else if let standing {
            let changed = standing.changed(Array(zip(versions, documents)), person, made: made)
            places = places.filter { standing.isOther($0, pathways[$0], glance.now, changed) }
        }
        var settled =
            standing
            ?? SettledPlans(basis: glance.basis, at: 0, seen: 0, plans: pathways.map { _ in nil })
        settled.at = glance.now
        settled.seen = seen
        if !places.isEmpty {
            guard let record = try PersonRecord(documents, told: firstTold), !record.isReplaced else { return work }
            var plans: [Int: PersonPlan] = [:]
            func plan(_ places: [Int]) {
                for place in places {
                    let pathway = pathways[place]
                    let (plan, read) = pathway.planned(
                        record, now: glance.now, memberOf: memberOf, following: glance.following)
                    plans[place] = plan
                    settled.plans[place] = read.map {
                        .init(nextLook: plan.nextLook, read: $0, windows: CommonVisit.windows(pathway, plan))
                    }
                }
            }
            plan(places)
            var visits = NamedVisit.byKey(windows(settled, plans), record)
            // Whose visits are others now, because somebody else's have changed, is asked for otherwise.
            if let standing, plans.count < pathways.count {
                let old = NamedVisit.byKey(windows(standing, [:]), record)
                let moved = pathways.indices.filter { place in
                    plans[place] == nil
                        && (standing.plans[place]?.windows ?? []).contains { visits[$0.key] != old[$0.key] }
                }
                plan(moved)
                visits = NamedVisit.byKey(windows(settled, plans), record)
            }
            var facts = PathwayFacts(record, glance.owners, now: glance.now, visits)
            for (place, pathway) in pathways.enumerated() {
                guard let plan = plans[place] else { continue }
                try facts.add(pathway, plan)
                work.faults += plan.faults.map { "\(pathway.id): \($0)" }
            }
            let numbers = Dictionary(versions.map { ($0.key, $0.versionID) }) { one, _ in one }
            for fact in facts.facts { work.facts.append(try store.ready(fact.document, as: fact.key)) }
            for write in work.facts { work.standing[write.key] = numbers[write.key] ?? 0 }
            work.isStable =
                work.standing.count == facts.facts.count
                && (glance.isFollowing || starts(record, glance).allSatisfy { $0 <= glance.now })
            for fact in facts.facts {
                var change = ChangedResource(
                    fact.document, isFirst: numbers[fact.key] == nil, person: person, made: made)
                // What came with another record, or was given another name, may be anybody's.
                if change.concern == .everybody { work.isStable = false }
                change.concern = .readers(and: nil)
                if fact.key.type != "Task",
                    pathways.indices.contains(where: { place in
                        settled.plans[place].map { pathways[place].isConcerned(by: change, $0.read) } ?? true
                    })
                {
                    work.touching.insert(fact.key)
                }
            }
            work.rows = Work.Rows(record, plans.sorted { $0.key < $1.key }.map(\.value))
        }
        work.isWhole = standing == nil
        work.settled = settled
        return work
    }

    /// Since when the pathways are followed where a person lives.
    private func starts(_ record: PersonRecord, _ glance: Glance) -> [Int64] {
        pathways.compactMap { glance.following?.since($0.setting.id, city: record.city)?.startMilliseconds }
    }

    /// What was found at the last look; nil where everything is to be looked at.
    private func known(_ before: Before, _ glance: Glance) -> SettledPlans? {
        guard !looksAtWhole, !before.isWhole, let settled = before.settled, settled.basis == glance.basis,
            settled.at <= glance.now
        else { return nil }
        return settled
    }

    /// What visits may serve: of plans that were made, and of those that stand.
    private func windows(_ settled: SettledPlans, _ plans: [Int: PersonPlan]) -> [VisitWindow] {
        pathways.indices.flatMap { place in
            plans[place].map { CommonVisit.windows(pathways[place], $0) } ?? settled.plans[place]?.windows ?? []
        }
    }
}
