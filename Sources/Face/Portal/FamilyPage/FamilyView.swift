import Access
import Calendar

/// Whose records somebody may see beside the own one, and who may see theirs, as the template reads it.
struct FamilyView {
    /// A record that may be opened.
    struct Record {
        let href: String
        let name: String
        let detail: String
        let accessesHref: String?
    }

    /// A mandate that was given.
    struct Given {
        let id: String
        let name: String
        let what: String
        let until: String
    }

    let form: String
    let notice: String?
    let problem: String?
    let records: [Record]
    let hasRecords: Bool
    let given: [Given]
    let hasGiven: Bool
    /// Whether the one who asks is of age.
    let mayGive: Bool
    let answer: String

    init(
        form: String, notice: String?, problem: String?, records: [Record], given: [GivenMandate], mayGive: Bool,
        words: Words
    ) {
        self.form = form
        self.notice = notice
        self.problem = problem
        self.records = records
        hasRecords = !records.isEmpty
        self.given = given.map { mandate in
            Given(
                id: mandate.id, name: mandate.name.isEmpty ? words["nameUnknown"] : mandate.name,
                what: words.what(mandate), until: words.fhirDate(String(mandate.end.prefix(10))))
        }
        hasGiven = !given.isEmpty
        self.mayGive = mayGive
        answer =
            given.isEmpty ? words["familyNobody"] : words.counted("familyAnswer", given.count)
    }
}

/// The form of a mandate as its template reads it.
struct NewMandateView {
    struct Choice {
        let value: String
        let text: String
        let isChosen: Bool
    }

    let form: String
    let name: String
    let number: String
    let nameProblem: String?
    let numberProblem: String?
    let kindsProblem: String?
    let problems: [Problem]
    let hasProblems: Bool
    let kinds: [Choice]
    let categories: [Choice]
    /// Whether a sensitive category is chosen, so that they are in view.
    let opensCategories: Bool
    let lengths: [Choice]

    /// - Parameter faults: what is wrong, by the id of the field.
    init(_ fields: FormBody, form: String, faults: [(field: String, text: String)], words: Words) {
        self.form = form
        name = fields["name"]
        number = fields["number"]
        func fault(_ field: String) -> String? { faults.first { $0.field == field }?.text }
        nameProblem = fault("name")
        numberProblem = fault("number")
        kindsProblem = fault("kinds")
        problems = faults.map { Problem(href: "#" + $0.field, text: $0.text) }
        hasProblems = !problems.isEmpty
        let isNew = fields["sent"].isEmpty
        let (kinds, categories) = (Set(fields.all("kind")), Set(fields.all("category")))
        self.kinds = GivenMandate.kinds.map {
            Choice(value: $0.word, text: words.kind($0.word), isChosen: isNew || kinds.contains($0.word))
        }
        self.categories = GivenMandate.labels.map {
            Choice(
                value: $0.category.rawValue, text: words.sensitivity($0.category),
                isChosen: categories.contains($0.category.rawValue))
        }
        opensCategories = !categories.isEmpty
        let days = Int(fields["days"]) ?? 90
        lengths = GivenMandate.days.map {
            Choice(value: "\($0)", text: words.length(days: $0), isChosen: $0 == days)
        }
    }
}

extension Words {
    /// What of a record a mandate is about: “检验检查、就诊；还有精神卫生”.
    func what(_ mandate: GivenMandate) -> String {
        let parts = GivenMandate.kinds.filter { !Set($0.types).isDisjoint(with: mandate.types) }.map { kind($0.word) }
        let whole = mandate.types.isEmpty || parts.isEmpty
        let what = whole ? self["mandateWhole"] : parts.joined(separator: self["listComma"])
        let opened = mandate.sensitivities.map(sensitivity).joined(separator: self["listComma"])
        return opened.isEmpty ? what : text("mandateOpens", ["what": what, "categories": opened])
    }

    /// A part of a record.
    func kind(_ word: String) -> String {
        switch word {
        case "visits": self["mandateVisits"]
        case "diagnoses": self["mandateDiagnoses"]
        case "results": self["mandateResults"]
        case "medicines": self["mandateMedicines"]
        case "vaccines": self["mandateVaccines"]
        case "allergies": self["mandateAllergies"]
        default: self["mandateProcedures"]
        }
    }

    /// For how long a mandate is given.
    func length(days: Int) -> String {
        switch days {
        case 30: self["mandateMonth"]
        case 90: self["mandateQuarter"]
        default: self["mandateYear"]
        }
    }
}
