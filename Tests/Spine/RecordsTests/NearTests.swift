import Records
import Testing

/// `near`: <https://hl7.org/fhir/R4/location.html#positional>
@Suite("near")
struct NearTests {
    static func store() async throws -> RecordStore {
        let store = try memoryStore()
        let places = [
            ("hangzhou", 30.2741, 120.1551), ("jiaxing", 30.7461, 120.7555), ("wenzhou", 27.9943, 120.6994),
            ("fiji", -17.0, 179.9), ("samoa", -17.0, -179.9), ("pole", 89.99, 10.0), ("beyond", 89.99, -170.0),
        ]
        for (id, latitude, longitude) in places {
            try await store.put(
                """
                {"resourceType":"Location","id":"\(id)","position":{"longitude":\(longitude),"latitude":\(latitude)}}
                """)
        }
        try await store.put(#"{"resourceType":"Location","id":"nowhere"}"#)
        return store
    }

    // Hangzhou to Jiaxing is 77.9 km along the great circle, to Wenzhou 259.0 km.
    @Test(
        "finds what lies within the distance, across the date line and around a pole",
        arguments: [
            ("30.2741%7C120.1551%7C1%7Ckm", ["hangzhou"]), ("30.2741%7C120.1551%7C77%7Ckm", ["hangzhou"]),
            ("30.2741%7C120.1551%7C79", ["hangzhou", "jiaxing"]),
            ("30.2741%7C120.1551%7C260000%7Cm", ["hangzhou", "jiaxing", "wenzhou"]),
            ("30.2741%7C120.1551%7C49%7C%5Bmi_i%5D", ["hangzhou", "jiaxing"]), ("30.2741%7C120.1551", ["hangzhou"]),
            ("-17%7C180%7C15%7Ckm", ["fiji", "samoa"]), ("90%7C0%7C2%7Ckm", ["beyond", "pole"]),
            ("0%7C0%7C1%7Ckm", []),
        ])
    func finds(near: String, expected: [String]) async throws {
        let store = try await Self.store()
        #expect(try store.ids("Location?near=\(near)").sorted() == expected)
        await store.close()
    }

    @Test(
        "refuses what is no place",
        arguments: ["30", "91%7C0", "30%7C181", "a%7Cb", "30%7C120%7Cfar", "30%7C120%7C-1", "30%7C120%7C1%7Cparsec"])
    func refuses(near: String) async throws {
        let store = try await Self.store()
        #expect(throws: RecordsError.self) { try store.ids("Location?near=\(near)") }
        await store.close()
    }
}
