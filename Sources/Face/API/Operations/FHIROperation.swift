import FHIR
import Records

/// Where an operation is invoked (<https://hl7.org/fhir/R4/operations.html>).
enum OperationLevel: String, Sendable, Hashable {
    /// `/fhir/$name`
    case system
    /// `/fhir/Patient/$name`
    case type
    /// `/fhir/Patient/1/$name`
    case instance
}

/// An operation beyond the REST interactions: one type in one file, and one line in ``OperationList``.
///
/// Routing, methods, the reading of parameters, their refusal when they aren't known, metrics and the
/// CapabilityStatement come with the frame; an operation only says what it is and does its work.
protocol FHIROperation: Sendable {
    /// The name without `$`.
    var name: String { get }
    /// The canonical address of its definition.
    var definition: String { get }
    /// Where it can be invoked.
    var levels: Set<OperationLevel> { get }
    /// The resource types that have it; nil for every type. The system level needs none.
    var types: [String]? { get }
    /// Whether it changes what is stored: then it is invoked by POST alone.
    var affectsState: Bool { get }
    /// The names of its input parameters.
    var parameters: [String] { get }
    /// The parameter that a POST with a bare resource stands for; nil when it must be wrapped in Parameters.
    var bodyParameter: String? { get }

    /// Whether what it reads and writes is all decided by ``OperationRequest/records``, so that whoever is signed in may
    /// invoke it.
    var isDecidedByRecords: Bool { get }

    /// Does the work.
    /// - Throws: ``Fault`` or any error that the edge puts into words.
    func run(_ request: OperationRequest) async throws -> Reply
}

extension FHIROperation {
    var types: [String]? { nil }
    var affectsState: Bool { false }
    var isDecidedByRecords: Bool { false }
    var bodyParameter: String? { nil }
}

/// Where a request invokes an operation.
enum OperationPlace: Equatable {
    case system
    case type(String)
    case instance(ResourceKey)

    var level: OperationLevel {
        switch self {
        case .system: .system
        case .type: .type
        case .instance: .instance
        }
    }

    /// The resource type; nil at the system level.
    var type: String? {
        switch self {
        case .system: nil
        case .type(let type): type
        case .instance(let key): key.type
        }
    }

    /// The resource; nil above the instance level.
    var key: ResourceKey? {
        if case .instance(let key) = self { key } else { nil }
    }
}

/// One invocation of an operation.
struct OperationRequest: Sendable {
    let service: FHIRService
    let call: Call
    let place: OperationPlace
    let parameters: OperationParameters

    var store: RecordStore { service.store }
    /// What the one who asks reaches of the store.
    var records: SeenRecords { call.records }
    var definitions: Definitions { service.definitions }
}

extension OperationPlace: Sendable {}
