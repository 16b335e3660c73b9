public import FHIR
import FHIRPath
public import JSON

extension Form {
    /// Begins a response: initial answers, and what the record tells (SDC, $populate).
    public func begin(_ context: FormContext) -> FormState {
        var state = FormState(self, [])
        state.settle(context)
        let population = FormPopulation(form: self, context: context)
        population.fill(&state)
        state.settle(context)
        return state
    }

    /// Goes on with a response.
    ///
    /// - Parameter response: a QuestionnaireResponse; what doesn't suit the questionnaire is left out, and told by
    ///   ``FormState/problems(isFinal:_:)``.
    public func resume(_ response: JSONNode, _ context: FormContext) -> FormState {
        let (nodes, problems) = read(response)
        var state = FormState(self, nodes, problems: problems)
        state.settle(context)
        return state
    }

    /// What is wrong with a QuestionnaireResponse, as OperationOutcome issues with paths; empty when nothing is.
    ///
    /// A response that is in progress may lack answers: these are warnings.
    public func issues(of response: JSONNode, _ context: FormContext) -> [Issue] {
        let (nodes, problems) = read(response)
        var state = FormState(self, nodes, problems: problems)
        let before = state.nodes
        state.settle(context)
        let isFinal = ["completed", "amended"].contains(response["status"]?.string ?? "")
        var found = state.problems(isFinal: isFinal, context)
        if let named = response["questionnaire"]?.string, !isMine(named) {
            found.insert(
                FormProblem(.otherQuestionnaire(named), name: nil, linkID: "", place: "questionnaire"), at: 0)
        }
        visit(before) { name, node in
            let item = items[node.item]
            guard let place = node.place, node.answers.contains(where: { $0.value != nil }) else { return }
            if !state.isEnabled(name) {
                found.append(FormProblem(.notAsked, name: name, linkID: item.linkID, label: item.label, place: place))
            }
        }
        var after: [String: [FormValue]] = [:]
        visit(state.nodes) { name, node in
            if items[node.item].calculated != nil { after[name] = node.answers.compactMap(\.value) }
        }
        visit(before) { name, node in
            let item = items[node.item]
            let values = node.answers.compactMap(\.value)
            guard let place = node.place, let other = after[name], state.isEnabled(name), !values.isEmpty else {
                return
            }
            let isSame = values.count == other.count && zip(values, other).allSatisfy { $0.0.means($0.1) }
            if !isSame {
                found.append(
                    FormProblem(
                        .calculatedOtherwise, name: name, linkID: item.linkID, label: item.label, place: place,
                        isWarning: !item.isReadOnly))
            }
        }
        return found.map(\.issue)
    }

    /// Whether a canonical names this questionnaire, with its version or without.
    public func isMine(_ named: String) -> Bool {
        named == canonical || named == canonical.split(separator: "|").first.map(String.init)
            || (!canonical.contains("|") && named.split(separator: "|").first.map(String.init) == canonical)
    }
}

/// What a response says beside its answers.
public struct FormHead: Sendable {
    /// The response's id; nil for one that isn't kept.
    public var id: String?
    /// in-progress, completed, amended.
    public var status: String
    /// Whom it is about: `Patient/1`.
    public var subject: String?
    /// When it was answered, as FHIR writes dates and times.
    public var authored: String
    /// Who wrote it down: a reference and a name.
    public var author: (reference: String, name: String)?
    /// Whose words they are; nil for those of the author.
    public var source: String?
    /// The Task or order that it answers.
    public var basedOn: String?
    /// The name of the sending that brought the answers, made where they were given: by it the same sending is known when it
    /// comes again. nil for answers that were typed here.
    public var sending: String?
    /// What names a sending in ``sending``.
    public static let sendingSystem = "https://healthbrain.dev/fhir/NamingSystem/form-sending"

    /// Describes a response.
    public init(
        id: String? = nil, status: String, subject: String?, authored: String,
        author: (reference: String, name: String)? = nil, source: String? = nil, basedOn: String? = nil
    ) {
        self.id = id
        self.status = status
        self.subject = subject
        self.authored = authored
        self.author = author
        self.source = source
        self.basedOn = basedOn
    }
}

extension FormState {
    /// The QuestionnaireResponse: what is asked for and answered, hidden and calculated items included.
    public func response(_ head: FormHead) -> [UInt8] {
        var writer = FormWriter(form, disabled: disabled, for: .response)
        writer.writer.beginObject()
        writer.writer.member("resourceType", string: "QuestionnaireResponse")
        if let id = head.id { writer.writer.member("id", string: id) }
        if let sending = head.sending {
            writer.writer.key("identifier")
            writer.writer.beginObject()
            writer.writer.member("system", string: FormHead.sendingSystem)
            writer.writer.member("value", string: sending)
            writer.writer.endObject()
        }
        func reference(_ key: String, _ target: String, _ name: String? = nil) {
            writer.writer.key(key)
            writer.writer.beginObject()
            writer.writer.member("reference", string: target)
            if let name, !name.isEmpty { writer.writer.member("display", string: name) }
            writer.writer.endObject()
        }
        if let basedOn = head.basedOn {
            writer.writer.key("basedOn")
            writer.writer.beginArray()
            writer.writer.beginObject()
            writer.writer.member("reference", string: basedOn)
            writer.writer.endObject()
            writer.writer.endArray()
        }
        writer.writer.member("questionnaire", string: form.canonical)
        writer.writer.member("status", string: head.status)
        if let subject = head.subject { reference("subject", subject) }
        writer.writer.member("authored", string: head.authored)
        if let author = head.author { reference("author", author.reference, author.name) }
        if let source = head.source { reference("source", source) }
        writer.items(nodes, in: "q")
        writer.writer.endObject()
        return writer.writer.bytes
    }

    /// Whether nothing has been answered that somebody has to enter.
    public var isEmpty: Bool {
        var isEmpty = true
        form.visit(nodes) { name, node in
            guard form.items[node.item].isEntered, isEnabled(name) else { return }
            isEmpty = isEmpty && node.answers.allSatisfy { $0.value == nil && $0.typed == nil }
        }
        return isEmpty
    }
}
