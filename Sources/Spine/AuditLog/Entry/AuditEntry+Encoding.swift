/// The bytes of an entry: the leaf of the Merkle tree.
///
/// Every value has one encoding, and ``init(decoding:)`` takes no other. `Docs/security/audit.md` describes it to the byte.
extension AuditEntry {
    /// The version of the layout, which is its first byte.
    static let layout: UInt8 = 1

    /// The encoding.
    public var encoded: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(256)
        encode(into: &bytes)
        return bytes
    }

    /// Appends the encoding.
    func encode(into bytes: inout [UInt8]) {
        Self.encodeStart(at, action, outcome, period, reason, into: &bytes)
        agent.encode(into: &bytes)
        for text in [network, session, purpose, request] { bytes.appendText(text) }
        bytes.appendCount(patients.count)
        for patient in patients { bytes.appendText(patient) }
        Self.encode(entities, into: &bytes)
    }

    /// What stands before the agent.
    static func encodeStart(
        _ at: Int64, _ action: AuditAction, _ outcome: AuditOutcome, _ period: Range<Int64>?, _ reason: String,
        into bytes: inout [UInt8]
    ) {
        bytes.append(Self.layout)
        bytes.append(action.rawValue)
        bytes.append(outcome.rawValue)
        bytes.append(period == nil ? 0 : 1)
        bytes.appendInteger(at)
        if let period {
            bytes.appendInteger(period.lowerBound)
            bytes.appendInteger(period.upperBound)
        }
        bytes.appendText(reason)
    }

    /// What stands at the end.
    static func encode(_ entities: [AuditEntity], into bytes: inout [UInt8]) {
        bytes.appendCount(entities.count)
        for entity in entities {
            switch entity {
            case .resource(let reference, let version):
                bytes.append(AuditEntity.resourceKind)
                bytes.appendText(reference)
                bytes.appendText(version)
            case .query(let query):
                bytes.append(AuditEntity.queryKind)
                bytes.appendCount(query.count)
                bytes.append(contentsOf: query)
            }
        }
    }

    /// Reads an encoding; whatever the bytes, it answers or throws.
    ///
    /// - Throws: ``AuditEncodingError`` when the bytes are not the one encoding of an entry.
    public init(decoding bytes: some RandomAccessCollection<UInt8>) throws(AuditEncodingError) {
        var reader = AuditByteReader(Array(bytes))
        try self.init(&reader)
    }

    /// Reads an encoding to the end of what the reader reads.
    init(_ reader: inout AuditByteReader) throws(AuditEncodingError) {
        guard try reader.byte() == Self.layout else { throw .unknownLayout }
        guard let action = AuditAction(rawValue: try reader.byte()) else { throw .unknownCode }
        guard let outcome = AuditOutcome(rawValue: try reader.byte()) else { throw .unknownCode }
        let flags = try reader.byte()
        guard flags <= 1 else { throw .unknownCode }
        self.init(at: try reader.integer(), action: action, outcome: outcome)
        if flags == 1 {
            let from = try reader.integer()
            let to = try reader.integer()
            guard from <= to else { throw .malformed }
            period = from..<to
        }
        reason = try reader.text()
        agent = AuditAgent(
            account: try reader.text(), person: try reader.text(), role: try reader.text(),
            organization: try reader.text(), client: try reader.text())
        network = try reader.text()
        session = try reader.text()
        purpose = try reader.text()
        request = try reader.text()
        for _ in 0..<(try reader.count()) { patients.append(try reader.text()) }
        for _ in 0..<(try reader.count()) {
            switch try reader.byte() {
            case AuditEntity.resourceKind: entities.append(.resource(try reader.text(), version: try reader.text()))
            case AuditEntity.queryKind: entities.append(.query(try reader.bytes()))
            default: throw .unknownCode
            }
        }
        guard reader.isAtEnd else { throw .malformed }
    }

    /// Reads when, which account and which patients, and passes over the rest, whose texts are not looked into.
    static func gist(
        _ reader: inout AuditByteReader
    ) throws(AuditEncodingError) -> (at: Int64, account: String, patients: [String]) {
        guard try reader.byte() == Self.layout else { throw .unknownLayout }
        _ = try (reader.byte(), reader.byte())
        let hasPeriod = try reader.byte() != 0
        let at = try reader.integer()
        if hasPeriod { _ = try (reader.integer(), reader.integer()) }
        _ = try reader.part()
        let account = try reader.text()
        for _ in 0..<8 { _ = try reader.part() }
        var patients: [String] = []
        for _ in 0..<(try reader.count()) { patients.append(try reader.text()) }
        for _ in 0..<(try reader.count()) {
            if try reader.byte() == 0 { _ = try reader.part() }
            _ = try reader.part()
        }
        guard reader.isAtEnd else { throw .malformed }
        return (at, account, patients)
    }
}

extension AuditAgent {
    /// Appends the texts as they stand in an entry.
    func encode(into bytes: inout [UInt8]) {
        for text in [account, person, role, organization, client] { bytes.appendText(text) }
    }
}

/// Why bytes are no entry.
public enum AuditEncodingError: Error, Sendable, Equatable {
    /// They end too early.
    case truncated
    /// They were written by another program, or by a newer one.
    case unknownLayout
    /// An action, an outcome or a kind that this program does not know.
    case unknownCode
    /// A number or a text is not written in its one way, or something follows the end.
    case malformed
}
