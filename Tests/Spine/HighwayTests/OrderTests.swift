import Foundation
import Highway
import Records
import Testing

/// What stands at the end does not depend on the order of arrival.
@Suite("Late and out-of-order messages")
struct OrderTests {
    /// Stays of several patients: admissions, changes, results, discharges, two senders that name the same doctors.
    static func mix(_ seed: UInt64) -> [Delivery] {
        var random = SeededGenerator(seed: seed)
        var deliveries: [Delivery] = []
        for patient in 0..<3 {
            let number = "P\(patient)"
            for (place, event) in ["A01", "A02", "A08", "A08", "A03"].enumerated() {
                let time = "2026112\(place)08\(Int.random(in: 10...59, using: &random))00"
                let name = place < 2 ? "无名氏^\(patient)" : "张^三\(place)"
                deliveries.append(
                    v2(
                        adt(
                            event, control: "\(patient)-\(place)", time: time, number: number, name: name,
                            visit: "V\(patient)")))
            }
            for result in 0..<3 {
                deliveries.append(
                    v2(
                        oru(
                            control: "r\(patient)-\(result)", time: "2026112\(result)100000", number: number,
                            value: "\(100 + result)", order: "LAB\(patient)")))
            }
        }
        deliveries += changes(of: "P1")
        // The same time, decided by the control id.
        deliveries.append(v2(adt("A08", control: "same-a", time: "20261130000000", number: "P0", name: "李^甲")))
        deliveries.append(v2(adt("A08", control: "same-b", time: "20261130000000", number: "P0", name: "李^乙")))
        for version in 1...3 {
            deliveries.append(
                fhir(
                    """
                    {"resourceType":"Organization","id":"o1","meta":{"lastUpdated":"2026-11-2\(version)T00:00:00Z"},
                    "name":"院\(version)"}
                    """))
        }
        return deliveries
    }

    /// Messages that say little, and take away: what isn't said stays, `""` takes it away.
    private static func changes(of number: String) -> [Delivery] {
        [
            ("A28", "张^三||19491231|2|||文三路1号^^杭州市||13800001111|057188880000||M", ""),
            ("A08", "张^三|||||||||||M", "V9|20261120080000"),
            ("A08", "张^三||||||||\"\"|||\"\"", "V9"),
            ("A03", "张^三", "V9||20261125080000"),
            ("A08", "张^三||\"\"", "V9"),
            ("A13", "张^三||19491230", "V9||20261125080000"),
            ("A08", "张^三||||||\"\"||13900002222", "V9"),
            ("A08", "张^三||19491230|2|||||13900002222", "V9"),
        ].enumerated().map { place, change in
            let (event, person, visit) = change
            let parts = visit.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
            let times =
                parts.count > 1 ? String(repeating: "|", count: 25) + parts.dropFirst().joined(separator: "|") : ""
            return v2(
                """
                MSH|^~\\&|HIS|330106001|||2026112\(place)200000||ADT^\(event)|\(number)-change\(place)|P|2.4
                PID|1||\(number)^^^HIS^MR||\(person)
                """ + (visit.isEmpty ? "" : "\nPV1|1|I|||||||||||||||||\(parts[0])\(times)"))
        }
    }

    @Test(
        "tell changes: what isn't said stays, an empty string takes away, and a late one gives what nobody said later")
    func changes() async throws {
        let deliveries = Self.changes(of: "P1")
        let record = try await record(Array(deliveries.prefix(4)), batchMax: 1, atOnce: 1)
        let patient = try #require(record.first { $0.key.hasPrefix("Patient/") }?.value)
        #expect(patient.contains("1949-12-31") && patient.contains("文三路1号") && patient.contains("\"female\""))
        #expect(!patient.contains("13800001111"))
        let stay = try #require(record.first { $0.key.hasPrefix("Encounter/") }?.value)
        #expect(stay.contains("2026-11-20T08:00:00+08:00") && stay.contains("2026-11-25T08:00:00+08:00"))
        #expect(stay.contains("finished"))
        let all = try await self.record(deliveries, batchMax: 256, atOnce: 1000)
        let last = try #require(all.first { $0.key.hasPrefix("Patient/") }?.value)
        #expect(last.contains("1949-12-30") && last.contains("13900002222") && !last.contains("文三路1号"))
        #expect(!last.contains("maritalStatus"))
        let open = try #require(all.first { $0.key.hasPrefix("Encounter/") }?.value)
        #expect(open.contains("in-progress") && !open.contains("2026-11-25") && open.contains("2026-11-20"))
        for place in deliveries.indices {
            var moved = deliveries
            moved.append(moved.remove(at: place))
            #expect(try await self.record(moved, batchMax: 2, atOnce: 2) == all)
        }
    }

    @Test("give the same record as in-order ones", arguments: 0..<5 as Range<UInt64>)
    func shuffled(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let deliveries = Self.mix(seed)
        let inOrder = try await record(deliveries, batchMax: 256, atOnce: 1000)
        let shuffled = try await record(
            deliveries.shuffled(using: &random), batchMax: Int.random(in: 1...8, using: &random),
            atOnce: Int.random(in: 1...6, using: &random))
        #expect(inOrder == shuffled)
        #expect(inOrder.keys.contains("Organization/o1"))
        #expect(inOrder.values.contains { $0.contains("李") && $0.contains("乙") })
    }

    @Test(
        "of the suite give the same record in any order", .enabled(if: Suite.isHere), arguments: 0..<1 as Range<UInt64>)
    func suite(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let deliveries = try Suite.deliveries()
        let inOrder = try await record(deliveries, batchMax: 256, atOnce: 1000)
        let shuffled = try await record(
            deliveries.shuffled(using: &random), batchMax: Int.random(in: 1...40, using: &random), atOnce: 30)
        #expect(inOrder.keys == shuffled.keys)
        for (key, text) in inOrder { #expect(text == shuffled[key], "\(key)") }
        #expect(inOrder.count > 300)
    }

    private func record(_ deliveries: [Delivery], batchMax: Int, atOnce: Int) async throws -> [String: String] {
        var options = HighwayOptions()
        options.batchMax = batchMax
        return try await withHighway(options: options) { highway, store in
            for start in stride(from: 0, to: deliveries.count, by: atOnce) {
                for delivery in deliveries[start..<min(start + atOnce, deliveries.count)] {
                    _ = try await highway.accept(delivery)
                }
                try await highway.settle()
            }
            return try store.everything()
        }
    }
}

/// The messages of `../shared/suites/hl7v2`.
enum Suite {
    static let path = "../shared/suites/hl7v2/messages.ndjson"
    static let isHere = FileManager.default.fileExists(atPath: path)

    private struct Line: Decodable { var message: String }

    static func deliveries() throws -> [Delivery] {
        try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map { line in
            let message = try JSONDecoder().decode(Line.self, from: Data(line.utf8)).message
            return Delivery(
                sender: "suite", door: .file, format: .hl7v2, bytes: Array(message.utf8),
                receivedAt: 1_795_305_600_000)
        }
    }
}
