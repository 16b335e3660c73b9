public import FHIR
import FHIRPath
public import JSON
public import Records
import Synchronization
import Terminology

/// The forms of a store: finds and compiles Questionnaires, fills them from the record, and keeps answers.
public final class FormDesk: Sendable {
    /// The records.
    public let store: RecordStore
    private let definitions: Definitions
    private let newID: @Sendable () -> String

    private struct Kept {
        let versionID: Int
        let at: Int64
        let form: Form
    }

    private let forms = Mutex<[ResourceKey: Kept]>([:])
    /// Value sets may change without the questionnaire: a compiled form is kept for this long.
    private static let keptMilliseconds: Int64 = 60_000
    /// Compiled forms that are kept.
    private static let formsMax = 200
    /// Codes of a value set that a form can offer.
    private static let codesMax = 2_000

    /// - Parameters:
    ///   - store: the records.
    ///   - definitions: the R4 types.
    ///   - newID: makes the ids of responses.
    public init(
        _ store: RecordStore, definitions: Definitions,
        newID: @escaping @Sendable () -> String = { TimeOrderedID.next() }
    ) {
        self.store = store
        self.definitions = definitions
        self.newID = newID
    }

    // MARK: Forms

    /// The form of a stored Questionnaire.
    /// - Throws: ``FormFaults`` where it can't be one.
    public func form(_ version: Version) throws -> Form {
        let now = store.now
        if let kept = forms.withLock({ $0[version.key] }), kept.versionID == version.versionID,
            now - kept.at < Self.keptMilliseconds
        {
            return kept.form
        }
        let form = try form(JSONDocument(parsing: version.json()))
        forms.withLock { forms in
            if forms.count >= Self.formsMax { forms.removeAll() }
            forms[version.key] = Kept(versionID: version.versionID, at: now, form: form)
        }
        return form
    }

    /// Compiles a Questionnaire with the value sets of the store.
    /// - Throws: ``FormFaults`` where it can't be a form.
    public func form(_ questionnaire: JSONDocument) throws(FormFaults) -> Form {
        let terminology = store.terminology
        return try Form(questionnaire, definitions: definitions) { url, contained in
            let reference =
                contained.map { ValueSetReference(resource: $0, supplied: []) } ?? ValueSetReference(url: url)
            var options = ExpandOptions(identifier: "urn:uuid:form", timestamp: "")
            options.displayLanguage = "zh"
            options.includeDesignations = true
            options.activeOnly = true
            options.excludeNotForUI = true
            options.excludeNested = true
            options.count = Self.codesMax
            guard let expanded = try? terminology.expand(reference, options),
                let document = try? JSONDocument(parsing: expanded.json())
            else { return nil }
            return FormCode.listed(in: document.root)
        }
    }

    /// The Questionnaire that a canonical names; without a version the newest that is active, else the newest.
    /// - Returns: nil where there is none, or the reader may not see it.
    public func questionnaire(_ canonical: String, _ records: SeenRecords) throws(RecordsError) -> Version? {
        let parts = canonical.split(separator: "|", maxSplits: 1).map(String.init)
        guard let url = parts.first else { return nil }
        var parameters = [("url", url), ("_sort", "-_lastUpdated"), ("_count", "50")]
        if parts.count > 1 { parameters.append(("version", parts[1])) }
        let found = try records.search(type: "Questionnaire", parameters: parameters).entries.map(\.version)
        let active = found.first { version in
            (try? JSONDocument(parsing: version.json()).root["status"]?.equals("active")) ?? false
        }
        return active ?? found.first
    }

    // MARK: The record

    /// Whom a form is filled for, as far as the reader sees it.
    ///
    /// - Parameters:
    ///   - patient: the Patient.
    ///   - records: what the reader reaches.
    ///   - form: the form: only one that looks at the record gets it.
    ///   - launch: what the launch context names.
    public func context(
        patient: ResourceKey?, _ records: SeenRecords, for form: Form, launch: [String: [JSONNode]] = [:]
    ) throws -> FormContext {
        var context = FormContext(launch: launch, now: FHIRPathInstant(milliseconds: Int(store.now)))
        guard let patient else { return context }
        context.patient = try JSONDocument(parsing: records.read(patient).json()).root
        guard form.readsRecord else { return context }
        var query = EverythingQuery()
        var found: [(at: Int64, id: String, node: JSONNode)] = []
        repeat {
            let page = try records.everything(of: patient.type, id: patient.id, query)
            for entry in page.entries {
                let node = try JSONDocument(parsing: entry.version.json()).root
                guard node["status"]?.equals("entered-in-error") != true else { continue }
                found.append((Self.moment(node), entry.version.key.id, node))
            }
            query.cursor = page.next
        } while query.cursor != nil && found.count < Self.recordMax
        context.record = found.sorted { ($0.at, $0.id) < ($1.at, $1.id) }.map(\.node)
        return context
    }

    /// Resources of a person that a form looks at.
    private static let recordMax = 20_000

    /// When something was so: its clinical date; what has none comes first.
    private static func moment(_ node: JSONNode) -> Int64 {
        for name in [
            "effectiveDateTime", "effectiveInstant", "occurrenceDateTime", "performedDateTime", "onsetDateTime",
            "recordedDate", "authoredOn", "authored", "date", "issued",
        ] {
            if let moment = node[JSONKey(name)]?.string.flatMap({ FHIRDateTime($0) }) { return moment.lowMilliseconds }
        }
        for name in ["effectivePeriod", "performedPeriod", "period"] {
            if let moment = node[JSONKey(name)]?["start"]?.string.flatMap({ FHIRDateTime($0) }) {
                return moment.lowMilliseconds
            }
        }
        return .min
    }

    // MARK: Keeping

    /// Keeps answers that are not signed.
    ///
    /// - Parameters:
    ///   - key: the response; nil for a new one.
    ///   - version: the version that the writer has seen; another one that stands by now is not overwritten.
    ///   - isNew: whether there must be no response of that key yet.
    /// - Returns: the response as it stands.
    /// - Throws: ``RecordsError``, also where the writer may not write it.
    public func save(
        _ state: FormState, _ head: FormHead, as key: ResourceKey?, over version: Int?, isNew: Bool = false,
        _ records: SeenRecords
    ) async throws -> Version {
        var head = head
        head.id = key?.id
        let body = try JSONDocument(parsing: state.response(head))
        guard let key else {
            return try await records.create(type: "QuestionnaireResponse", body).version
        }
        return try await records.update(key, body, ifMatch: version, ifNoneMatchAny: isNew).version
    }

    /// Whether a sending has arrived before: it stands in a version of the response, be it an earlier one.
    public func hasArrived(_ sending: String, as key: ResourceKey, _ records: SeenRecords) throws -> Bool {
        guard try store.number(of: key) != nil else { return false }
        do {
            return try records.history(.instance(key), HistoryQuery(count: Self.versionsMax)).versions.contains {
                version in
                guard version.verb != .delete else { return false }
                let identifier = try JSONDocument(parsing: version.json()).root["identifier"]
                return identifier?["system"]?.equals(FormHead.sendingSystem) == true
                    && identifier?["value"]?.equals(sending) == true
            }
        } catch let error as RecordsError where error.category == .notFound {
            return false
        }
    }

    /// Versions of a response among which a sending is looked for, newest first.
    private static let versionsMax = 200

    /// Signs answers: the response, and the resources that it stands for, in one transaction. What an earlier signature has
    /// made and this one doesn't is marked as entered in error.
    ///
    /// The writer must be allowed to write the response. What follows from it the house writes, on the writer's account: a
    /// resident may not write an Observation alone, but may answer a form that makes one.
    /// - Returns: the response's key.
    /// - Throws: ``RecordsError``; of category `preconditionFailed` where another version stands by now.
    public func sign(
        _ state: FormState, _ head: FormHead, as key: ResourceKey?, over version: Int?, encounter: String? = nil,
        _ records: SeenRecords
    ) async throws -> ResourceKey {
        let key = key ?? ResourceKey(type: "QuestionnaireResponse", id: newID())
        var head = head
        head.id = key.id
        let body = try JSONDocument(parsing: state.response(head))
        try records.check(updating: key, to: body)
        var writes = [try store.ready(body, as: key)]
        var made: Set<ResourceKey> = []
        for resource in state.extracted(from: key.id, head, encounter: encounter) {
            let own = ResourceKey(type: resource.type, id: resource.id)
            made.insert(own)
            writes.append(try store.ready(resource.document, as: own))
        }
        for old in try withdrawn(of: key, keeping: made) { writes.append(old) }
        let ready = writes
        _ = try await store.write(size: ready.count, trace: records.sight == nil ? nil : records.trace) { desk in
            guard try desk.current(key)?.versionID == version else {
                throw RecordsError(.preconditionFailed, "The response was changed by somebody else meanwhile.")
            }
            return ready
        }
        return key
    }

    /// What an earlier signature has made, withdrawn.
    private func withdrawn(of key: ResourceKey, keeping made: Set<ResourceKey>) throws -> [ReadyWrite] {
        try store.referrers(of: key, limit: 500).compactMap { version in
            guard ["Observation", "Condition"].contains(version.key.type), !made.contains(version.key) else {
                return nil
            }
            let id = Array(version.key.id.utf8)
            // Ids of the house's own making: UUIDs of version 8.
            guard id.count == 36, id[14] == UInt8(ascii: "8") else { return nil }
            let document = try JSONDocument(parsing: version.json())
            var edits = JSONEdits()
            if version.key.type == "Observation" {
                guard document.root["status"]?.equals("entered-in-error") != true else { return nil }
                edits.setMember("status", of: document.root, to: Array(#""entered-in-error""#.utf8))
            } else {
                let system = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
                edits.removeMember("clinicalStatus", of: document.root)
                edits.setMember(
                    "verificationStatus", of: document.root,
                    to: Array(#"{"coding":[{"system":"\#(system)","code":"entered-in-error"}]}"#.utf8))
            }
            return try store.ready(JSONDocument(parsing: edits.applied(to: document)), as: version.key)
        }
    }
}
