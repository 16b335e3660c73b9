public import FHIR

/// What search, validation and FHIRPath ask.
extension TerminologyService {
    /// A code with its system.
    public struct SystemCode: Hashable, Sendable {
        /// The canonical URL of the code system.
        public let system: String
        /// The code.
        public let code: String

        /// - Parameters:
        ///   - system: the canonical URL of the code system.
        ///   - code: the code.
        public init(system: String, code: String) {
            self.system = system
            self.code = code
        }
    }

    /// Whether a value set has a code.
    ///
    /// - Parameters:
    ///   - valueSet: its canonical URL, with `|version` if need be.
    ///   - system: the code's system; nil for an element of type `code`, whose system the value set implies.
    ///   - code: the code.
    /// - Returns: nil when it can't be told: the value set or a code system that matters is not known here.
    public func contains(valueSet: String, system: String?, code: String) -> Bool? {
        do {
            let set = try self.valueSet(Canonical(valueSet))
            if let system { return try set.member(system: system, code: code) != nil }
            for system in set.systems where try set.member(system: system, code: code) != nil { return true }
            return false
        } catch {
            return nil
        }
    }

    /// Every code of a value set, for the search modifiers `:in` and `:not-in`.
    ///
    /// - Throws: ``TerminologyError`` when the value set is unknown or can't be expanded.
    public func codes(inValueSet url: String) throws(TerminologyError) -> [SystemCode] {
        try codes(in: ValueSetReference(url: url))
    }

    /// Every code of a value set that may have come along or been read by its id.
    ///
    /// - Throws: ``TerminologyError`` when the value set is unknown or can't be expanded.
    public func codes(in reference: ValueSetReference) throws(TerminologyError) -> [SystemCode] {
        try reference.compiled(by: self).expansion().members.map { SystemCode(system: $0.system, code: $0.code) }
    }

    /// The codes below one, for the search modifier `:below`.
    ///
    /// - Throws: ``TerminologyError`` of kind `notFound` when the system or the code is not known here.
    public func descendants(
        system: String, code: String, includingSelf: Bool = true
    ) throws(TerminologyError) -> [String] {
        let (table, ordinal) = try place(system, code)
        return (includingSelf ? [table.codes[ordinal]] : [])
            + table.hierarchy.descendants(of: ordinal).map { table.codes[Int($0)] }
    }

    /// The codes above one, for the search modifier `:above`.
    ///
    /// - Throws: ``TerminologyError`` of kind `notFound` when the system or the code is not known here.
    public func ancestors(
        system: String, code: String, includingSelf: Bool = true
    ) throws(TerminologyError) -> [String] {
        let (table, ordinal) = try place(system, code)
        return (includingSelf ? [table.codes[ordinal]] : [])
            + table.hierarchy.ancestors(of: ordinal).map { table.codes[Int($0)] }
    }

    /// Whether one code is the other or above it, for FHIRPath's `subsumes`; nil when it can't be told.
    public func isSubsumed(system: String, code: String, by ancestor: String) -> Bool? {
        guard let (table, ordinal) = try? place(system, code), let above = table.ordinal(ancestor) else { return nil }
        return table.hierarchy.isA(ordinal, above)
    }

    /// What a code system that is known here says of a code and its display.
    public enum CodingFinding: Sendable, Equatable {
        /// Nothing against it, or nothing that can be told.
        case none
        /// The system is here whole and does not have the code.
        case unknownCode
        /// The display is no name of the code, whose name is given.
        case wrongDisplay(String)
    }

    /// Compares a coding with its code system. A display in another script than the names known here can't be judged.
    public func finding(system: String, code: String, display: String? = nil) -> CodingFinding {
        if grammars[system] != nil { return .none }
        guard let table = try? codeSystem(system) else { return .none }
        guard let ordinal = table.ordinal(code) else { return table.content == .complete ? .unknownCode : .none }
        let member = Member(
            system: table.url, version: table.version, code: table.codes[ordinal], table: table,
            ordinal: Int32(ordinal), listed: nil)
        guard let display, let name = member.display(nil), !member.isNamed(display) else { return .none }
        func isEastern(_ text: String) -> Bool { text.unicodeScalars.contains { $0.value >= 0x2E80 } }
        return isEastern(display) == isEastern(name) ? .wrongDisplay(name) : .none
    }

    /// What is built in, for those who have no resources of their own.
    public static func builtIn(_ definitions: Definitions) -> TerminologyService {
        TerminologyService(source: ListedTerminology(), definitions: definitions)
    }

    func place(_ system: String, _ code: String, version: String? = nil) throws(TerminologyError) -> (
        CodeSystemTable, Int
    ) {
        let table = try codeSystem(system, version: version)
        guard let ordinal = table.ordinal(code) else { throw Self.unknown(code: code, table) }
        return (table, ordinal)
    }

    static func unknown(code: String, _ table: CodeSystemTable) -> TerminologyError {
        let part = table.content == .complete ? "" : ", of which only a part is here"
        return TerminologyError(
            .notFound, "The code “\(code)” is not in \(Canonical(table.url, version: table.version).text)\(part).")
    }
}
