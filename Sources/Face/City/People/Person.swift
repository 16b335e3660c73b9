/// Sex as the records state it.
enum Sex: Int, Sendable {
    case male = 0
    case female = 1

    var code: StaticString { self == .male ? "male" : "female" }
    var other: Sex { self == .male ? .female : .male }
}

/// A resident.
struct Person: Sendable {
    /// Number of the household, and place in it.
    let household: Int
    let member: Int
    /// Seeds everything that happens to this person and names the person's records.
    let key: UInt64
    let id: ResourceID
    let sex: Sex
    let born: CivilDay
    var role: Role
    var name: PersonName
    var papers: Papers
    var phone: String
    var maritalStatus: MaritalStatus
    /// 1 or 2 for a twin, 0 otherwise.
    var birthOrder = 0
    /// Gestation in days, known for those born in the simulated time.
    var gestationDays = 0
    /// Day of death, when it lies in the simulated time.
    var died: CivilDay?
    var ethnicity: Int
    var traits: Traits

    enum Role: Sendable { case head, spouse, child, parent }

    enum Papers: Sendable {
        case residentID(ResidentID)
        /// A newborn who is not registered yet: the mother's number and the order of birth stand in.
        case newborn(mother: String, order: Int)
        case passport(country: String, number: String)
    }

    enum MaritalStatus: Sendable { case never, married, widowed, divorced }

    func age(on day: CivilDay) -> Int { born.age(on: day) }

    /// Whole months completed.
    func months(on day: CivilDay) -> Int {
        let from = born.civil
        let to = day.civil
        var months = (to.year - from.year) * 12 + to.month - from.month
        if born.adding(months: months) > day { months -= 1 }
        return months
    }
}

struct PersonName: Sendable, Equatable {
    let family: String
    let given: String
    /// As it is written: 王秀英, 阿卜杜热西提·麦麦提明, Anna Katharina MÜLLER.
    let text: String

    init(family: String, given: String) {
        self.family = family
        self.given = given
        text = family + given
    }

    init(family: String, given: String, text: String) {
        self.family = family
        self.given = given
        self.text = text
    }
}

/// What a person brings along: health, body and habits on the first day.
struct Traits: Sendable {
    /// How often this person is ill compared with others of the same age.
    var frailty = 1.0
    /// Systolic pressure without medicine on the first day, mmHg, and its rise in a year.
    var systolic = 118.0
    var systolicPerYear = 0.4
    /// Fasting glucose without medicine on the first day, mmol/L, and its rise in a year.
    var glucose = 5.0
    var glucosePerYear = 0.02
    /// Years for which hypertension or diabetes had been known on the first day; nil when unknown.
    var hypertensionYears: Int?
    var diabetesYears: Int?
    /// Medicines for each known disease on the first day; nil for as many as are needed.
    var medicinesAtStart: Int?
    /// Body build compared with others, in standard deviations.
    var tall = 0.0
    var heavy = 0.0
    /// Days in which a vaccination is late.
    var vaccinationDelayDays = 3
    /// Day of the year of the yearly examination; nil for those who do not go.
    var checkDayOfYear: Int?
    var takesInfluenzaVaccine = false
    /// Percent of follow-up visits and re-measurements that are kept.
    var keepsAppointmentsPercent = 92
}
