import FHIR
import JSON

/// The writes of a transaction in the order of FHIR's rule: deletes, creates, updates; and where each entry's resource
/// will stand, so that references between entries can be followed.
struct TransactionPlan: Sendable {
    /// The entries that write, in order.
    let writes: [BundleEntry]
    /// Whether some entry must search before it can be written.
    let isConditional: Bool
    private let keys: [Int: ResourceKey]
    private let links: Links
    private let conditions: [Int: SearchQuery]
    private let conditionalReferences: [String: SearchQuery]
    private let preparation: Preparation

    init(_ entries: [BundleEntry], store: RecordStore) throws(RecordsError) {
        preparation = store.parts.preparation
        var keys: [Int: ResourceKey] = [:]
        var links: [String: String] = [:]
        var conditions: [Int: SearchQuery] = [:]
        var references: [String: SearchQuery] = [:]
        var seen: [ResourceKey: Int] = [:]
        var patches: [Int] = []
        var groups: [[BundleEntry]] = [[], [], []]
        for entry in entries {
            let key: ResourceKey
            switch entry.request {
            case .delete(let target, _):
                key = target
                groups[0].append(entry)
            case .conditionalDelete(let type, let query):
                conditions[entry.index] = try store.condition(type, query)
                groups[0].append(entry)
                continue
            case .create(let type, let ifNoneExist):
                key = ResourceKey(type: type, id: store.options.newID())
                if let ifNoneExist { conditions[entry.index] = try store.condition(type, ifNoneExist) }
                groups[1].append(entry)
            case .update(let target, _, _):
                key = target
                if let resource = entry.resource { try RecordStore.check(key, resource) }
                groups[2].append(entry)
            case .conditionalUpdate(let type, let query, _):
                key = ResourceKey(type: type, id: entry.resource?.root["id"]?.string ?? store.options.newID())
                conditions[entry.index] = try store.condition(type, query)
                groups[2].append(entry)
            case .patch(let target, _):
                key = target
                patches.append(entry.index)
                groups[2].append(entry)
            case .conditionalPatch(let type, let query, _):
                conditions[entry.index] = try store.condition(type, query)
                groups[2].append(entry)
                continue
            case .read, .vread, .search:
                continue
            }
            if let other = seen.updateValue(entry.index, forKey: key) {
                throw RecordsError(
                    .invalid, "Entries \(other) and \(entry.index) of the transaction both write \(key).",
                    expression: entry.expression)
            }
            keys[entry.index] = key
            if let url = entry.fullURL {
                if links.updateValue(key.description, forKey: url) != nil {
                    throw RecordsError(
                        .invalid, "The fullUrl “\(url)” stands at more than one entry.",
                        expression: "\(entry.expression).fullUrl")
                }
            }
            if entry.patch == nil, let resource = entry.resource {
                for text in Self.conditionalReferences(in: resource) where references[text] == nil {
                    guard let mark = text.firstIndex(of: "?") else { continue }
                    references[text] = try store.condition(
                        String(text[..<mark]), String(text[text.index(after: mark)...]))
                }
            }
        }
        writes = groups[0] + groups[1] + groups[2]
        self.keys = keys
        self.links = Links(links.filter { $0.key != $0.value })
        self.conditions = conditions
        conditionalReferences = references
        isConditional = !conditions.isEmpty || !references.isEmpty || !patches.isEmpty
    }

    /// Makes an entry of a transaction without conditions ready.
    func prepare(_ entry: BundleEntry, parts: StoreParts) throws(RecordsError) -> PreparedWrite {
        try prepared(entry, key: keys[entry.index], links: links)
    }

    /// Decides, inside the transaction, what each entry writes.
    func resolved(_ session: WriteSession) throws -> [PreparedWrite] {
        var keys = keys
        var kept: Set<Int> = []
        for entry in writes {
            guard let condition = conditions[entry.index] else { continue }
            switch entry.request {
            case .create:
                if case .one(let key) = try session.matches(condition) {
                    keys[entry.index] = key
                    kept.insert(entry.index)
                }
            case .conditionalUpdate:
                if let resource = entry.resource, let key = keys[entry.index] {
                    keys[entry.index] = try session.target(of: condition, body: resource, newKey: key)
                }
            case .conditionalDelete:
                if case .one(let key) = try session.matches(condition) { keys[entry.index] = key }
            case .conditionalPatch: keys[entry.index] = try session.patched(condition)
            default: break
            }
        }
        try Self.checkDistinct(writes, keys)
        var links: [String: String] = [:]
        for entry in writes {
            if let url = entry.fullURL, let key = keys[entry.index], url != key.description {
                links[url] = key.description
            }
        }
        for (text, condition) in conditionalReferences {
            guard case .one(let key) = try session.matches(condition) else {
                throw RecordsError(.preconditionFailed, "The conditional reference “\(text)” matches no resource.")
            }
            links[text] = key.description
        }
        let known = Links(links)
        return try writes.map { entry in
            if kept.contains(entry.index), let key = keys[entry.index] {
                return PreparedWrite(key: key, operation: .keep)
            }
            if let patch = entry.patch, let key = keys[entry.index] {
                return try patched(entry, key, by: patch, links: known, session)
            }
            return try prepared(entry, key: keys[entry.index], links: known)
        }
    }

    private func patched(
        _ entry: BundleEntry, _ key: ResourceKey, by patch: ResourcePatch, links: Links, _ session: WriteSession
    ) throws -> PreparedWrite {
        let body = try preparation.prepare(try patch.applied(to: session.standing(key)), as: key, links: links)
        switch entry.request {
        case .patch(_, let ifMatch), .conditionalPatch(_, _, let ifMatch):
            return PreparedWrite(key: key, operation: .put(body, ifMatch: ifMatch, mustBeNew: false))
        default: throw RecordsError(.invalid, "The entry has a patch, but is no PATCH.", expression: entry.expression)
        }
    }

    /// A condition may find what another entry writes already: then the order would decide what remains.
    private static func checkDistinct(
        _ writes: [BundleEntry], _ keys: [Int: ResourceKey]
    ) throws(RecordsError) {
        var seen: [ResourceKey: Int] = [:]
        for entry in writes {
            guard let key = keys[entry.index] else { continue }
            if case .create = entry.request { continue }
            if let other = seen.updateValue(entry.index, forKey: key) {
                throw RecordsError(
                    .invalid, "Entries \(other) and \(entry.index) of the transaction both write \(key).",
                    expression: entry.expression)
            }
        }
    }

    private func prepared(
        _ entry: BundleEntry, key: ResourceKey?, links: Links
    ) throws(RecordsError) -> PreparedWrite {
        switch entry.request {
        case .delete(let key, let ifMatch):
            return PreparedWrite(key: key, operation: .delete(ifMatch: ifMatch))
        case .conditionalDelete(let type, _):
            // Nothing matched: a delete of what can't be there.
            return PreparedWrite(
                key: key ?? ResourceKey(type: type, id: ""), operation: .delete(ifMatch: nil))
        default: break
        }
        guard let key, let resource = entry.resource else {
            throw RecordsError(.invalid, "The entry has no resource.", expression: entry.expression)
        }
        let body = try preparation.prepare(resource, as: key, links: links)
        switch entry.request {
        case .update(_, let ifMatch, let mustBeNew):
            return PreparedWrite(key: key, operation: .put(body, ifMatch: ifMatch, mustBeNew: mustBeNew))
        case .conditionalUpdate(_, _, let ifMatch):
            return PreparedWrite(key: key, operation: .put(body, ifMatch: ifMatch, mustBeNew: false))
        default:
            return PreparedWrite(key: key, operation: .put(body, ifMatch: nil, mustBeNew: true))
        }
    }

    /// References such as `Patient?identifier=…`.
    private static func conditionalReferences(in document: JSONDocument) -> [String] {
        document.text.contains(0x3F) ? conditionalReferences(in: document.root) : []
    }

    private static func conditionalReferences(in node: JSONNode) -> [String] {
        switch node.kind {
        case .object:
            node.members.flatMap { member -> [String] in
                if member.key.equals("reference"), let text = member.value.string {
                    return text.contains("?") && !text.contains(":/") ? [text] : []
                }
                return conditionalReferences(in: member.value)
            }
        case .array: node.elements.flatMap { conditionalReferences(in: $0) }
        default: []
        }
    }
}
