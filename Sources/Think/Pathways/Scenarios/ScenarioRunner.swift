import Calendar
public import FHIR
import JSON
public import Programmes
public import Records
import Synchronization

/// Lives through stories with the real engine and a real store, by a clock that is set.
public struct ScenarioRunner: Sendable {
    /// How a story went.
    public struct Result: Sendable {
        /// The story.
        public let story: ScenarioStory
        /// What was otherwise than expected, a line each; the first day on which something is ends the story.
        public var failure: String?
        /// Tasks that were settled: done, answered or withdrawn.
        public var closed = 0
        /// Tasks that were still to be done at the end, each with an owner and a due date.
        public var open = 0
        /// Expectations that held.
        public var held = 0
        /// How often the engine looked.
        public var looks = 0

        /// Whether everything held.
        public var isFine: Bool { failure == nil }
    }

    private let pathways: [Pathway]
    private let programmes: [Programme]
    private let definitions: Definitions
    private let memberOf: ValueSetMembership?

    /// - Parameters:
    ///   - programme: the programme whose stories are lived; its pathways are followed.
    ///   - others: programmes whose questionnaires may be answered as well, and whose pathways are followed where a story says so.
    /// - Throws: ``Pathway/Faults`` when a pathway can't be followed.
    public init(_ programme: Programme, others: [Programme] = [], _ definitions: Definitions) throws(Pathway.Faults) {
        pathways = try Pathway.all(programme, definitions)
        programmes = [programme] + others.filter { $0.id != programme.id }
        self.definitions = definitions
        memberOf = ValueSets(programmes).membership
    }

    /// A story's clock.
    private final class Clock: Sendable {
        private let time: Mutex<Int64>
        init(_ start: Int64) { time = Mutex(start) }
        var now: Int64 { time.withLock { $0 } }
        func set(_ now: Int64) { time.withLock { $0 = max($0, now) } }
    }

    /// Looks without end would be a fault of a definition.
    private static let looksMax = 5000

    /// Lives through a story in an empty database.
    ///
    /// - Throws: what keeps the store from working; what the story finds wrong is in the result.
    public func run(_ story: ScenarioStory, in database: RecordDatabase) async throws -> Result {
        var result = Result(story: story)
        var pathways = pathways
        for id in story.programmes where id != programmes[0].id {
            guard let other = programmes.first(where: { $0.id == id }) else {
                result.failure = "there is no programme \(id)"
                return result
            }
            do {
                pathways += try Pathway.all(other, definitions)
            } catch {
                result.failure = "\(error)"
                return result
            }
        }
        guard let first = story.steps.first else { return result }
        let clock = Clock(first.at.day.startMilliseconds)
        let options = RecordStoreOptions(database: database, now: { clock.now })
        let store = try RecordStore(
            options, definitions: definitions,
            projections: [PathwayTables(definitions, looked: Pathway.types(pathways))])
        do {
            try await live(story, pathways, store, clock, &result)
            await store.close()
        } catch let fault as Stopped {
            result.failure = fault.text
            await store.close()
        } catch {
            await store.close()
            throw error
        }
        return result
    }

    /// The end of a story that didn't go as expected.
    private struct Stopped: Error {
        let text: String
    }

    private func live(
        _ story: ScenarioStory, _ pathways: [Pathway], _ store: RecordStore, _ clock: Clock, _ result: inout Result
    ) async throws {
        let desk = PathwayDesk(
            store, pathways, memberOf: memberOf, following: story.following.map { Following(since: $0) })
        guard pathways.contains(where: { $0.id == story.pathway }) else {
            throw Stopped(text: "there is no pathway \(story.pathway)")
        }
        var givens = GivenFacts(story, programmes)
        for document in try givens.cast() { try await put(document, store) }
        try await look(desk, clock, &result)
        for step in story.steps {
            let place = step.at.text
            try await pass(until: step.milliseconds, desk, clock, &result)
            for given in step.given {
                do {
                    try await put(try givens.resource(given, at: clock.now), store)
                } catch let fault as ScenarioStory.Fault {
                    throw Stopped(text: "\(place): \(fault)")
                } catch let error as RecordsError {
                    throw Stopped(text: "\(place): a given fact is refused: \(error)")
                }
                // What comes later on a day is later.
                clock.set(clock.now + 60_000)
            }
            try await look(desk, clock, &result)
            for answer in step.answers {
                try await self.answer(answer, place, story, pathways, desk, clock)
                try await look(desk, clock, &result)
            }
            guard let look = try desk.look("person", now: clock.now) else { throw Stopped(text: "the person is gone") }
            for (pathway, plan) in zip(pathways, look.plans) {
                if let fault = plan.faults.first { throw Stopped(text: "\(place): \(pathway.id): \(fault)") }
            }
            // All that is otherwise on this day is told; what follows from it later isn't.
            var otherwise: [String] = []
            for expected in step.expected {
                if let instead = try Expectation(expected, story, pathways, look).instead {
                    let wanted = String(decoding: expected.compactText(), as: UTF8.self)
                    otherwise.append("\(place): expected \(wanted); instead \(instead)")
                } else {
                    result.held += 1
                }
            }
            if !otherwise.isEmpty { throw Stopped(text: otherwise.joined(separator: "\n    ")) }
        }
        guard let end = try desk.look("person", now: clock.now) else { return }
        let all = end.plans.flatMap(\.occurrences)
        result.closed = all.count { !$0.state.isAlive }
        result.open = all.count { $0.state.isAlive }
    }

    private func put(_ document: JSONDocument, _ store: RecordStore) async throws {
        let root = document.root
        let key = ResourceKey(type: root["resourceType"]?.string ?? "", id: root["id"]?.string ?? "")
        _ = try await store.update(key, document)
    }

    /// Lets time go by: the engine looks whenever it said it would.
    private func pass(until end: Int64, _ desk: PathwayDesk, _ clock: Clock, _ result: inout Result) async throws {
        while let next = try desk.look("person", now: clock.now)?.nextLook, next <= end {
            clock.set(next)
            try await look(desk, clock, &result)
        }
        clock.set(end)
        try await look(desk, clock, &result)
    }

    private func look(_ desk: PathwayDesk, _ clock: Clock, _ result: inout Result) async throws {
        await desk.store.settle()
        let report = try await desk.run(now: clock.now)
        if report.written > 0 {
            // What was written may be a fact for another pathway; after that nothing is left to do.
            await desk.store.settle()
            _ = try await desk.run(now: clock.now)
        }
        result.looks += 1
        if result.looks > Self.looksMax { throw Stopped(text: "the engine looks again and again without end") }
    }

    private func answer(
        _ answer: JSONNode, _ place: String, _ story: ScenarioStory, _ pathways: [Pathway], _ desk: PathwayDesk,
        _ clock: Clock
    ) async throws {
        guard let name = answer["task"]?.string, let look = try desk.look("person", now: clock.now),
            let (pathway, occurrence) = Expectation.occurrences(name, answer["pathway"]?.string, story, pathways, look)
                .filter({ $0.1.state.isAlive }).min(by: { $0.1.due < $1.1.due })
        else { throw Stopped(text: "\(place): no task “\(answer["task"]?.string ?? "")” waits for an answer") }
        let outcome = answer["outcome"]?.string ?? "completed"
        guard let kind = PathwayDesk.Answer(rawValue: outcome) else {
            throw Stopped(text: "\(place): an outcome is completed, declined or not-possible, not “\(outcome)”")
        }
        var id = FactID.of("person", pathway.id, "task", occurrence.key)
        if let step = answer["escalation"]?.string {
            guard let found = occurrence.escalations.first(where: { $0.rule.kind.rawValue == step }) else {
                throw Stopped(text: "\(place): there is no \(step) for “\(name)”")
            }
            id = FactID.of("person", pathway.id, "escalation", occurrence.key, "\(found.step)")
        }
        guard let task = look.record.entry("Task/\(id)")?.root else {
            throw Stopped(text: "\(place): the task “\(name)” doesn't stand in the record")
        }
        try await put(
            try PathwayDesk.answered(task, kind, reason: answer["reason"]?.string ?? "", at: clock.now), desk.store)
        clock.set(clock.now + 60_000)
    }
}
