import Access
import FHIR
import Foundation
import JSON
import Records
import Testing

/// What somebody reaches of a store is exactly what the rules permit of each row, by whatever way: stores made by chance,
/// changed by chance, looked at by everybody, and held against the rules applied to the documents in plain Swift.
@Suite(.serialized) struct SightPropertyTests {
    /// The seed of a run: of the environment, or of chance; printed, so that a failure can be repeated.
    static let seed: UInt64 = {
        let seed =
            ProcessInfo.processInfo.environment["HEALTHBRAIN_TEST_SEED"].flatMap { UInt64($0) }
            ?? UInt64.random(in: 0..<1_000_000_000)
        print("SightPropertyTests: seed \(seed); repeat with HEALTHBRAIN_TEST_SEED=\(seed)")
        return seed
    }()

    private static func store() throws -> RecordStore {
        var options = RecordStoreOptions(
            database: try TestStores.database(nil), now: { SightWorld.start }, validates: false)
        options.isSeenByRules = true
        let store = try RecordStore(options, definitions: try Definitions.r4())
        TestStores.keep(store)
        return store
    }

    private static func fill(_ store: RecordStore, _ random: inout SeededGenerator) async throws -> SightWorld {
        var world = SightWorld(try Definitions.r4())
        var all = SightWorld.counts.flatMap { type, count in (0..<count).map { (type, $0) } }
        // Dependents may come before what they depend on.
        all.shuffle(using: &random)
        // Then some are written anew, and some are deleted.
        let changed = random.some(all, 25)
        for (type, number) in all + changed {
            let key = ResourceKey(type: type, id: SightWorld.id(type, number))
            let document = try SightWorld.document(type, number, &random)
            _ = try await store.update(key, document)
            world.put(key, document, at: SightWorld.start)
        }
        for (type, number) in random.some(all, 6) where type != "Organization" {
            let key = ResourceKey(type: type, id: SightWorld.id(type, number))
            _ = try await store.delete(key)
            world.delete(key)
        }
        for patient in random.some(SightWorld.patients, 40) {
            let access = BreakGlass(
                patient: patient, reason: random.pick(["昏迷送入抢救", ""]),
                from: SightWorld.start - Int64(random.pick([0, 10, 119, 120])) * 60_000)
            world.breakGlass.append(access)
            try await store.openBreakGlass(access, account: "a1", trace: AccessTrace(.init()))
        }
        return world
    }

    private struct Case {
        var store: RecordStore
        var world: SightWorld
        var subject: Subject
        var seen: SeenRecords
        var note: Comment

        init(_ store: RecordStore, _ world: SightWorld, _ subject: Subject, _ note: String) throws {
            (self.store, self.world, self.subject) = (store, world, subject)
            seen = store.seen(
                by: try store.sight(of: subject, now: SightWorld.start), trace: AccessTrace(AccessTrace.Who()))
            self.note = Comment(rawValue: note)
        }

        /// The ids that a search finds on all pages; nil when it is refused.
        func ids(_ type: String, _ query: String, count: Int = 3) throws -> [String]? {
            var found: [String] = []
            var cursor: String?
            repeat {
                var parameters = URLQuery.parse(query + "&_count=\(count)")
                if let cursor { parameters.append(("_cursor", cursor)) }
                do throws(RecordsError) {
                    let page = try seen.search(type: type, parameters: parameters)
                    found += page.entries.filter { $0.mode == .match }.map(\.version.key.id)
                    cursor = page.next
                } catch {
                    guard error.category == .forbidden || error.category == .unauthorized else { throw error }
                    return nil
                }
            } while cursor != nil
            return found
        }

        func expect(_ type: String, _ query: String, _ expected: Set<String>) throws {
            let found = try ids(type, query) ?? []
            #expect(found.count == Set(found).count, note)
            #expect(Set(found) == expected, "\(type)?\(query): \(note.rawValue)")
        }
    }

    @Test("whatever way one looks, one sees what the rules permit", arguments: 0..<5 as Range<UInt64>)
    func seesWhatIsPermitted(number: UInt64) async throws {
        var random = SeededGenerator(seed: Self.seed &+ number)
        let store = try Self.store()
        let world = try await Self.fill(store, &random)
        for _ in 0..<10 {
            let subject = try world.subject(&random)
            let one = try Case(store, world, subject, "seed \(Self.seed), \(number): \(subject)")
            try Self.searches(one)
            try Self.parameters(one)
            try Self.references(one)
            try Self.reads(one)
            try Self.whole(one)
        }
        await store.close()
    }

    /// Each type as a whole: matches, totals, counts, scans.
    private static func searches(_ one: Case) throws {
        let permitted = one.world.permitted(one.subject)
        let counted = one.world.permitted(one.subject, .count)
        for (type, _) in SightWorld.counts {
            let expected = Set(permitted.keys.filter { $0.type == type }.map(\.id))
            try one.expect(type, "", expected)
            let allowed = try one.ids(type, "") != nil
            let decision = AccessPolicy().decide(
                one.subject, .search, on: .type(type), relations: one.world.relations(of: one.subject),
                at: SightWorld.start)
            #expect(allowed == decision.isPermit, "\(type): \(one.note.rawValue)")
            guard allowed || !counted.isEmpty else { continue }
            let isCounted = AccessPolicy().decide(
                one.subject, .count, on: .type(type), relations: one.world.relations(of: one.subject),
                at: SightWorld.start)
            if isCounted.isPermit {
                let page = try one.seen.search(type: type, parameters: [("_summary", "count")])
                // What can be counted one by one is no secret.
                let hidden = counted.keys.count { $0.type == type } - expected.count
                let shown = (1..<5).contains(hidden) ? nil : expected.count + (hidden + 2) / 5 * 5
                #expect(page.total == shown, "count of \(type): \(one.note.rawValue)")
                #expect(page.entries.isEmpty)
            }
            guard allowed else { continue }
            let total = try one.seen.search(type: type, parameters: [("_total", "accurate"), ("_count", "1")]).total
            #expect(total == expected.count, "total of \(type): \(one.note.rawValue)")
            let scanned = try one.seen.scan(type: type, after: 0, limit: 100).map(\.version.key.id)
            #expect(Set(scanned) == expected, "scan of \(type): \(one.note.rawValue)")
        }
    }

    /// Searches and sorts by parameters, masked ones among them.
    private static func parameters(_ one: Case) throws {
        let world = one.world
        for code in SightWorld.codes {
            let coded = world.reached(one.subject, "Observation", by: ["code"]).filter {
                Self.code(of: world.root("Observation", $0)) == code
            }
            try one.expect("Observation", "code=\(code)", Set(coded))
            if try one.ids("Observation", "") != nil {
                let page = try one.seen.search(
                    type: "Observation", parameters: [("code", code), ("_total", "accurate"), ("_count", "1")])
                #expect(page.total == coded.count, "total of \(code): \(one.note.rawValue)")
            }
        }
        let byName = world.reached(one.subject, "Patient", by: ["family"])
        let wangs = byName.filter { family(of: world.root("Patient", $0)) == "王" }
        try one.expect("Patient", "family=王", Set(wangs))
        try one.expect("Patient", "_sort=family", byName)
        try one.expect("Patient", "_sort=-birthdate", world.reached(one.subject, "Patient", by: ["birthdate"]))
        try one.expect("Patient", "_sort=gender", world.reached(one.subject, "Patient", by: ["gender"]))
        let dated = world.reached(one.subject, "Observation", by: ["date"])
        for sort in ["date", "-date", "-_lastUpdated", "_lastUpdated", "_id"] {
            try one.expect("Observation", "_sort=\(sort)", dated)
        }
        let since = dated.filter { world.root("Observation", $0)?["effectiveDateTime"] != nil }
        try one.expect("Observation", "date=ge2025-12-01", since)
        try one.expect("Practitioner", "phone:missing=false", world.reached(one.subject, "Practitioner", by: ["phone"]))
    }

    /// Chains, `_has`, lists, and what comes along.
    private static func references(_ one: Case) throws {
        let world = one.world
        let wangs = world.reached(one.subject, "Patient", by: ["family"])
            .filter { family(of: world.root("Patient", $0)) == "王" }
        let observations = world.reached(one.subject, "Observation", by: ["subject"])
        func subject(_ id: String) -> String? { world.root("Observation", id)?["subject"]?["reference"]?.string }
        let chained = observations.filter { id in wangs.contains { subject(id) == "Patient/" + $0 } }
        try one.expect("Observation", "subject:Patient.family=王", chained)
        try one.expect("Observation", "patient.family=王", chained)
        let coded = world.reached(one.subject, "Observation", by: ["code", "patient"])
            .filter { Self.code(of: world.root("Observation", $0)) == "J06.900" }
        let patients = world.reached(one.subject, "Patient", by: [])
        let having = patients.filter { id in coded.contains { subject($0) == "Patient/" + id } }
        try one.expect("Patient", "_has:Observation:patient:code=J06.900", having)
        let lists = world.reached(one.subject, "List", by: [])
        try one.expect("Observation", "_list=lis0", lists.contains("lis0") ? observations.intersection(["obs0"]) : [])
        guard try one.ids("Observation", "") != nil else { return }
        let page = try one.seen.search(
            type: "Observation",
            parameters: [
                ("_include", "Observation:subject"), ("_include", "Observation:encounter"),
                ("_include:iterate", "Encounter:service-provider"), ("_revinclude", "Provenance:target"),
                ("_count", "100"),
            ])
        let permitted = Set(world.permitted(one.subject).keys)
        var expected: Set<ResourceKey> = []
        for id in observations {
            let root = world.root("Observation", id)
            for name in ["subject", "encounter"] as [JSONKey] {
                guard let key = root?[name]?["reference"]?.string.flatMap({ ResourceKey(reference: $0) }) else {
                    continue
                }
                expected.insert(key)
            }
        }
        expected.formIntersection(permitted)
        for key in expected where key.type == "Encounter" {
            let provider = world.documents[key]?.root["serviceProvider"]?["reference"]?.string
            if let provider = provider.flatMap({ ResourceKey(reference: $0) }) { expected.insert(provider) }
        }
        for (key, document) in world.documents where key.type == "Provenance" {
            let targets = document.root["target"].map { $0.elements.compactMap { $0["reference"]?.string } } ?? []
            if targets.contains(where: { target in observations.contains { target == "Observation/" + $0 } }) {
                expected.insert(key)
            }
        }
        let included = Set(page.entries.filter { $0.mode == .include }.map(\.version.key))
        #expect(included == expected.intersection(permitted), "includes: \(one.note.rawValue)")
    }

    /// Single resources, masked as the rules say, and single histories.
    private static func reads(_ one: Case) throws {
        let permitted = one.world.permitted(one.subject, .read)
        for key in one.world.documents.keys {
            let found = try? one.seen.read(key)
            #expect((found != nil) == (permitted[key] != nil), "read \(key): \(one.note.rawValue)")
            let history = try? one.seen.history(.instance(key), HistoryQuery(count: 100))
            #expect((history != nil) == (permitted[key] != nil), "history of \(key): \(one.note.rawValue)")
            guard let found, let masking = permitted[key] else { continue }
            let isMarked = text(found.json()).contains("\"MASKED\"") || text(found.json()).contains("\"REDACTED\"")
            let masks = masking != .none && ResourceClass.of(key.type) != .definition
            // An institution's name and place are public.
            if key.type != "Organization", key.type != "Location" {
                #expect(isMarked == masks, "masking of \(key): \(one.note.rawValue)")
            }
            if masks, key.type == "Patient" { #expect(!text(found.json()).contains("小明"), one.note) }
        }
        for key in one.world.gone.keys {
            #expect(throws: RecordsError.self) { try one.seen.read(key) }
        }
    }

    /// Everything at once: histories, compartments, `$everything`, the whole server.
    private static func whole(_ one: Case) throws {
        let world = one.world
        let permitted = Set(world.permitted(one.subject).keys)
        for type in ["Observation", "Patient", "Consent"] where try one.ids(type, "") != nil {
            let history = try one.seen.history(.type(type), HistoryQuery(count: 1000))
            let living = Set(history.versions.map(\.key)).filter { world.documents[$0] != nil }
            // A resource whose newest version is not for this subject has no history for them.
            #expect(living.isSubset(of: permitted), "history of \(type): \(one.note.rawValue)")
            let newest = permitted.filter { $0.type == type }
            #expect(living.isSuperset(of: newest), "history of \(type): \(one.note.rawValue)")
        }
        let history = try one.seen.history(.system, HistoryQuery(count: 1000))
        let living = Set(history.versions.map(\.key)).filter { world.documents[$0] != nil }
        #expect(living == permitted, "history of all: \(one.note.rawValue)")
        var found: [ResourceKey] = []
        var cursor: String?
        repeat {
            let page = try one.seen.search(
                .system, parameters: [("_count", "7")] + (cursor.map { [("_cursor", $0)] } ?? []))
            found += page.entries.map(\.version.key)
            cursor = page.next
        } while cursor != nil
        #expect(Set(found) == permitted, "search of all: \(one.note.rawValue)")
        for patient in SightWorld.patients {
            let key = ResourceKey(type: "Patient", id: patient)
            let page = try one.seen.search(.compartment(key, type: nil), parameters: [("_count", "100")])
            #expect(Set(page.entries.map(\.version.key)).isSubset(of: permitted), one.note)
            let observations = page.entries.filter { $0.version.key.type == "Observation" }.map(\.version.key.id)
            let own = world.reached(one.subject, "Observation", by: ["subject"]).filter {
                world.root("Observation", $0)?["subject"]?["reference"]?.equals("Patient/" + patient) == true
            }
            #expect(Set(observations) == own, "compartment of \(patient): \(one.note.rawValue)")
            guard let everything = try? one.seen.everything(of: "Patient", id: patient, EverythingQuery()) else {
                continue
            }
            #expect(permitted.contains(key) || world.permitted(one.subject, .read)[key] != nil, one.note)
            let entries = Set(everything.entries.map(\.version.key))
            #expect(entries.isSubset(of: Set(world.permitted(one.subject, .read).keys)), one.note)
            #expect(entries.contains(key), one.note)
        }
    }

    private static func code(of root: JSONNode?) -> String? {
        root?["code"]?["coding"]?.firstElement?["code"]?.string
    }

    private static func family(of root: JSONNode?) -> String? {
        root?["name"]?.firstElement?["family"]?.string
    }
}
