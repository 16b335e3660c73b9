import ChildPrograms
import Crypto
import Doors
import Edge
import Foundation
import NIOCore
import NIOSSL
import Testing

@Suite("The MLLP door by TLS")
struct MLLPTLSTests {
    /// Certificates made by openssl in a folder of their own: an authority, a server, a client, and a client of nobody.
    private struct Papers {
        let folder: String

        init() throws {
            folder = NSTemporaryDirectory() + "mllp-\(UUID().uuidString)"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            for name in ["authority", "stranger"] {
                try openssl(
                    "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                    "-subj",
                    "/CN=\(name)", "-keyout", "\(folder)/\(name).key", "-out", "\(folder)/\(name).pem")
            }
            for name in ["server", "client"] {
                try openssl(
                    "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=\(name)",
                    "-keyout", "\(folder)/\(name).key", "-out", "\(folder)/\(name).csr")
                try openssl(
                    "x509", "-req", "-in", "\(folder)/\(name).csr", "-CA", "\(folder)/authority.pem", "-CAkey",
                    "\(folder)/authority.key", "-CAcreateserial", "-days", "2", "-out", "\(folder)/\(name).pem")
                chmod("\(folder)/\(name).key", 0o600)
            }
        }

        private func openssl(_ arguments: String...) throws {
            #expect(try ChildProgram("/usr/bin/openssl", arguments).wait() == 0)
        }

        func files() -> TLSFiles { TLSFiles(certificate: "\(folder)/server.pem", key: "\(folder)/server.key") }

        func client(_ name: String? = nil) throws -> TLSConfiguration {
            var configuration = TLSConfiguration.makeClientConfiguration()
            configuration.trustRoots = .file("\(folder)/authority.pem")
            configuration.certificateVerification = .noHostnameVerification
            if let name {
                configuration.certificateChain = try NIOSSLCertificate.fromPEMFile("\(folder)/\(name).pem").map {
                    .certificate($0)
                }
                configuration.privateKey = .privateKey(
                    try NIOSSLPrivateKey(file: "\(folder)/\(name).key", format: .pem))
            }
            return configuration
        }

        func fingerprint(_ name: String) throws -> String {
            let certificate = try #require(try NIOSSLCertificate.fromPEMFile("\(folder)/\(name).pem").first)
            return SHA256.hash(data: try certificate.toDERBytes()).map { byte in
                (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }.joined(separator: ":")
        }

        func remove() { try? FileManager.default.removeItem(atPath: folder) }
    }

    @Test("takes messages of anybody on this machine where no certificate is asked for")
    func plain() async throws {
        let papers = try Papers()
        defer { papers.remove() }
        let inbox = MemoryInbox()
        let listener = try MLLPListener("127.0.0.1:0", papers.files(), clientAuthority: nil, MLLPCallers())
        try await withDoor(inbox, listeners: [listener]) { addresses, _ in
            let client = try await DoorClient(addresses[0], tls: try papers.client())
            #expect(codes(try await client.ask(message("M1"))) == ["AA M1"])
        }
        #expect(throws: MLLPMisuse.self) {
            try MLLPListener("0.0.0.0:0", papers.files(), clientAuthority: nil, MLLPCallers())
        }
    }

    @Test("takes messages of those whose certificate the authority has signed, and knows them by it")
    func clientCertificates() async throws {
        let papers = try Papers()
        defer { papers.remove() }
        let (inbox, counters) = (MemoryInbox(), MLLPCounters())
        let callers = MLLPCallers(named: [try .init("330106001=sha256:\(try papers.fingerprint("client"))")])
        let listener = try MLLPListener(
            "127.0.0.1:0", papers.files(), clientAuthority: "\(papers.folder)/authority.pem", callers)
        try await withDoor(inbox, callers: callers, counters: counters, listeners: [listener]) { addresses, _ in
            let client = try await DoorClient(addresses[0], tls: try papers.client("client"))
            #expect(codes(try await client.ask(message("M1"))) == ["AA M1"])
            #expect(codes(try await client.ask(message("M2", facility: "330106002"))) == ["AR M2"])
            for name in [nil, "stranger"] {
                let other = try? await DoorClient(addresses[0], tls: try papers.client(name))
                try? await other?.send(message("M3"))
                #expect(await other?.reply() == nil)
            }
            let clear = try await DoorClient(addresses[0])
            try? await clear.send(message("M4"))
            #expect(await clear.reply() == nil)
        }
        #expect(inbox.arrivals.count == 2)
        #expect((counters.snapshot.refused[.tls] ?? 0) == 3)
    }
}
