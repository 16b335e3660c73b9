public import JSON

/// The answer of `$validate-code`.
public struct CodeValidation: Sendable {
    /// Whether the code, with its display where one was given, is valid.
    public let result: Bool
    /// What is wrong, or what deserves attention; nil when there is nothing to say.
    public let message: String?
    /// The name to show for the code.
    public let display: String?
    /// The code that was found, as its system writes it.
    public let coding: CodingReference?

    /// The answer as a `Parameters` resource.
    public func parameters() -> [UInt8] {
        var out = ParametersWriter()
        out.add("result", bool: result)
        out.add("message", string: message)
        out.add("display", string: display)
        out.add("code", code: coding?.code)
        out.add("system", uri: coding?.system)
        out.add("version", string: coding?.version)
        return out.finished()
    }
}

/// How a code is to be validated.
public struct CodeValidationOptions: Sendable {
    /// Whether a concept that only groups others is acceptable.
    public var allowsAbstract: Bool
    /// The language of the display.
    public var displayLanguage: String?

    /// - Parameters:
    ///   - allowsAbstract: whether a concept that only groups others is acceptable.
    ///   - displayLanguage: the language of the display.
    public init(allowsAbstract: Bool = false, displayLanguage: String? = nil) {
        self.allowsAbstract = allowsAbstract
        self.displayLanguage = displayLanguage
    }

    fileprivate func judge(_ member: Member, _ asked: CodingReference) -> CodeValidation {
        let languages = displayLanguage.map(Languages.init)
        let display = member.display(languages)
        let found = CodingReference(system: member.system, version: member.version, code: member.code)
        func answer(_ result: Bool, _ message: String?) -> CodeValidation {
            CodeValidation(result: result, message: message, display: display, coding: found)
        }
        if member.isAbstract, !allowsAbstract {
            return answer(false, "\(asked.text) only groups other codes and is not to be used itself.")
        }
        if let given = asked.display, member.isNameKnown, !member.isNamed(given) {
            let name = member.display(nil) ?? ""
            return answer(false, "The display “\(given)” is not a name of \(asked.text); that is “\(name)”.")
        }
        return answer(true, member.isInactive ? "\(asked.text) is valid but no longer in use." : nil)
    }
}

extension TerminologyService {
    /// CodeSystem/$validate-code: whether a system has a code.
    /// <https://hl7.org/fhir/R4/codesystem-operation-validate-code.html>
    ///
    /// - Parameters:
    ///   - codings: one code, or those of a CodeableConcept, of which one must be valid.
    ///   - system: the code system asked, by canonical URL; nil for that of each code.
    ///   - version: its version; nil for the newest.
    ///   - supplied: a CodeSystem to look in instead of the known ones; nil for those.
    ///   - options: abstract codes and language.
    /// - Throws: ``TerminologyError`` of kind `notFound` when the system is not known here, `invalid` without a code or system.
    public func validate(
        _ codings: [CodingReference], inSystem system: String?, version: String? = nil, supplied: JSONNode? = nil,
        options: CodeValidationOptions = CodeValidationOptions()
    ) throws(TerminologyError) -> CodeValidation {
        try best(of: codings) { (coding: CodingReference) throws(TerminologyError) in
            var asked = coding
            asked.system = coding.system ?? system
            asked.version = coding.version ?? version
            if let system, let own = coding.system, own != Canonical(system).url {
                return Self.refusal(coding, "\(coding.text) is not of the code system \(system).")
            }
            if supplied == nil, let system = asked.system, grammars[system]?(coding.code) == true {
                return CodeValidation(result: true, message: nil, display: nil, coding: asked)
            }
            let table = try table(of: asked, supplied)
            guard let ordinal = table.ordinal(coding.code) else {
                return Self.refusal(coding, Self.unknown(code: coding.code, table).message)
            }
            let member = Member(
                system: table.url, version: table.version, code: table.codes[ordinal], table: table,
                ordinal: Int32(ordinal), listed: nil)
            return options.judge(member, coding)
        }
    }

    /// ValueSet/$validate-code: whether a value set has a code.
    /// <https://hl7.org/fhir/R4/valueset-operation-validate-code.html>
    ///
    /// - Parameters:
    ///   - codings: one code, or those of a CodeableConcept, of which one must be in the value set. A code without system
    ///     is looked for in every system of the value set.
    ///   - reference: the value set.
    ///   - options: abstract codes and language.
    /// - Throws: ``TerminologyError`` of kind `notFound` when the value set is not known here, or a code system on which the
    ///   answer depends.
    public func validate(
        _ codings: [CodingReference], in reference: ValueSetReference,
        options: CodeValidationOptions = CodeValidationOptions()
    ) throws(TerminologyError) -> CodeValidation {
        let set = try reference.compiled(by: self)
        let name = set.url ?? "the value set"
        return try best(of: codings) { (coding: CodingReference) throws(TerminologyError) in
            var members: [Member] = []
            var doubt: TerminologyError?
            for system in coding.system.map({ [$0] }) ?? set.systems {
                do throws(TerminologyError) {
                    if let member = try set.member(system: system, code: coding.code) { members.append(member) }
                } catch {
                    guard error.kind == .incomplete else { throw error }
                    doubt = error
                }
            }
            if members.isEmpty, let doubt { return Self.refusal(coding, doubt.message) }
            if members.count > 1 {
                let systems = members.map(\.system).joined(separator: ", ")
                return Self.refusal(
                    coding, "\(coding.text) is in several systems of \(name): \(systems). Say which is meant.")
            }
            guard let member = members.first else { return refusal(of: coding, in: set, name) }
            if let version = coding.version, let actual = member.version, version != actual {
                return Self.refusal(
                    coding, "\(name) has \(coding.text) in version \(actual) of its system, not in \(version).")
            }
            return options.judge(member, coding)
        }
    }

    private func refusal(of coding: CodingReference, in set: CompiledValueSet, _ name: String) -> CodeValidation {
        var message = "\(coding.text) is not in \(name)."
        var display: String?
        if let system = coding.system, let table = try? codeSystem(system) {
            if let concept = table.concept(coding.code) {
                display = concept.display
            } else if table.content == .complete {
                message += " The code system does not have it either."
            }
        }
        return CodeValidation(result: false, message: message, display: display, coding: coding)
    }

    private static func refusal(_ coding: CodingReference, _ message: String) -> CodeValidation {
        CodeValidation(result: false, message: message, display: nil, coding: coding)
    }

    /// The first valid answer; else all that was wrong, in one.
    private func best(
        of codings: [CodingReference], _ judge: (CodingReference) throws(TerminologyError) -> CodeValidation
    ) throws(TerminologyError) -> CodeValidation {
        guard let first = codings.first else {
            throw TerminologyError(.invalid, "There is no code to validate: give code, coding or codeableConcept.")
        }
        guard codings.count > 1 else { return try judge(first) }
        var answers: [CodeValidation] = []
        var failures: [TerminologyError] = []
        for coding in codings {
            do {
                let answer = try judge(coding)
                if answer.result { return answer }
                answers.append(answer)
            } catch {
                failures.append(error)
            }
        }
        guard let answer = answers.first else { throw failures[0] }
        let messages = answers.compactMap(\.message) + failures.map(\.message)
        return CodeValidation(
            result: false, message: messages.joined(separator: " "), display: answer.display, coding: answer.coding)
    }
}

/// A value set as a request names it.
public struct ValueSetReference: Sendable {
    /// The canonical URL; nil when the resource came along.
    public var url: String?
    /// The business version; nil for the newest.
    public var version: String?
    /// The resource that came along, or that was read by its id.
    public var resource: JSONNode?
    /// Versions of code systems to use.
    public var systemVersions: SystemVersions
    /// CodeSystem and ValueSet resources that came along, to be used before the known ones.
    public var supplied: [JSONNode]

    /// - Parameters:
    ///   - url: the canonical URL.
    ///   - version: the business version; nil for the newest.
    ///   - resource: the resource that came along, or that was read by its id.
    ///   - systemVersions: versions of code systems to use.
    ///   - supplied: CodeSystem and ValueSet resources that came along.
    public init(
        url: String? = nil, version: String? = nil, resource: JSONNode? = nil,
        systemVersions: SystemVersions = SystemVersions(), supplied: [JSONNode] = []
    ) {
        self.url = url
        self.version = version
        self.resource = resource
        self.systemVersions = systemVersions
        self.supplied = supplied
    }

    func compiled(by service: TerminologyService) throws(TerminologyError) -> CompiledValueSet {
        let compiler = ValueSetCompiler(service, versions: systemVersions, supplied: supplied)
        if let resource { return try compiler.compile(resource) }
        guard let url else { throw TerminologyError(.invalid, "Say which value set is meant: url is missing.") }
        return try compiler.valueSet(Canonical(url, version: version))
    }
}
