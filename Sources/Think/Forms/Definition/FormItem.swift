public import FHIRPath
public import JSON

/// What kind of question an item is: the value set item-type of R4.
public enum FormItemType: String, Sendable, CaseIterable {
    case group, display, boolean, decimal, integer, date, dateTime, time, string, text, url, choice
    case openChoice = "open-choice"
    case attachment, reference, quantity

    /// The types of value that an answer may have.
    public var kinds: [FormValue.Kind] {
        switch self {
        case .group, .display: []
        case .boolean: [.boolean]
        case .decimal: [.decimal]
        case .integer: [.integer]
        case .date: [.date]
        case .dateTime: [.dateTime]
        case .time: [.time]
        case .string, .text: [.string]
        case .url: [.uri]
        case .choice: [.coding, .string, .integer, .date, .time, .reference]
        case .openChoice: [.coding, .string, .integer, .date, .time, .reference]
        case .attachment: [.attachment]
        case .reference: [.reference]
        case .quantity: [.quantity]
        }
    }

    /// Whether it has an answer.
    public var isQuestion: Bool { self != .group && self != .display }
    /// Whether it is answered from a list.
    public var isChoice: Bool { self == .choice || self == .openChoice }
}

/// A choice that an answer is made from.
public struct FormOption: Sendable, Hashable {
    /// The answer's value.
    public let value: FormValue
    /// What people read.
    public let text: FormText
    /// Whether it goes with no other (questionnaire-optionExclusive).
    public let isExclusive: Bool
    /// Whether it is chosen at the beginning.
    public let isInitial: Bool

    /// What names it in a page's form: `system|code`, or the value's text.
    public var key: String {
        value.kind == .coding ? "\(value.system ?? "")|\(value.code ?? "")" : value.text
    }
}

/// A code of a value set.
public struct FormCode: Sendable, Hashable {
    /// The canonical of the code system.
    public let system: String
    /// The code.
    public let code: String
    /// What people read.
    public let text: FormText
    /// Its score, as a number's text; nil where it has none.
    public let weight: String?

    /// Describes a code.
    public init(system: String, code: String, text: FormText, weight: String? = nil) {
        self.system = system
        self.code = code
        self.text = text
        self.weight = weight
    }

    /// The codes that a ValueSet lists one by one; nil when it needs a code system to be told.
    public static func listed(in valueSet: JSONNode) -> [FormCode]? {
        var codes: [FormCode] = []
        if let contains = valueSet["expansion"]?["contains"] {
            for code in contains.elements {
                guard let system = code["system"]?.string, let name = code["code"]?.string else { continue }
                codes.append(FormCode(system, name, code))
            }
            return codes
        }
        guard let includes = valueSet["compose"]?["include"], valueSet["compose"]?["exclude"] == nil else { return nil }
        for include in includes.elements {
            guard let system = include["system"]?.string, let concepts = include["concept"], include["filter"] == nil,
                include["valueSet"] == nil
            else { return nil }
            for concept in concepts.elements {
                guard let name = concept["code"]?.string else { continue }
                codes.append(FormCode(system, name, concept))
            }
        }
        return codes
    }

    private init(_ system: String, _ code: String, _ node: JSONNode) {
        let display = FormText(node, "display")
        var named: [String: String] = [:]
        for designation in node["designation"]?.elements.map({ $0 }) ?? [] {
            guard let language = designation["language"]?.string, let value = designation["value"]?.string else {
                continue
            }
            named[String(language.prefix(2))] = named[String(language.prefix(2))] ?? value
        }
        self.init(
            system: system, code: code,
            text: FormText(named["zh"] ?? display?.zh ?? code, named["en"] ?? display?.en ?? code),
            weight: (node.extended(FormURL.ordinalValue) ?? node.extended(FormURL.itemWeight))?.numberText)
    }
}

/// How an item looks, as far as the page can follow.
public enum FormControl: String, Sendable {
    case radioButton = "radio-button"
    case checkBox = "check-box"
    case dropDown = "drop-down"
    /// A hint to the item above.
    case help
}

/// What an Observation of an item is to that of the item above it (SDC, observationExtract).
public enum FormExtract: String, Sendable {
    /// It stands alone: `true` or `independent`.
    case independent
    /// It is a component of the one above.
    case component
    /// It is a member of the one above.
    case member
    /// It is derived from the one above.
    case derived
}

/// An expression of a questionnaire.
public struct FormExpression: Sendable {
    /// Its name, where it is a variable.
    public let name: String
    /// The FHIRPath.
    public var text: String { compiled.text }
    /// The linkIds that it names.
    public let linkIDs: Set<String>
    /// The variables that it names.
    public let variables: Set<String>
    let compiled: FHIRPathExpression
}

/// A unit that a quantity may have.
public struct FormUnit: Sendable, Hashable {
    /// `http://unitsofmeasure.org` as a rule.
    public let system: String?
    /// The code.
    public let code: String
    /// What people read.
    public let text: String
}

/// A condition of `enableWhen`.
struct FormCondition: Sendable {
    enum Test: Sendable {
        case exists(Bool)
        case compare(Comparison, FormValue)
    }
    /// The item asked about.
    let question: Int
    let test: Test
}

/// A rule that the answers have to keep (targetConstraint, questionnaire-constraint).
public struct FormConstraint: Sendable {
    /// Its name within the questionnaire.
    public let key: String
    /// What people are told when it isn't kept.
    public let text: FormText
    /// Whether it only warns.
    public let isWarning: Bool
    let expression: FormExpression
}

/// A question, group or text of a form.
public struct FormItem: Sendable {
    /// Its place in ``Form/items``.
    public let index: Int
    /// Its name within the questionnaire.
    public let linkID: String
    /// What kind of question it is.
    public let type: FormItemType
    /// Where it stands: `Questionnaire.item[0].item[1]`.
    public let path: String
    /// The item above; nil at the top.
    public let parent: Int?
    /// The items below, in order.
    public internal(set) var children: [Int] = []
    /// What stands before the text, such as `1.`.
    public internal(set) var prefix = ""
    /// The question.
    public internal(set) var text: FormText?
    /// Whether it has to be answered.
    public internal(set) var isRequired = false
    /// Whether it may have several answers, or stand several times.
    public internal(set) var repeats = false
    /// Whether people can't change it.
    public internal(set) var isReadOnly = false
    /// Whether people don't see it.
    public internal(set) var isHidden = false
    /// At least so many answers.
    public internal(set) var minOccurs: Int?
    /// At most so many answers.
    public internal(set) var maxOccurs: Int?
    /// At least so many characters.
    public internal(set) var minLength: Int?
    /// At most so many characters.
    public internal(set) var maxLength: Int?
    /// At least this.
    public internal(set) var minValue: FormValue?
    /// At most this.
    public internal(set) var maxValue: FormValue?
    /// At most so many digits after the point.
    public internal(set) var maxDecimalPlaces: Int?
    /// How a text has to look.
    public internal(set) var regex: FHIRPathExpression?
    /// An example of what to enter.
    public internal(set) var entryFormat: FormText?
    /// A hint, from an item of control `help` below it.
    public internal(set) var help: FormText?
    /// The unit of a number, or the one that a quantity begins with.
    public internal(set) var unit: FormUnit?
    /// The units to choose from.
    public internal(set) var unitOptions: [FormUnit] = []
    /// The answers to choose from.
    public internal(set) var options: [FormOption] = []
    /// How it looks.
    public internal(set) var control: FormControl?
    /// Whether choices stand in a line.
    public internal(set) var isHorizontal = false
    /// What it is calculated by; nobody enters it then.
    public internal(set) var calculated: FormExpression?
    /// What fills it at the beginning.
    public internal(set) var initialExpression: FormExpression?
    /// From how far back an Observation of the same code fills it: FHIR Duration.
    public internal(set) var linkPeriod: JSONNode?
    /// Whether and how an Observation is made of it.
    public internal(set) var extract: FormExtract?
    /// The codes of that Observation.
    public internal(set) var codes: [JSONNode] = []
    var conditions: [FormCondition] = []
    var isEnabledByAny = false
    var enableExpression: FormExpression?
    var initial: [FormValue] = []
    var variables: [FormExpression] = []
    var constraints: [FormConstraint] = []
    var populationContext: FormExpression?
    var categories: [JSONNode] = []
    var definition: String?
    /// The type of resource that is made of a group.
    var extractionType: String?
    let node: JSONNode

    init(index: Int, linkID: String, type: FormItemType, path: String, parent: Int?, node: JSONNode) {
        self.index = index
        self.linkID = linkID
        self.type = type
        self.path = path
        self.parent = parent
        self.node = node
    }

    /// Whether it is asked for only by other answers.
    public var isConditional: Bool { !conditions.isEmpty || enableExpression != nil }

    /// Whether people enter it.
    public var isEntered: Bool { type.isQuestion && !isReadOnly && !isHidden && calculated == nil }

    /// What an item is called in a message: its text, else its linkId.
    public var label: FormText { text ?? FormText(linkID) }
}
