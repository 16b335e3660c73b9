import Access
import AuditLog
import JSON
import Records
import Testing

/// Writes by somebody: what the rules permit is written with its event, and what they refuse leaves neither.
@Suite struct SeenWriteTests {
    /// Two patients: a in the care of o0, b in the care of o1.
    private static func store() async throws -> RecordStore {
        let store = try seenStore()
        for text in [
            #"{"resourceType":"Organization","id":"o0"}"#, #"{"resourceType":"Organization","id":"o1"}"#,
            #"{"resourceType":"Patient","id":"a","gender":"female"}"#,
            #"{"resourceType":"Patient","id":"b","gender":"male"}"#,
            encounter("ea", of: "a", at: "o0"), encounter("eb", of: "b", at: "o1"),
            observation("oa", of: "a", code: "first"), observation("ob", of: "b", by: "o1", code: "first"),
        ] { try await store.put(text) }
        return store
    }

    private static func refusal<T>(_ write: () async throws -> T) async -> RecordsError? {
        do {
            _ = try await write()
            return nil
        } catch { return error as? RecordsError }
    }

    @Test("a clinician writes for patients in care, and the event is in the log when the write returns")
    func inCare() async throws {
        let store = try await Self.store()
        let trace = AccessTrace(.init(agent: AuditAgent(account: "c")))
        let seen = try store.seen(.clinician("o0"), trace)
        let before = try store.events()
        let outcome = try await seen.create(type: "Observation", try json(observation("", of: "a")))
        #expect(outcome.created)
        #expect(try store.events() == before + 1)
        #expect(trace.entries(at: 0).isEmpty)
        let placed = try store.readSQL { db in
            try AuditTrail.entry(at: before, in: db)
        }
        #expect(placed?.action == .create)
        #expect(placed?.entities == [.resource(outcome.version.key.description, version: "1")])
    }

    @Test("what is refused leaves no version and no event, and is the same answer as for what is not there")
    func refused() async throws {
        let store = try await Self.store()
        let trace = AccessTrace(.init())
        let seen = try store.seen(.clinician("o0"), trace)
        let (sequence, events) = (try store.status().sequence, try store.events())
        let body = try json(observation("ob", of: "b", by: "o0"))
        let foreign = await Self.refusal { try await seen.update(key("Observation/ob"), body) }
        let absent = await Self.refusal { try await seen.patch(key("Observation/none"), Self.patch()) }
        let hidden = await Self.refusal { try await seen.patch(key("Observation/ob"), Self.patch()) }
        let read = await Self.refusal { try seen.read(key("Observation/none")) }
        #expect(foreign?.category == .notFound)
        for other in [absent, hidden, read] {
            #expect(other?.category == foreign?.category)
            #expect(other?.issues == foreign?.issues)
        }
        let created = await Self.refusal {
            try await seen.create(type: "Observation", try json(observation("", of: "b")))
        }
        #expect(created?.category == .notFound)
        #expect(trace.refusals.contains(.noCareRelation))
        let role = await Self.refusal { try await seen.delete(key("Observation/oa")) }
        #expect(role?.category == .forbidden)
        let nobody = await Self.refusal {
            try await store.seen(.anonymous).create(type: "Observation", try json(observation("", of: "a")))
        }
        #expect(nobody?.category == .unauthorized)
        #expect(try store.status().sequence == sequence)
        #expect(try store.events() == events)
        #expect(trace.entries(at: 0).allSatisfy { $0.outcome == .refused })
    }

    private static func patch() throws -> ResourcePatch {
        try ResourcePatch(json: json(#"[{"op":"replace","path":"/status","value":"amended"}]"#))
    }

    @Test("a record can't be moved to, or taken from, a patient out of reach")
    func moved() async throws {
        let store = try await Self.store()
        let seen = try store.seen(.clinician("o0"))
        let away = await Self.refusal {
            try await seen.update(key("Observation/oa"), try json(observation("oa", of: "b")))
        }
        #expect(away?.category == .notFound)
        let taken = await Self.refusal {
            try await seen.update(key("Observation/ob"), try json(observation("ob", of: "a")))
        }
        #expect(taken?.category == .notFound)
        #expect(try store.read(key("Observation/oa")).versionID == 1)
    }

    @Test("a deletion of what is not seen ends as of what is not there, and deletes nothing")
    func deleted() async throws {
        let store = try await Self.store()
        let seen = try store.seen(try .program("o0"))
        #expect(try await seen.delete(key("Observation/none")) == nil)
        #expect(try await seen.delete(key("Observation/ob")) == nil)
        #expect(try store.read(key("Observation/ob")).versionID == 1)
        #expect(try await seen.delete(key("Observation/oa"))?.changed == true)
        let gone = await Self.refusal { try seen.read(key("Observation/oa")) }
        #expect(gone?.category == .gone)
        let other = await Self.refusal { try store.seen(try .program("o1")).read(key("Observation/oa")) }
        #expect(other?.category == .notFound)
    }

    @Test("a condition finds only what is seen")
    func conditional() async throws {
        let store = try await Self.store()
        let seen = try store.seen(try .program("o0"))
        // Two match in the store, one of them is seen.
        let kept = try await seen.create(
            type: "Observation", try json(observation("", of: "a")), ifNoneExist: "code=first")
        #expect(!kept.changed)
        #expect(kept.version.key == key("Observation/oa"))
        let made = try await seen.create(
            type: "Observation", try json(observation("", of: "a")), ifNoneExist: "patient=b")
        #expect(made.created)
        let updated = try await seen.conditionalUpdate(
            type: "Observation", query: "code=first", try json(observation("oa", of: "a", code: "second")))
        #expect(updated.version.key == key("Observation/oa"))
        let patched = await Self.refusal {
            try await seen.conditionalPatch(type: "Observation", query: "patient=b", Self.patch())
        }
        #expect(patched?.category == .notFound)
        #expect(try await seen.conditionalDelete(type: "Observation", query: "code=first").isEmpty)
        #expect(try store.read(key("Observation/ob")).versionID == 1)
    }

    @Test("a transaction that makes the care relation may write in it, and none of a refused one stands")
    func transaction() async throws {
        let store = try await Self.store()
        let seen = try store.seen(try .program("o0"))
        func bundle(_ texts: [(String, String)]) throws -> JSONDocument {
            let entries = texts.map { #"{"resource":\#($1),"request":{"method":"PUT","url":"\#($0)"}}"# }
            return try json(
                #"{"resourceType":"Bundle","type":"transaction","entry":[\#(entries.joined(separator: ","))]}"#)
        }
        let own = #"{"resourceType":"Patient","id":"n","managingOrganization":{"reference":"Organization/o0"}}"#
        let alone = await Self.refusal {
            try await seen.process(
                bundle: bundle([("Patient/n", own), ("Observation/on", observation("on", of: "n"))]))
        }
        #expect(alone?.category == .notFound)
        #expect(throws: RecordsError.self) { try store.read(key("Patient/n")) }
        let before = try store.events()
        _ = try await seen.process(
            bundle: bundle([
                ("Observation/on", observation("on", of: "n")), ("Patient/n", own),
                ("Encounter/en", encounter("en", of: "n", at: "o0")),
            ]))
        #expect(try store.events() == before + 3)
        #expect(try seen.read(key("Observation/on")).versionID == 1)
    }

    @Test("a walk does not go on to what is no longer for the one who walks")
    func walk() async throws {
        let store = try await Self.store()
        for number in 0..<6 { try await store.put(observation("w\(number)", of: "a", code: "walk")) }
        let seen = try store.seen(.clinician("o0"))
        for sort in ["_id", "-_lastUpdated", "date"] {
            let query = [("code", "walk"), ("_count", "2"), ("_sort", sort)]
            let first = try seen.search(type: "Observation", parameters: query)
            let rest = Set((0..<6).map { "w\($0)" }).subtracting(first.entries.map(\.version.key.id)).sorted()
            // One goes to another patient, one is marked.
            try await store.put(observation(rest[0], of: "b", code: "walk"))
            let marked =
                #""meta":{"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"HIV"}]},"#
            try await store.put(
                observation(rest[1], of: "a", code: "walk").replacing(#""status""#, with: marked + #""status""#))
            var found: [String] = []
            var cursor = first.next
            while let place = cursor {
                let page = try seen.search(type: "Observation", parameters: query + [("_cursor", place)])
                found += page.entries.map(\.version.key.id)
                cursor = page.next
            }
            #expect(Set(found) == Set(rest.dropFirst(2)), "\(sort)")
            for id in rest.prefix(2) { try await store.put(observation(id, of: "a", code: "walk")) }
        }
    }

    @Test("an older version of what was another patient's is shown to neither")
    func older() async throws {
        let store = try await Self.store()
        try await store.put(observation("oa", of: "b", by: "o1"))
        #expect(throws: RecordsError.self) { try store.seen(.clinician("o0")).version(key("Observation/oa"), 1) }
        let other = try store.seen(.clinician("o1"))
        #expect(throws: RecordsError.self) { try other.version(key("Observation/oa"), 1) }
        #expect(try other.version(key("Observation/oa"), 2).versionID == 2)
        #expect(try other.history(.instance(key("Observation/oa")), HistoryQuery()).versions.map(\.versionID) == [2])
    }

    @Test("small counts in a report are hidden with those that they follow from")
    func smallCounts() async throws {
        let store = try await Self.store()
        try await store.put(
            #"{"resourceType":"MeasureReport","id":"m","status":"complete","type":"summary","measure":"urn:m","period":{},"group":[{"population":[{"count":40}],"measureScore":{"value":0.5},"stratifier":[{"stratum":[{"population":[{"count":3}]},{"population":[{"count":37}]}]}]}]}"#
        )
        let manager = Subject(account: "m", role: .manager, purpose: .operations)
        let shown = text(try store.seen(manager).read(key("MeasureReport/m")).json())
        #expect(shown.contains("40"))
        #expect(!shown.contains("\"count\":3"))
        let counted = try store.seen(manager).search(type: "Observation", parameters: [("_summary", "count")])
        #expect(counted.total == nil)
        #expect(throws: RecordsError.self) { try store.seen(manager).search(type: "Observation", parameters: []) }
    }
}
