import FHIR
import JSON

// Responses that answer their questionnaire (R4, "QuestionnaireResponse").
extension RuleRun {
    private static let questionnaire: JSONKey = "questionnaire"
    private static let status: JSONKey = "status"
    private static let required: JSONKey = "required"
    private static let repeats: JSONKey = "repeats"

    mutating func questionnaireResponse(_ visit: Int) {
        let response = node(visit)
        guard let url = response[Self.questionnaire]?.string else { return }
        guard let questionnaire = find(questionnaire: url, visit) else {
            // What is contained is missed by the rule for local references.
            if !url.hasPrefix("#") {
                report(
                    .warning, .notFound,
                    "the questionnaire \(shown(url)) is not known here; the answers are not checked",
                    visit, below: "questionnaire")
            }
            return
        }
        var check = ResponseCheck(questionnaire: questionnaire, response: response, terminology: terminology)
        check.run()
        for finding in check.findings {
            report(
                finding.severity, finding.code, finding.text, visit, below: finding.place.isEmpty ? nil : finding.place)
        }
    }

    private func find(questionnaire url: String, _ visit: Int) -> JSONNode? {
        guard url.hasPrefix("#") else { return given.resource("Questionnaire", url) }
        let id = String(url.dropFirst())
        return node(container(around: visit))["contained"]?.elements.first {
            $0[Keys.id]?.equals(id) == true && $0[Keys.resourceType]?.equals("Questionnaire") == true
        }
    }
}
