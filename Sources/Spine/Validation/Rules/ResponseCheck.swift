import FHIR
import JSON
import Terminology

/// Compares a QuestionnaireResponse with its Questionnaire.
struct ResponseCheck {
    struct Finding {
        let severity: Issue.Severity
        let code: IssueCode
        let text: String
        /// Where, below the response.
        let place: String
    }

    /// A node of the response and where it stands.
    private struct Place {
        let node: JSONNode
        let path: String

        var items: [Place] {
            QuestionnaireItems.direct(node).enumerated().map {
                Place(node: $1, path: (path.isEmpty ? "" : path + ".") + "item[\($0)]")
            }
        }
        var answers: [Place] {
            (node[Keys.answer]?.elements.map { $0 } ?? []).enumerated().map {
                Place(node: $1, path: "\(path).answer[\($0)]")
            }
        }
    }

    let questionnaire: JSONNode
    let response: JSONNode
    let terminology: TerminologyService?
    private(set) var findings: [Finding] = []
    private let isInProgress: Bool
    private let conditions: EnableWhen

    init(questionnaire: JSONNode, response: JSONNode, terminology: TerminologyService?) {
        self.questionnaire = questionnaire
        self.response = response
        self.terminology = terminology
        isInProgress = response["status"]?.equals("in-progress") == true
        conditions = EnableWhen(response)
    }

    mutating func run() {
        compare(Place(node: response, path: ""), QuestionnaireItems.direct(questionnaire))
    }

    private mutating func tell(_ text: String, _ code: IssueCode, _ path: String, _ severity: Issue.Severity = .error) {
        findings.append(Finding(severity: severity, code: code, text: text, place: path))
    }

    private static func id(_ item: JSONNode) -> String { item[Keys.linkId]?.string ?? "" }

    private mutating func compare(_ holder: Place, _ questions: [JSONNode]) {
        let ids = questions.map(Self.id)
        var last = -1
        var groups: [String: [Place]] = [:]
        for item in holder.items {
            // A missing linkId is told by the structural walk.
            guard let id = item.node[Keys.linkId]?.string else { continue }
            if let position = ids.firstIndex(of: id) {
                if position < last {
                    tell(
                        "the item \(id) stands before it in the questionnaire: items keep its order", .structure,
                        item.path)
                }
                last = position
                if item.node[Keys.answer] != nil || item.node[Keys.item] != nil { groups[id, default: []].append(item) }
            } else if let other = QuestionnaireItems.all(below: questionnaire).first(where: { $0.linkId == id }) {
                tell("the item \(id) stands elsewhere in the questionnaire", .structure, item.path)
                compare(item, to: other.node)
            } else {
                tell("the questionnaire has no item \(id)", .notFound, item.path)
            }
        }
        for question in questions {
            let id = Self.id(question)
            let isEnabled = conditions.isEnabled(question)
            guard let group = groups[id] else {
                if isEnabled, question["required"]?.bool == true {
                    tell(
                        "the item \(id) is required", .required, holder.path, isInProgress ? .warning : .error)
                }
                continue
            }
            if !isEnabled {
                for item in group {
                    tell("the item \(id) has an answer, but its enableWhen is not fulfilled", .invalid, item.path)
                }
            }
            if group.count > 1, question["repeats"]?.bool != true {
                tell("the item \(id) may stand once only", .invalid, group[1].path)
            }
            for item in group { compare(item, to: question) }
        }
    }

    private mutating func compare(_ item: Place, to question: JSONNode) {
        let id = Self.id(question)
        let type = question[Keys.type]?.string ?? ""
        if let text = item.node[Keys.text]?.string, text != question[Keys.text]?.string {
            tell("the text of the item \(id) is not that of the questionnaire", .invalid, item.path)
        }
        let answers = item.answers
        if answers.isEmpty, question["required"]?.bool == true, type != "group",
            isInProgress || conditions.isEnabled(question)
        {
            tell("the item \(id) needs an answer", .required, item.path, isInProgress ? .warning : .error)
        }
        if answers.count > 1, question["repeats"]?.bool != true {
            tell("the item \(id) may have one answer only", .invalid, answers[1].path)
        }
        for answer in answers {
            check(answer, question, type)
            if type != "group" { compare(answer, QuestionnaireItems.direct(question)) }
        }
        switch type {
        case "group": compare(item, QuestionnaireItems.direct(question))
        case "display":
            if !item.items.isEmpty { tell("the item \(id) is for display and has no items", .structure, item.path) }
        default:
            if !item.items.isEmpty {
                tell("the item \(id) is no group: its items stand below its answer", .structure, item.path)
            }
        }
    }

    /// The members of `answer` that each type of question allows (R4, value set item-type).
    private static let members: [String: [String]] = [
        "boolean": ["valueBoolean"], "decimal": ["valueDecimal"], "integer": ["valueInteger"], "date": ["valueDate"],
        "dateTime": ["valueDateTime"], "time": ["valueTime"], "string": ["valueString"], "text": ["valueString"],
        "url": ["valueUri"], "attachment": ["valueAttachment"], "reference": ["valueReference"],
        "quantity": ["valueQuantity"],
        "choice": ["valueCoding", "valueDate", "valueTime", "valueInteger", "valueString"],
        "open-choice": ["valueCoding", "valueDate", "valueTime", "valueInteger", "valueString"],
    ]

    private mutating func check(_ answer: Place, _ question: JSONNode, _ type: String) {
        let id = Self.id(question)
        guard type != "group" else { return tell("the group \(id) has no answer of its own", .structure, answer.path) }
        guard let allowed = Self.members[type] else { return }
        let found = answer.node.members.first { $0.key.string?.hasPrefix("value") == true }
        guard let found, let name = found.key.string else { return }
        guard allowed.contains(name) else {
            return tell(
                "an answer to \(id) is \(allowed.joined(separator: " or ")); found \(name)", .structure,
                answer.path + ".value")
        }
        guard type == "choice" || type == "open-choice" else { return }
        if let options = question["answerOption"], options.count > 0 {
            let isOpen = type == "open-choice" && name == "valueString"
            let isOption = options.elements.contains { option in
                option[JSONKey(name)].map { Self.isSame($0, found.value) } ?? false
            }
            if !isOption, !isOpen {
                tell("the answer is none of the options of \(id)", .codeInvalid, answer.path + ".value")
            }
        } else if let url = question["answerValueSet"]?.string, name == "valueCoding",
            let code = found.value[Keys.code]?.string
        {
            listed(code, found.value[Keys.system]?.string, url, answer.path)
        }
    }

    private mutating func listed(_ code: String, _ system: String?, _ url: String, _ path: String) {
        var answer: Bool?
        if url.hasPrefix("#") {
            let id = String(url.dropFirst())
            let lists = [questionnaire, response].flatMap { $0["contained"]?.elements.map { $0 } ?? [] }
            guard let set = lists.first(where: { $0[Keys.id]?.equals(id) == true }), let terminology else { return }
            let codes = try? terminology.codes(in: ValueSetReference(resource: set, supplied: lists))
            answer = codes.map { $0.contains { $0.code == code && $0.system == (system ?? $0.system) } }
        } else {
            answer = terminology?.contains(valueSet: url, system: system, code: code)
        }
        if answer == false { tell("\(code) is not in the value set \(url)", .codeInvalid, path + ".value") }
    }

    private static func isSame(_ option: JSONNode, _ answer: JSONNode) -> Bool {
        guard option.isObject else { return option.hasSameValue(as: answer) }
        return option[Keys.system]?.string == answer[Keys.system]?.string
            && option[Keys.code]?.string == answer[Keys.code]?.string
    }
}
