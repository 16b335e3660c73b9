import FHIR
import FHIRPath
import JSON
import Terminology

/// The rules beyond structure, checked on one resource: a pass over the elements that the structural walk met.
struct RuleRun {
    let survey: Survey
    let document: JSONDocument
    let definitions: Definitions
    let book: RuleBook
    let options: ResourceValidator.Options
    let terminology: TerminologyService?
    /// Definitions that came along.
    let given: GivenDefinitions
    var issues: [Issue]
    /// For each visit the nearest resource around it, itself included.
    private(set) var resources: [Int32] = []
    /// The bundles met so far, by visit.
    var bundles: [Int: BundleIndex] = [:]

    init(
        _ survey: Survey, _ document: JSONDocument, _ definitions: Definitions, _ book: RuleBook,
        _ options: ResourceValidator.Options, _ terminology: TerminologyService?, _ given: GivenDefinitions
    ) {
        self.survey = survey
        self.document = document
        self.definitions = definitions
        self.book = book
        self.options = options
        self.terminology = terminology
        self.given = given
        issues = survey.issues
    }

    /// Findings in the order of the text.
    func sortedIssues() -> [Issue] {
        guard issues.count > 1, issues.count > survey.issues.count else { return issues }
        return issues.enumerated().sorted {
            ($0.element.byteOffset ?? 0, $0.offset) < ($1.element.byteOffset ?? 0, $1.offset)
        }.map(\.element)
    }

    mutating func check() {
        resources.reserveCapacity(survey.visits.count)
        for index in survey.visits.indices {
            let visit = survey.visits[index]
            guard visit.structure >= 0 else {
                resources.append(visit.parent >= 0 ? resources[Int(visit.parent)] : -1)
                primitive(index)
                continue
            }
            let structure = Int(visit.structure)
            let isResource = book.pages[structure].isResource
            resources.append(isResource || visit.parent < 0 ? Int32(index) : resources[Int(visit.parent)])
            for rule in book.pages[structure].rules {
                if rule.quick.holds(visit.elements) != true { invariant(rule, index) }
            }
            if isResource { resource(index) } else { element(index) }
            role(book.pages[structure].role, index)
        }
        if options.depth == .full {
            if !survey.visits.isEmpty { for url in options.profiles { conform(0, to: url, 0, below: nil) } }
            uniqueIds()
            unplacedCodes()
            emptyPrimitives()
        }
    }

    /// The value of a visit.
    func node(_ visit: Int) -> JSONNode {
        document.node(at: Int(survey.visits[visit].place))
    }

    /// The resource around a visit.
    func resource(around visit: Int) -> Int {
        Int(resources[visit])
    }

    /// The resource that contains the one around a visit, or that one itself.
    func container(around visit: Int) -> Int {
        let resource = resource(around: visit)
        let parent = Int(survey.visits[resource].parent)
        guard parent >= 0, survey.element(of: resource) == "contained" else { return resource }
        return self.resource(around: parent)
    }

    /// The type of a resource visit.
    func type(of visit: Int) -> String {
        definitions.structure(at: Int(survey.visits[visit].structure)).name
    }

    @inline(never)
    private mutating func invariant(_ rule: RuleBook.Rule, _ visit: Int) {
        guard rule.invariant.severity != .warning || options.tellsWarnings else { return }
        if rule.quick.holds(survey.visits[visit].elements) == nil {
            guard let expression = rule.expression else { return }
            var environment = FHIRPathEnvironment()
            let resource = resource(around: visit)
            environment.resource = node(resource)
            environment.rootResource = node(container(around: visit))
            if let terminology {
                environment.memberOf = { system, code, valueSet in
                    terminology.contains(valueSet: valueSet, system: system, code: code)
                }
            }
            do throws(FHIRPathError) {
                if try expression.isTrue(on: node(visit), type: type(of: visit), environment) ?? true { return }
            } catch {
                // Not the resource's fault, so no reason to refuse it; but nothing to be silent about.
                return report(
                    .warning, .exception, "\(rule.invariant.key) could not be checked: \(error)", visit)
            }
        }
        broken(
            rule.invariant.key, rule.invariant.severity, visit, below: rule.element, rule.invariant.expression,
            of: rule.invariant.path)
    }

    /// Tells of an invariant that does not hold.
    mutating func broken(
        _ key: String, _ severity: Issue.Severity, _ visit: Int, below member: String? = nil, _ expression: String = "",
        of path: String = ""
    ) {
        let meaning = InvariantMeaning.of(key, path) ?? "the rule \(expression) must hold"
        report(severity, .invariant, "\(key): \(meaning)", visit, below: member)
    }

    /// Adds a finding at an element.
    @inline(never)
    mutating func report(
        _ severity: Issue.Severity, _ code: IssueCode, _ diagnostics: String, _ visit: Int, below member: String? = nil
    ) {
        guard severity == .error || options.tellsWarnings else { return }
        let place = survey.expression(of: visit) + (member.map { ".\($0)" } ?? "")
        issues.append(
            Issue(severity, code, diagnostics, expression: place, byteOffset: node(visit).range.lowerBound))
    }

    private mutating func role(_ role: RuleBook.Role, _ visit: Int) {
        switch role {
        case .other, .elementDefinition, .parameters: break
        case .period: period(visit)
        case .reference: reference(visit)
        case .meta: meta(visit)
        case .narrative: break
        case .extension, .coding, .quantity, .identifier, .attachment, .bundle, .structureDefinition, .codeSystem,
            .valueSetInclude, .questionnaire, .questionnaireResponse, .capabilityStatement:
            guard options.depth == .full else { return }
            switch role {
            case .extension: self.extension(visit)
            case .coding: coding(visit)
            case .quantity: quantity(visit)
            case .identifier: identifier(visit)
            case .attachment: attachment(visit)
            case .bundle: bundle(visit)
            case .structureDefinition: structureDefinition(visit)
            case .codeSystem: codeSystem(visit)
            case .questionnaire: questionnaire(visit)
            case .questionnaireResponse: questionnaireResponse(visit)
            case .capabilityStatement: capabilityStatement(visit)
            default: valueSetInclude(visit)
            }
        }
    }
}
