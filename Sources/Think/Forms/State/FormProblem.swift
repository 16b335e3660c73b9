public import FHIR

/// What is wrong with the answers to a form, where, and in words.
public struct FormProblem: Sendable, Hashable {
    /// What is wrong.
    public enum Kind: Sendable, Hashable {
        /// There is no answer where one is needed.
        case missing
        /// Fewer answers than are needed.
        case tooFew(least: Int)
        /// More answers than may be.
        case tooMany
        /// What was typed is no answer of this type.
        case unreadable
        /// Not one of the choices.
        case notAnOption
        /// A choice that goes with no other stands beside another.
        case exclusive
        /// Fewer characters than are needed.
        case tooShort(least: Int)
        /// More characters than may be.
        case tooLong(most: Int)
        /// Less than may be.
        case tooSmall(least: String)
        /// More than may be.
        case tooLarge(most: String)
        /// More digits after the point than may be.
        case tooFine(places: Int)
        /// A text that doesn't look as it has to.
        case wrongForm(format: FormText?)
        /// A rule of the questionnaire isn't kept.
        case rule(key: String, text: FormText, isWarning: Bool)
        /// An item that is not in the questionnaire.
        case unknownItem
        /// An item that stands elsewhere in the questionnaire.
        case misplacedItem
        /// Items in another order than the questionnaire's.
        case wrongOrder
        /// An answer of a type that the item hasn't.
        case wrongType
        /// An answer where none is asked for.
        case notAsked
        /// A value that is calculated otherwise.
        case calculatedOtherwise
        /// Calculations that don't come to rest.
        case unsettled
        /// A calculation that fails.
        case failed(reason: String)
        /// It belongs to another questionnaire.
        case otherQuestionnaire(String)
    }

    /// What is wrong.
    public let kind: Kind
    /// The node of the form that it is about; nil where it is about none.
    public let name: String?
    /// The item's linkId; empty for the whole.
    public let linkID: String
    /// What people call the item.
    public let label: FormText
    /// Where in the response, below it: `item[0].answer[1]`; empty for the whole.
    public let place: String
    /// Whether an answer that is not signed yet may have it.
    public let isWarning: Bool

    init(
        _ kind: Kind, name: String?, linkID: String, label: FormText? = nil, place: String, isWarning: Bool = false
    ) {
        self.kind = kind
        self.name = name
        self.linkID = linkID
        self.label = label ?? FormText(linkID)
        self.place = place
        self.isWarning = isWarning
    }

    /// What is wrong and what to do, for whoever fills the form.
    public var text: FormText {
        switch kind {
        case .missing: FormText("请回答这一题。", "Please answer this question.")
        case .tooFew(let least): FormText("至少要填 \(least) 项。", "Give at least \(least) answers.")
        case .tooMany: FormText("答案太多了。", "There are too many answers.")
        case .unreadable: FormText("填写的内容看不懂,请按提示的格式填写。", "This can't be read. Please write it as the hint shows.")
        case .notAnOption: FormText("请从给出的选项里选。", "Please choose one of the options.")
        case .exclusive: FormText("选了“以上都没有”一类的选项,就不能再选别的。", "This choice can't go together with others.")
        case .tooShort(let least): FormText("至少写 \(least) 个字。", "Write at least \(least) characters.")
        case .tooLong(let most): FormText("最多写 \(most) 个字。", "Write at most \(most) characters.")
        case .tooSmall(let least): FormText("不能小于 \(least),请核对。", "This can't be less than \(least). Please check.")
        case .tooLarge(let most): FormText("不能大于 \(most),请核对。", "This can't be more than \(most). Please check.")
        case .tooFine(let places): FormText("小数点后最多 \(places) 位。", "At most \(places) digits after the point.")
        case .wrongForm(let format):
            FormText(
                "格式不对" + (format.map { ",例如:\($0.zh)" } ?? "") + "。",
                "This has another form" + (format.map { ", for example: \($0.en)" } ?? "") + ".")
        case .rule(_, let text, _): text
        case .unknownItem: FormText("问卷里没有这一题。", "The questionnaire has no such item.")
        case .misplacedItem: FormText("这一题在问卷的另一处。", "The item stands elsewhere in the questionnaire.")
        case .wrongOrder: FormText("题目的顺序与问卷不同。", "The items have another order than the questionnaire's.")
        case .wrongType: FormText("答案的类型与问卷不同。", "The answer's type is not the one of the questionnaire.")
        case .notAsked: FormText("这一题按前面的回答不需要填写。", "By the other answers this is not asked for.")
        case .calculatedOtherwise: FormText("与计算结果不同。", "The calculation gives another value.")
        case .unsettled: FormText("计算不能收敛,请联系管理员。", "The calculation doesn't come to rest. Please tell the operator.")
        case .failed(let reason): FormText("无法计算:\(reason)", "This can't be calculated: \(reason)")
        case .otherQuestionnaire(let other):
            FormText("这是另一份问卷(\(other))的回答。", "This answers another questionnaire (\(other)).")
        }
    }

    /// As an issue of an OperationOutcome, in English.
    public var issue: Issue {
        let code: IssueCode =
            switch kind {
            case .missing, .tooFew: .required
            case .tooMany, .unknownItem, .misplacedItem, .wrongOrder, .wrongType: .structure
            case .notAnOption: .codeInvalid
            case .tooLong: .tooLong
            case .rule: .invariant
            case .failed, .unsettled: .processing
            case .notAsked, .exclusive, .calculatedOtherwise: .businessRule
            default: .value
            }
        return Issue(
            severity: isWarning ? .warning : .error, code: code,
            diagnostics: (linkID.isEmpty ? "" : linkID + ": ") + text.en,
            expression: "QuestionnaireResponse" + (place.isEmpty ? "" : "." + place))
    }
}
