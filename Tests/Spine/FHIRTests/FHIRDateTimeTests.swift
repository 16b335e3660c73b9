import FHIR
import Foundation
import Testing

/// Checks: https://hl7.org/fhir/R4/search.html#date (the span that a value stands for)
@Suite("A FHIR date and time")
struct FHIRDateTimeTests {
    @Test(
        "stands for a span from its first to its last millisecond",
        arguments: [
            ("2024", "2023-12-31T16:00:00.000Z", "2024-12-31T15:59:59.999Z", .year),
            ("2024-02", "2024-01-31T16:00:00.000Z", "2024-02-29T15:59:59.999Z", .month),
            ("2023-02", "2023-01-31T16:00:00.000Z", "2023-02-28T15:59:59.999Z", .month),
            ("2024-02-29", "2024-02-28T16:00:00.000Z", "2024-02-29T15:59:59.999Z", .day),
            ("2026-11-21T08:00:00+08:00", "2026-11-21T00:00:00.000Z", "2026-11-21T00:00:00.999Z", .second),
            ("2026-11-21T08:00:00.5Z", "2026-11-21T08:00:00.500Z", "2026-11-21T08:00:00.599Z", .fraction),
            ("2026-11-21T08:00:00.12Z", "2026-11-21T08:00:00.120Z", "2026-11-21T08:00:00.129Z", .fraction),
            ("2026-11-21T08:00:00.1239-05:30", "2026-11-21T13:30:00.123Z", "2026-11-21T13:30:00.123Z", .fraction),
            ("2026-11-21T08:00", "2026-11-21T00:00:00.000Z", "2026-11-21T00:00:59.999Z", .minute),
            ("2026-11-21T08:00Z", "2026-11-21T08:00:00.000Z", "2026-11-21T08:00:59.999Z", .minute),
            ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000Z", "2017-01-01T00:00:00.999Z", .second),
            ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z", "0001-01-01T00:00:00.999Z", .second),
            ("9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z", .fraction),
        ] as [(String, String, String, FHIRDateTime.Precision)])
    func span(_ text: String, _ low: String, _ high: String, _ precision: FHIRDateTime.Precision) throws {
        let value = try #require(FHIRDateTime(text))
        #expect(isoInstant(value.lowMilliseconds) == low)
        #expect(isoInstant(value.highMilliseconds) == high)
        #expect(value.precision == precision)
    }

    @Test("is read in the zone given when it names none")
    func zone() throws {
        let utc = try #require(FHIRDateTime("2024-03-01", zoneOffsetMinutes: 0))
        #expect(isoInstant(utc.lowMilliseconds) == "2024-03-01T00:00:00.000Z")
        #expect(utc.zoneOffsetMinutes == nil)
        #expect(FHIRDateTime("2024-03-01T00:00:00-03:00", zoneOffsetMinutes: 0)?.zoneOffsetMinutes == -180)
    }

    @Test(
        "is refused when malformed or not in the calendar",
        arguments: [
            "", "24", "2024-", "2024-2", "2024-00", "2024-13", "2024-02-30", "2023-02-29", "1900-02-29", "2024-04-31",
            "2024-02-29T", "2024-02-29T24:00:00Z", "2024-02-29T10:00:61Z", "2024-02-29T10:00:00+15:00", "0000",
            "2024-02-29T10:00:00+14:01", "2024-02-29T10", "2024-02-29T10:00:00.Z", "2024-02-29Z",
            "2024-02-29T10:00:00z",
            "２０２４", "2024-02-29T10:00:00Zx", " 2024",
        ])
    func refused(_ text: String) {
        #expect(FHIRDateTime(text) == nil)
    }

    @Test(
        "has leap days in the right years",
        arguments: [(2000, true), (1900, false), (2024, true), (2023, false), (2400, true)])
    func leapDays(_ year: Int, _ isLeap: Bool) {
        #expect((FHIRDateTime("\(year)-02-29") != nil) == isLeap)
    }

    @Test("counts days as the calendar does, over two thousand years")
    func calendar() throws {
        var days = try #require(FHIRDateTime("0999-12-31", zoneOffsetMinutes: 0)).lowMilliseconds
        for year in 1000..<3000 {
            for month in 1...12 {
                for day in 1...31 {
                    let text = String(format: "%04d-%02d-%02d", year, month, day)
                    guard let value = FHIRDateTime(text, zoneOffsetMinutes: 0) else { continue }
                    days += 86_400_000
                    #expect(value.lowMilliseconds == days)
                    if day == 1 { #expect(isoInstant(value.lowMilliseconds) == text + "T00:00:00.000Z") }
                }
            }
        }
        #expect(FHIRDateTime("1970-01-01", zoneOffsetMinutes: 0)?.lowMilliseconds == 0)
    }

    @Test("is the same after writing and reading an instant", arguments: 0..<200 as Range<UInt64>)
    func instants(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let milliseconds = Int64.random(in: -62_135_596_800_000...253_402_300_799_999, using: &generator)
        let text = isoInstant(milliseconds)
        #expect(PrimitiveType.instant.matches(text))
        #expect(FHIRDateTime(text)?.lowMilliseconds == milliseconds)
        #expect(FHIRDateTime(text)?.highMilliseconds == milliseconds)
    }
}
