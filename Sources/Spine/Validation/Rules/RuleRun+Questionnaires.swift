import FHIR
import JSON

// Questionnaires whose conditions can be met (R4, "Questionnaire", enableWhen).
extension RuleRun {
    private static let enableWhen: JSONKey = "enableWhen"
    private static let question: JSONKey = "question"

    mutating func questionnaire(_ visit: Int) {
        let value = node(visit)
        var order: [String: Int] = [:]
        for (position, item) in QuestionnaireItems.all(below: value).enumerated() {
            if let id = item.linkId { order[id] = order[id] ?? position }
        }
        for (position, item) in QuestionnaireItems.all(below: value).enumerated() {
            for (number, condition) in (item.node[Self.enableWhen]?.elements.map { $0 } ?? []).enumerated() {
                guard let question = condition[Self.question]?.string else { continue }
                let place = "\(item.place).enableWhen[\(number)].question"
                if question == item.linkId {
                    report(.error, .businessRule, "an item can't depend on itself", visit, below: place)
                } else if QuestionnaireItems.all(below: item.node).contains(where: { $0.linkId == question }) {
                    report(
                        .error, .businessRule, "an item can't depend on \(shown(question)), which is inside it", visit,
                        below: place)
                } else if let other = order[question] {
                    if other > position {
                        report(
                            .warning, .businessRule, "the item depends on \(shown(question)), which comes later", visit,
                            below: place)
                    }
                } else {
                    report(
                        .error, .businessRule, "the questionnaire has no item \(shown(question))", visit, below: place)
                }
            }
        }
    }
}

/// The items of a questionnaire or a response, inner ones behind the outer.
enum QuestionnaireItems {
    struct Item {
        let node: JSONNode
        /// Where it stands below the root: `item[0].item[2]`.
        let place: String
        var linkId: String? { node[Keys.linkId]?.string }
    }

    /// The items directly below; of a response not those below answers.
    static func direct(_ node: JSONNode) -> [JSONNode] {
        node[Keys.item]?.elements.map { $0 } ?? []
    }

    static func all(below node: JSONNode, _ prefix: String = "") -> [Item] {
        direct(node).enumerated().flatMap { position, inner in
            let place = "\(prefix)item[\(position)]"
            return [Item(node: inner, place: place)] + all(below: inner, place + ".")
        }
    }
}
