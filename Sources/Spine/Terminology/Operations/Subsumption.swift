public import JSON

/// `$subsumes`: how two codes of one system are related.
/// <https://hl7.org/fhir/R4/codesystem-operation-subsumes.html>
public enum Subsumption: String, Sendable {
    /// Both are the same concept.
    case equivalent
    /// The first is above the second.
    case subsumes
    /// The first is below the second.
    case subsumedBy = "subsumed-by"
    /// Neither is above the other.
    case notSubsumed = "not-subsumed"

    /// The answer as a `Parameters` resource.
    public func parameters() -> [UInt8] {
        var out = ParametersWriter()
        out.add("outcome", code: rawValue)
        return out.finished()
    }
}

extension TerminologyService {
    /// How two codes are related by the hierarchy of their system, whatever the hierarchy means there.
    ///
    /// - Parameters:
    ///   - codingA: the first code.
    ///   - codingB: the second code.
    ///   - supplied: a CodeSystem to look in instead of the known ones; nil for those.
    /// - Throws: ``TerminologyError`` of kind `notFound` when the system or a code is not known here, `invalid` when the codes
    ///   are from two systems.
    public func subsumes(
        _ codingA: CodingReference, _ codingB: CodingReference, in supplied: JSONNode? = nil
    ) throws(TerminologyError) -> Subsumption {
        if let systemA = codingA.system, let systemB = codingB.system, systemA != systemB {
            throw TerminologyError(.invalid, "Codes of two systems, \(systemA) and \(systemB), can't be compared.")
        }
        var first = codingA
        first.system = codingA.system ?? codingB.system
        first.version = codingA.version ?? codingB.version
        let table = try table(of: first, supplied)
        guard let one = table.ordinal(codingA.code) else { throw Self.unknown(code: codingA.code, table) }
        guard let other = table.ordinal(codingB.code) else { throw Self.unknown(code: codingB.code, table) }
        if one == other { return .equivalent }
        if table.hierarchy.isA(other, one) { return .subsumes }
        return table.hierarchy.isA(one, other) ? .subsumedBy : .notSubsumed
    }
}
