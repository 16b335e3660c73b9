import ArgumentParser
import Foundation
import HealthCode

/// `healthbrain healthcode`: health codes, offline.
struct HealthCodeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "healthcode", abstract: "Look at health codes (健康码).", subcommands: [HealthCodeVerify.self])
}

/// `healthbrain healthcode verify`.
struct HealthCodeVerify: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Verify a health code without a network, by the published keys.",
        discussion: """
            The keys stand at /.well-known/health-code-keys.json of the house; the next ones are published a month ahead. Who \
            the person is, the house alone can tell: POST /fhir/Patient/$resolve-health-code.
            """)

    @Argument(help: "What the QR code says.")
    var token: String

    @Option(help: ArgumentHelp("The published keys.", valueName: "file"), completion: .file(extensions: ["json"]))
    var keys: String

    func run() throws {
        let set: [UInt8]
        do { set = [UInt8](try Data(contentsOf: URL(fileURLWithPath: keys))) } catch {
            throw Misuse("\(keys) can't be read: \(error.localizedDescription)")
        }
        do {
            let claims = try HealthCodeVerifier(keySet: set).verify(token, now: Int64(Date().timeIntervalSince1970))
            Terminal.say("good, made by \(claims.issuer), until \(claims.expires) (seconds since 1970 UTC)\n")
        } catch {
            throw Failure("\(error)")
        }
    }
}
