import FHIR
import FHIRPath
import JSON

/// Reads a Questionnaire, and finds everything that is wrong with it.
struct FormCompiler {
    let root: JSONNode
    let definitions: Definitions
    /// Names that callers bring.
    let given: Set<String>
    let valueSets: Form.ValueSets?
    var faults: [FormFault] = []
    var items: [FormItem] = []
    var places: [String: Int] = [:]
    var variables: [FormExpression] = []
    var constraints: [FormConstraint] = []
    var launchNames: Set<String> = []

    /// What SDC defines for every expression of a questionnaire.
    static let names: Set<String> = ["questionnaire", "qitem", "patient", "record", "resource", "context"]

    init(_ root: JSONNode, definitions: Definitions, variables: Set<String>, valueSets: Form.ValueSets?) {
        self.root = root
        self.definitions = definitions
        given = variables
        self.valueSets = valueSets
    }

    mutating func fault(_ path: String, _ message: String, _ hint: String = "") {
        faults.append(FormFault(path, message, hint: hint))
    }

    mutating func warn(_ path: String, _ message: String, _ hint: String = "") {
        faults.append(FormFault(path, message, hint: hint, isWarning: true))
    }

    mutating func run() {
        let path = "Questionnaire"
        guard root["resourceType"]?.equals("Questionnaire") == true else {
            return fault("resourceType", "this is no Questionnaire", "resourceType: Questionnaire")
        }
        if root["url"]?.string == nil {
            fault(
                path + ".url", "the questionnaire has no canonical",
                "url: https://healthbrain.dev/fhir/Questionnaire/<id>")
        }
        if root["status"]?.string == nil {
            fault(path + ".status", "the questionnaire has no status", "status: active")
        }
        if FormText(root, "title") == nil { warn(path + ".title", "the questionnaire has no title") }
        for context in root.extensions(FormURL.launchContext) {
            let name = context["extension"]?.elements.first { $0["url"]?.equals("name") == true }?.choice("value")?.node
            if let name = name?["code"]?.string ?? name?.string { launchNames.insert(name) }
        }
        for url in FormURL.unsupported
        where root["extension"]?.elements.contains(where: { $0["url"]?.equals(url) == true }) == true {
            warn(path + ".extension", "\(url) is not read here")
        }
        // Names first, so that conditions and expressions may look forward.
        survey(root, path, parent: nil)
        guard !items.isEmpty else { return fault(path + ".item", "the questionnaire asks nothing") }
        variables = readVariables(root, path, scope: [], type: "QuestionnaireResponse")
        constraints = readConstraints(root, path, scope: names(variables), type: "QuestionnaireResponse")
        for index in items.indices { read(index) }
        if !faults.contains(where: { !$0.isWarning }) { findCycles() }
    }

    private mutating func survey(_ holder: JSONNode, _ path: String, parent: Int?) {
        for (position, node) in (holder["item"].map { Array($0.elements) } ?? []).enumerated() {
            let path = "\(path).item[\(position)]"
            let linkID = node["linkId"]?.string ?? ""
            if linkID.isEmpty { fault(path + ".linkId", "an item needs a linkId") }
            var type = FormItemType.display
            if let name = node["type"]?.string {
                if let known = FormItemType(rawValue: name) {
                    type = known
                } else {
                    fault(
                        path + ".type", "there is no type “\(name)”",
                        FormItemType.allCases.map(\.rawValue).joined(separator: ", "))
                }
            } else {
                fault(path + ".type", "the item \(linkID) has no type")
            }
            let index = items.count
            if let other = places[linkID], !linkID.isEmpty {
                fault(path + ".linkId", "the linkId \(linkID) stands twice", "also at \(items[other].path)")
            } else {
                places[linkID] = index
            }
            items.append(
                FormItem(index: index, linkID: linkID, type: type, path: path, parent: parent, node: node))
            if let parent { items[parent].children.append(index) }
            survey(node, path, parent: index)
        }
    }

    // MARK: Scopes

    func names(_ expressions: [FormExpression]) -> Set<String> { Set(expressions.map(\.name)) }

    /// The variables that an expression of an item may use, its own included.
    func scope(_ index: Int?) -> Set<String> {
        var found = names(variables)
        var next = index
        while let item = next {
            found.formUnion(names(items[item].variables))
            if let population = items[item].populationContext { found.insert(population.name) }
            next = items[item].parent
        }
        return found
    }

    mutating func readVariables(_ node: JSONNode, _ path: String, scope: Set<String>, type: String) -> [FormExpression]
    {
        var found: [FormExpression] = []
        for value in values(node, FormURL.variable) {
            let known = scope.union(names(found))
            guard let name = value["name"]?.string, !name.isEmpty else {
                fault(path + ".extension(variable)", "a variable needs a name")
                continue
            }
            if let expression = expression(
                value, "\(path).extension(variable \(name))", scope: known, type: type, wanted: nil)
            {
                found.append(expression)
            }
        }
        return found
    }

    private func values(_ node: JSONNode, _ url: String) -> [JSONNode] {
        node.extensions(url).compactMap { $0.choice("value")?.node }
    }

    // MARK: Expressions

    /// Compiles an Expression element.
    /// - Parameter wanted: the names of types that suit; nil for any.
    mutating func expression(
        _ value: JSONNode, _ path: String, scope: Set<String>, type: String, wanted: Set<String>?
    ) -> FormExpression? {
        if let language = value["language"]?.string, language != "text/fhirpath" {
            fault(path, "expressions in \(language) are not read", "language: text/fhirpath; the record is %record")
            return nil
        }
        guard let text = value["expression"]?.string ?? value.string, !text.isEmpty else {
            fault(path, "there is no expression")
            return nil
        }
        return compiled(text, name: value["name"]?.string ?? "", path, scope: scope, type: type, wanted: wanted)
    }

    mutating func compiled(
        _ text: String, name: String, _ path: String, scope: Set<String>, type: String, wanted: Set<String>?
    ) -> FormExpression? {
        var options = FHIRPathOptions(
            contextType: type, isStrict: true,
            variables: scope.union(Self.names).union(launchNames).union(given))
        options.refusesAsOnCollections = false
        do {
            let compiled = try FHIRPathExpression(text, definitions: definitions, options: options)
            if let wanted, let types = compiled.resultTypes, !types.isEmpty, types.isDisjoint(with: wanted) {
                let given = types.sorted().joined(separator: ", ")
                fault(path, "the expression yields \(given)", "wanted: " + wanted.sorted().joined(separator: ", "))
                return nil
            }
            let named = Set(text.matches(of: /linkId\s*(?:=|~)\s*'([^']*)'/).map { String($0.output.1) })
            for linkID in named.sorted() where places[linkID] == nil {
                fault(path, "the expression asks for an item \(linkID), which there isn't", near(linkID))
            }
            return FormExpression(
                name: name, linkIDs: named,
                variables: Set(text.matches(of: /%`?([A-Za-z_][\w\-]*)/).map { String($0.output.1) }),
                compiled: compiled)
        } catch {
            fault(path, "\(error)", "in: " + text.prefix(200))
            return nil
        }
    }

    /// The linkIds that look most like one.
    func near(_ linkID: String) -> String {
        let close = items.map(\.linkID).filter { other in
            other.lowercased().contains(linkID.lowercased()) || linkID.lowercased().contains(other.lowercased())
        }
        let told = close.isEmpty ? items.map(\.linkID) : close
        return "there are: " + told.prefix(12).joined(separator: ", ") + (told.count > 12 ? " …" : "")
    }

    // MARK: Constraints

    mutating func readConstraints(
        _ node: JSONNode, _ path: String, scope: Set<String>, type: String
    ) -> [FormConstraint] {
        var found: [FormConstraint] = []
        for holder in node.extensions(FormURL.targetConstraint) + node.extensions(FormURL.constraint) {
            func part(_ name: String) -> JSONNode? {
                holder["extension"]?.elements.first { $0["url"]?.equals(name) == true }
            }
            let key = part("key")?.choice("value")?.node.string ?? "\(found.count + 1)"
            let place = "\(path).extension(constraint \(key))"
            guard let human = part("human"),
                let text = FormText(human, "valueString") ?? FormText(human, "valueMarkdown")
            else {
                fault(place, "a constraint says in words what is wanted", "human")
                continue
            }
            guard let value = part("expression")?.choice("value")?.node,
                let expression = expression(value, place, scope: scope, type: type, wanted: ["boolean"])
            else {
                if part("expression") == nil { fault(place, "a constraint needs an expression") }
                continue
            }
            let severity = part("severity")?.choice("value")?.node.string
            found.append(
                FormConstraint(key: key, text: text, isWarning: severity == "warning", expression: expression))
        }
        return found
    }
}
