import FHIRPath
import JSON

/// A form that is being filled: the answers, what is asked for by them, and what follows from them.
public struct FormState: Sendable {
    /// The form.
    public let form: Form
    /// The items with their answers, in the questionnaire's order. What is not asked for any more keeps what was typed.
    public private(set) var nodes: [FormNode]
    /// The names of nodes that are not asked for now.
    public private(set) var disabled: Set<String> = []
    /// What was wrong with the response that was read.
    private(set) var problemsRead: [FormProblem] = []
    /// The items of calculations that don't come to rest.
    private(set) var unsettled: [Int] = []
    /// What couldn't be computed: the item, and why.
    private(set) var failures: [Int: String] = [:]

    init(_ form: Form, _ nodes: [FormNode], problems: [FormProblem] = []) {
        self.form = form
        self.nodes = form.completed(nodes, of: form.top)
        problemsRead = problems
    }

    /// Puts other answers in the place of these and computes what follows.
    mutating func replace(_ nodes: [FormNode], _ context: FormContext) {
        self.nodes = form.completed(nodes, of: form.top)
        settle(context)
    }

    /// Whether a node is asked for.
    public func isEnabled(_ name: String) -> Bool { !disabled.contains(name) }

    /// Computes what is enabled and what is calculated, round by round, until nothing changes any more.
    ///
    /// Each round looks at the answers as the round before has left them, so that the order of items plays no part. Where the
    /// rounds don't come to rest, ``problems(isFinal:)`` says so.
    mutating func settle(_ context: FormContext) {
        unsettled = []
        let rounds = form.items.count + 4
        for _ in 0..<rounds {
            let picture = FormPicture(self, context)
            var round = FormRound(picture: picture)
            round.run()
            failures = round.failures
            var changed: [Int] = []
            form.change(&nodes) { name, node in
                guard let values = round.calculated[name] else { return }
                if node.answers.compactMap(\.value) != values {
                    changed.append(node.item)
                    node.answers = values.isEmpty ? [FormAnswer()] : values.map { FormAnswer($0) }
                }
            }
            let isStill = changed.isEmpty && disabled == round.disabled
            disabled = round.disabled
            guard !isStill else {
                unsettled = []
                return
            }
            unsettled = changed
            nodes = form.completed(nodes, of: form.top)
        }
        if unsettled.isEmpty { unsettled = [form.top[0]] }
    }
}

/// The answers at one moment, as a document to compute with.
struct FormPicture {
    let state: FormState
    let context: FormContext
    let document: JSONNode?
    /// The item of the document that a node stands for.
    let places: [String: JSONNode]

    var form: Form { state.form }

    init(_ state: FormState, _ context: FormContext) {
        self.state = state
        self.context = context
        var writer = FormWriter(state.form, disabled: state.disabled, for: .computing)
        writer.writer.beginObject()
        writer.writer.member("resourceType", string: "QuestionnaireResponse")
        writer.writer.member("questionnaire", string: state.form.canonical)
        writer.writer.member("status", string: "in-progress")
        writer.items(state.nodes, in: "q")
        writer.writer.endObject()
        let document = try? JSONDocument(parsing: writer.writer.bytes)
        self.document = document?.root
        var places: [String: JSONNode] = [:]
        if let document { Self.match(state.nodes, in: "q", document.root, state, &places) }
        self.places = places
    }

    private static func match(
        _ nodes: [FormNode], in container: String, _ holder: JSONNode, _ state: FormState,
        _ places: inout [String: JSONNode]
    ) {
        var elements = holder["item"].map { Array($0.elements) }?.makeIterator()
        var pairs: [(String, FormNode, JSONNode)] = []
        state.form.forEach(nodes, in: container) { name, node in
            guard let element = elements?.next() else { return }
            pairs.append((name, node, element))
        }
        for (name, node, element) in pairs {
            places[name] = element
            match(node.nodes, in: name, element, state, &places)
            guard let written = element["answer"], !state.disabled.contains(name) else { continue }
            let answers = node.answers.enumerated().filter { $0.element.value != nil }
            for ((number, answer), element) in zip(answers, written.elements) {
                match(answer.nodes, in: "\(name)-\(number)", element, state, &places)
            }
        }
    }

    /// The surroundings at the top.
    func environment() -> FHIRPathEnvironment {
        var environment = context.environment(form, resource: document)
        for variable in form.variables {
            environment.variables[variable.name] =
                document.flatMap { try? evaluate(variable, on: $0, environment) } ?? []
        }
        return environment
    }

    /// The surroundings within an item.
    func environment(_ outer: FHIRPathEnvironment, of item: FormItem, _ name: String) -> FHIRPathEnvironment {
        guard !item.variables.isEmpty else { return outer }
        var environment = outer
        for variable in item.variables {
            let place = places[name]
            environment.variables[variable.name] = place.flatMap { try? evaluate(variable, on: $0, environment) } ?? []
        }
        return environment
    }

    func evaluate(
        _ expression: FormExpression, on place: JSONNode, _ environment: FHIRPathEnvironment
    ) throws(FHIRPathError) -> [FHIRPathValue] {
        try expression.compiled.evaluate(
            on: place, type: place["resourceType"] == nil ? "QuestionnaireResponse.item" : nil, environment)
    }
}
