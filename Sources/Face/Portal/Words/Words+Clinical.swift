import Calendar
import Timeline

extension Words {
    /// What a fact is about.
    func kind(_ kind: TimelineKind) -> String { self["kind_\(ResidentModel.Choice.word(of: kind))"] }

    /// The value of a fact: what the source says, the sign of its meaning in words.
    func value(_ fact: ClinicalFact) -> String {
        let text: String
        switch fact.value {
        case .none: text = ""
        case .text(let value): text = value
        case .status(let code): text = table["status_\(code)"] ?? code
        case .dose(let number): text = self.text("dose", ["n": number])
        }
        guard let flag = fact.flag else { return text }
        return text + " " + self.flag(flag)
    }

    /// `↑ 偏高`.
    func flag(_ flag: ClinicalFact.Flag) -> String {
        switch flag {
        case .high: self["flagHigh"]
        case .low: self["flagLow"]
        case .abnormal: self["flagAbnormal"]
        }
    }

    /// The words of a visit: its class, and what kind of visit the source says it was.
    func visitTitle(_ visit: ClinicalFact?) -> String {
        guard let visit else { return self["visitNone"] }
        let kind = table["class_\(visit.visitClass ?? "")"] ?? self["class_other"]
        guard let what = visit.what?.text, what != kind else { return kind }
        return text("visitTitle", ["class": kind, "type": what])
    }

    /// When a visit was: a day and time, or the days of a stay.
    func visitTime(_ visit: ClinicalFact) -> String {
        guard visit.seconds != 0 else { return self["timeUnknown"] }
        let start = CivilDay(milliseconds: visit.seconds * 1000)
        if let end = visit.end.flatMap({ InstantText.milliseconds($0) }) {
            let last = CivilDay(milliseconds: end)
            if last > start {
                return text(
                    "visitStay",
                    ["from": date(start), "to": date(last), "n": "\(last.number - start.number)"])
            }
        }
        return date(start) + " " + clock(milliseconds: visit.seconds * 1000)
    }

    /// A day, or that it is not known.
    func day(seconds: Int64) -> String {
        seconds == 0 ? self["timeUnknown"] : date(CivilDay(milliseconds: seconds * 1000))
    }

    /// `女`.
    func sex(_ sex: Person.Sex) -> String { self["sex_\(sex.rawValue)"] }

    /// `女,72 岁`; of one who has died `女,享年 72 岁`.
    func sexAndAge(_ person: Person, on day: CivilDay) -> String {
        guard let age = person.age(on: day) else { return sex(person.sex) }
        let words = person.deceased == nil ? self.age(age) : text("ageAtDeath", ["age": self.age(age)])
        return sex(person.sex) + self["comma"] + words
    }
}

extension ResidentModel.Choice {
    /// The word of a kind in an address.
    static func word(of kind: TimelineKind) -> String { kinds.first { $0.kind == kind }?.word ?? "other" }
}
