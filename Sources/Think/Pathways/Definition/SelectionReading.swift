import FHIR
import FHIRPath
import JSON

/// How an expression goes through a record, for finding out whether one resource can mean anything to it.
struct SelectionReading: Sendable {
    let type: String
    let key: RecordSelection.Key
    /// What holds for every resource that has a part in it; nil where nothing is known.
    let guarded: FHIRPathExpression?
    /// The same for what finds the same.
    let name: String

    init(_ selection: RecordSelection, _ guarded: String?, _ definitions: Definitions) {
        (type, key) = (selection.type, selection.key)
        name = "\(selection.name) \(guarded ?? "")"
        self.guarded = guarded.flatMap {
            try? FHIRPathExpression(
                $0, definitions: definitions, options: FHIRPathOptions(contextType: selection.type))
        }
    }

    /// All whose questionnaire begins so.
    init(questionnaire beginning: String) {
        (type, key, guarded) = ("QuestionnaireResponse", .questionnaire(beginning), nil)
        name = "form \(beginning)"
    }

    /// Whether a resource that was not there before can mean anything.
    func canMean(_ root: JSONNode, _ keys: Set<String>) -> Bool {
        let isFound =
            switch key {
            case .all: true
            case .codes(let codes): codes.contains { keys.contains($0) }
            case .questionnaire(let beginning): keys.contains { $0.hasPrefix(beginning) }
            }
        guard isFound, let guarded else { return isFound }
        // What can't be worked out says nothing.
        guard let values = try? guarded.evaluate(on: root, FHIRPathEnvironment(resource: root)) else { return true }
        return values.contains { if case .boolean(false)? = $0.system { false } else { true } }
    }
}
