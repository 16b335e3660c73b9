import AsyncHTTPClient
import Crypto
import Doors
import Foundation
import HL7v2
import Logging
import NIOCore
import NIOHTTP1
import SQL
import ServiceLifecycle
import Testing

@Suite("The agent")
struct AgentTests {
    /// A folder of its own with one for files in it.
    private struct Place {
        let root = NSTemporaryDirectory() + "agent-\(UUID().uuidString)"
        var out: String { "\(root)/out" }
        var data: String { "\(root)/data" }

        init() throws {
            try FileManager.default.createDirectory(atPath: root + "/out", withIntermediateDirectories: true)
        }

        func lay(_ name: String, _ text: String) throws {
            try text.write(toFile: "\(out)/\(name)", atomically: true, encoding: .utf8)
        }

        func has(_ path: String) -> Bool { FileManager.default.fileExists(atPath: "\(root)/\(path)") }
        func text(_ path: String) -> String { (try? String(contentsOfFile: "\(root)/\(path)", encoding: .utf8)) ?? "" }
        func remove() { try? FileManager.default.removeItem(atPath: root) }

        var folderSource: String {
            #"{"name": "his", "sender": "330106001", "folder": "\#(out)", "settleSeconds": 0.05}"#
        }
    }

    private func configuration(
        _ place: Place, to: String, _ sources: String, more: String = ""
    ) throws -> AgentConfiguration {
        try AgentConfiguration(
            json: Data(
                #"{"data": "\#(place.data)", "to": \#(to), "sources": [\#(sources)], "pauseSecondsMax": 0.05\#(more)}"#
                    .utf8))
    }

    /// Runs an agent while `body` runs.
    private func withAgent(
        _ configuration: AgentConfiguration, onListening: @escaping @Sendable (SocketAddress) -> Void = { _ in },
        _ body: @Sendable @escaping () async throws -> Void
    ) async throws {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let agent = try Agent(configuration, logger: logger) { _, address in onListening(address) }
        let services = ServiceGroup(services: [agent], logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await services.run() }
            group.addTask {
                do { try await body() } catch {
                    await services.triggerGracefulShutdown()
                    throw error
                }
                await services.triggerGracefulShutdown()
            }
            try await group.waitForAll()
        }
    }

    @Test("sends files by their kind, in their order, and lays them aside")
    func files() async throws {
        let (place, platform) = (try Place(), FakePlatform())
        defer { place.remove() }
        let port = try await platform.start()
        try place.lay("a.hl7", message("M1"))
        try place.lay("lab-20261122.csv", "id,value\n1,2\n")
        try place.lay("b.ndjson", "{\"resourceType\":\"Patient\"}\n")
        try place.lay("c.json", "{\"resourceType\":\"Patient\"}")
        try place.lay("readme.txt", "left alone")
        for (second, name) in ["a.hl7", "lab-20261122.csv", "b.ndjson", "c.json"].enumerated() {
            let date = Date(timeIntervalSince1970: 1_700_000_000 + Double(second))
            try FileManager.default.setAttributes([.modificationDate: date], ofItemAtPath: "\(place.out)/\(name)")
        }
        let configuration = try configuration(
            place, to: #"{"server": "http://127.0.0.1:\#(port)"}"#, place.folderSource)
        try await withAgent(configuration) { try await until { place.has("out/done/c.json") } }
        await platform.stop()
        let base = "/highway/330106001"
        #expect(platform.requests.map(\.path) == [base, base + "?table=lab", base, base])
        #expect(
            platform.requests.map { $0.headers.first(name: "content-type") }
                == ["application/hl7-v2", "text/csv", "application/fhir+ndjson", "application/fhir+json"])
        #expect(platform.requests.first?.text == message("M1"))
        #expect(place.has("out/done/a.hl7") && place.has("out/readme.txt") && !place.has("out/a.hl7"))
        let status = try AgentStatus(folder: place.data)
        #expect(status.sources.map(\.waiting) == [0] && status.isWell)
    }

    @Test("keeps what is refused for good, with the reason, and goes on")
    func refused() async throws {
        let (place, platform) = (try Place(), FakePlatform())
        defer { place.remove() }
        let port = try await platform.start()
        platform.answer { request in
            request.text.contains("|M1|")
                ? .init(status: .unprocessableEntity, body: "no such sender") : .init(status: .accepted)
        }
        let configuration = try configuration(
            place, to: #"{"server": "http://127.0.0.1:\#(port)"}"#, place.folderSource, more: #", "itemBytesMax": 2000"#
        )
        try await withAgent(configuration) {
            try place.lay("a.hl7", message("M1"))
            try await until { place.has("out/refused/a.hl7") }
            try place.lay("a.hl7", message("M2"))
            try await until { place.has("out/done/a.hl7.1") }
            try place.lay("long.hl7", String(repeating: "x", count: 3_000))
            try await until { place.has("out/refused/long.hl7") }
        }
        await platform.stop()
        #expect(place.text("out/refused/a.hl7.reason.txt").contains("no such sender"))
        #expect(place.text("out/refused/long.hl7.reason.txt").contains("split the file"))
        #expect(try AgentStatus(folder: place.data).sources.first?.refused == 1)
    }

    @Test("holds what comes while the platform is away or busy, and sends it in order afterwards")
    func outage() async throws {
        let (place, platform) = (try Place(), FakePlatform())
        defer { place.remove() }
        let port = try await platform.start()
        await platform.stop()
        let to = #"{"server": "http://127.0.0.1:\#(port)"}"#
        let configuration = try configuration(place, to: to, place.folderSource)
        try await withAgent(configuration) {
            for number in 0..<5 {
                try place.lay("\(number).hl7", message("M\(number)"))
                try await until { place.has("out/queued/\(number).hl7") }
            }
            try await until { try AgentStatus(folder: place.data).sources.first?.trouble != nil }
        }
        #expect(try AgentStatus(folder: place.data).sources.first?.waiting == 5)
        for status: HTTPResponseStatus in [
            .serviceUnavailable, .tooManyRequests, .unauthorized, .notFound, .badRequest,
        ] {
            platform.answer(status)
            _ = try await platform.start(port: port)
            let before = platform.requests.count
            try await withAgent(configuration) { try await until { platform.requests.count >= before + 2 } }
            #expect(platform.requests.allSatisfy { $0.text == message("M0") })
            await platform.stop()
        }
        let before = platform.requests.count
        platform.answer(.accepted)
        _ = try await platform.start(port: port)
        try await withAgent(configuration) { try await until { place.has("out/done/4.hl7") } }
        await platform.stop()
        #expect(platform.requests.dropFirst(before).map(\.text) == (0..<5).map { message("M\($0)") })
        #expect(try AgentStatus(folder: place.data).isWell)
    }

    @Test("waits as long as the platform asks it to")
    func retryAfter() async throws {
        let (place, platform) = (try Place(), FakePlatform())
        defer { place.remove() }
        let port = try await platform.start()
        platform.answer { _ in .init(status: .tooManyRequests, headers: ["retry-after": "3600"]) }
        let configuration = try configuration(
            place, to: #"{"server": "http://127.0.0.1:\#(port)"}"#, place.folderSource)
        try await withAgent(configuration) {
            try place.lay("a.hl7", message("M1"))
            try await until { platform.requests.count == 1 }
            try await Task.sleep(for: .milliseconds(300))
            #expect(platform.requests.count == 1)
        }
        await platform.stop()
    }

    @Test("reads its sources no more when the queue is full, and tells why")
    func full() async throws {
        let (place, platform) = (try Place(), FakePlatform())
        defer { place.remove() }
        let port = try await platform.start()
        platform.answer(.serviceUnavailable)
        let to = #"{"server": "http://127.0.0.1:\#(port)"}"#
        let configuration = try configuration(place, to: to, place.folderSource, more: #", "queueBytesMax": 1048576"#)
        try await withAgent(configuration) {
            try place.lay("a.hl7", String(repeating: "x", count: 1 << 20))
            try await until { place.has("out/queued/a.hl7") }
            try place.lay("b.hl7", message("M2"))
            try await Task.sleep(for: .milliseconds(400))
            #expect(place.has("out/b.hl7"))
            platform.answer(.accepted)
            try await until { place.has("out/done/b.hl7") }
        }
        await platform.stop()
    }

    @Test("takes HL7 v2 by MLLP, and answers when it is in the queue")
    func mllp() async throws {
        let (place, platform) = (try Place(), FakePlatform())
        defer { place.remove() }
        let port = try await platform.start()
        platform.answer(.serviceUnavailable)
        let configuration = try configuration(
            place, to: #"{"server": "http://127.0.0.1:\#(port)"}"#,
            #"{"name": "lis", "sender": "330106001", "mllp": "127.0.0.1:0"}"#)
        let (addresses, feed) = AsyncStream.makeStream(of: SocketAddress.self)
        try await withAgent(configuration, onListening: { feed.yield($0) }) {
            let address = try #require(await addresses.first { _ in true })
            let client = try await DoorClient(address)
            for number in 0..<20 {
                #expect(codes(try await client.ask(message("M\(number)", facility: "LIS"))) == ["AA M\(number)"])
            }
            #expect(codes(try await client.ask("nonsense")).first?.hasPrefix("AR") == true)
            #expect(try AgentStatus(folder: place.data).sources.first?.waiting == 20)
            #expect(try AgentStatus(folder: place.data).sources.first?.refused == 1)
            platform.answer(.accepted)
            try await until { try AgentStatus(folder: place.data).sources.first?.waiting == 0 }
        }
        await platform.stop()
        var sent = platform.requests.map(\.text)
        while sent.count > 20 { sent.removeFirst() }
        #expect(sent == (0..<20).map { message("M\($0)", facility: "LIS") })
    }

    @Test("sends on by MLLP: message by message, again when the server can't work, never again what it refuses")
    func toMLLP() async throws {
        let (place, inbox) = (try Place(), MemoryInbox())
        defer { place.remove() }
        try await withDoor(inbox) { addresses, _ in
            inbox.refuse(.busy(reason: "full", retrySeconds: 1))
            let to = #"{"mllp": "127.0.0.1:\#(addresses[0].port ?? 0)"}"#
            let configuration = try configuration(place, to: to, place.folderSource)
            try await withAgent(configuration) {
                try place.lay("a.hl7", message("M1") + message("M2"))
                try await until { inbox.asked >= 2 }
                inbox.refuse(nil)
                try await until { place.has("out/done/a.hl7") }
                try place.lay("b.hl7", message("M3", version: "3.0"))
                try await until { place.has("out/refused/b.hl7") }
                try place.lay("c.csv", "a,b\n")
                try await until { place.has("out/refused/c.csv") }
            }
        }
        #expect(inbox.arrivals.prefix(2).map(\.bytes) == [Array(message("M1").utf8), Array(message("M2").utf8)])
    }

    @Test("keeps to each message its own answer: two sources, two acknowledgments each, a refusal within a batch")
    func answersOfMLLP() async throws {
        let (place, server) = (try Place(), StubbornServer())
        defer { place.remove() }
        let port = try await server.start()
        let lab = place.root + "/lab"
        try FileManager.default.createDirectory(atPath: lab, withIntermediateDirectories: true)
        let configuration = try configuration(
            place, to: #"{"mllp": "127.0.0.1:\#(port)"}"#,
            place.folderSource
                + #", {"name": "lis", "sender": "330106002", "folder": "\#(lab)", "settleSeconds": 0.05}"#)
        try await withAgent(configuration) {
            try place.lay("a.hl7", message("M1") + message("R2") + message("M3"))
            for number in 0..<20 {
                try place.lay("b\(number).hl7", message("M\(number)b"))
                let name = number % 2 == 0 ? "M\(number)c" : "R\(number)c"
                try message(name).write(toFile: "\(lab)/c\(number).hl7", atomically: true, encoding: .utf8)
            }
            try await until {
                place.has("out/refused/a.hl7")
                    && (0..<20).allSatisfy {
                        place.has("out/done/b\($0).hl7")
                            && place.has("lab/\($0 % 2 == 0 ? "done" : "refused")/c\($0).hl7")
                    }
            }
        }
        await server.stop()
        #expect(place.text("out/refused/a.hl7.reason.txt").hasPrefix("2: AE"))
        #expect(Set(["M1", "R2", "M3"]).isSubset(of: server.controls))
    }

    @Test(
        "tells that it can't read a file, and lets no later one pass it", .enabled(if: getuid() != 0, "root reads all"))
    func unreadable() async throws {
        let (place, platform) = (try Place(), FakePlatform())
        defer { place.remove() }
        let port = try await platform.start()
        let configuration = try configuration(
            place, to: #"{"server": "http://127.0.0.1:\#(port)"}"#, place.folderSource)
        try place.lay("a.hl7", message("M1"))
        try FileManager.default.setAttributes([.posixPermissions: 0], ofItemAtPath: "\(place.out)/a.hl7")
        try await withAgent(configuration) {
            try await Task.sleep(for: .milliseconds(100))
            try place.lay("b.hl7", message("M2"))
            try await until {
                try AgentStatus(folder: place.data).sources.first?.trouble?.contains("can't be read") == true
            }
            #expect(place.has("out/b.hl7"))
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: "\(place.out)/a.hl7")
            try await until { place.has("out/done/b.hl7") }
        }
        await platform.stop()
        #expect(platform.requests.map(\.text) == [message("M1"), message("M2")])
    }

    @Test("takes a wait that is no number for none", arguments: ["nan", "inf", "-5", "soon"])
    func oddRetryAfter(text: String) async throws {
        let (place, platform) = (try Place(), FakePlatform())
        defer { place.remove() }
        let port = try await platform.start()
        platform.answer { _ in .init(status: .tooManyRequests, headers: ["retry-after": text]) }
        let configuration = try configuration(
            place, to: #"{"server": "http://127.0.0.1:\#(port)"}"#, place.folderSource)
        try await withAgent(configuration) {
            try place.lay("a.hl7", message("M1"))
            try await until { platform.requests.count == 1 }
            platform.answer(.accepted)
            try await until { place.has("out/done/a.hl7") }
        }
        await platform.stop()
    }

    @Test("sends the new rows of a query, each once, also those that come late with the same mark")
    func query() async throws {
        let (place, platform) = (try Place(), FakePlatform())
        defer { place.remove() }
        let port = try await platform.start()
        let hospital = try SQLiteDatabase(path: "\(place.root)/his.db")
        @Sendable func insert(_ id: Int, _ name: String, _ mark: Int) throws {
            try hospital.write { try $0.execute("INSERT INTO lab VALUES (?, ?, ?)", .int(id), .text(name), .int(mark)) }
        }
        try hospital.write { try $0.run(script: "CREATE TABLE lab (id INTEGER, name TEXT, at INTEGER)") }
        for id in 0..<5 { try insert(id, "王,\"\(id)\"", 10 + id / 2) }
        try "SELECT id, name, at FROM lab WHERE at >= :since ORDER BY at, id".write(
            toFile: "\(place.root)/lab.sql", atomically: true, encoding: .utf8)
        let configuration = try configuration(
            place, to: #"{"server": "http://127.0.0.1:\#(port)"}"#,
            #"""
            {"name": "lab", "sender": "330106001", "database": "\#(place.root)/his.db", "query": "\#(place.root)/lab.sql",
            "table": "lab", "mark": "at", "since": "0", "everySeconds": 0.05, "rowsMax": 3}
            """#)
        try await withAgent(configuration) {
            try await until { platform.requests.count == 2 }
            try insert(5, "晚", 12)
            try await until { platform.requests.count == 3 }
            // An agent that stops before it has read an answer asks again at its next start.
            try await until { try AgentStatus(folder: place.data).sources.first?.waiting == 0 }
        }
        try await withAgent(configuration) {
            try insert(6, "新", 13)
            try await until { platform.requests.count == 4 }
            try await Task.sleep(for: .milliseconds(200))
        }
        await platform.stop()
        try hospital.close()
        #expect(platform.requests.map(\.path) == Array(repeating: "/highway/330106001?table=lab", count: 4))
        let head = "id,name,at\r\n"
        #expect(
            platform.requests.map(\.text) == [
                head
                    + "0,\"王,\"\"0\"\"\",10\r\n1,\"王,\"\"1\"\"\",10\r\n2,\"王,\"\"2\"\"\",11\r\n3,\"王,\"\"3\"\"\",11\r\n",
                head + "4,\"王,\"\"4\"\"\",12\r\n", head + "5,晚,12\r\n", head + "6,新,13\r\n",
            ])
    }

    @Test("signs in by SMART Backend Services, and again when its token is no longer taken")
    func token() async throws {
        let (place, platform) = (try Place(), FakePlatform())
        defer { place.remove() }
        let port = try await platform.start()
        let key = AgentKey()
        try key.pem.write(toFile: "\(place.root)/key.pem", atomically: true, encoding: .utf8)
        chmod("\(place.root)/key.pem", 0o600)
        platform.answer { [platform] request in
            if request.path == "/auth/token" {
                let number = platform.requests.count { $0.path == "/auth/token" }
                return .init(
                    status: .ok, body: #"{"access_token":"t\#(number)","token_type":"bearer","expires_in":300}"#)
            }
            return .init(
                status: request.headers.first(name: "authorization") == "Bearer t2" ? .accepted : .unauthorized)
        }
        let configuration = try configuration(
            place, to: #"{"server": "http://127.0.0.1:\#(port)", "client": "c1", "key": "\#(place.root)/key.pem"}"#,
            place.folderSource)
        try await withAgent(configuration) {
            try place.lay("a.hl7", message("M1"))
            try await until { place.has("out/done/a.hl7") }
        }
        await platform.stop()
        let form = try #require(platform.requests.first { $0.path == "/auth/token" }?.text)
        #expect(form.hasPrefix("grant%5Ftype") == false && form.contains("grant_type=client%5Fcredentials"))
        let pair = try #require(form.split(separator: "&").first { $0.hasPrefix("client_assertion=") })
        let assertion = try #require(String(pair.dropFirst(17)).removingPercentEncoding)
        let parts = assertion.split(separator: ".").map { part in
            var text = part.replacingOccurrences(of: "-", with: "+").replacingOccurrences(of: "_", with: "/")
            while text.count % 4 != 0 { text += "=" }
            return Data(base64Encoded: text) ?? Data()
        }
        let claims = try #require(try JSONSerialization.jsonObject(with: parts[1]) as? [String: Any])
        #expect(claims["iss"] as? String == "c1" && claims["sub"] as? String == "c1")
        #expect(claims["aud"] as? String == "http://127.0.0.1:\(port)/auth/token")
        let publicKey = try P384.Signing.PrivateKey(pemRepresentation: key.pem).publicKey
        let signature = try P384.Signing.ECDSASignature(rawRepresentation: parts[2])
        let signed = assertion.split(separator: ".").prefix(2).joined(separator: ".")
        #expect(publicKey.isValidSignature(signature, for: Data(signed.utf8)))
        #expect(key.publicKeys.contains("\"crv\":\"P-384\""))
    }

    @Test("tells how it is on this machine")
    func health() async throws {
        let (place, platform) = (try Place(), FakePlatform())
        defer { place.remove() }
        let port = try await platform.start()
        let probe = FakePlatform()
        let free = try await probe.start()
        await probe.stop()
        let configuration = try configuration(
            place, to: #"{"server": "http://127.0.0.1:\#(port)"}"#, place.folderSource,
            more: #", "health": "127.0.0.1:\#(free)""#)
        try await withAgent(configuration) {
            try place.lay("a.hl7", message("M1"))
            try await until { place.has("out/done/a.hl7") }
            let answer = try await HTTPClient.shared.execute(
                HTTPClientRequest(url: "http://127.0.0.1:\(free)/"), timeout: .seconds(30))
            #expect(answer.status == .ok)
            let text = String(buffer: try await answer.body.collect(upTo: 1 << 20))
            #expect(text.contains("\"name\":\"his\"") && text.contains("\"waiting\":0"))
        }
        await platform.stop()
    }

    @Test("is used by one agent at a time")
    func alone() throws {
        let place = try Place()
        defer { place.remove() }
        let configuration = try configuration(place, to: #"{"server": "http://127.0.0.1:1"}"#, place.folderSource)
        let logger = Logger(label: "test")
        let first = try Agent(configuration, logger: logger)
        #expect(throws: AgentMisuse.self) { try Agent(configuration, logger: logger) }
        withExtendedLifetime(first) {}
    }

    @Test(
        "says which entry of a configuration is wrong",
        arguments: [
            (#"[]"#, "no JSON object"), (#"{"data": ""}"#, "data"), (#"{"data": "d"}"#, "to"),
            (#"{"data": "d", "to": {}, "sources": []}"#, "server or mllp"),
            (#"{"data": "d", "to": {"server": "http://example.org"}, "sources": []}"#, "https://"),
            (#"{"data": "d", "to": {"server": "https://a", "client": "c"}, "sources": []}"#, "client and key"),
            (#"{"data": "d", "to": {"server": "https://a"}, "sources": []}"#, "at least one"),
            (#"{"data": "d", "to": {"server": "https://a"}, "sources": [{"name": "a", "sender": "b"}]}"#, "sources[0]"),
            (
                #"{"data": "d", "to": {"server": "https://a"}, "sources": [{"name": "a", "sender": "b", "folder": "f", "tabel": "x"}]}"#,
                "sources[0].tabel"
            ),
            (#"{"data": "d", "to": {"server": "https://a", "port": 1}, "sources": []}"#, "to.port"),
        ])
    func misuse(json: String, word: String) {
        #expect { try AgentConfiguration(json: Data(json.utf8)) } throws: { "\($0)".contains(word) }
    }
}
