import Foundation
import Identity
import JSON
import Records
import SQL

/// All Patients that must be looked at together to say who one of them is: whoever may be one with it, whoever may be one with
/// those, and whoever they were put together with.
struct PersonScene {
    /// More than this are nobody's relatives but a key gone wrong: then nothing is joined.
    static let patientsMax = 64

    /// A Patient as its source says it.
    struct Patient {
        let member: PersonGroups.Member
        let rank: Int
        /// Whether it carries a valid resident number of its own.
        let isProven: Bool

        init(_ id: String, _ document: JSONDocument, _ guardian: String?, _ options: Persons.Options) {
            var fields = PatientFields.fields(of: document.root)
            fields[.contactName] = fields[.contactName] ?? guardian
            let source = PersonWord.sender(of: document.root)
            // Whoever writes under an id of their own keeps it, unless a reviewer says otherwise.
            member = PersonGroups.Member(id: id, fields: fields, isHeld: source == nil)
            rank = options.rank(of: source ?? "")
            isProven = fields[.idNumber].flatMap { ResidentNumber($0) } != nil
        }
    }

    private(set) var patients: [String: Patient] = [:]
    /// Who stands for each now.
    private(set) var survivors: [String: String] = [:]
    /// Whether there were no more than may be looked at.
    private(set) var isWhole = true

    init(around seed: String, _ persons: Persons) throws {
        let matcher = persons.matcher
        var waiting = [seed]
        var known: Set<String> = [seed]
        while let id = waiting.popLast() {
            let (word, survivor, tree, guardian) = try persons.store.readSQL { db in
                let survivor = try Redirects(db).survivor(of: id)
                return (
                    try PersonWord.of(id, db)?.document, survivor, try Redirects.tree(of: survivor, db),
                    try GuardianNames.of(id, db)
                )
            }
            survivors[id] = survivor
            var near = tree
            if let document = try word ?? persons.standingAlone(id) {
                let patient = Patient(id, document, guardian, persons.options)
                patients[id] = patient
                near += try Self.neighbours(of: patient.member, persons, matcher)
            }
            for id in near where known.insert(id).inserted {
                guard known.count <= Self.patientsMax else {
                    isWhole = false
                    return
                }
                waiting.append(id)
            }
        }
    }

    private static func neighbours(
        of member: PersonGroups.Member, _ persons: Persons, _ matcher: Matcher
    ) throws -> [String] {
        let keys = matcher.keys(of: member.fields)
        let candidates = try persons.store.readSQL { db in
            let index = IndexTable(db: db)
            return try index.homes(index.records(sharing: keys, persons.crowded))
        }
        return matcher.neighbours(member.fields, among: candidates.filter { $0.person != member.id }).map(\.person)
    }

    /// Who stands for a person: of those that no reviewer has put behind another the one of the best source, with a proven
    /// number, then of the smallest id. When it came says nothing.
    func representative(of group: [String], behind: Set<String>) -> String? {
        let standing = group.filter { !behind.contains($0) }
        return standing.min { one, other in
            func order(_ id: String) -> (Int, Int, String) {
                (patients[id]?.rank ?? Int.max, patients[id]?.isProven == true ? 0 : 1, id)
            }
            return order(one) < order(other)
        }
    }
}

extension Persons {
    /// A Patient that was not put together with others by a merge; nil where there is none.
    func standingAlone(_ id: String) throws -> JSONDocument? {
        do {
            let document = try store.read(Self.key(id)).plainDocument()
            return PatientFields.replacement(of: document.root) == nil ? document : nil
        } catch let error as RecordsError where error.category == .notFound || error.category == .gone { return nil }
    }
}
