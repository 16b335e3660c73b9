public import FHIR
public import JSON
public import Terminology

/// Checks a resource against all that R4 says of it: structure, invariants, and the rules for references, bundles,
/// narratives and definitions that the specification gives in prose.
///
/// Structure is the work of `FHIR.Validator`; the same pass tells which elements there are, and everything else looks at
/// those. Invariants are the table of the specification, decided by the presence of elements where that is enough and by
/// FHIRPath where it isn't. Every finding comes at once.
///
/// ```swift
/// let validator = try ResourceValidator(definitions: .r4())
/// let issues = validator.validate(document)
/// ```
public struct ResourceValidator: Sendable {
    /// How much is checked.
    public enum Depth: Sendable {
        /// What a write must keep: structure and invariants.
        case write
        /// Also what the reference validator asks: bundles that hold together, links that lead somewhere, systems and
        /// canonicals that are absolute, units, definitions that fit their base.
        case full
    }

    /// What to check and what to tell.
    public struct Options: Sendable {
        /// How much is checked.
        public var depth: Depth
        /// Whether advice is told that most resources don't follow: that each has a narrative (`dom-6`).
        public var tellsBestPractice: Bool
        /// Whether warnings are told.
        public var tellsWarnings: Bool
        /// Profiles to check against, by canonical URL, beside those that resources claim; in full depth only.
        public var profiles: [String] = []

        /// - Parameters:
        ///   - depth: how much is checked.
        ///   - tellsBestPractice: whether advice such as `dom-6` is told.
        ///   - tellsWarnings: whether warnings are told.
        public init(_ depth: Depth = .full, tellsBestPractice: Bool = false, tellsWarnings: Bool = true) {
            self.depth = depth
            self.tellsBestPractice = tellsBestPractice
            self.tellsWarnings = tellsWarnings
        }

        /// For a write: structure and invariants, errors alone.
        public static let write = Options(.write, tellsWarnings: false)
    }

    /// The tables that are checked against.
    public let definitions: Definitions
    private let structure: Validator
    private let book: RuleBook
    private let terminology: TerminologyService
    private let given: GivenDefinitions

    /// What is built in, shared like the rules.
    private static let builtIn = Result { () throws(DefinitionsError) -> TerminologyService in
        TerminologyService.builtIn(try Definitions.r4())
    }

    /// The rules of R4, compiled on first use and shared: the definitions are one and the same for all.
    private static let rules = Result { () throws(DefinitionsError) -> RuleBook in
        try RuleBook(try Definitions.r4())
    }

    /// - Parameters:
    ///   - definitions: the tables to check against.
    ///   - terminology: knows codes and value sets; nil: those that are built in.
    ///   - given: questionnaires that responses may answer, and profiles.
    ///   - issuesMax: the most findings about structure of one resource.
    /// - Throws: when the package's own tables are missing or damaged.
    public init(
        definitions: Definitions, terminology: TerminologyService? = nil,
        given: GivenDefinitions = GivenDefinitions(), issuesMax: Int = 500
    ) throws(DefinitionsError) {
        self.definitions = definitions
        if let terminology { self.terminology = terminology } else { self.terminology = try Self.builtIn.get() }
        self.given = given
        structure = Validator(definitions, issuesMax: issuesMax)
        book = try Self.rules.get()
    }

    /// Every finding about a resource that is a whole document, in the order of the text.
    public func validate(_ document: JSONDocument, _ options: Options = Options()) -> [Issue] {
        validate(document.root, options)
    }

    /// Every finding about a resource that may be part of a document; locations start at the resource.
    public func validate(_ resource: JSONNode, _ options: Options = Options()) -> [Issue] {
        var run = RuleRun(
            structure.survey(resource), resource.document, definitions, book, options, terminology, given)
        run.check()
        return run.sortedIssues()
    }

    /// The invariants that could not be compiled, each in words; empty, as a test sees to.
    package var faults: [String] {
        book.faults.map { "\($0.path) \($0.key): \($0.error)" }
    }

    /// The keys of all invariants that are checked.
    package var keys: Set<String> {
        book.pages.reduce(into: RuleBook.ownCode) { keys, page in keys.formUnion(page.rules.map(\.invariant.key)) }
    }
}
