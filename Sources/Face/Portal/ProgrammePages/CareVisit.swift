import Access
import Accounts
import AuditLog
import Calendar
import Forms
import HTTPTypes
import Hummingbird
import JSON
import Pathways
import Records

extension Portal {
    /// One request to a page of programmes, by somebody who is signed in.
    struct CareVisit {
        var guarded: GuardedVisit
        let token: String
        let desk: PathwayDesk

        var visit: Visit { guarded.visit }
        var words: Words { guarded.words }
        var form: FormBody { guarded.form }
        var now: Int64 { guarded.visit.now }
        var work: WorkTasks { WorkTasks(desk.store) }
        var isResident: Bool { guarded.caller?.assignment?.role == .resident }

        /// The value of the last parameter with a name in the address; nil when it is empty.
        func asked(_ name: String) -> String? { guarded.asked(name).flatMap { $0.isEmpty ? nil : $0 } }

        func records() throws -> SeenPage { try guarded.records() }

        /// Who acts: a resident by their Patient, staff by their Practitioner.
        func author() throws -> (reference: String, name: String)? {
            let caller = try guarded.someone()
            let reference = caller.accountPatient.map { "Patient/" + $0 } ?? caller.assignment?.person
            return reference.map { ($0, caller.signedIn.account.displayName) }
        }

        /// References of the institutions for which the reader acts.
        func institutions() throws -> Set<String> {
            guard case .organisations(let ids)? = try records().records.sight?.subject.reach else { return [] }
            return Set(ids.map { "Organization/" + $0 })
        }

        /// The owners of what the reader has to do themselves or with their institution.
        func owners() throws -> Set<String> {
            try institutions().union([try guarded.someone().assignment?.person].compactMap { $0 })
        }

        /// Current resources that the reader may see, by id.
        func read(_ type: String, _ ids: some Sequence<String>) throws -> [String: Version] {
            var found: [String: Version] = [:]
            let all = Set(ids).sorted()
            for start in stride(from: 0, to: all.count, by: 50) {
                let part = all[start..<min(start + 50, all.count)]
                let page = try records().search(
                    type: type, parameters: [("_id", part.joined(separator: ",")), ("_count", "50")])
                for entry in page.entries { found[entry.version.key.id] = entry.version }
            }
            return found
        }

        /// A resource that the reader may see; nil where there is none.
        func read(_ type: String, _ id: String?) throws -> Version? {
            guard let id, ResourceKey.isID(id) else { return nil }
            do { return try records().read(ResourceKey(type: type, id: id)) } catch let error as RecordsError
                where error.category == .notFound || error.category == .gone
            { return nil }
        }

        /// All that a search finds of what the reader may see, up to a limit.
        func search(_ type: String, _ parameters: [(String, String)], limit: Int = 1_000) throws -> [Version] {
            var found: [Version] = []
            var cursor: String?
            repeat {
                let page = try records().search(
                    type: type, parameters: parameters + [("_count", "200")] + (cursor.map { [("_cursor", $0)] } ?? []))
                found += page.entries.map(\.version)
                cursor = page.next
            } while cursor != nil && found.count < limit
            return found
        }

        /// The resource of a version.
        static func root(_ version: Version) throws -> JSONNode { try JSONDocument(parsing: version.json()).root }

        func person(_ id: String) throws -> Person? {
            try read("Patient", id).map { Person(try JSONDocument(parsing: $0.json()).root) }
        }

        func task(_ id: String?) throws -> CareTask? { try read("Task", id).flatMap { try CareTask($0) } }

        /// The name of an institution or of somebody who works there: the directory is for all who are signed in.
        func name(of reference: String) -> String {
            guard let key = ResourceKey(reference: reference), let version = try? desk.store.read(key),
                let root = try? JSONDocument(parsing: version.json()).root
            else { return words["workNobody"] }
            switch key.type {
            case "Organization": return root["name"]?.string ?? reference
            case "Practitioner": return Person(root).name
            default: return words["workTheResident"]
            }
        }

        func pathway(_ id: String) -> Pathway? { desk.pathways.first { $0.id == id } }
        /// What a pathway is called; of one that is no longer followed its id.
        func title(_ pathway: String) -> String { self.pathway(pathway).map { words.said($0.title) } ?? pathway }
        /// What an action is called.
        func title(_ pathway: String, _ action: String) -> String {
            self.pathway(pathway)?.part(action).map { words.said($0.title) } ?? action
        }

        func page(
            _ template: String, _ view: Any, title: String, place: RailPlace, status: HTTPResponse.Status = .ok
        ) -> Page { guarded.page(template, view, title: title, place: place, status: status) }
    }

    /// Answers a request for a page of programmes.
    func cared(
        _ request: Request, _ context: BasicRequestContext, _ gate: PortalGate, _ desk: PathwayDesk,
        _ roles: Set<AccountRole>, _ make: (CareVisit) async throws -> Page
    ) async -> Response {
        await guarded(request, context, gate, .roles(roles)) { visit in
            try await make(CareVisit(guarded: visit, token: try visit.formToken(), desk: desk))
        }
    }
}
