import Calendar
import JSON
import Laboratories
import Records
import Testing

@Suite("The network of laboratories")
struct LaboratoryDeskTests {
    private func city(_ clock: TestClock, laboratories: [String]) async throws -> LaboratoryDesk {
        let desk = try laboratoryDesk(clock)
        for body in Sample.city + laboratories { try await desk.store.put(body) }
        return desk
    }

    private func request(_ id: String, _ desk: LaboratoryDesk) throws -> JSONNode {
        try JSONDocument(parsing: desk.store.read(ResourceKey(type: "ServiceRequest", id: id)).json()).root
    }

    @Test("routes samples to free capacity in the own district first; every sample has an owner and a deadline")
    func routes() async throws {
        let clock = TestClock()
        let desk = try await city(
            clock,
            laboratories: [
                Sample.laboratory("a", of: "o1", capacity: 1), Sample.laboratory("b", of: "o2", capacity: 1),
            ])
        for id in ["r1", "r2", "r3"] { try await desk.store.put(Sample.request(id)) }
        try await desk.store.put(Sample.request("r0", priority: "stat"))
        let report = try await desk.run(now: clock.now)
        #expect((report.routed, report.waiting, report.rerouted) == (2, 2, 0))
        let routed = try desk.samples([.routed])
        #expect(routed.map(\.request) == ["ServiceRequest/r0", "ServiceRequest/r1"])
        #expect(
            routed.map(\.laboratory) == ["a", "b"] && routed.map(\.owner) == ["Organization/o1", "Organization/o2"])
        #expect(routed.map { ($0.due - $0.authored) / 3_600_000 } == [4, 24])
        #expect(try request("r0", desk)["performer"]?[0]?["reference"]?.string == "HealthcareService/a")
        let waiting = try desk.samples([.waiting])
        #expect(waiting.count == 2 && waiting.allSatisfy { $0.owner == "Organization/c1" && $0.reason == .noCapacity })
        #expect(try await desk.run(now: clock.now).isEmpty)
        // With the next day there is room again; those of yesterday that are open still take it up.
        for id in ["r0", "r1"] { try await desk.store.put(Sample.result("x\(id)", of: id)) }
        clock.advance(hours: 24)
        let next = try await desk.run(now: clock.now)
        #expect((next.returned, next.routed, next.waiting) == (2, 0, 2))
        clock.advance(hours: 24)
        #expect(try await desk.run(now: clock.now).routed == 2)
        await desk.store.close()
    }

    @Test("returns a result to who asked, closes the request, and calls off what was revoked")
    func returns() async throws {
        let clock = TestClock()
        let desk = try await city(clock, laboratories: [Sample.laboratory("a", of: "o2", capacity: 9)])
        for id in ["r1", "r2", "r3"] { try await desk.store.put(Sample.request(id)) }
        _ = try await desk.run(now: clock.now)
        try await desk.store.put(Sample.result("x1", of: "r1"))
        try await desk.store.put(Sample.result("x2", of: "r2", status: "preliminary"))
        try await desk.store.put(Sample.request("r3", status: "revoked"))
        let report = try await desk.run(now: clock.now)
        #expect((report.returned, report.cancelled, report.waiting) == (1, 1, 0))
        let sample = try #require(try desk.samples([.returned]).first)
        #expect(sample.results == ["Observation/x1"] && sample.owner == "Organization/o1")
        #expect(try request("r1", desk)["status"]?.string == "completed")
        #expect(try request("r3", desk)["status"]?.string == "revoked")
        #expect(try desk.samples([.routed]).map(\.request) == ["ServiceRequest/r2"])
        await desk.store.close()
    }

    @Test(
        "suspends a laboratory that fails its external assessment, reroutes what it has, and takes it back when it passes"
    )
    func suspends() async throws {
        let clock = TestClock()
        let desk = try await city(
            clock,
            laboratories: [
                Sample.laboratory("a", of: "o1", capacity: 9), Sample.laboratory("b", of: "o2", capacity: 1),
            ])
        for id in ["r1", "r2"] { try await desk.store.put(Sample.request(id)) }
        _ = try await desk.run(now: clock.now)
        #expect(try desk.samples([.routed]).map(\.laboratory) == ["a", "a"])
        try await desk.store.put(Sample.check("e1", of: "a", on: "2026-11-20", Sample.score(60)))
        let report = try await desk.run(now: clock.now)
        #expect((report.rerouted, report.waiting) == (1, 1))
        #expect(try desk.samples([.routed]).map(\.laboratory) == ["b"])
        let member = try #require(
            try desk.members(on: CivilDay(milliseconds: clock.now)).first { $0.laboratory.id == "a" })
        #expect(member.standing.suspendedSince != nil && member.free.isEmpty)
        try await desk.store.put(Sample.check("e2", of: "a", on: "2026-11-21", Sample.score(100)))
        #expect(try await desk.run(now: clock.now).routed == 1)
        #expect(try desk.samples([.waiting]).isEmpty)
        await desk.store.close()
    }

    @Test(
        "gives no sample to who may not do it",
        arguments: ["closed", "out of control", "no capacity", "no laboratory"])
    func refuses(why: String) async throws {
        let clock = TestClock()
        let desk = try await city(
            clock,
            laboratories: why == "no laboratory"
                ? []
                : [Sample.laboratory("a", of: "o1", capacity: why == "no capacity" ? 0 : 9, active: why != "closed")])
        if why == "out of control" {
            try await desk.store.put(
                Sample.check(
                    "q", of: "a", kind: "internal-quality-control", on: "2026-11-21", #""valueBoolean":false"#))
        }
        try await desk.store.put(Sample.request("r"))
        #expect(try await desk.run(now: clock.now) == LaboratoryDesk.Report(waiting: 1))
        #expect(try desk.samples([.waiting]).count == 1 && desk.samples([.routed]).isEmpty)
        clock.advance(hours: 30)
        #expect(try desk.samples([.waiting]).allSatisfy { $0.isLate(at: clock.now) })
        await desk.store.close()
    }

    @Test("tells what each district's centre has of the equipment and tests that it must have")
    func capability() async throws {
        let clock = TestClock()
        let desk = try await city(
            clock, laboratories: [Sample.laboratory("l", of: "c2", capacity: 9, kind: "cdc")])
        for (id, code, status) in [("d1", "pcr", "active"), ("d2", "gc-ms", "inactive"), ("d3", "kettle", "active")] {
            try await desk.store.put(
                #"{"resourceType":"Device","id":"\#(id)","status":"\#(status)","type":{"coding":[{"code":"\#(code)"}]},"#
                    + #""owner":{"reference":"Organization/c2"}}"#)
        }
        let found = try #require(try desk.capabilities().first)
        #expect(found.district == 330_106 && found.has == ["pcr", "94500-6"])
        await desk.store.close()
    }
}
