import Calendar
import FHIR
import Reporting
import Syndromes

/// A report card as the template reads it: the clock, the fields, what comes next, what it stands on.
struct ReportCardView {
    struct Choice {
        let code: String
        let text: String
        let isChosen: Bool
    }

    struct Field {
        let id: String
        let label: String
        let note: String?
        let value: String
        /// As a reader sees it.
        let text: String
        let type: String?
        let choices: [Choice]
        let isChoice: Bool
        let isRequired: Bool
        let problem: String?
    }

    /// A step that may come next.
    struct Next {
        let action: String
        let title: String
        let hint: String
        let asksText: Bool
        let textLabel: String
        let text: String
        let asksDeath: Bool
        let death: String
        let isSecond: Bool
    }

    struct Step {
        let name: String
        let when: String
        let by: String
        let text: String
    }

    struct Ground {
        let href: String
        let reference: String
        let text: String
    }

    struct Problem {
        let href: String
        let text: String
    }

    struct Figure {
        let name: String
        let value: String
        let note: String
    }

    let title: String
    let answer: String
    let stage: String
    let tone: String
    let late: String?
    let asked: String?
    let refusal: String?
    let problems: [Problem]
    let hasProblems: Bool
    let figures: [Figure]
    let form: String
    let address: String
    let fields: [Field]
    /// The step that the whole form belongs to; nil where the reader may only look.
    let main: Next?
    let isShown: Bool
    let next: [Next]
    let hasNext: Bool
    let grounds: [Ground]
    let steps: [Step]
    let source: String

    init(
        _ card: ReportCard, _ form: ReportForm, isCentre: Bool?, token: String, sent: FormBody,
        refusal: ReportCard.Refusal?, actor: String, now: Int64, words: Words
    ) {
        let isEnglish = words.language == .en
        func name(_ field: ReportForm.Field) -> String { isEnglish ? field.en : field.zh }
        title = words.text("reportTitle", ["disease": words.condition(card.disease)])
        answer = words.clock(card, now: now) ?? words["reportNothingDue"]
        stage = words.stage(card.stage)
        let isOverdue = card.isOverdue(at: now)
        tone = isOverdue ? "act" : card.due == nil ? "quiet" : "watch"
        late = words.late(card)
        let question = card.stage == .correctionDue ? card.steps.last { $0.what == .asked }?.text : nil
        let sentBack = card.stage == .returned ? card.returnReason : nil
        asked =
            question.map { words.text("reportAsked", ["what": $0]) }
            ?? sentBack.map { words.text("reportSentBack", ["why": $0]) }
        let action = refusal == nil ? nil : ReportAction(rawValue: sent["action"])
        let isChanging = action == .confirm || action == .correct
        let values = isChanging ? card.values.merging(Self.changes(sent, form)) { $1 } : card.values
        var draft = card
        draft.values = values
        var told: [ReportProblem] = []
        switch refusal {
        case .fields(let found): told = found
        case nil, .stage, .reason: if card.stage.waitsForInstitution { told = card.problems(form, now: now) }
        }
        self.refusal =
            switch refusal {
            case .stage: words["reportProblemStage"]
            case .reason: words["reportProblemReason"]
            case .fields: words["reportProblemFields"]
            case nil: nil
            }
        problems = told.map { problem in
            let text = words["reportProblem_\(problem.kind.rawValue)"]
            let field = form.field(problem.field).map(name) ?? problem.field
            return Problem(href: "#f-\(problem.field)", text: field + words["colon"] + text)
        }
        hasProblems = !problems.isEmpty
        self.form = token
        address = "/reports/\(card.id)"
        let subtypes = form.subtypes(of: card.disease)
        fields = form.fields.compactMap { field in
            let value = values[field.id] ?? (field.id == "doctor" && card.stage.waitsForInstitution ? actor : "")
            let options: [(code: String, text: String)] =
                switch field.kind {
                case .choice: field.options.map { ($0.code, isEnglish ? $0.en : $0.zh) }
                case .subtype: subtypes.map { ($0.code, "\($0.code) " + (isEnglish ? $0.en : $0.zh)) }
                default: []
                }
            if field.kind == .subtype, options.isEmpty { return nil }
            let type: String? =
                switch field.kind {
                case .date: "date"
                case .dateTime: "datetime-local"
                case .phone: "tel"
                case .name, .id, .text, .address: "text"
                case .choice, .subtype: nil
                }
            let time = field.kind == .dateTime ? FHIRDateTime(value)?.lowMilliseconds : nil
            let problem = told.first { $0.field == field.id }.map { words["reportProblem_\($0.kind.rawValue)"] }
            return Field(
                id: field.id, label: name(field), note: field.id == "birthDate" ? Self.age(draft, words) : nil,
                value: time.map { ShanghaiTime.text($0, words) } ?? value,
                text: options.first { $0.code == value }?.text ?? time.map { words.dateTime(milliseconds: $0) }
                    ?? value,
                type: type,
                choices: [Choice(code: "", text: words["reportChoose"], isChosen: value.isEmpty)]
                    + options.map { Choice(code: $0.code, text: $0.text, isChosen: $0.code == value) },
                isChoice: type == nil, isRequired: draft.needs(field, form, now: now), problem: problem)
        }
        let actions = card.stage.actions.filter { action in
            isCentre.map { card.isFor(action, centre: $0) } ?? true
        }
        let steps = actions.map { action in
            let isSent = sent["action"] == action.rawValue
            return Next(
                action: action.rawValue, title: words["reportStep_\(action.rawValue)"],
                hint: words["reportHint_\(action.rawValue)"], asksText: action != .confirm && action != .review,
                textLabel: words["reportText_\(action.rawValue)"], text: isSent ? sent["text"] : "",
                asksDeath: action == .tellDeath, death: isSent ? sent["f-died"] : card.values["died"] ?? "",
                isSecond: action != .review)
        }
        // A corrected card is changed where its correction was asked for, else in a fold of its own.
        let first = steps.first {
            $0.action == ReportAction.confirm.rawValue || $0.action == ReportAction.correct.rawValue
        }
        main = first
        isShown = first == nil
        next = steps.filter { $0.action != first?.action }
        hasNext = !next.isEmpty
        figures = [
            Figure(
                name: words["reportLaw"], value: words.duty(card),
                note: words.text("reportDeadline", ["time": words.dateTime(milliseconds: card.deadline)])),
            Figure(
                name: words["reportDiagnosed"], value: words.dateTime(milliseconds: card.diagnosedAt),
                note: words.text("reportPrepared", ["time": words.dateTime(milliseconds: card.preparedAt)])),
            Figure(
                name: words["reportReported"],
                value: card.reportedAt.map { words.dateTime(milliseconds: $0) } ?? "—",
                note: words[card.kind == 2 ? "reportCorrected" : "reportFirst"]),
        ]
        grounds = card.grounds.map { ground in
            let option = form.field("classification")?.options.first { $0.code == ground.classification.code }
            return Ground(
                href: "/records/\(ground.reference)", reference: ground.reference,
                text: option.map { isEnglish ? $0.en : $0.zh } ?? "")
        }
        self.steps = card.steps.map { step in
            Step(
                name: words["reportDone_\(step.code)"], when: words.dateTime(milliseconds: step.at),
                by: step.by.isEmpty ? words["signalByHouse"] : step.by, text: step.text)
        }
        source = words.source(card.disease)
    }

    private static func age(_ card: ReportCard, _ words: Words) -> String? {
        card.age(on: CivilDay(milliseconds: card.diagnosedAt)).map { words.text("reportAge", ["n": "\($0)"]) }
    }

    /// The fields that a form has sent, as the card keeps them.
    static func changes(_ sent: FormBody, _ form: ReportForm) -> [String: String] {
        var found: [String: String] = [:]
        for field in form.fields where sent.holds("f-\(field.id)") {
            let value = sent["f-\(field.id)"].trimmed
            if field.kind == .dateTime, let time = ShanghaiTime.milliseconds(value) {
                found[field.id] = ReportTime.text(time)
            } else {
                found[field.id] = value
            }
        }
        return found
    }
}
