import Calendar
import JSON
import Pathways
import Series

/// A visit, or something that happens to somebody on a day, and the resources that tell of it.
///
/// Facts are words: `encounter:AMB`, `pressure`, `value:LOINC:number:unit`, `condition:CODE:text`, `form:ID:item=code`, `referral`,
/// `appointment`, `admission`, `dose:SERIES`, `dose:SERIES:elsewhere`, `pregnancy`, `delivery`, `end:WHY`, `back`, `registered`, `death`,
/// `doctor`, `centre`.
struct Scene {
    private let world: World
    private let day: CivilDay
    private let name: String
    private var minute = 0
    private var done: Set<String> = []
    private(set) var person: Inhabitant
    private(set) var documents: [JSONDocument] = []
    private(set) var newborns: [Inhabitant] = []

    init(_ world: World, _ person: Inhabitant, _ day: CivilDay, _ name: String) {
        self.world = world
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
            let text = LifeText(person: person, at: at, chart: world.chart)
            switch word(0) {
            case "encounter": try put(text.encounter(id, word(1), type: words.count > 2 ? word(2) : nil))
            case "pressure": try put(text.pressure(id))
            case "value": try put(text.observation(id, word(1), word(2), word(3)))
            case "condition":
                try put(text.condition(id, word(1), word(2)))
                person.know(word(1), day)
            case "form": try form(word(1), basedOn: nil, fixed: Manners.fixed(word(2)))
            case "referral":
                let hospitals = world.hospitals
                let place = Int(world.draw.unit(person.id, "hospital") * Double(hospitals.count))
                try put(text.referral(id, hospitals.isEmpty ? nil : hospitals[place]))
            case "appointment": try put(text.appointment(id))
            case "admission": try put(text.encounter(id, "IMP", hours: 96))
            case "dose":
                guard let slot = world.doses.next(word(1), person, on: day) else { continue }
                try give(slot, elsewhere: word(2) == "elsewhere")
            case "pregnancy": try pregnancy()
            case "delivery": try delivery()
            case "end":
                for pathway in world.pathways {
                    guard let end = world.manners.ends["\(pathway)/\(word(1))"] else { continue }
                    try form(end.form, basedOn: nil, fixed: end.fixed)
                }
                if word(1) == "moved" { person.isGone = true }
            case "back":
                person.isGone = false
                documents.append(try person.document())
            case "registered":
                if person.pressureSince != nil {
                    try form("chronic-registration", basedOn: nil, fixed: ["disease": "hypertension"])
                }
                if person.sugarSince != nil {
                    try form("chronic-registration", basedOn: nil, fixed: ["disease": "diabetes"])
                }
            case "centre":
                let others = world.doctors.keys.filter { $0 != person.centre }.sorted()
                guard !others.isEmpty else { continue }
                let place = Int(world.draw.unit(person.id, "centre", day.isoText) * Double(others.count))
                person.centre = others[place]
                person.doctors = world.doctors[person.centre] ?? []
                documents.append(try person.document())
            case "doctor":
                person.doctor += 1
                documents.append(try person.document())
            case "death":
                documents.append(try person.document(deceased: LifeText.instant(at)))
                person.isDead = true
            default: throw LifeFault("nobody knows what “\(fact)” is")
            }
        }
    }

    /// A form that is filled; once in a visit, unless it answers an order.
    ///
    /// - Parameters:
    ///   - fixed: answers that are given, by item.
    ///   - task: what it is filled for, `pathway.action`.
    mutating func form(_ id: String, basedOn: String?, fixed: [String: String] = [:], task: String = "") throws {
        let words = fixed.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
        // What is answered otherwise for a task than elsewhere is another form.
        let special = world.filling.isSpecial(id, task) ? task : ""
        guard world.filling.has(id), done.insert("form \(id) \(basedOn ?? "") \(words) \(special)").inserted else {
            return
        }
        let response = nextID()
        documents += try world.filling.fill(
            id, person, at: at, as: response, author: person.doctorReference, basedOn: basedOn, fixed: fixed,
            task: task,
            salt: name)
    }

    /// Found out in the first weeks; the term is at about 280 days from the last period.
    private mutating func pregnancy() throws {
        let weeks = 7 + Int(world.draw.unit(person.id, "weeks", day.isoText) * 6)
        let term = 266 + Int(world.draw.unit(person.id, "term", day.isoText) * 22)
        person.delivery = day.advanced(by: term - weeks * 7)
        try form("pregnancy-registration", basedOn: nil)
    }

    private mutating func delivery() throws {
        let id = nextID()
        try put(LifeText(person: person, at: at, chart: world.chart).encounter(id, "IMP", hours: 72, type: "delivery"))
        try form("delivery-record", basedOn: nil)
        let isGirl = world.draw.unit(person.id, "girl", day.isoText) < 0.48
        let child = try person.child(
            Cast.idPrefix + PathwayDesk.name(person.id, "child", day.isoText), day, isGirl: isGirl)
        var scene = Scene(world, child, day, "event")
        try scene.form("birth-immunisation", basedOn: nil)
        try scene.add(world.manners.evidence("life", "birth") ?? [])
        newborns.append(scene.person)
        documents += [try child.document()] + scene.documents
    }

    /// A dose that is given.
    mutating func give(_ slot: DoseForecast.Slot, elsewhere: Bool = false) throws {
        guard let code = slot.product.codes.first else { return }
        let id = nextID()
        let text = LifeText(person: person, at: at, chart: world.chart)
        try put(text.vaccination(id, code, slot.product.title.zh, elsewhere: elsewhere))
        person.doses.append(.init(reference: id, codes: [code], first: day))
    }
}
