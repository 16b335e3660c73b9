public import FHIR
public import FHIRPath

/// What an expression of a programme may name, and how it is compiled: strictly, against R4, with these variables only.
public struct ExpressionScope: Sendable {
    /// The names that the engine gives. All other variables of a pathway are its parameters and its own named expressions.
    public enum Name {
        /// All current resources of the person, by clinical date.
        public static let record = "record"
        /// The moment that an occurrence belongs to.
        public static let moment = "moment"
        /// The resource whose clinical date the moment is.
        public static let basis = "basis"
        /// The day of this enrolment.
        public static let entered = "entered"
        /// When the window of an occurrence opens.
        public static let opens = "opens"
        /// When an occurrence is due.
        public static let due = "due"
    }

    /// Where in a pathway an expression stands.
    public enum Use: Sendable, CaseIterable {
        /// The pathway's named expressions, and the trigger of an entry.
        case plan
        /// Any other trigger.
        case trigger
        /// What is asked of a moment: whether the action applies, when it is due, the values of a grade.
        case occurrence
        /// Whether an occurrence was done, or is no longer to be done.
        case evidence

        /// The names that the engine gives there.
        public var names: Set<String> {
            switch self {
            case .plan: [Name.record]
            case .trigger: [Name.record, Name.entered]
            case .occurrence: [Name.record, Name.entered, Name.moment, Name.basis]
            case .evidence: [Name.record, Name.entered, Name.moment, Name.basis, Name.opens, Name.due]
            }
        }
    }

    /// The names of the variables that will be there.
    public var variables: Set<String>
    /// The type of what the expression is evaluated on; nil: not known.
    public var contextType: String?
    /// Whether `today()`, `now()` and `timeOfDay()` are refused: in a pathway, time passes by moments and timing only, so
    /// that it is known when to look again.
    public var refusesClock: Bool

    /// - Parameters:
    ///   - variables: the names of the variables that will be there.
    ///   - contextType: the type of what the expression is evaluated on; nil: not known.
    ///   - refusesClock: whether `today()`, `now()` and `timeOfDay()` are refused.
    public init(variables: Set<String>, contextType: String?, refusesClock: Bool) {
        self.variables = variables
        self.contextType = contextType
        self.refusesClock = refusesClock
    }

    /// The scope of an expression of a pathway.
    ///
    /// - Parameters:
    ///   - use: where in the pathway it stands.
    ///   - parameters: the names of the programme's parameters.
    ///   - named: the names of the pathway's named expressions that come before it.
    public static func pathway(
        _ use: Use, parameters: some Sequence<String>, named: some Sequence<String>
    ) -> ExpressionScope {
        ExpressionScope(
            variables: use.names.union(parameters).union(named), contextType: "Patient", refusesClock: true)
    }

    /// Compiles an expression.
    ///
    /// - Throws: what is wrong with it, and what could stand there instead.
    public func compile(
        _ text: String, _ definitions: Definitions
    ) throws(ExpressionFault) -> ProgrammeExpression {
        let words = ExpressionText(text)
        if refusesClock, let clock = words.calls.first(where: { ["today", "now", "timeOfDay"].contains($0.name) }) {
            throw ExpressionFault(
                message: "\(clock.name)() can't be used in a pathway",
                hint:
                    "time passes by moments and timing: let the moment be the last event, and the timing the interval",
                row: 1)
        }
        do throws(FHIRPathError) {
            let expression = try FHIRPathExpression(
                text, definitions: definitions,
                options: FHIRPathOptions(contextType: contextType, isStrict: true, variables: variables))
            return ProgrammeExpression(
                expression: expression, variables: Set(words.variables).intersection(variables))
        } catch {
            throw ExpressionFault(error, words.variables.filter { !knows($0) }, variables)
        }
    }

    private func knows(_ name: String) -> Bool {
        variables.contains(name) || ["context", "resource", "rootResource", "sct", "loinc", "ucum"].contains(name)
            || name.hasPrefix("vs-") || name.hasPrefix("ext-")
    }
}

/// An expression that was compiled.
public struct ProgrammeExpression: Sendable {
    /// The expression.
    public let expression: FHIRPathExpression
    /// The variables that it uses, of those that were known.
    public let variables: Set<String>
}

/// Why an expression can't be compiled.
public struct ExpressionFault: Error, Sendable, Hashable {
    /// What is wrong.
    public let message: String
    /// What could stand there instead; empty where the message says it.
    public let hint: String
    /// The line inside the expression, counted from one.
    public let row: Int

    init(message: String, hint: String, row: Int) {
        self.message = message
        self.hint = hint
        self.row = row
    }

    /// - Parameters:
    ///   - error: what the compiler says.
    ///   - unknown: the variables that the expression names and nobody knows.
    ///   - known: the variables that could be meant.
    init(_ error: FHIRPathError, _ unknown: [String], _ known: Set<String>) {
        row = error.line
        message = error.line > 1 || error.column > 1 ? "\(error.message) (column \(error.column))" : error.message
        guard error.message.hasPrefix("unknown variable"), let name = unknown.first else {
            hint = error.expected.isEmpty ? "" : "expected \(error.expected)"
            return
        }
        let near = Nearness.nearest(to: name, among: known.union(["resource", "context", "rootResource"]))
        hint =
            near.map { "is %\($0) meant?" } ?? "known here: \(known.sorted().map { "%" + $0 }.joined(separator: ", "))"
    }
}

/// Which of several names somebody may have meant.
enum Nearness {
    /// The nearest name, if one is near: at most a third of its letters differ.
    static func nearest(to name: String, among names: some Sequence<String>) -> String? {
        let best = names.map { (distance(Array(name.lowercased()), Array($0.lowercased())), $0) }
            .min { one, other in one.0 != other.0 ? one.0 < other.0 : one.1 < other.1 }
        guard let best, best.0 <= max(1, name.count / 3) else { return nil }
        return best.1
    }

    /// How many letters must be changed, put in or taken out.
    static func distance(_ one: [Character], _ other: [Character]) -> Int {
        var row = Array(0...other.count)
        for (left, letter) in one.enumerated() {
            var next = [left + 1]
            for (right, sign) in other.enumerated() {
                next.append(Swift.min(row[right + 1] + 1, next[right] + 1, row[right] + (letter == sign ? 0 : 1)))
            }
            row = next
        }
        return row[other.count]
    }
}
