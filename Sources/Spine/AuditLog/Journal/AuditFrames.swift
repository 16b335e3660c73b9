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
            AuditEntry.encode(entities, into: &bytes)
        }
    }

    private static let patientPrefix: StaticString = "Patient/"
}
