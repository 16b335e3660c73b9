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
