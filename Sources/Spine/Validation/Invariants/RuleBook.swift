import FHIR
import FHIRPath

/// The invariants of R4, compiled and sorted by the structures that they hold for.
final class RuleBook: Sendable {
    /// An invariant, ready to be checked on one structure.
    struct Rule: Sendable {
        let invariant: Invariant
        /// What the presence of elements decides.
        let quick: QuickRule
        /// Asked where presence leaves a doubt; nil only where it could not be compiled (see `faults`).
        let expression: FHIRPathExpression?
        /// The element of the structure that the rule is stated on; nil: the structure itself.
        let element: String?
    }

    /// An invariant that FHIRPath could not compile.
    struct Fault: Sendable {
        let key: String
        let path: String
        let error: FHIRPathError
    }

    /// What is checked on the objects of one structure.
    struct Page: Sendable {
        var rules: [Rule] = []
        /// What code of our own looks at.
        var role = Role.other
        var isResource = false
    }

    /// Structures that code of our own looks at.
    enum Role: UInt8, Sendable {
        case other, `extension`, reference, coding, quantity, period, identifier, attachment, narrative, meta, bundle
        case structureDefinition, codeSystem, valueSetInclude, elementDefinition, parameters
        case questionnaire, questionnaireResponse, capabilityStatement

        init(_ name: String) {
            switch name {
            case "Extension": self = .extension
            case "Reference": self = .reference
            case "Coding": self = .coding
            case "Quantity", "Age", "Count", "Distance", "Duration": self = .quantity
            case "Period": self = .period
            case "Identifier": self = .identifier
            case "Attachment": self = .attachment
            case "Narrative": self = .narrative
            case "Meta": self = .meta
            case "Bundle": self = .bundle
            case "StructureDefinition": self = .structureDefinition
            case "CodeSystem": self = .codeSystem
            case "ValueSet.compose.include", "ValueSet.compose.exclude": self = .valueSetInclude
            case "ElementDefinition": self = .elementDefinition
            case "Parameters": self = .parameters
            case "Questionnaire": self = .questionnaire
            case "QuestionnaireResponse": self = .questionnaireResponse
            case "CapabilityStatement": self = .capabilityStatement
            default: self = .other
            }
        }
    }

    /// Rules that the house checks in code of its own, because they hold for nearly every element of every resource:
    /// `RuleRun` has them by these names.
    static let ownCode: Set<String> = [
        "ele-1", "dom-2", "dom-3", "dom-4", "dom-5", "dom-6", "txt-1", "txt-2", "ref-1", "per-1",
    ]

    /// One a structure, in the order of the definitions.
    let pages: [Page]
    /// Invariants that FHIRPath could not compile; none, as a test sees to.
    let faults: [Fault]
    /// Every key of the specification's invariants.
    let keys: Set<String>
    /// The expressions of the specification's invariants by key.
    let expressions: [String: Set<String>]
    /// The extensions that R4 defines, by canonical URL.
    let extensions: [String: ExtensionDefinition]

    /// Expressions that R4 published otherwise than it says beside them: `que-7` means FHIR's boolean, `que-12` asks for
    /// enableBehavior from the second condition on.
    private static func corrected(_ expression: String) -> String {
        expression.replacing("answer is Boolean", with: "answer is boolean")
            .replacing("enableWhen.count() > 2", with: "enableWhen.count() >= 2")
    }

    init(_ definitions: Definitions) throws(DefinitionsError) {
        let invariants = try definitions.invariants()
        extensions = try definitions.extensions()
        keys = Set(invariants.map(\.key))
        expressions = invariants.reduce(into: [:]) { $0[$1.key, default: []].insert($1.expression) }
        var byPath: [String: [Invariant]] = [:]
        for invariant in invariants { byPath[invariant.path, default: []].append(invariant) }
        var faults: [Fault] = []
        var compiled: [String: FHIRPathExpression] = [:]
        func expression(_ invariant: Invariant, _ text: String, _ context: String) -> FHIRPathExpression? {
            if let known = compiled[context + "\n" + text] { return known }
            do throws(FHIRPathError) {
                // R4's invariants were written for a `matches` that asks for the whole text, as the reference reads them.
                let made = try FHIRPathExpression(
                    Self.corrected(text).replacing(".matches(", with: ".matchesFull("), definitions: definitions,
                    options: FHIRPathOptions(contextType: context))
                compiled[context + "\n" + text] = made
                return made
            } catch {
                faults.append(Fault(key: invariant.key, path: invariant.path, error: error))
                return nil
            }
        }
        var pages: [Page] = []
        for structure in definitions.structures {
            var page = Page()
            page.role = Role(structure.name)
            let reader = QuickRuleReader { structure.bit(ofElement: $0) }
            // Its own invariants, then those of all that it derives from.
            var ancestor = structure.name
            var isWalking = true
            while isWalking {
                if ancestor == "Resource" { page.isResource = true }
                for invariant in byPath[ancestor] ?? [] where !Self.ownCode.contains(invariant.key) {
                    let made = expression(invariant, invariant.expression, structure.name)
                    page.rules.append(
                        Rule(
                            invariant: invariant, quick: reader.rule(Self.corrected(invariant.expression)),
                            expression: made,
                            element: nil))
                }
                let next = definitions.structure(ancestor)?.base ?? ""
                isWalking = !next.isEmpty && next != ancestor
                ancestor = next
            }
            // Invariants on elements without a structure of their own: a type's element, or a primitive.
            for element in Set(structure.members.map(\.element)).sorted() {
                for path in ["\(structure.name).\(element)", "\(structure.name).\(element)[x]"] {
                    guard definitions.structure(path) == nil else { continue }
                    for invariant in byPath[path] ?? []
                    where invariant.key != "ext-1" && !Self.ownCode.contains(invariant.key) {
                        let text = "\(element).all(\(invariant.expression))"
                        let made = expression(invariant, text, structure.name)
                        page.rules.append(
                            Rule(
                                invariant: invariant,
                                quick: .whenAbsent(structure.bit(ofElement: element), true), expression: made,
                                element: element))
                    }
                }
            }
            pages.append(page)
        }
        self.pages = pages
        self.faults = faults
    }
}
