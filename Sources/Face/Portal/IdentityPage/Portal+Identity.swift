import Access
import Accounts
import AuditLog
import FHIR
import Foundation
import Gate
import Hummingbird
import Persons
import Records

extension Portal {
    /// `/identity`: pairs of persons that may be one, side by side, for those who may decide.
    func addIdentity(to router: Router<BasicRequestContext>, _ gate: PortalGate, _ persons: Persons) {
        router.get("/identity") { request, context in
            await guarded(request, context, gate, .roles([.clinician, .operator])) { visit in
                try reviews(visit, persons)
            }
        }
        router.get("/identity/:id") { request, context in
            await guarded(request, context, gate, .roles([.clinician, .operator])) { visit in
                try review(visit, persons, context.parameters.get("id"))
            }
        }
        router.post("/identity/:id") { request, context in
            await guarded(request, context, gate, .roles([.clinician, .operator])) { visit in
                try await decide(visit, persons, context.parameters.get("id"))
            }
        }
    }

    private func desk(_ visit: GuardedVisit, _ persons: Persons) throws -> ReviewDesk? {
        try visit.gate.gate.identityDuty(of: visit.someone().caller).map {
            ReviewDesk(gate: visit.gate.gate, persons: persons, duty: $0)
        }
    }

    private func reviews(_ visit: GuardedVisit, _ persons: Persons) throws -> Page {
        guard let desk = try desk(visit, persons) else { return visit.visit.fault(.forbidden) }
        let asked = visit.asked("state") ?? Review.State.open.word
        let state = Review.State.allCases.first { $0.word == asked } ?? .open
        let cases = try desk.cases(state, records: visit.records().records)
        let done = visit.asked("done").flatMap { word in Review.State.allCases.first { $0.word == word } }
        // What waits elsewhere is not told to those who see a part.
        let counts = desk.isMasked ? try persons.reviewCounts() : [state: cases.count]
        let view = ReviewListView(
            cases, state: state, counts: counts,
            notice: done.map { visit.words.text("identityDone", ["what": visit.words[$0.key]]) },
            isMasked: desk.isMasked, words: visit.words)
        try noteReviews(visit, cases)
        return visit.page("identity", view, title: visit.words["identityTitle"], place: .identity)
    }

    private func review(
        _ visit: GuardedVisit, _ persons: Persons, _ id: String?, problem: String? = nil
    ) throws -> Page {
        guard let desk = try desk(visit, persons), let number = id.flatMap({ Int64($0) }),
            let found = try desk.find(number, records: visit.records().records)
        else { return visit.visit.fault(.notFound) }
        let view = ReviewView(
            found, form: try visit.formToken(), reason: visit.form["reason"], problem: problem,
            isMasked: desk.isMasked, words: visit.words)
        try noteReviews(visit, [found])
        return visit.page(
            "identity-review", view, title: visit.words["identityTitle"], place: .identity,
            status: problem == nil ? .ok : .unprocessableContent)
    }

    private func decide(_ visit: GuardedVisit, _ persons: Persons, _ id: String?) async throws -> Page {
        guard let desk = try desk(visit, persons), let number = id.flatMap({ Int64($0) }),
            try desk.find(number, records: visit.records().records) != nil
        else { return visit.visit.fault(.notFound) }
        let state = Review.State.allCases.first { $0.word == visit.form["decision"] } ?? .open
        let reason = visit.form["reason"].trimmed
        if state == .open { return try review(visit, persons, id, problem: visit.words["identityChoose"]) }
        if state != .later, reason.count < 2 {
            return try review(visit, persons, id, problem: visit.words["identityReasonEmpty"])
        }
        do {
            _ = try await persons.decide(
                number,
                ReviewDecision(
                    state, reason: String(reason.prefix(500)),
                    author: visit.someone().signedIn.account.id.uuidString),
                trace: visit.records().records.trace)
        } catch let refusal as RecordsError where refusal.category == .conflict || refusal.category == .tooCostly {
            let reason = refusal.issues.first?.diagnostics ?? ""
            return try review(
                visit, persons, id, problem: visit.words.text("identityRefused", ["reason": reason]))
        }
        return .elsewhere("/identity?done=\(state.word)")
    }

    private func noteReviews(_ visit: GuardedVisit, _ cases: [ReviewCase]) throws {
        try visit.note(
            .operation, patients: cases.flatMap { ["Patient/" + $0.review.one, "Patient/" + $0.review.other] },
            entities: [.query(Array("identity".utf8))])
    }
}
