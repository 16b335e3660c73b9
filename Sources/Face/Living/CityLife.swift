public import Calendar
public import FHIR
import JSON
public import Pathways
public import Programmes
import Records
import Series

/// People who live with the followed programmes, by a set clock.
///
/// They bring a past along. What happens of itself (visits, illness, pregnancy, moving, death) comes from tables; all else is driven by the
/// Tasks that the engine makes: whoever owns one sees it and does it on time, late or never, or declines. What is done leaves in the record
/// what a clinic would leave. The same seed gives the same life: chance follows from what it is about, not from the order of things. A day
/// on which nothing is up about somebody isn't looked at.
public struct CityLife: Sendable {
    /// How a life went.
    public struct Report: Sendable, Equatable {
        /// Residents who lived, those who were born meanwhile among them.
        public var residents = 0
        /// Days that were lived.
        public var days = 0
        /// Tasks that were done and left evidence, or were answered as done.
        public var done = 0
        /// Tasks that were declined.
        public var declined = 0
        /// Residents who died.
        public var died = 0
        /// Who moved away.
        public var moved = 0
        /// Who moved back.
        public var returned = 0
        /// Children who were born.
        public var born = 0
        /// Resources that people wrote.
        public var written = 0
        /// How often the engine looked at somebody.
        public var looks = 0
        /// What couldn't be worked out or written.
        public var faults: Set<String> = []

        /// Nothing yet.
        public init() {}
    }

    var desk: PathwayDesk
    let world: World
    var people: [Inhabitant]
    var places: [String: Int]
    /// Tasks that wait, by person, and what will become of them.
    var intents: [Int: [String: Intent]] = [:]
    var agenda = Agenda()
    /// What happens of itself to whom on a day, as places in the table.
    var events: [Int: [Int: [Int]]] = [:]
    /// The first day of the life.
    var start = CivilDay(number: 0)
    var report = Report()

    /// What becomes of a Task.
    struct Intent {
        enum How { case act, decline, leave }
        /// As it stands.
        var task: JSONDocument
        var how: How
        var day: CivilDay
        var hasActed = false
        /// From when it may be done, and whether the resident has to come.
        var opens: CivilDay
        /// From when it is done along with something else: most of its window is over.
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
        let chart = Chart(manners: manners, draw: draw)
        world = World(
            manners: manners, draw: draw, chart: chart,
            filling: try FormFilling(programmes, definitions, manners, chart), doses: DoseChoice(programmes),
            pathways: desk.pathways.map(\.id), hospitals: cast.hospitals, doctors: cast.doctors,
            slackness: World.slackness(Set(cast.people.map(\.centre)), manners, draw))
        people = cast.people.map { person in
            var person = person
            person.doctor = Int(draw.unit(person.id, "doctor") * 64)
            return person
        }
        places = Dictionary(uniqueKeysWithValues: people.enumerated().map { ($1.id, $0) })
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
        start = begun ?? first
        // Who lives with the programmes does so from the first day.
        desk = desk.following(Following(since: start))
        var brought: [Int: [JSONDocument]] = [:]
        for place in people.indices {
            let (person, documents) = try world.past(of: people[place], before: start)
            people[place] = person
            brought[place] = documents
            if let delivery = person.delivery { agenda.note(place, delivery) }
        }
        var day = start
        while day < first {
            foresee(day)
            for place in agenda.take(day) where !people[place].isDead { _ = try happen(place, day) }
            day = day.advanced(by: 1)
        }
        if first == start {
            try await write(brought)
            await desk.store.settle()
        } else {
            try remember()
            try await look(Array(people.indices), first.startMilliseconds, first.advanced(by: -1))
        }
        while day <= last {
            try Task.checkCancellation()
            try await live(day)
            report.days += 1
            try await told(day)
            day = day.advanced(by: 1)
        }
        report.residents = people.count
        return report
    }

    private mutating func live(_ day: CivilDay) async throws {
        foresee(day)
        var deeds: [Int: [JSONDocument]] = [:]
        for place in agenda.take(day) where !people[place].isDead {
            var found = try happen(place, day)
            if !people[place].isDead { found += try act(place, day) }
            if !found.isEmpty { deeds[place] = found }
        }
        try await write(deeds)
        let seen = try await look(Array(deeds.keys), day.startMilliseconds + 16 * 3_600_000, day)
        // What was done but shows nowhere in the record is answered, and so is what can't be done any more.
        var answers: [Int: [JSONDocument]] = [:]
        for place in seen where !people[place].isDead {
            let found = try settle(place, day)
            if !found.isEmpty { answers[place] = found }
        }
        guard !answers.isEmpty else { return }
        try await write(answers)
        try await look(Array(answers.keys), day.startMilliseconds + 20 * 3_600_000, day)
    }
}
