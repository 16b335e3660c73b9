import Access
import Accounts
import AuditLog
import Calendar
import FHIR
import Forms
import Gate
import HTTPTypes
import Hummingbird
import JSON
import Records

extension Portal {
    /// One request to the pages of forms: of a resident, of a clinician, or of anybody in an open house.
    struct FormVisit {
        let visit: Visit
        let sent: FormBody
        /// The token of the page's forms; empty in an open house.
        let token: String
        let desk: FormDesk
        /// What the reader reaches.
        let records: SeenRecords
        fileprivate let guarded: GuardedVisit?

        var words: Words { visit.words }

        /// The value of the last parameter with a name in the address; nil when it is empty.
        func asked(_ name: String) -> String? {
            visit.query.last { $0.name == name }.flatMap { $0.value.isEmpty ? nil : $0.value }
        }

        /// Whether the reader fills forms for themselves and their family.
        var isResident: Bool { guarded?.caller?.assignment?.role == .resident }

        /// Whether the reader may take forms along: who works out of the house.
        var canTake: Bool { guarded?.caller?.assignment?.role == .clinician }

        /// The account of the reader; nil in an open house.
        var account: String? { guarded?.caller.map { "\($0.signedIn.account.id)" } }

        /// Tells the log what the reader did to the records of a person.
        func note(_ reason: String, patient: ResourceKey, entities: [AuditEntity]) throws {
            try guarded?.note(.read, reason: reason, patients: [patient.description], entities: entities)
        }

        /// The Patient that the page is about: the one named, else the reader's own.
        var patient: ResourceKey? {
            let id = asked("patient") ?? sent.given("patient") ?? guarded?.caller?.ownPatient
            return id.flatMap { ResourceKey.isID($0) ? ResourceKey(type: "Patient", id: $0) : nil }
        }

        /// Where the reader sees a person on the programmes; nil where none are followed.
        func programmesHref(of patient: String) -> String? {
            guard visit.parts.pathways != nil, let caller = guarded?.caller else { return nil }
            if !isResident { return Address.resident(patient) + "/care" }
            return Address.make("/my/programmes", [("patient", caller.ownPatient == patient ? nil : patient)])
        }

        /// Who writes: a resident under their own Patient, staff under their Practitioner.
        var author: (reference: String, name: String)? {
            guard let caller = guarded?.caller else { return nil }
            let reference = caller.accountPatient.map { "Patient/" + $0 } ?? caller.assignment?.person
            return reference.map { ($0, caller.signedIn.account.displayName) }
        }

        /// What the launch context may name.
        func launch() -> [String: [JSONNode]] {
            guard let key = author.flatMap({ ResourceKey(reference: $0.reference) }),
                let version = try? records.read(key),
                let user = try? JSONDocument(parsing: version.json())
            else { return [:] }
            return ["user": [user.root]]
        }

        /// A resource that the reader may see; nil where there is none.
        func read(_ key: ResourceKey) throws -> Version? {
            do {
                return try records.read(key)
            } catch {
                if error.category == .notFound || error.category == .gone { return nil }
                throw error
            }
        }

        func page(
            _ template: String, _ view: Any, title: String, status: HTTPResponse.Status = .ok
        ) -> Page {
            visit.page(template, view, title: title, place: isResident ? .forms : .residents, status: status)
        }
    }

    /// Answers a request for a page of forms.
    func formed(
        _ request: Request, _ context: BasicRequestContext, _ make: (FormVisit) async throws -> Page
    ) async -> Response {
        let desk = parts.forms
        if let gate = parts.gate {
            return await guarded(request, context, gate, .roles([.resident, .clinician])) { visit in
                try await make(
                    FormVisit(
                        visit: visit.visit, sent: visit.form, token: try visit.formToken(), desk: desk,
                        records: try visit.records().records, guarded: visit))
            }
        }
        let visit = visit(request, context)
        let isSent = request.method == .post
        let page: Page
        do {
            if isSent, !SameOrigin.isKept(by: request) {
                page = visit.fault(.formExpired)
            } else {
                let everything = parts.store.seen(by: nil, trace: AccessTrace(AccessTrace.Who()))
                page = try await make(
                    FormVisit(
                        visit: visit, sent: isSent ? try await FormBody(request) : FormBody(), token: "", desk: desk,
                        records: everything, guarded: nil))
            }
        } catch {
            page = visit.fault(error)
        }
        return response(page, request, visit)
    }
}
