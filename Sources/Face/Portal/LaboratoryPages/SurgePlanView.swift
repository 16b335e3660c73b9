import Laboratories

/// The plan of a surge, as the template reads it.
struct SurgePlanView {
    struct Field {
        let name: String
        let label: String
        let value: String
        let least: String
        let most: String
    }

    struct Row {
        let name: String
        let cells: [String]
    }

    let answer: String
    let tone: String
    let remedy: String?
    let fields: [Field]
    let districts: [Row]
    let hasDistricts: Bool
    let loads: [Row]
    let hasLoads: Bool
    let problems: [String]
    let hasProblems: Bool
    let csvHref: String
    /// What the tables hold, as CSV.
    let csv: String

    init(
        _ plan: SurgePlan, _ laboratories: [Laboratory], test: LaboratoryTest, problems: [String], place: CityPlace,
        _ words: Words
    ) {
        let question = plan.question
        func hours(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }
        let places = [
            "people": words.number(Int(question.people)), "hours": words.usual(question.hours),
            "needed": plan.hoursNeeded.map(hours) ?? "—", "tubes": words.number(plan.tubes),
            "capacity": words.number(plan.capacity), "within": words.number(plan.peopleWithin),
            "points": words.number(plan.districts.reduce(0) { $0 + $1.points }), "test": words.test(test),
        ]
        answer = words.text(
            plan.loads.isEmpty ? "planNoLaboratory" : plan.isMet ? "planMet" : "planNotMet", places)
        tone = plan.isMet ? "good-notice" : "act-notice"
        remedy =
            plan.isMet || plan.loads.isEmpty
            ? nil
            : words.text(
                plan.poolNeeded == nil ? "planRemedyNone" : "planRemedy",
                ["missing": words.number(plan.capacityMissing), "pool": "\(plan.poolNeeded ?? 0)"])
        func text(_ value: Double) -> String { value == value.rounded() ? "\(Int(value))" : "\(value)" }
        fields = SurgePlan.Question.fields.map { name, path in
            let bounds = SurgePlan.Question.bounds(name)
            return Field(
                name: name, label: words["planField_\(name)"], value: text(question[keyPath: path]),
                least: text(bounds.lowerBound), most: text(bounds.upperBound))
        }
        let names = Dictionary(laboratories.map { ($0.id, $0.name) }) { first, _ in first }
        districts = plan.districts.map { one in
            Row(
                name: one.code == 0 ? place.cityName(words) : place.name(one.code, words),
                cells: [one.people, one.tubes, one.points, one.collectors].map { words.number($0) })
        }
        hasDistricts = !districts.isEmpty
        loads = plan.loads.map { one in
            Row(
                name: names[one.laboratory] ?? one.laboratory,
                cells: [one.capacity, one.tubes, one.batches].map { words.number($0) } + [hours(one.hours)])
        }
        hasLoads = !loads.isEmpty
        self.problems = problems
        hasProblems = !problems.isEmpty
        csvHref = Address.make(
            "/laboratories/plan",
            SurgePlan.Question.fields.map { ($0.name, text(question[keyPath: $0.path])) } + [("format", "csv")])
        csv = SignalTable.text(
            [["kind", "id", "people", "tubes", "points", "collectors", "capacity", "batches", "hours"]]
                + plan.districts.map {
                    [
                        "district", "\($0.code)", "\($0.people)", "\($0.tubes)", "\($0.points)", "\($0.collectors)", "",
                        "", "",
                    ]
                }
                + plan.loads.map {
                    [
                        "laboratory", $0.laboratory, "", "\($0.tubes)", "", "", "\($0.capacity)", "\($0.batches)",
                        hours($0.hours),
                    ]
                })
    }
}
