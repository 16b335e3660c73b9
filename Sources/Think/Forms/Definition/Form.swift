public import FHIR
import FHIRPath
public import JSON

/// A Questionnaire, compiled once and then filled as often as wanted, from any thread.
///
/// ```swift
/// let form = try Form(questionnaire, definitions: .r4()) { url, _ in codes[url] }
/// var state = form.begin(FormContext(patient: patient, now: now))
/// ```
public final class Form: Sendable {
    /// The codes of a value set, which may be contained in the questionnaire; nil when it isn't known.
    public typealias ValueSets = @Sendable (_ url: String, _ contained: JSONNode?) -> [FormCode]?

    /// The Questionnaire.
    public let questionnaire: JSONNode
    /// Its canonical, with the version where it has one.
    public let canonical: String
    /// Its title.
    public let title: FormText
    /// What it is for.
    public let purpose: FormText?
    /// Every item, in the order of the document; an item comes before those below it.
    public let items: [FormItem]
    /// The items at the top.
    public let top: [Int]
    /// What is remarkable, though the form works.
    public let warnings: [FormFault]
    let variables: [FormExpression]
    let constraints: [FormConstraint]
    /// The names that `launchContext` announces.
    let launchNames: Set<String>
    let places: [String: Int]
    let definitions: Definitions

    /// Compiles a Questionnaire.
    ///
    /// - Parameters:
    ///   - questionnaire: R4 Questionnaire, as SDC extends it.
    ///   - definitions: the R4 types that expressions are checked against.
    ///   - variables: names that expressions may use beside those of SDC and of the questionnaire, such as parameters.
    ///   - valueSets: the codes of value sets; nil where none are known, and then none are missed.
    /// - Throws: ``FormFaults`` with every fault at once.
    public convenience init(
        _ questionnaire: JSONDocument, definitions: Definitions, variables: Set<String> = [],
        valueSets: ValueSets? = nil
    ) throws(FormFaults) {
        var compiler = FormCompiler(
            questionnaire.root, definitions: definitions, variables: variables, valueSets: valueSets)
        compiler.run()
        guard !compiler.faults.contains(where: { !$0.isWarning }) else { throw FormFaults(faults: compiler.faults) }
        self.init(compiler)
    }

    /// What is wrong with a Questionnaire, warnings included; empty when all is well.
    public static func faults(
        of questionnaire: JSONDocument, definitions: Definitions, variables: Set<String> = [],
        valueSets: ValueSets? = nil
    ) -> [FormFault] {
        var compiler = FormCompiler(
            questionnaire.root, definitions: definitions, variables: variables, valueSets: valueSets)
        compiler.run()
        return compiler.faults
    }

    private init(_ compiler: FormCompiler) {
        questionnaire = compiler.root
        let url = compiler.root["url"]?.string ?? "Questionnaire/" + (compiler.root["id"]?.string ?? "")
        canonical = url + (compiler.root["version"]?.string.map { "|" + $0 } ?? "")
        title = FormText(compiler.root, "title") ?? FormText(compiler.root["name"]?.string ?? url)
        purpose = FormText(compiler.root, "description") ?? FormText(compiler.root, "purpose")
        items = compiler.items
        top = compiler.items.filter { $0.parent == nil }.map(\.index)
        warnings = compiler.faults
        variables = compiler.variables
        constraints = compiler.constraints
        launchNames = compiler.launchNames
        places = compiler.places
        definitions = compiler.definitions
    }

    /// The item with a linkId.
    public func item(_ linkID: String) -> FormItem? { places[linkID].map { items[$0] } }

    /// Whether filling it at the beginning looks at the person's record (`%record`, observationLinkPeriod).
    public var readsRecord: Bool {
        items.contains { $0.linkPeriod != nil } || expressions.contains { $0.variables.contains("record") }
    }

    /// Whether anything is made of a signed answer.
    public var extracts: Bool { items.contains { $0.extract != nil || $0.extractionType != nil } }

    private var expressions: [FormExpression] {
        variables + constraints.map(\.expression)
            + items.flatMap { item in
                [item.calculated, item.initialExpression, item.enableExpression, item.populationContext]
                    .compactMap { $0 } + item.variables + item.constraints.map(\.expression)
            }
    }
}
