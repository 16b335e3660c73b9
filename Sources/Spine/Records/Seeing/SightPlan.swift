import Access
import FHIR
import SQL
import Synchronization

/// What a sight reaches of each type, each part worked out when it is first asked for.
final class SightPlan: Sendable {
    /// What of a type a search by some parameters reaches.
    enum Reached: Sendable {
        case everything
        case nothing
        case rows(Part)
    }

    /// A part of the rows of a type.
    final class Part: Sendable {
        /// What holds for them; `¤` is the resource.
        let test: Fragment
        /// The same for a row `l` of `access_label`.
        let condition: Fragment
        /// Whom all are about, where that is bounded.
        let persons: Set<String>?
        /// Which rows were found to be in it, place 0, or not.
        let verdicts: SightVerdicts

        init(test: Fragment, condition: Fragment, persons: Set<String>?, verdicts: SightVerdicts) {
            self.test = test
            self.condition = condition
            self.persons = persons
            self.verdicts = verdicts
        }
    }

    /// Stands among the codes of parameters for one that a SearchParameter has added: what it tells is not known.
    static let customCode = "*"

    /// What single resources of a type are judged by.
    final class Choice: Sendable {
        /// The clauses that are open without a search.
        let clauses: [Visibility.Clause]
        /// The place of the first of them that holds for a row `l`; -1 for none.
        let sql: Fragment
        /// What was said of rows already.
        let verdicts: SightVerdicts

        init(clauses: [Visibility.Clause], sql: Fragment, verdicts: SightVerdicts) {
            self.clauses = clauses
            self.sql = sql
            self.verdicts = verdicts
        }
    }

    private struct Question: Hashable {
        var type: String
        var codes: Set<String>
    }

    let sight: Sight
    /// What for.
    let action: Action
    private let knownConsents = Mutex<[ConsentDirective]?>(nil)
    private let knownVisibilities = Mutex<[String: Visibility]>([:])
    private let knownReach = Mutex<[Question: Reached]>([:])
    private let knownChoices = Mutex<[String: Choice]>([:])

    init(_ sight: Sight, for action: Action) {
        self.sight = sight
        self.action = action
    }

    /// The clauses by which rows of a type are reached.
    func visibility(_ type: String, _ db: SQLConnection, _ parts: StoreParts) throws -> Visibility {
        if let known = knownVisibilities.withLock({ $0[type] }) { return known }
        let consents = ResourceClass.of(type) == .definition ? [] : try consents(db, parts)
        let found = sight.policy.visibility(
            of: sight.subject, type, for: action, relations: sight.relations, consents: consents, at: sight.now)
        knownVisibilities.withLock { $0[type] = found }
        return found
    }

    /// The clauses that are open to a search by these parameters.
    func clauses(
        _ type: String, searching codes: Set<String>, _ db: SQLConnection, _ parts: StoreParts
    ) throws -> [Visibility.Clause] {
        let clauses = try visibility(type, db, parts).clauses(searching: codes)
        return codes.contains(Self.customCode) ? clauses.filter { $0.masking == .none } : clauses
    }

    /// What of a type a search by these parameters reaches.
    func reached(
        _ type: String, searching codes: Set<String>, _ db: SQLConnection, _ parts: StoreParts
    ) throws -> Reached {
        let question = Question(type: type, codes: codes)
        if let known = knownReach.withLock({ $0[question] }) { return known }
        let clauses = try clauses(type, searching: codes, db, parts)
        let found = try VisibilitySQL(db: db, parts: parts, plan: self, type: type).reached(clauses)
        knownReach.withLock { $0[question] = found }
        return found
    }

    /// What single resources of a type are judged by.
    func choice(_ type: String, _ db: SQLConnection, _ parts: StoreParts) throws -> Choice {
        if let known = knownChoices.withLock({ $0[type] }) { return known }
        let clauses = try clauses(type, searching: [], db, parts)
        let sql = VisibilitySQL(db: db, parts: parts, plan: self, type: type)
        var choice = Fragment("CASE")
        for (place, clause) in clauses.enumerated() {
            let test = try sql.condition(clause) ?? Fragment("1 = 1")
            choice = choice + Fragment("WHEN \(test.sql) THEN \(place)", test.values)
        }
        let found = Choice(
            clauses: clauses, sql: clauses.isEmpty ? Fragment("-1") : choice + Fragment("ELSE -1 END"),
            verdicts: SightVerdicts(clauses, type: type))
        knownChoices.withLock { $0[type] = found }
        return found
    }

    /// The consents that may bind: those of patients whom the grants that consents narrow can reach.
    private func consents(_ db: SQLConnection, _ parts: StoreParts) throws -> [ConsentDirective] {
        if let known = knownConsents.withLock({ $0 }) { return known }
        let all = try parts.access.consents(db, parts)
        let found = all.isEmpty ? [] : try all.filter(bound(db, parts)).map(\.directive)
        knownConsents.withLock { $0 = found }
        return found
    }

    private func bound(_ db: SQLConnection, _ parts: StoreParts) throws -> (ConsentBook.Entry) throws -> Bool {
        let subject = sight.subject
        guard action != .export, subject.purpose != .research else { return { _ in true } }
        switch subject.role {
        case .resident:
            let givers = Set(sight.relations.delegations.map(\.patient))
            return { givers.contains($0.directive.patient) }
        case .clinician, .system:
            guard case .organisations = subject.reach else { return { _ in true } }
            let opened = Set(sight.relations.breakGlass.map(\.patient))
            let cared = VisibilitySQL(db: db, parts: parts, plan: self, type: "Patient")
            return { entry in
                try opened.contains(entry.directive.patient) || cared.isInCare(entry.person)
            }
        case .anonymous, .epidemiologist, .manager, .operator: return { _ in false }
        }
    }
}

extension SearchQuery {
    /// The codes of the parameters by which rows of its own type are searched and sorted.
    var codes: Set<String> {
        var codes: Set<String> = []
        for clause in clauses { clause.gather(&codes) }
        return codes
    }

    /// Whether it points at somebody's record.
    var isPointing: Bool { clauses.contains(where: \.isPointing) }
}

extension Clause {
    /// The codes of the parameters by which it looks at the resource itself.
    var codes: Set<String> {
        var codes: Set<String> = []
        gather(&codes)
        return codes
    }

    fileprivate func gather(_ codes: inout Set<String>) {
        switch test {
        case .any(let parameter, let conditions), .none(let parameter, let conditions):
            codes.insert(parameter.shownCode)
            // An identifier in a reference is as much an identifier as one beside it.
            if parameter.definition.type == .reference, conditions.contains(where: \.isIdentifier) {
                codes.insert("identifier")
            }
        case .missing(let parameter, _), .chain(let parameter, _): codes.insert(parameter.shownCode)
        case .ids, .lastUpdated, .has, .listed, .member: break
        }
    }

    /// Whether it points at a record, or at one that leads to a person, at whatever depth.
    fileprivate var isPointing: Bool {
        switch test {
        case .ids, .listed, .member: true
        case .any(_, let conditions), .none(_, let conditions): conditions.contains(where: \.isPointing)
        case .chain(_, let links): links.contains(where: \.clause.isPointing)
        case .has(_, let link): link.clause.isPointing
        case .missing, .lastUpdated: false
        }
    }
}

extension Condition {
    fileprivate var isIdentifier: Bool {
        switch self {
        case .identifier, .typedIdentifier: true
        default: false
        }
    }

    /// Whether it names a record that is not of the directory or a definition.
    fileprivate var isPointing: Bool {
        switch self {
        case .reference(let keys): keys.contains { ![.directory, .definition].contains(ResourceClass.of($0.type)) }
        case .composite(let parts): parts.joined().contains(where: \.isPointing)
        default: false
        }
    }
}

extension IndexedParameter {
    /// The code by which masking knows it.
    var shownCode: String { isCustom ? SightPlan.customCode : definition.code }
}
