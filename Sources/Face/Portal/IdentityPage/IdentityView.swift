import Gate
import Identity
import JSON
import Persons

/// The pairs on the desk as the template reads them.
struct ReviewListView {
    struct Tab {
        let href: String
        let text: String
        let count: String
        let isCurrent: Bool
    }

    struct Row {
        let href: String
        let one: String
        let other: String
        let score: String
        let detail: String
    }

    let answer: String
    let notice: String?
    let tabs: [Tab]
    let rows: [Row]
    let hasRows: Bool
    let isMasked: Bool

    init(
        _ cases: [ReviewCase], state: Review.State, counts: [Review.State: Int], notice: String?, isMasked: Bool,
        words: Words
    ) {
        self.notice = notice
        self.isMasked = isMasked
        tabs = Review.State.allCases.map { other in
            Tab(
                href: "/identity?state=\(other.word)", text: words[other.key],
                count: words.number(counts[other] ?? 0), isCurrent: other == state)
        }
        rows = cases.map { found in
            let different = found.fields.filter { $0.agreement == .different }.map { words[$0.role.key] }
            return Row(
                href: "/identity/\(found.review.id)", one: Self.name(found.one, words),
                other: Self.name(found.other, words), score: words.percent(found.review.score),
                detail: different.isEmpty
                    ? words["identityNothingDiffers"]
                    : words.text("identityDiffers", ["fields": different.joined(separator: words["listComma"])]))
        }
        hasRows = !rows.isEmpty
        let open = cases.count
        answer =
            state == .open
            ? open == 0 ? words["identityNone"] : words.counted("identityAnswer", open) : words[state.key]
    }

    static func name(_ patient: JSONDocument, _ words: Words) -> String {
        let name = Person(patient.root).name
        return name.isEmpty ? words["nameUnknown"] : name
    }
}

/// Two persons side by side.
struct ReviewView {
    struct Field {
        let name: String
        let one: String
        let other: String
        let mark: String
        let tone: String
        let isDifferent: Bool
    }

    let id: Int64
    let form: String
    let answer: String
    let score: String
    let one: String
    let other: String
    let fields: [Field]
    let isMasked: Bool
    let isOpen: Bool
    /// Who decided what, and why; nil where nobody has.
    let decided: String?
    let reason: String
    let problem: String?

    init(
        _ found: ReviewCase, form: String, reason: String, problem: String?, isMasked: Bool,
        words: Words
    ) {
        let review = found.review
        id = review.id
        self.form = form
        self.reason = reason
        self.problem = problem
        self.isMasked = isMasked
        one = ReviewListView.name(found.one, words)
        other = ReviewListView.name(found.other, words)
        score = words.percent(review.score)
        answer = words.text("identityScore", ["score": words.percent(review.score)])
        isOpen = review.state == .open || review.state == .later
        decided =
            review.decided == 0
            ? nil : words.text("identityDecided", ["what": words[review.state.key], "reason": review.reason])
        let (first, second) = (PatientFields.fields(of: found.one.root), PatientFields.fields(of: found.other.root))
        fields = found.fields.compactMap { field in
            let (a, b) = (first[field.role], second[field.role])
            if a == nil, b == nil { return nil }
            return Field(
                name: words[field.role.key], one: words.value(a, field.role), other: words.value(b, field.role),
                mark: words[field.agreement.key], tone: field.agreement.tone,
                isDifferent: field.agreement == .different || field.agreement == .similar)
        }
    }
}

extension Review.State {
    /// The key of its name.
    var key: String {
        switch self {
        case .open: "identityOpen"
        case .same: "identitySame"
        case .different: "identityDifferent"
        case .later: "identityLater"
        }
    }
}

extension FieldComparison.Agreement {
    fileprivate var key: String {
        switch self {
        case .missing: "agreementMissing"
        case .same: "agreementSame"
        case .similar: "agreementSimilar"
        case .different: "agreementDifferent"
        }
    }

    fileprivate var tone: String {
        switch self {
        case .missing: "quiet"
        case .same: "good"
        case .similar: "watch"
        case .different: "act"
        }
    }
}

extension ColumnRole {
    /// The key of its name.
    fileprivate var key: String {
        switch self {
        case .sex: "identitySex"
        case .birthDate: "identityBirth"
        case .idNumber: "identityNumber"
        case .phone: "identityPhone"
        case .address: "identityHome"
        case .card: "identityCard"
        case .socialCard: "identityCityCard"
        case .ethnicity: "identityEthnicity"
        case .contactName: "identityContact"
        default: "identityName"
        }
    }
}

extension Words {
    /// A probability in whole percent, never quite none or all.
    fileprivate func percent(_ share: Double) -> String { "\(min(99, max(1, Int((share * 100).rounded()))))%" }

    fileprivate func value(_ text: String?, _ role: ColumnRole) -> String {
        guard let text, !text.isEmpty else { return "—" }
        if role == .sex { return self[text == "1" ? "sex_male" : "sex_female"] }
        return text
    }
}
