/// Events on their way to the journal, already as its bytes.
public struct AuditFrames: Sendable {
    private(set) var bytes: [UInt8] = []

    /// None yet.
    public init() {}

    /// Whether there are none.
    public var isEmpty: Bool { bytes.isEmpty }

    /// Adds an event.
    ///
    /// - Parameters:
    ///   - action: what was done or tried.
    ///   - at: when, in milliseconds since 1970 UTC.
    ///   - outcome: how it ended.
    ///   - reason: why it ended so, as a code or a few words.
    ///   - party: who did it.
    ///   - network: the address of the network that the request came from.
    ///   - request: the `X-Request-Id`.
    ///   - patients: the ids of the patients whose record it concerns.
    ///   - entities: what was touched.
    /// - Throws: ``AuditError/journal(_:)`` when it is longer than the journal takes.
    public mutating func append(
        _ action: AuditAction, at: Int64, outcome: AuditOutcome, reason: String, by party: AuditParty, network: String,
        request: String, patients: [String], entities: [AuditEntity]
    ) throws(AuditError) {
        try append(action, at, outcome, reason, party, network, request, patients) { bytes in
            AuditEntry.encode(entities, into: &bytes)
        }
    }

    /// Adds an event that touched resources: the same as their entities, the query before them, with less to make.
    ///
    /// - Parameters:
    ///   - query: the search as it was asked; nil where it was none.
    ///   - resources: what was touched.
    /// - Throws: ``AuditError/journal(_:)`` when it is longer than the journal takes.
    public mutating func append(
        _ action: AuditAction, at: Int64, outcome: AuditOutcome, reason: String, by party: AuditParty, network: String,
        request: String, patients: [String], query: String?, resources: [AuditResource]
    ) throws(AuditError) {
        try append(action, at, outcome, reason, party, network, request, patients) { bytes in
            bytes.appendCount(resources.count + (query == nil ? 0 : 1))
            if let query {
                bytes.append(AuditEntity.queryKind)
                bytes.appendText(query)
            }
            for resource in resources {
                bytes.append(AuditEntity.resourceKind)
                bytes.appendCount(resource.type.utf8.count + 1 + resource.id.utf8.count)
                bytes.append(contentsOf: resource.type.utf8)
                bytes.append(UInt8(ascii: "/"))
                bytes.append(contentsOf: resource.id.utf8)
                bytes.appendText(resource.version.map { String($0) } ?? "")
            }
        }
    }

    private mutating func append(
        _ action: AuditAction, _ at: Int64, _ outcome: AuditOutcome, _ reason: String, _ party: AuditParty,
        _ network: String, _ request: String, _ patients: [String], entities: (inout [UInt8]) -> Void
    ) throws(AuditError) {
        if bytes.isEmpty { bytes.reserveCapacity(512) }
        try JournalFrame.append(to: &bytes) { bytes in
            bytes.append(JournalFrame.entryKind)
            AuditEntry.encodeStart(at, action, outcome, nil, reason, into: &bytes)
            bytes.append(contentsOf: party.encodedAgent)
            bytes.appendText(network)
            bytes.append(contentsOf: party.encodedRest)
            bytes.appendText(request)
            bytes.appendCount(patients.count)
            for patient in patients {
                bytes.appendCount(Self.patientPrefix.utf8CodeUnitCount + patient.utf8.count)
                Self.patientPrefix.withUTF8Buffer { bytes.append(contentsOf: $0) }
                bytes.append(contentsOf: patient.utf8)
            }
            entities(&bytes)
        }
    }

    private static let patientPrefix: StaticString = "Patient/"
}

/// A resource that an event touched.
public struct AuditResource: Sendable, Hashable {
    /// The resource type.
    public var type: String
    /// The logical id.
    public var id: String
    /// The version that was read or made; nil when not known.
    public var version: Int?

    /// Names a resource.
    public init(type: String, id: String, version: Int? = nil) {
        self.type = type
        self.id = id
        self.version = version
    }

    /// The same as an entity.
    public var entity: AuditEntity { .resource("\(type)/\(id)", version: version.map { String($0) } ?? "") }
}
