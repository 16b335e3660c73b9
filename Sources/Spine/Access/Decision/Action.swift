/// What somebody wants to do.
public enum Action: Sendable, Hashable {
    /// Read the newest version of a resource.
    case read
    /// Read one version.
    case vread
    /// The versions of a resource, or of a type.
    case history
    /// Find resources of a type.
    case search
    /// Ask how many there are: `_summary=count`, `_total`, statistics.
    case count
    /// Create a resource.
    case create
    /// Update or patch a resource; the old and the new one must both be permitted.
    case update
    /// Delete a resource.
    case delete
    /// An operation by its name without `$`: `everything`.
    case operation(String)
    /// Take many resources at once: bulk data, research copies.
    case export
    /// Read what the server can do: CapabilityStatement, `.well-known`.
    case conformance
    /// Read the audit log as such.
    case auditRead
    /// Read how documents come and go: queues, subscriptions, metrics.
    case transportRead
    /// Manage accounts and grants.
    case accountAdministration
    /// Sign that a copy for research may be exported.
    case exportApproval
    /// Change the platform's settings.
    case configuration

    /// What it comes to for resources; nil when it is about none, or an operation that is not known.
    var need: Need? {
        switch self {
        case .read, .vread, .history, .search: .see
        case .count: .count
        case .create: .create
        case .update: .update
        case .delete: .delete
        case .export: .export
        case .operation(let name): Self.operations[name]
        case .conformance, .auditRead, .transportRead, .accountAdministration, .exportApproval, .configuration: nil
        }
    }

    private static let operations: [String: Need] = [
        "apply": .see, "care-gaps": .see, "closure": .see, "conforms": .see, "convert": .see, "data-requirements": .see,
        "diff": .see, "docref": .see, "document": .see, "everything": .see, "evaluate-measure": .count,
        "expand": .see, "export": .export, "find": .see, "find-matches": .see, "graph": .see, "graphql": .see,
        "implements": .see, "lastn": .see, "lookup": .see, "match": .see, "meta": .see, "meta-add": .update,
        "meta-delete": .update, "populate": .see, "preferred-id": .see, "process-message": .create,
        "questionnaire": .see, "run": .see, "snapshot": .see, "stats": .count, "submit": .create,
        "submit-data": .create, "subset": .see, "subsumes": .see, "summary": .see, "transform": .see,
        "translate": .see, "validate": .see, "validate-code": .see, "viewdefinition-run": .see, "versions": .see,
    ]
}

/// What an action comes to for resources.
enum Need: Sendable, Hashable {
    case see, count, create, update, delete, export

    /// The permissions of scopes that it takes; a search needs another letter than a read.
    func permissions(_ action: Action, isType: Bool) -> Scope.Permissions {
        switch self {
        case .see:
            if action == .search || (isType && action != .read && action != .vread) { return .search }
            return .read
        case .count: return .search
        case .create: return .create
        case .update: return .update
        case .delete: return .delete
        case .export: return [.read, .search]
        }
    }

    /// The codes of consentaction (`http://terminology.hl7.org/CodeSystem/consentaction`) that it is.
    var consentActions: Set<String> {
        switch self {
        case .see, .count: ["access", "use"]
        case .create: ["collect"]
        case .update, .delete: ["correct"]
        case .export: ["access", "use", "disclose"]
        }
    }
}
