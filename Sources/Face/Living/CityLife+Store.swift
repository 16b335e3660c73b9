import Calendar
import JSON
import Pathways
import Records
import Series

// What people write, and the engine that looks at them.
extension CityLife {
    /// All that people do on a day, each person's in a transaction, many in one commit.
    mutating func write(_ deeds: [Int: [JSONDocument]]) async throws {
        var works: [DecidedWork] = []
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
            report.written += all.count
            works.append(
                DecidedWork(size: all.count, trace: nil, beside: { _, _ in }, deciding: { _ in all }))
        }
        guard !works.isEmpty else { return }
        for result in await desk.store.write(inOrder: works) { _ = try result.get() }
    }

    /// The engine looks at whom something has happened to and for whom the time has come; they see their Tasks.
    ///
    /// - Returns: whom it looked at, and those who were touched.
    @discardableResult
    mutating func look(_ touched: [Int], _ now: Int64, _ day: CivilDay) async throws -> [Int] {
        if !touched.isEmpty { await desk.store.settle() }
        var seen = Set(touched)
        // What the engine writes may be a fact for another pathway.
        for _ in 0..<4 {
            let waiting = try desk.waiting(now: now, among: Set(places.keys))
            guard !waiting.isEmpty else { break }
            for batch in stride(from: 0, to: waiting.count, by: 100) {
                let some = Array(waiting[batch..<min(batch + 100, waiting.count)])
                let stepped = try await desk.step(some, now: now)
                report.looks += some.count
                report.faults.formUnion(stepped.faults)
            }
            seen.formUnion(waiting.compactMap { places[$0] })
            await desk.store.settle()
        }
        let all = seen.sorted()
        try see(all.filter { !people[$0].isDead }, day)
        return all
    }

    private static let open = "draft,requested,received,accepted,ready,in-progress,on-hold"

    /// The Tasks of some people that wait, by person.
    func tasks(_ some: [Int]) throws -> [Int: [JSONDocument]] {
        var found: [Int: [JSONDocument]] = [:]
        for from in stride(from: 0, to: some.count, by: Self.together) {
            let names = some[from..<min(from + Self.together, some.count)].map { people[$0].id }
            try each("Task", [("patient", names.joined(separator: ",")), ("status", Self.open)]) { task in
                guard let person = task.root["for"]?["reference"]?.string?.split(separator: "/").last,
                    let place = places[String(person)]
                else { return }
                found[place, default: []].append(task)
            }
        }
        return found
    }

    /// Who is asked for in one search.
    private static let together = 50

    private func each(_ type: String, _ parameters: [(String, String)], _ body: (JSONDocument) -> Void) throws {
        var cursor: String?
        repeat {
            let page = try desk.store.search(
                type: type, parameters: parameters + [("_count", "1000")] + (cursor.map { [("_cursor", $0)] } ?? []))
            for entry in page.entries { body(try JSONDocument(parsing: entry.version.json())) }
            cursor = page.next
        } while cursor != nil
    }

    /// What was done for Tasks before, where a life goes on: since when an illness is known, and which doses were given.
    mutating func remember() throws {
        func person(_ node: JSONNode?) -> Int? {
            node?["reference"]?.string?.split(separator: "/").last.flatMap { places[String($0)] }
        }
        for place in people.indices { people[place].doses = [] }
        for from in stride(from: 0, to: people.count, by: Self.together) {
            let names = people[from..<min(from + Self.together, people.count)].map(\.id).joined(separator: ",")
            var conditions: [(Int, String, CivilDay)] = []
            try each("Condition", [("patient", names)]) { document in
                guard let place = person(document.root["subject"]),
                    let code = document.root["code"]?["coding"]?[0]?["code"]?.string,
                    let day = document.root["recordedDate"]?.string.flatMap({ Moment($0)?.day })
                else { return }
                conditions.append((place, code, day))
            }
            for (place, code, day) in conditions { people[place].know(code, day) }
            var doses: [(Int, DoseHistory.Dose)] = []
            try each("Immunization", [("patient", names)]) { document in
                let coding = document.root["vaccineCode"]?["coding"]?[0]
                guard let place = person(document.root["patient"]), let system = coding?["system"]?.string,
                    let code = coding?["code"]?.string,
                    let day = document.root["occurrenceDateTime"]?.string.flatMap({ Moment($0)?.day })
                else { return }
                let id = document.root["id"]?.string ?? ""
                doses.append((place, .init(reference: id, codes: [.init(system: system, code: code)], first: day)))
            }
            for (place, dose) in doses { people[place].doses.append(dose) }
        }
    }
}
