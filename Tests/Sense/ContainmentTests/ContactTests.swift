import Calendar
import Containment
import FHIR
import JSON
import Records
import Signals
import Syndromes
import Testing
import Validation

@Suite("A contact and their observation")
struct ContactTests {
    private let rules: ContactRules

    init() throws { rules = try contactRules.get() }

    private func measles() async throws -> Contact { contact(of: try await signalStore().1) }

    @Test(
        "are observed for the disease's longest incubation, else for the standard days",
        arguments: [("NID-A-002", 5), ("NID-B-007", 21), ("NID-C-001", 7), ("NID-B-001", 14), ("NID-B-015", 14)])
    func days(condition: String, days: Int) throws {
        #expect(rules.days(try #require(try watchList.get()[condition])) == days)
    }

    @Test("every disease with days of its own is one that is watched")
    func known() throws {
        let list = try watchList.get()
        let watched = list.conditions.filter { rules.days($0) != rules.standardDays }
        #expect(watched.count == 14)
        let text =
            "{\"source\":{\"zh\":\"x\",\"en\":\"x\"},\"standardDays\":14,\"locateHours\":24,\"kinds\":[{\"id\":\"a\",\"zh\":\"甲\",\"en\":\"A\"}]"
        #expect(try ContactRules(Array((text + "}").utf8)).kinds.map(\.id) == ["a"])
        for bad in [
            ",\"days\":{\"NID-A-002\":0}}", ",\"days\":{\"NID-A-002\":\"five\"}}", ",\"days\":{\"NID-A-002\":400}}",
        ] {
            #expect(throws: DefinitionFault.self) { try ContactRules(Array((text + bad).utf8)) }
        }
        #expect(throws: DefinitionFault.self) { try ContactRules(Array("{\"source\":\"x\"}".utf8)) }
    }

    @Test("the observation ends the days after the last exposure, and later where they are exposed again")
    func ends() async throws {
        var contact = try await measles()
        #expect(contact.lastDay.isoText == "2026-12-11" && contact.followUpDays.lowerBound == november(21))
        try contact.take(.expose, day: november(23), at: noon(23))
        #expect(contact.lastDay.isoText == "2026-12-14" && contact.exposure.lowerBound == november(18))
        // An earlier exposure that comes to light shortens nothing.
        try contact.take(.expose, day: november(19), at: noon(23))
        #expect(contact.lastDay.isoText == "2026-12-14")
        for day in [november(17), november(24)] {
            #expect(throws: Contact.Refusal.day) { try contact.take(.expose, day: day, at: noon(23)) }
        }
    }

    @Test("are to be found within a day, then to be reached each day; what is missed shows, and attempts don't count")
    func followUps() async throws {
        var contact = try await measles()
        #expect(contact.due(rules) == start + 24 * hour && !contact.isOverdue(at: start + 24 * hour, rules))
        try contact.follow(.unreached, at: start + hour)
        #expect(contact.stage == .listed && contact.due(rules) == start + 24 * hour)
        #expect(contact.isOverdue(at: start + 24 * hour + 1, rules))
        try contact.follow(.well, at: noon(22), temperature: 36.6)
        #expect(contact.stage == .watched && contact.due(rules) == november(24).startMilliseconds)
        try contact.follow(.unreached, at: noon(23))
        #expect(contact.isOverdue(at: noon(24), rules))
        let plan = contact.plan(today: november(24))
        #expect(plan.count == 21 && plan.prefix(4).map(\.state) == [.missed, .done(.well), .missed, .today])
        #expect(plan.last?.day == contact.lastDay && plan.last?.state == .ahead)
    }

    @Test("refuse follow-ups without outcome, in the future, before the exposure, and impossible temperatures")
    func refusedFollowUps() async throws {
        var contact = try await measles()
        #expect(throws: Contact.Refusal.outcome) { try contact.take(.follow, at: noon(22)) }
        var action = Contact.Action(.follow, by: "")
        action.outcome = .well
        for time in [noon(22) + 1, november(18).startMilliseconds - 1] {
            action.at = time
            #expect(throws: Contact.Refusal.time) { try contact.take(action, now: noon(22)) }
        }
        (action.at, action.temperature) = (nil, 98.6)
        #expect(throws: Contact.Refusal.temperature) { try contact.take(action, now: noon(22)) }
        #expect(contact.steps.count == 1)
    }

    @Test("are released only after the last day, reached, well, and with the tests asked")
    func release() async throws {
        var contact = contact(of: try await signalStore().1, days: 5, tests: 1)
        #expect(contact.lastDay == november(25))
        try contact.follow(.well, at: noon(24))
        #expect(throws: Contact.Refusal.early) { try contact.take(.release, at: noon(26)) }
        try contact.follow(.symptoms, at: noon(25))
        #expect(contact.isAlarming && contact.awaitsRelease)
        #expect(throws: Contact.Refusal.unwell) { try contact.take(.release, at: noon(26)) }
        try contact.follow(.well, at: noon(26))
        #expect(throws: Contact.Refusal.tests) { try contact.take(.release, at: noon(26)) }
        try contact.follow(.negative, at: noon(26) + hour)
        // Let go by the end of the day after the last one.
        #expect(contact.due(rules) == november(27).startMilliseconds)
        try contact.take(.release, at: noon(26) + 2 * hour)
        #expect(contact.stage == .released && contact.due(rules) == nil)
        #expect(throws: Contact.Refusal.stage) { try contact.take(.convert, day: november(26), at: noon(27)) }
    }

    @Test("become cases, go lost or turn out to be none, each with its reason, and can be taken up again")
    func ended() async throws {
        let contact = try await measles()
        for (what, stage) in [(ContactAction.lose, ContactStage.lost), (.exclude, .excluded)] {
            var changed = contact
            #expect(throws: Contact.Refusal.text) { try changed.take(what, at: noon(22)) }
            try changed.take(what, text: "电话空号", at: noon(22))
            #expect(changed.stage == stage && !changed.stage.isOpen)
            #expect(throws: Contact.Refusal.text) { try changed.take(.reopen, at: noon(23)) }
            try changed.take(.reopen, text: "找到了", at: noon(23))
            #expect(changed.stage == .listed)
        }
        var ill = contact
        try ill.follow(.positive, at: noon(23))
        #expect(throws: Contact.Refusal.day) { try ill.take(.convert, at: noon(23)) }
        #expect(throws: Contact.Refusal.day) { try ill.take(.convert, day: november(17), at: noon(23)) }
        try ill.take(.convert, day: november(23), at: noon(23))
        #expect(ill.stage == .converted && ill.onset == november(23))
        try ill.take(.reopen, text: "复核阴性", at: noon(24))
        #expect(ill.stage == .watched && ill.onset == nil)
    }

    @Test("refuse a list entry without name or way, with an exposure to come, or with days out of reach")
    func refusedContacts() async throws {
        let signal = try await signalStore().1
        func entry(_ name: String, _ kind: String, _ exposure: ClosedRange<CivilDay>, _ days: Int) -> Contact.Refusal? {
            Contact(
                of: signal, name: name, district: 330_106, kind: kind, exposure: exposure, days: days, owner: nil,
                by: "",
                now: start
            ).problem(rules, today: november(21))
        }
        #expect(entry("周明", "meal", november(20)...november(20), 21) == nil)
        #expect(entry("", "meal", november(20)...november(20), 21) == .name)
        #expect(entry("周明", "nothing", november(20)...november(20), 21) == .kind)
        #expect(entry("周明", "meal", november(20)...november(22), 21) == .exposure)
        #expect(entry("周明", "meal", november(20)...november(20), 0) == .days)
        #expect(entry("周明", "meal", november(20)...november(20), 91) == .days)
    }

    @Test("is a valid Task of R4 that reads back as it was, part of the signal, found by it, and about no Patient")
    func task() async throws {
        let (desk, signal) = try await signalStore()
        var contact = contact(of: signal)
        try contact.follow(.well, at: start + hour, temperature: 36.7)
        try contact.follow(.symptoms, at: noon(22), temperature: 38.4)
        var action = Contact.Action(.convert, by: "孙流调")
        (action.day, action.person, action.text) = (november(22), "Patient/p9", "咽拭子阳性")
        try contact.take(action, now: noon(23))
        let task = try contact.task(rules)
        let issues = try ResourceValidator(definitions: Definitions.r4()).validate(task)
        #expect(issues.filter { $0.severity == .error || $0.severity == .fatal }.isEmpty, "\(issues)")
        #expect(task.root["for"] == nil && task.root["status"]?.string == "completed")
        let created = try await desk.store.create(type: "Task", task, ifNoneExist: contact.sameQuery)
        (contact.id, contact.version) = (created.version.key.id, created.version.versionID)
        await desk.store.settle()
        func found(open: Bool) throws -> [Contact] {
            try desk.store.search(type: "Task", parameters: Contact.search(signal: signal.id, open: open, count: 10))
                .entries.compactMap { try Contact($0.version, desk.list) }
        }
        #expect(try found(open: false) == [contact])
        #expect(try found(open: true).isEmpty)
        #expect(try Signal(created.version, desk.list) == nil)
        // The same name and phone on the same signal are one contact.
        let again = try await desk.store.create(type: "Task", task, ifNoneExist: contact.sameQuery)
        #expect(again.version.key.id == contact.id)
        await desk.store.close()
    }
}
