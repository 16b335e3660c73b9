import Export
import FHIR
import Forms
import HTTPTypes
import HealthCode
import Hummingbird
import Pathways
import Persons
import Records
import Subscriptions
import Synchronization

/// FHIR's REST interactions over the records. Each interaction is in a file of its own under `Interactions`.
final class FHIRService: Sendable {
    let store: RecordStore
    let definitions: Definitions
    let options: DoorOptions
    let metrics: Metrics
    /// What an open house shows to everybody.
    let everything: SeenRecords
    /// Does bulk exports; nil where the server has no folder for them.
    let exports: ExportDesk?
    /// The index of persons; nil where the server keeps none.
    let persons: Persons?
    /// Resolves health codes; nil where the server has none.
    let healthCodes: HealthCodeDesk?
    /// Fills forms and reads what was answered.
    let forms: FormDesk
    /// Says what is wrong with a Subscription; nil where the server sends to nobody.
    let subscriptions: Subscriptions?
    /// The pathways of programmes; nil where none is followed.
    let pathways: PathwayDesk?
    private let isGuarded: Bool
    private let statement: Mutex<(revision: Int64, text: CapabilityText)>

    init(
        store: RecordStore, definitions: Definitions, options: DoorOptions, metrics: Metrics, isGuarded: Bool,
        exports: ExportDesk?, persons: Persons? = nil, healthCodes: HealthCodeDesk? = nil,
        subscriptions: Subscriptions? = nil, pathways: PathwayDesk? = nil
    ) {
        self.pathways = pathways
        self.subscriptions = subscriptions
        forms = FormDesk(store, definitions: definitions)
        self.persons = persons
        self.healthCodes = healthCodes
        self.exports = exports
        self.isGuarded = isGuarded
        self.store = store
        self.definitions = definitions
        self.options = options
        self.metrics = metrics
        everything = store.seen(by: nil, trace: AccessTrace(AccessTrace.Who()))
        let revision = store.parametersRevision
        let text = CapabilityText(
            store, definitions, isGuarded: isGuarded, hasExports: exports != nil, options)
        statement = Mutex((revision, text))
    }

    /// What the server can do, written anew when search parameters have come or gone.
    var capabilities: CapabilityText {
        let revision = store.parametersRevision
        let known = statement.withLock { $0 }
        if known.revision == revision { return known.text }
        let text = CapabilityText(
            store, definitions, isGuarded: isGuarded, hasExports: exports != nil, options)
        statement.withLock { $0 = (revision, text) }
        return text
    }

    /// Does what a request asks for.
    /// - Parameters:
    ///   - route: where it points.
    ///   - interaction: set to what it turned out to be, as soon as that is known, so that failures are counted there.
    func reply(to call: Call, at route: Route, _ interaction: inout Interaction) async throws -> Reply {
        let method = call.request.method
        let isRetrieval = method == .get || method == .head
        if let reply = try await auditEvents(call, at: route, &interaction) { return reply }
        switch route {
        case .instance(let key) where isRetrieval:
            interaction = .read
            return try read(key, call)
        case .instance(let key) where method == .put:
            interaction = .update
            return try await update(key, call)
        case .instance(let key) where method == .delete:
            interaction = .delete
            return try await delete(key, call)
        case .instance(let key) where method == .patch:
            interaction = .patch
            return try await patch(key, call)
        case .version(let key, let versionID) where isRetrieval:
            interaction = .vread
            return try vread(key, versionID, call)
        case .type(let type) where isRetrieval:
            interaction = .searchType
            return try search(.type(type), call, call.pairs)
        case .type(let type) where method == .post:
            interaction = .create
            return try await create(type, call)
        case .type(let type) where method == .put:
            interaction = .conditionalUpdate
            return try await conditionalUpdate(type, call)
        case .type(let type) where method == .patch:
            interaction = .conditionalPatch
            return try await conditionalPatch(type, call)
        case .type(let type) where method == .delete:
            interaction = .conditionalDelete
            return try await conditionalDelete(type, call)
        case .typeSearch(let type) where method == .post:
            interaction = .searchType
            return try await searchByPost(.type(type), call)
        case .system where isRetrieval:
            interaction = .searchSystem
            return try search(.system, call, call.pairs)
        case .systemSearch where method == .post:
            interaction = .searchSystem
            return try await searchByPost(.system, call)
        case .compartment(let centre, let type) where isRetrieval:
            interaction = .searchCompartment
            return try search(.compartment(centre, type: type), call, call.pairs)
        case .compartmentSearch(let centre, let type) where method == .post:
            interaction = .searchCompartment
            return try await searchByPost(.compartment(centre, type: type), call)
        case .instanceHistory(let key) where isRetrieval:
            interaction = .historyInstance
            return try history(.instance(key), call)
        case .typeHistory(let type) where isRetrieval:
            interaction = .historyType
            return try history(.type(type), call)
        case .systemHistory where isRetrieval:
            interaction = .historySystem
            return try history(.system, call)
        case .system where method == .post:
            interaction = .transaction
            return try await transaction(call)
        case .operation(let place, let name):
            interaction = .operation
            return try await operate(name, at: place, call)
        case .export(let id, let file) where isRetrieval:
            interaction = .export
            return try export(id, file: file, call)
        case .export(let id, nil) where method == .delete:
            interaction = .export
            return try endExport(id, call)
        case .metadata where isRetrieval:
            interaction = .capabilities
            return try capabilities(call)
        default: throw Fault.methodNotAllowed(method, route.methods)
        }
    }
}
