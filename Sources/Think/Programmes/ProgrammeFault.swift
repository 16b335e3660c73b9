/// Something that is wrong in a programme's folder: where, what, and what to do about it.
public struct ProgrammeFault: Error, Sendable, Hashable, CustomStringConvertible {
    /// Whether the programme can be used.
    public enum Severity: String, Sendable {
        /// The programme is refused.
        case error
        /// The programme can be used; something in it is of no use, or may not be meant.
        case warning
    }

    /// What kind of fault it is; the raw value is a name that doesn't change, for searching and for counting.
    public enum Kind: String, Sendable, CaseIterable {
        /// A file that is missing, or where none belongs.
        case layout
        /// Text that is not YAML.
        case yaml
        /// A member of `programme.yaml`, or of a scenario, that is missing, unknown or of the wrong form.
        case form
        /// A FHIR resource that R4 does not allow.
        case resource
        /// A code that its code system or value set does not have.
        case code
        /// An expression that can't be compiled, or gives values of the wrong type.
        case expression
        /// A name that leads to nothing: of a role, a source, a questionnaire, a value set, an action.
        case reference
        /// A parameter without unit, source or default, or out of its bounds.
        case parameter
        /// Two things with one name, or a name of the wrong form.
        case name
        /// Something to be done that nobody owns, or several.
        case owner
        /// Something to be done without a time by which.
        case deadline
        /// An action whose part in the pathway isn't said, or which lacks what its part needs.
        case part
        /// A rule that names no source.
        case source
        /// Overdue work that nobody is told of.
        case escalation
        /// Something that is declared and never used.
        case unused
        /// What an engine refuses for reasons of its own.
        case engine
    }

    /// Whether the programme can be used.
    public var severity: Severity
    /// What kind of fault it is.
    public var kind: Kind
    /// The file, relative to the programme's folder: `pathways/hypertension.yaml`.
    public var file: String
    /// The line, counted from one; nil when the fault concerns no line.
    public var line: Int?
    /// Where in the document, as FHIRPath: `PlanDefinition.action[2].condition[0].expression`; empty for the whole file.
    public var path: String
    /// What is wrong, for a person.
    public var message: String
    /// What to do about it; empty where the message says it.
    public var hint: String

    /// - Parameters:
    ///   - kind: what kind of fault it is.
    ///   - file: the file, relative to the programme's folder.
    ///   - line: the line, counted from one.
    ///   - path: where in the document, as FHIRPath.
    ///   - message: what is wrong.
    ///   - hint: what to do about it.
    ///   - severity: whether the programme can be used.
    public init(
        _ kind: Kind, file: String, line: Int? = nil, path: String = "", _ message: String, hint: String = "",
        severity: Severity = .error
    ) {
        self.severity = severity
        self.kind = kind
        self.file = file
        self.line = line
        self.path = path
        self.message = message
        self.hint = hint
    }

    /// One line: `pathways/hypertension.yaml:41: error[expression] PlanDefinition.action[2]: unknown variable %x; …`.
    public var description: String {
        let place = line.map { "\(file):\($0)" } ?? file
        let at = path.isEmpty ? "" : " \(path)"
        return "\(place): \(severity.rawValue)[\(kind.rawValue)]\(at): \(message)" + (hint.isEmpty ? "" : "; \(hint)")
    }

    /// The faults in the order of the files and lines, each told once.
    public static func sorted(_ faults: [ProgrammeFault]) -> [ProgrammeFault] {
        var seen: Set<ProgrammeFault> = []
        return faults.filter { seen.insert($0).inserted }
            .enumerated().sorted { one, other in
                let (left, right) = (one.element, other.element)
                if left.file != right.file { return left.file < right.file }
                if left.line != right.line { return left.line ?? 0 < right.line ?? 0 }
                return one.offset < other.offset
            }.map(\.element)
    }
}

/// Why a programme was not loaded: every fault at once.
public struct ProgrammeRefusal: Error, Sendable, CustomStringConvertible {
    /// The programme's id, or the name of its folder.
    public let programme: String
    /// All that was found, warnings too.
    public let faults: [ProgrammeFault]

    /// One line for each fault.
    public var description: String {
        (["the programme \(programme) is refused:"] + faults.map { "\(programme)/\($0)" }).joined(separator: "\n")
    }
}
