import Foundation
import Highway
import Mapping
import Records
import Testing

@Suite("The shelf of dead letters")
struct ShelfTests {
    /// An event that no mapping names.
    static let unknown = adt("Z99", control: "7", time: "20261122083000")

    @Test("keeps what can't be mapped, with step, rule, place and what to do, and the message as received")
    func keeps() async throws {
        try await withHighway { highway, _ in
            let id = try await highway.accept(v2(Self.unknown)).id
            _ = try await highway.accept(v2(adt("A01", control: "8", time: "20261122083000")))
            try await highway.settle()
            let letters = try highway.deadLetters()
            #expect(letters.count == 1)
            let letter = try #require(letters.first)
            #expect(letter.message == id)
            #expect(letter.sender == "330106001")
            #expect(letter.kind == "ADT^Z99")
            #expect(letter.control == "7")
            let reason = try #require(letter.reasons.first)
            #expect(reason.step == .map)
            #expect(reason.rule == "201 MSH")
            #expect(reason.place == "MSH-9")
            #expect(!reason.hint.isEmpty)
            #expect(try highway.content(of: id, isMasked: false)?.contains("张^三") == true)
            let masked = try #require(try highway.content(of: id, isMasked: true))
            #expect(!masked.contains("张") && !masked.contains("0001234") && masked.contains("PID|9||9999999^^^xxx^xx"))
            #expect(try highway.receipt(id)?.state == .dead)
            #expect(try highway.status().dead == 1)
        }
    }

    @Test("gives back what a corrected mapping concerns, and its letters are gone")
    func reload() async throws {
        try await withHighway { highway, store in
            let id = try await highway.accept(v2(Self.unknown)).id
            try await highway.settle()
            let file = MapText(
                name: "Z99.map",
                text: """
                    message ADT_Z99
                      events ADT^Z99
                      require PID
                      add PID[Patient] as patient update
                    """)
            let mapping = try Mapping.house(try House.definitions.get(), adding: [file])
            #expect(try await highway.reload(mapping) == 1)
            try await highway.settle()
            #expect(try highway.receipt(id)?.state == .done)
            #expect(try highway.deadLetters().isEmpty)
            #expect(try store.status().resourceCounts["Patient"] == 1)
            #expect(try highway.senders().first?.counts["dead"] == 0)
        }
    }

    @Test(
        "hides all values where it can't tell a head from them",
        arguments: [
            (Format.table("人员"), "张三,330106194912310022,13800001234\n李四,330106195001010011,13900001234\n", "张"),
            (
                Format.table("人员"), "姓名,证件号,电话\n张三,330106194912310022,13800001234\n李四,330106195001010011,13900001234\n",
                "三"
            ),
            (
                Format.hl7v2,
                "MSH|^~\\&|HIS|330106001|||20261122083000||ADT^Z99|7|P|2.4 PID|1||0001234^^^HIS^MR||张^三\r", "张"
            ),
        ])
    func masks(format: Format, text: String, hidden: String) async throws {
        try await withHighway { highway, _ in
            let id = try await highway.accept(fhir(text, format)).id
            try await highway.settle()
            let masked = try #require(try highway.content(of: id, isMasked: true))
            #expect(!masked.contains(hidden) && !masked.contains("1234"))
            #expect(try highway.content(of: id, isMasked: false)?.contains(hidden) == true)
            if text.hasPrefix("姓名") { #expect(masked.hasPrefix("姓名,证件号,电话\nx9,999999999999999999,")) }
            if format == .hl7v2 {
                #expect(masked.hasPrefix("MSH|^~\\&|HIS|330106001|||20261122083000||ADT^Z99|7|P|2.4 xxx|"))
            }
        }
    }

    @Test("replays one, all of a sender, and all of a reason")
    func replay() async throws {
        try await withHighway { highway, _ in
            let one = try await highway.accept(v2(Self.unknown)).id
            _ = try await highway.accept(v2(Self.unknown, sender: "other"))
            try await highway.settle()
            #expect(try await highway.replay(.message(one)) == 1)
            try await highway.settle()
            #expect(try await highway.replay(.sender("other")) == 1)
            try await highway.settle()
            #expect(try await highway.replay(.reason("map/201 MSH")) == 2)
            try await highway.settle()
            #expect(try await highway.replay(.reason("map")) == 2)
            #expect(try await highway.replay(.reason("check")) == 0)
            try await highway.settle()
            #expect(try highway.deadLetters().count == 2)
            await #expect(throws: HighwayError.self) { try await highway.replay(.message(99)) }
        }
    }

    @Test("lets letters go with a reason only")
    func discard() async throws {
        try await withHighway { highway, _ in
            let id = try await highway.accept(v2(Self.unknown)).id
            try await highway.settle()
            await #expect(throws: HighwayError.self) { try await highway.discard(.message(id), reason: "") }
            #expect(try await highway.discard(.message(id), reason: "a test message") == 1)
            #expect(try highway.receipt(id)?.state == .discarded)
            #expect(try highway.deadLetters().isEmpty)
        }
    }

    @Test("is left by a message whose corrected one came under the same control id")
    func replaced() async throws {
        try await withHighway { highway, _ in
            let dead = try await highway.accept(v2(Self.unknown)).id
            try await highway.settle()
            let good = try await highway.accept(v2(adt("A08", control: "7", time: "20261122083000"))).id
            try await highway.settle()
            let receipt = try #require(try highway.receipt(dead))
            #expect(receipt.state == .replaced)
            #expect(receipt.replacedBy == good)
        }
    }

    @Test("keeps a message whose control id comes again of another patient")
    func countersComeAgain() async throws {
        try await withHighway { highway, _ in
            let dead = try await highway.accept(v2(Self.unknown)).id
            try await highway.settle()
            _ = try await highway.accept(v2(adt("A08", control: "7", time: "20261122083000", number: "99")))
            try await highway.settle()
            #expect(try highway.receipt(dead)?.state == .dead)
        }
    }

    @Test("takes of a batch what can be taken, and keeps the rest")
    func batch() async throws {
        try await withHighway { highway, store in
            let batch = [
                "BHS|^~\\&|HIS|330106001", adt("A01", control: "1", time: "20261122083000", number: "1"), Self.unknown,
                adt("A01", control: "3", time: "20261122083000", number: "3"), "BTS|3",
            ].joined(separator: "\n")
            let id = try await highway.accept(v2(batch)).id
            try await highway.settle()
            #expect(try store.status().resourceCounts["Patient"] == 2)
            let letters = try highway.deadLetters()
            #expect(letters.map(\.id) == ["\(id).1"])
            // What the delivery is known by is the control id of its first message, not of this one.
            #expect(letters.map(\.control) == [nil])
        }
    }

    @Test("keeps what breaks a rule of R4, by the rule, and not its neighbours")
    func check() async throws {
        try await withHighway { highway, store in
            let lines = [
                #"{"resourceType":"Patient","id":"a","gender":"female"}"#,
                #"{"resourceType":"Patient","id":"b","gender":"w"}"#,
                "no JSON", #"{"resourceType":"Observation","id":"c","status":"final"}"#,
            ].joined(separator: "\n")
            let id = try await highway.accept(fhir(lines, .ndjson)).id
            try await highway.settle()
            let letters = try highway.deadLetters(of: id)
            #expect(letters.map(\.item) == [1, 2, 3])
            #expect(letters.map { $0.reasons.first?.step } == [.check, .read, .check])
            #expect(
                letters.last?.reasons.contains { $0.place == "Observation.code" || $0.rule.contains("Observation") }
                    == true)
            #expect(try store.status().resourceCounts == ["Patient": 1])
        }
    }

    @Test("lists codes that no table knows by frequency")
    func unmapped() async throws {
        try await withHighway { highway, _ in
            for number in 0..<3 {
                let text = adt("A01", control: "\(number)", time: "20261122083000", number: "\(number)")
                    .replacing("||19491231|2", with: "||19491231|\(number < 2 ? "Q" : "W")")
                _ = try await highway.accept(v2(text))
            }
            try await highway.settle()
            let codes = try highway.unmappedCodes(sender: "330106001")
            #expect(codes.map(\.code) == ["Q", "W"])
            #expect(codes.map(\.count) == [2, 1])
        }
    }
}
