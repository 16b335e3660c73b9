public import Calendar
public import FHIR
import JSON
public import Pathways
public import Programmes
import Records

/// People who live with the followed programmes, day by day by a set clock.
///
/// What happens of itself (visits, illness, pregnancy, moving, death) comes from tables; all else is driven by the Tasks that the engine
/// makes: whoever owns one sees it and does it on time, late or never, or declines. What is done leaves in the record what a clinic would
/// leave. The same seed gives the same life: chance follows from what it is about, not from the order of things.
public struct CityLife: Sendable {
    /// How a life went.
    public struct Report: Sendable, Equatable {
        /// Residents who lived.
        public var residents = 0
        /// Days that were lived.
        public var days = 0
        /// Tasks that were done and left evidence, or were answered as done.
        public var done = 0
        /// Tasks that were declined.
        public var declined = 0
        /// Deaths, and residents who moved away.
        public var died = 0
        /// Who moved away.
        public var moved = 0
        /// Resources that people wrote.
        public var written = 0
        /// What couldn't be worked out or written.
        public var faults: Set<String> = []

        /// Nothing yet.
        public init() {}
    }

    private(set) var desk: PathwayDesk
    let manners: Manners
    let chart: Chart
    let draw: Draw
    let filling: FormFilling
    let hospitals: [String]
    var people: [Inhabitant]
    private var places: [String: Int]
    /// Tasks that somebody will do, by person: when and how.
    private var intents: [Int: [String: Intent]] = [:]
    private var report = Report()

    /// What becomes of a Task.
    struct Intent {
        enum How { case act, decline, leave }
        var how: How
        var day: CivilDay
        var hasActed = false
        /// From when it may be done, and whether the resident has to come.
        var opens: CivilDay
        /// From when it is done along with something else: half of its window is over.
        var ripe: CivilDay
        var needsPerson = false
        var pathway = ""
        var action = ""
        var form: String?
        var focus: String?
        /// Overdue reminders and the like that were seen already.
        var nudges: Set<String> = []
    }

    /// - Parameters:
    ///   - desk: the engine, on a store that has the institutions.
    ///   - programmes: whose pathways the desk follows.
    ///   - residents: Patients with their centre and its doctors; see ``Cast``.
    ///   - seed: of all chance.
    /// - Throws: ``LifeFault`` where a table can't be read.
    public init(
        _ desk: PathwayDesk, _ programmes: [Programme], _ definitions: Definitions, cast: Cast, seed: UInt64
    ) throws {
        self.desk = desk
        let manners = try Manners()
        let draw = Draw(seed: seed)
        self.manners = manners
        self.draw = draw
        chart = Chart(manners: manners, draw: draw)
        filling = try FormFilling(programmes, definitions, manners, chart)
        hospitals = cast.hospitals
        people = cast.people.map { person in
            var person = person
            person.doctor = Int(draw.unit(person.id, "doctor") * 64)
            return person
        }
        places = Dictionary(uniqueKeysWithValues: people.enumerated().map { ($1.id, $0) })
        report.residents = people.count
    }

    /// Lives from a day to another, both lived.
    ///
    /// - Parameters:
    ///   - begun: the first day of the whole life, where this goes on with one: then what has happened of itself before is gone through
    ///     again, and nothing of it is written.
    ///   - told: called after each day.
    /// - Throws: what keeps the store from working, and CancellationError.
    public mutating func live(
        from first: CivilDay, through last: CivilDay, begun: CivilDay? = nil,
        told: (CivilDay) async throws -> Void = { _ in }
    ) async throws -> Report {
        let start = begun ?? first
        // Who lives with the programmes does so from the first day.
        desk = desk.following(Following(since: start))
        var day = start
        while day < first {
            for place in people.indices where !people[place].isDead { _ = try happen(place, day, start) }
            day = day.advanced(by: 1)
        }
        if first > start { try await look(Array(people.indices), first.startMilliseconds, first) }
        while day <= last {
            try Task.checkCancellation()
            try await live(day, start)
            report.days += 1
            try await told(day)
            day = day.advanced(by: 1)
        }
        return report
    }

    private mutating func live(_ day: CivilDay, _ start: CivilDay) async throws {
        let morning = day.startMilliseconds + 8 * 3_600_000
        var deeds: [Int: [JSONDocument]] = [:]
        for place in people.indices where !people[place].isDead {
            var found: [JSONDocument] = []
            if day == start { found.append(try people[place].document()) }
            found += try happen(place, day, start)
            if !people[place].isDead { found += try act(place, day) }
            if !found.isEmpty { deeds[place] = found }
        }
        try await write(deeds)
        try await look(Array(deeds.keys), morning, day)
        // What was done but shows nowhere in the record is answered.
        var answers: [Int: [JSONDocument]] = [:]
        for place in people.indices where !people[place].isDead {
            guard deeds[place] != nil || waitsForAnswer(place, day) else { continue }
            let found = try settle(place, day)
            if !found.isEmpty { answers[place] = found }
        }
        guard !answers.isEmpty else { return }
        try await write(answers)
        try await look(Array(answers.keys), morning + 12 * 3_600_000, day)
    }

    // MARK: - The store

    private mutating func write(_ deeds: [Int: [JSONDocument]]) async throws {
        for place in deeds.keys.sorted() {
            var ready: [ReadyWrite] = []
            var keys: Set<ResourceKey> = []
            for document in deeds[place] ?? [] {
                let key = ResourceKey(
                    type: document.root["resourceType"]?.string ?? "", id: document.root["id"]?.string ?? "")
                guard keys.insert(key).inserted else { continue }
                ready.append(try desk.store.ready(document, as: key))
            }
            let all = ready
            _ = try await desk.store.write(size: all.count, deciding: { _ in all })
            report.written += all.count
        }
    }

    /// The engine looks at whom something has happened to and for whom the time has come; they see their Tasks.
    private mutating func look(_ touched: [Int], _ now: Int64, _ day: CivilDay) async throws {
        await desk.store.settle()
        var seen: Set<Int> = Set(touched)
        // What the engine writes may be a fact for another pathway.
        for _ in 0..<4 {
            let waiting = try desk.waiting(now: now, among: Set(places.keys))
            guard !waiting.isEmpty else { break }
            for batch in stride(from: 0, to: waiting.count, by: 100) {
                let some = Array(waiting[batch..<min(batch + 100, waiting.count)])
                let stepped = try await desk.step(some, now: now)
                report.faults.formUnion(stepped.faults)
            }
            seen.formUnion(waiting.compactMap { places[$0] })
            await desk.store.settle()
        }
        for place in seen where !people[place].isDead { try see(place, day) }
    }

    private static let open = "draft,requested,received,accepted,ready,in-progress,on-hold"

    /// A person's Tasks that wait.
    private func tasks(_ person: Inhabitant) throws -> [JSONNode] {
        try desk.store.search(
            type: "Task", parameters: [("patient", person.id), ("status", Self.open), ("_count", "1000")]
        ).entries.map { try JSONDocument(parsing: $0.version.json()).root }
    }

    // MARK: - Tasks

    /// Each new Task is decided upon once; a reminder may change one's mind.
    private mutating func see(_ place: Int, _ day: CivilDay) throws {
        let person = people[place]
        let open = try tasks(person)
        var mine = intents[place] ?? [:]
        let ids = Set(open.compactMap { $0["id"]?.string })
        mine = mine.filter { ids.contains($0.key) }
        for task in open.sorted(by: { ($0["id"]?.string ?? "") < ($1["id"]?.string ?? "") }) {
            guard let id = task["id"]?.string, let code = task["code"]?["coding"]?[0]?["code"]?.string else { continue }
            if let first = task["partOf"]?[0]?["reference"]?.string?.split(separator: "/").last.map(String.init) {
                nudge(first, code, id, day, &mine)
            } else if mine[id] == nil {
                mine[id] = decide(task, id, code, person, day)
            }
        }
        intents[place] = mine
    }

    private func decide(_ task: JSONNode, _ id: String, _ code: String, _ person: Inhabitant, _ day: CivilDay) -> Intent
    {
        let names = code.split(separator: ".", maxSplits: 1).map(String.init)
        let pathway = desk.pathways.first { $0.id == names.first }
        let part = pathway?.part(names.count > 1 ? names[1] : "")
        let reach = part?.role.flatMap { pathway?.setting.roles[$0]?.reach } ?? .managingOrganization
        let isInvitation = part?.isInvitation == true
        let needsPerson = part?.isVisit == true && (reach == .generalPractitioner || reach == .managingOrganization)
        let habit = manners.habits[isInvitation ? "invitation" : needsPerson ? "visit" : reach.rawValue]
        var intent = Intent(
            how: .act, day: day, opens: day, ripe: day, needsPerson: needsPerson, pathway: names.first ?? "",
            action: names.count > 1 ? names[1] : "")
        intent.form = task["input"]?[0]?["valueCanonical"]?.string?.split(separator: "|").first?.split(separator: "/")
            .last
            .map(String.init)
        intent.focus = task["focus"]?["reference"]?.string
        let period = task["restriction"]?["period"]
        let opens = period?["start"]?.string.flatMap { Moment($0)?.day } ?? day
        let due = max(opens, period?["end"]?.string.flatMap { Moment($0)?.day } ?? day)
        intent.opens = opens
        intent.ripe = opens.advanced(by: (due.number - opens.number) / 2)
        guard let habit else { return intent }
        // Whoever is very old or far from the centre comes late or not at all more often.
        var hindered = 1.0
        if person.age(on: day) >= 80 { hindered *= manners.setting("veryOldFactor") }
        if person.isFar { hindered *= manners.setting("farFactor") }
        let chance = draw.unit(id, "how")
        let never = habit.never * hindered
        let late = habit.late * hindered
        let when = draw.unit(id, "when")
        let window = Double(due.number - max(opens, day).number)
        intent.day = max(opens, day).advanced(by: Int(when * max(0, window)))
        if chance < habit.declined {
            intent.how = .decline
        } else if chance < habit.declined + never {
            intent.how = .leave
        } else if chance < habit.declined + never + late {
            intent.day = max(due, day).advanced(by: 1 + Int(when * habit.lateDays))
        }
        return intent
    }

    /// A reminder, a prompt or a supervision makes somebody do it after all, or doesn't.
    private func nudge(_ first: String, _ kind: String, _ id: String, _ day: CivilDay, _ mine: inout [String: Intent]) {
        guard var intent = mine[first], !intent.hasActed, intent.nudges.insert(id).inserted else { return }
        if draw.unit(id, "heeded") < manners.setting(kind) {
            intent.how = .act
            intent.day = min(
                intent.how == .act ? max(intent.day, day) : day,
                day.advanced(by: 1 + Int(draw.unit(id, "day") * manners.setting("heededDays"))))
        }
        mine[first] = intent
    }

    /// What is done on a day: one visit serves all that is open by then for those who come.
    private mutating func act(_ place: Int, _ day: CivilDay) throws -> [JSONDocument] {
        guard var mine = intents[place], !people[place].isGone else { return [] }
        let ready = mine.filter { $0.value.how == .act && !$0.value.hasActed && $0.value.opens <= day }
        var due = ready.filter { $0.value.day <= day }.keys.sorted()
        guard !due.isEmpty else { return [] }
        if due.contains(where: { mine[$0]?.needsPerson == true }) {
            due = Set(due + ready.filter { $0.value.needsPerson && $0.value.ripe <= day }.keys).sorted()
        }
        var scene = Scene(self, people[place], day, "act")
        for id in due {
            guard var intent = mine[id] else { continue }
            intent.hasActed = true
            mine[id] = intent
            let facts = manners.evidence(intent.pathway, intent.action) ?? []
            try scene.add(facts)
            if let form = intent.form {
                try scene.form(form, basedOn: intent.focus.flatMap { $0.hasPrefix("ServiceRequest/") ? $0 : nil })
            }
        }
        intents[place] = mine
        people[place] = scene.person
        return scene.documents
    }

    /// Whether somebody declines today, or has gone and is asked all the same.
    private func waitsForAnswer(_ place: Int, _ day: CivilDay) -> Bool {
        guard let mine = intents[place], !mine.isEmpty else { return false }
        return people[place].isGone || mine.contains { $0.value.how == .decline && $0.value.day <= day }
    }

    /// Tasks that were done and still stand open are answered by their status; those that are declined as well.
    private mutating func settle(_ place: Int, _ day: CivilDay) throws -> [JSONDocument] {
        let mine = intents[place] ?? [:]
        let acted = mine.filter { $0.value.hasActed }
        let declined = mine.filter { $0.value.how == .decline && $0.value.day <= day }
        let wanted = people[place].isGone ? mine : acted.merging(declined) { one, _ in one }
        guard !wanted.isEmpty else { return [] }
        var found: [JSONDocument] = []
        let at = day.startMilliseconds + 17 * 3_600_000
        for task in try tasks(people[place]) {
            guard let id = task["id"]?.string, let intent = wanted[id] else { continue }
            if people[place].isGone {
                found.append(try PathwayDesk.answered(task, .notPossible, reason: "已迁出", at: at))
            } else if intent.how == .decline, !intent.hasActed {
                found.append(try PathwayDesk.answered(task, .declined, reason: "本人拒绝", at: at))
                report.declined += 1
            } else {
                found.append(try PathwayDesk.answered(task, .completed, reason: "", at: at))
            }
        }
        report.done += acted.count
        for id in wanted.keys { intents[place]?[id] = nil }
        return found
    }

    // MARK: - What happens of itself

    private mutating func happen(_ place: Int, _ day: CivilDay, _ start: CivilDay) throws -> [JSONDocument] {
        var scene = Scene(self, people[place], day, "event")
        let person = people[place]
        guard !person.isGone else { return [] }
        let age = person.age(on: day)
        func fits(_ event: Manners.Event) -> Bool {
            event.ages.contains(age) && (event.sex == "*" || (event.sex == "F") == person.isWoman)
        }
        // What was known before is registered within the first weeks.
        let weeks = Int(manners.setting("startDays"))
        for event in manners.beginnings
        where fits(event) && draw.unit(person.id, "start", event.name) < event.rate
            && day.number - start.number == Int(draw.unit(person.id, "startDay", event.name) * Double(weeks))
        { try scene.add(event.facts) }
        for event in manners.events
        where fits(event) && draw.unit(person.id, event.name, "\(day.number)") < event.rate / 365 {
            if event.facts.contains("pregnancy"), let last = person.delivery, day.number < last.number + 300 {
                continue
            }
            try scene.add(event.facts)
        }
        if scene.person.delivery == day { try scene.add(["delivery"]) }
        if scene.hasDied { report.died += 1 }
        if scene.person.isGone { report.moved += 1 }
        people[place] = scene.person
        return scene.documents
    }
}
