import API
import HTTPTypes
import Testing

/// gzip both ways.
@Suite("compression")
struct CompressionTests {
    @Test("reads a gzip body")
    func gzipIn() async throws {
        try await withDoor { door async throws in
            let body = try #require(Gzip.deflated(Array(patient("1").utf8)))
            let answer = try await door.send(.put, "/fhir/Patient/1", [.contentEncoding: "gzip"], body)
            #expect(answer.status == 201)
        }
    }

    @Test("returns 400 for a body that only claims to be gzip, or ends too early")
    func damaged() async throws {
        try await withDoor { door async throws in
            let plain = Array(patient("1").utf8)
            #expect(try await door.send(.put, "/fhir/Patient/1", [.contentEncoding: "gzip"], plain).status == 400)
            let whole = try #require(Gzip.deflated(plain))
            let torn = Array(whole.dropLast(9))
            #expect(try await door.send(.put, "/fhir/Patient/1", [.contentEncoding: "gzip"], torn).status == 400)
        }
    }

    @Test("returns 415 for a coding that it does not know")
    func unknownCoding() async throws {
        try await withDoor { door async throws in
            let answer = try await door.put("/fhir/Patient/1", patient("1"), [.contentEncoding: "br"])
            #expect(answer.status == 415)
            #expect(answer.headers[.acceptEncoding] == "gzip, deflate, identity")
        }
    }

    @Test(
        "compresses a long answer when the client allows it",
        arguments: [
            ("gzip", true), ("gzip, deflate, br", true), ("gzip;q=0.5, identity;q=0.1", true), ("*", true),
            ("gzip;q=0", false), ("identity, gzip;q=0.2", false), ("br", false), ("*;q=0", false), ("", false),
        ])
    func gzipOut(acceptEncoding: String, isCompressed: Bool) async throws {
        try await withDoor { door async throws in
            let plain = try await door.get("/fhir/metadata")
            let answer = try await door.get("/fhir/metadata", [.acceptEncoding: acceptEncoding])
            #expect(answer.headers[.contentEncoding] == (isCompressed ? "gzip" : nil))
            let text = isCompressed ? try Gzip.inflated(answer.body, bytesMax: 1 << 24) : answer.body
            #expect(text == plain.body)
        }
    }

    @Test("leaves a short answer as it is")
    func short() async throws {
        try await withDoor { door async throws in
            _ = try await door.put("/fhir/Patient/1", patient("1"))
            let answer = try await door.get("/fhir/Patient/1", [.acceptEncoding: "gzip"])
            #expect(answer.headers[.contentEncoding] == nil)
        }
    }

    @Test("reads what it wrote, for every small length and for members in a row", arguments: [0, 1, 2, 100, 70_000])
    func roundTrip(length: Int) throws {
        let text = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ ($0 >> 3)) }
        let gzip = try #require(Gzip.deflated(text))
        #expect(try Gzip.inflated(gzip, bytesMax: length) == text)
        #expect(try Gzip.inflated(gzip + gzip, bytesMax: 2 * length) == text + text)
    }
}
