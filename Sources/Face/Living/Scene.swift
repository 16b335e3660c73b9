import Calendar
import JSON
import Pathways

/// A visit, or something that happens to somebody on a day, and the resources that tell of it.
///
/// Facts are words: `encounter:AMB`, `pressure`, `value:LOINC:number:unit`, `condition:CODE:text`, `form:ID`, `referral`, `appointment`,
/// `admission`, `vaccine:CODE`, `elsewhere:CODE`, `pregnancy`, `delivery`, `end:WHY`, `death`, `doctor`.
struct Scene {
    private let life: CityLife
    private let day: CivilDay
    private let name: String
    private var minute = 0
    private var done: Set<String> = []
    private(set) var person: Inhabitant
    private(set) var documents: [JSONDocument] = []
    private(set) var hasDied = false

    init(_ life: CityLife, _ person: Inhabitant, _ day: CivilDay, _ name: String) {
        self.life = life
        self.person = person
        self.day = day
        self.name = name
    }

    /// Minutes after nine (events) or after two (what is done for Tasks): what comes later on a day is later.
    private var at: Int64 {
        day.startMilliseconds + Int64((name == "event" ? 9 : 14) * 60 + minute) * 60_000
    }

    private mutating func nextID() -> String {
        minute += 1
        return PathwayDesk.name(person.id, name, day.isoText, "\(minute)")
    }

    private mutating func put(_ text: String?) throws {
        guard let text else { return }
        documents.append(try JSONDocument(parsing: Array(text.utf8)))
    }

    /// Does what words say; the same word twice in a visit is done once.
    mutating func add(_ facts: [String]) throws {
        for fact in facts where done.insert(fact).inserted {
            let words = fact.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
            func word(_ place: Int) -> String { words.count > place ? words[place] : "" }
            let id = nextID()
            let text = LifeText(person: person, at: at, chart: life.chart)
            switch word(0) {
            case "encounter": try put(text.encounter(id, word(1), type: words.count > 2 ? word(2) : nil))
            case "pressure": try put(text.pressure(id))
            case "value": try put(text.observation(id, word(1), word(2), word(3)))
            case "condition":
                try put(text.condition(id, word(1), word(2)))
                if word(1).hasPrefix("I10") { person.pressureSince = person.pressureSince ?? day }
                if word(1).hasPrefix("E11") { person.sugarSince = person.sugarSince ?? day }
            case "form": try form(word(1), basedOn: nil)
            case "referral":
                let hospitals = life.hospitals
                let place = Int(life.draw.unit(person.id, "hospital") * Double(hospitals.count))
                try put(text.referral(id, hospitals.isEmpty ? nil : hospitals[place]))
            case "appointment": try put(text.appointment(id))
            case "admission": try put(text.encounter(id, "IMP", hours: 96))
            case "vaccine", "elsewhere": try put(text.vaccination(id, word(1), elsewhere: word(0) == "elsewhere"))
            case "pregnancy": try pregnancy()
            case "delivery": try delivery()
            case "end":
                for pathway in life.desk.pathways {
                    guard let end = life.manners.ends["\(pathway.id)/\(word(1))"] else { continue }
                    try form(end.form, basedOn: nil, fixed: ["reason": end.code])
                }
                if word(1) == "moved" { person.isGone = true }
            case "doctor":
                person.doctor += 1
                documents.append(try person.document())
            case "death":
                documents.append(try person.document(deceased: LifeText.instant(at)))
                person.isDead = true
                hasDied = true
            default: throw LifeFault("nobody knows what “\(fact)” is")
            }
        }
    }

    /// A form that is filled; once in a visit, unless it answers an order.
    mutating func form(_ id: String, basedOn: String?, fixed: [String: String] = [:]) throws {
        guard life.filling.has(id), done.insert("form \(id) \(basedOn ?? "")").inserted else { return }
        let response = nextID()
        documents += try life.filling.fill(
            id, person, at: at, as: response, author: person.doctorReference, basedOn: basedOn, fixed: fixed, salt: name
        )
    }

    /// Found out in the first weeks; the term is at about 280 days from the last period.
    private mutating func pregnancy() throws {
        let weeks = 7 + Int(life.draw.unit(person.id, "weeks", day.isoText) * 6)
        let term = 266 + Int(life.draw.unit(person.id, "term", day.isoText) * 22)
        person.delivery = day.advanced(by: term - weeks * 7)
        try form("pregnancy-registration", basedOn: nil)
    }

    private mutating func delivery() throws {
        let id = nextID()
        try put(LifeText(person: person, at: at, chart: life.chart).encounter(id, "IMP", hours: 72, type: "delivery"))
        try form("delivery-record", basedOn: nil)
    }
}
