import Calendar
import JSON
import Records

/// What a changed definition would change of the plans of people whose records stand: nothing is written.
public struct PathwayPreview: Sendable {
    /// What would differ on one person's pathway.
    public struct Difference: Sendable, Hashable {
        /// A Task that would be asked for otherwise.
        public struct Task: Sendable, Hashable {
            /// How it differs.
            public enum Kind: String, Sendable, CaseIterable {
                /// It would be asked for, and isn't.
                case added
                /// It is asked for in another window, or is otherwise far.
                case changed
                /// It would no longer be asked for.
                case gone
            }

            /// How it differs.
            public var kind: Kind
            /// The action and the moment.
            public var key: String
            /// How far it is: now, and by the changed definition.
            public var states: [String]
            /// The last days of its windows: now, and by the changed definition.
            public var due: [String]
        }

        /// The Patient's id.
        public var person: String
        /// The pathway's id.
        public var pathway: String
        /// On the pathway since: now, and by the changed definition; empty where the person isn't on it.
        public var entered: [String]
        /// The stages: now, and by the changed definition; empty for none.
        public var stage: [String]
        /// The latest grade of each action that differs: the action, now, and by the changed definition.
        public var grades: [[String]]
        /// Tasks that differ.
        public var tasks: [Task]

        /// Whether nothing differs.
        var isNone: Bool { entered[0] == entered[1] && stage[0] == stage[1] && grades.isEmpty && tasks.isEmpty }
    }

    /// People at whom was looked.
    public private(set) var persons = 0
    /// What differs, by person.
    public private(set) var differences: [Difference] = []
    /// What the changed definition can't work out.
    public private(set) var faults: Set<String> = []

    /// How many people's plans would differ.
    public var differing: Int { Set(differences.map(\.person)).count }

    /// How many tasks would differ so.
    public func count(_ kind: Difference.Task.Kind) -> Int {
        differences.reduce(0) { sum, one in sum + one.tasks.count { $0.kind == kind } }
    }

    /// Tries changed pathways on everybody's record.
    ///
    /// - Parameters:
    ///   - desk: the definitions in force; those of pathways that it lacks are new.
    ///   - changed: the pathways to try.
    ///   - memberOf: answers `memberOf()` of the value sets of the changed programme.
    ///   - now: milliseconds since 1970 UTC.
    public init(
        _ desk: PathwayDesk, changed: [Pathway], memberOf: ValueSetMembership? = nil, now: Int64
    ) async throws {
        let before = PathwayDesk(
            desk.store, desk.pathways.filter { one in changed.contains { $0.id == one.id } }, memberOf: desk.memberOf,
            following: desk.following.given)
        let after = PathwayDesk(desk.store, changed, memberOf: memberOf, following: desk.following.given)
        var place: Int64 = 0
        while true {
            let scanned = try desk.store.scan(type: "Patient", after: place, limit: 200)
            guard let last = scanned.last else { break }
            place = last.rid
            let people = scanned.map(\.version.key.id)
            let parts = try await withThrowingTaskGroup(of: (Int, [Difference], Set<String>).self) { group in
                for lane in 0..<2 {
                    group.addTask {
                        var (found, faults): ([Difference], Set<String>) = ([], [])
                        for index in stride(from: lane, to: people.count, by: 2) {
                            let now = try Self.compare(people[index], before, after, now, &faults)
                            found += now
                        }
                        return (lane, found, faults)
                    }
                }
                var all: [(Int, [Difference], Set<String>)] = []
                for try await part in group { all.append(part) }
                return all
            }
            persons += people.count
            for part in parts { faults.formUnion(part.2) }
            differences += parts.flatMap(\.1)
        }
        differences.sort { ($0.person, $0.pathway) < ($1.person, $1.pathway) }
    }

    private static func compare(
        _ person: String, _ before: PathwayDesk, _ after: PathwayDesk, _ now: Int64, _ faults: inout Set<String>
    ) throws -> [Difference] {
        guard let new = try after.look(person, now: now) else { return [] }
        let old = try before.look(person, now: now)
        return new.plans.compactMap { plan in
            for fault in plan.faults { faults.insert("\(plan.pathway): \(fault)") }
            let difference = Difference(old?.plans.first { $0.pathway == plan.pathway }, plan, person)
            return difference.isNone ? nil : difference
        }
    }
}

extension PathwayPreview.Difference {
    fileprivate init(_ old: PersonPlan?, _ new: PersonPlan, _ person: String) {
        self.person = person
        pathway = new.pathway
        entered = [old?.current?.entered.day.isoText ?? "", new.current?.entered.day.isoText ?? ""]
        stage = [old?.stage ?? "", new.stage ?? ""]
        func grades(_ plan: PersonPlan?) -> [String: String] {
            Dictionary((plan?.grades ?? []).map { ($0.part, $0.code) }) { $1 }
        }
        let (was, will) = (grades(old), grades(new))
        self.grades = Set(was.keys).union(will.keys).sorted().compactMap { part in
            was[part] == will[part] ? nil : [part, was[part] ?? "", will[part] ?? ""]
        }
        func alive(_ plan: PersonPlan?) -> [String: Occurrence] {
            Dictionary((plan?.occurrences ?? []).filter(\.state.isAlive).map { ($0.key, $0) }) { one, _ in one }
        }
        let (asked, wanted) = (alive(old), alive(new))
        tasks = Set(asked.keys).union(wanted.keys).sorted().compactMap { key in
            let (one, other) = (asked[key], wanted[key])
            if let one, let other, one.state == other.state, one.opens == other.opens, one.due == other.due {
                return nil
            }
            return Task(
                kind: one == nil ? .added : other == nil ? .gone : .changed, key: key,
                states: [one?.state.rawValue ?? "", other?.state.rawValue ?? ""],
                due: [one, other].map { $0.map { Moment(milliseconds: $0.due).day.isoText } ?? "" })
        }
    }
}

extension PathwayPreview {
    /// As JSON: how many, and a part of the people.
    ///
    /// - Parameter people: which of those whose plans would differ.
    public func json(_ people: some Collection<String>) -> [UInt8] {
        let people = Set(people)
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("persons", integer: persons)
        writer.member("differing", integer: differing)
        for kind in Difference.Task.Kind.allCases { writer.member(kind.rawValue, integer: count(kind)) }
        func strings(_ writer: inout JSONWriter, _ name: String, _ values: [String]) {
            writer.key(name)
            writer.beginArray()
            values.forEach { writer.string($0) }
            writer.endArray()
        }
        writer.array("people", differences.filter { people.contains($0.person) }) { writer, one in
            writer.member("person", string: one.person)
            writer.member("pathway", string: one.pathway)
            if one.entered[0] != one.entered[1] { strings(&writer, "entered", one.entered) }
            if one.stage[0] != one.stage[1] { strings(&writer, "stage", one.stage) }
            writer.array("grades", one.grades) { writer, grade in
                writer.member("grade", string: grade[0])
                strings(&writer, "is", Array(grade[1...]))
            }
            writer.array("tasks", one.tasks) { writer, task in
                writer.member("kind", string: task.kind.rawValue)
                writer.member("task", string: task.key)
                strings(&writer, "state", task.states)
                strings(&writer, "due", task.due)
            }
        }
        writer.endObject()
        return writer.bytes
    }
}
