import Access
import Accounts
public import ArgumentParser
import AuditLog
import FHIR
import Foundation
import SQL
import SignIn

/// `healthbrain client`: the programs that may ask for access, from the machine of the server.
struct ClientCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "client",
        abstract: "Add, show and change the programs that may ask for access, also while a server runs.",
        discussion: """
            Apps of people (public, confidential) sign in by SMART App Launch, programs of institutions (backend) by SMART \
            Backend Services. A secret is made by the program and printed once.
            """,
        subcommands: [
            ClientAdd.self, ClientList.self, ClientShow.self, ClientDisable.self, ClientEnable.self, ClientRotate.self,
        ])
}

/// A command on the registry: opens it, does its work, and says what went wrong in words.
private func withClients<T>(
    _ store: StoreChoice, _ verb: String, creating: Bool = false, _ body: (ClientRegistry) async throws -> T
) async throws -> T {
    let opened = try AccountPlace(store).open(creating: creating, command: "healthbrain client \(verb)")
    let labels = LabelReader(try Definitions.r4())
    do {
        let registry = try ClientRegistry(
            database: opened.database, labels: labels, options: opened.accounts.options,
            recording: opened.audit.signIn)
        let result = try await body(registry)
        try opened.close()
        return result
    } catch let fault as ClientFault {
        throw Misuse("\(fault)")
    } catch let error as AuditError {
        throw Failure("\(error)")
    }
}

extension Client.Kind: ExpressibleByArgument {}

/// How a program shows that it is itself.
struct KeyChoice: ParsableArguments {
    @Option(help: "A file with its public keys, a JWK set.")
    var jwks: String?

    @Option(help: "The https:// address of its public keys.")
    var jwksURL: String?

    func keys() throws -> String? {
        guard let jwks else { return jwksURL }
        guard jwksURL == nil else { throw Misuse("Give the keys by --jwks or by --jwks-url, not by both.") }
        guard let text = try? String(contentsOfFile: jwks, encoding: .utf8) else {
            throw Misuse("\(jwks) can't be read.")
        }
        return text
    }
}

/// `healthbrain client add`.
struct ClientAdd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "add", abstract: "Add a program.")

    @OptionGroup var store: StoreChoice

    @Argument(help: "The name that people read when they are asked.")
    var name: String

    @Option(
        help:
            "public (an app without a secret), confidential (an app with a server) or backend (a program without people)."
    )
    var type: Client.Kind

    @Option(help: "The most that it can get: scopes with blanks between them.")
    var scopes: String

    @Option(help: "Where answers to an app may go; several are allowed. They are compared letter by letter.")
    var redirect: [String] = []

    @Option(help: "Where the app is started from a page of the platform.")
    var launch: String?

    @Option(help: "The Organization/… that it belongs to.")
    var organization: String?

    @Flag(help: "A backend program of the whole city, of no one organisation.")
    var wholeCity = false

    @Option(help: "The division code that a program of disease control answers for.")
    var division: String?

    @Option(help: "Why a backend program acts: TREAT, PUBHLTH or HOPERAT.")
    var purpose = Purpose.treatment.rawValue

    @Option(help: "A sensitive category granted to a backend program, such as hiv; several are allowed.")
    var category: [String] = []

    @OptionGroup(title: "Keys") var choice: KeyChoice

    func run() async throws {
        guard let purpose = Purpose(rawValue: purpose) else { throw Misuse("--purpose is TREAT, PUBHLTH or HOPERAT.") }
        if type == .backend, (organization != nil) == wholeCity {
            throw Misuse("A backend program belongs to an --organization, or to the --whole-city.")
        }
        let categories = try category.map { name in
            guard let category = Sensitivity(rawValue: name) else {
                throw Misuse("--category is one of \(Sensitivity.allCases.map(\.rawValue).joined(separator: ", ")).")
            }
            return category
        }
        let area = try division.map { code in
            guard let area = Division(code) else { throw Misuse("--division is a code of six digits, such as 330106.") }
            return area
        }
        let new = NewClient(
            name: name, kind: type, redirectURIs: redirect, launchURI: launch, scopes: scopes,
            organization: organization, division: area, purpose: purpose, sensitivities: Set(categories),
            keys: try choice.keys())
        try await withClients(store, "add", creating: true) { clients in
            let (client, secret) = try await clients.add(new)
            Terminal.say("\(client.id)\t\(client.name)\n")
            ClientText.show(secret: secret)
        }
    }
}

/// `healthbrain client list`.
struct ClientList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List all programs.")

    @OptionGroup var store: StoreChoice

    func run() async throws {
        try await withClients(store, "list") { clients in
            for client in try clients.clients() {
                let state = client.isEnabled ? "enabled" : "disabled"
                Terminal.say("\(client.id)\t\(client.name)\t\(client.kind.rawValue)\t\(state)\n")
            }
        }
    }
}

/// Which program a command works on.
struct ClientChoice: ParsableArguments {
    @OptionGroup var store: StoreChoice

    @Argument(help: "The program's id, as “client list” shows it.")
    var id: String

    func with<T>(_ verb: String, _ body: (ClientRegistry, Client) async throws -> T) async throws -> T {
        try await withClients(store, verb) { clients in
            guard let client = try clients.client(id) else { throw Failure("There is no such program.") }
            return try await body(clients, client)
        }
    }
}

/// `healthbrain client show`.
struct ClientShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "Show a program.")

    @OptionGroup var choice: ClientChoice

    func run() async throws { try await choice.with("show") { _, client in ClientText.show(client) } }
}

/// `healthbrain client disable`.
struct ClientDisable: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "disable", abstract: "Put a program out of use and end all that was granted to it.")

    @OptionGroup var choice: ClientChoice

    func run() async throws {
        try await choice.with("disable") { clients, client in try await clients.setEnabled(false, client.id) }
    }
}

/// `healthbrain client enable`.
struct ClientEnable: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "enable", abstract: "Put a program into use again.")

    @OptionGroup var choice: ClientChoice

    func run() async throws {
        try await choice.with("enable") { clients, client in try await clients.setEnabled(true, client.id) }
    }
}

/// `healthbrain client rotate`.
struct ClientRotate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate", abstract: "Give a program a new secret, printed once, or other public keys.")

    @OptionGroup var choice: ClientChoice
    @OptionGroup(title: "Keys") var keys: KeyChoice

    func run() async throws {
        let keys = try keys.keys()
        try await choice.with("rotate") { clients, client in
            ClientText.show(secret: try await clients.rotate(client.id, keys: keys))
        }
    }
}

/// How programs are printed.
enum ClientText {
    static func show(secret: String?) {
        guard let secret else { return }
        Terminal.say("Secret, not shown again: \(secret)\n")
    }

    static func show(_ client: Client) {
        let credential =
            switch client.credential {
            case .none: "none"
            case .secret: "secret"
            case .keys: "public keys"
            case .keysAt(let address): "public keys at \(address)"
            }
        let categories = client.sensitivities.map(\.rawValue).sorted().joined(separator: ", ")
        let lines = [
            ("id", client.id), ("name", client.name), ("type", client.kind.rawValue),
            ("state", client.isEnabled ? "enabled" : "disabled"), ("shows", credential), ("scopes", client.scopes),
            ("belongs", client.organization ?? "whole city"), ("division", client.division?.code ?? ""),
            ("purpose", client.purpose.rawValue), ("granted", categories), ("launch", client.launchURI ?? ""),
            ("created", AccountText.instant(client.created)),
        ]
        for (name, value) in lines + client.redirectURIs.map({ ("redirect", $0) }) where !value.isEmpty {
            Terminal.say(name.padding(toLength: 9, withPad: " ", startingAt: 0) + value + "\n")
        }
    }
}
