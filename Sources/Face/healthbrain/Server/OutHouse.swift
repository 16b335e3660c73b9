import Access
import Doors
import FHIR
import Foundation
import Gate
import Records
import ServiceLifecycle
import SignIn
import Subscriptions

/// What leaves a server by subscriptions.
struct OutHouse: Sendable {
    let subscriptions: Subscriptions
    private let door: OutboundDoor

    /// - Parameters:
    ///   - house: who signs in; nil for an open house.
    ///   - folder: keeps the key of the signatures; nil for one that ends with the process.
    init(
        _ store: RecordStore, _ definitions: Definitions, house: HouseGuard?, door: OutboundDoor, attempts: Int64,
        folder: String?, origin: String
    ) throws {
        self.door = door
        var options = SubscriptionsOptions(key: try Self.key(folder))
        options.base = "\(origin)/fhir"
        options.attemptsMax = attempts
        let receivers: any SubscriptionHouse =
            if let house {
                GuardedReceivers(gate: house.gate, clients: house.signIn.clients)
            } else {
                OpenReceivers(store: store)
            }
        subscriptions = try Subscriptions(
            store, definitions, house: receivers, door: NotificationPost(door: door), options: options)
    }

    /// Sends until the server stops.
    var work: Work { Work(house: self) }

    struct Work: Service {
        let house: OutHouse

        func run() async throws {
            await cancelWhenGracefulShutdown { await house.subscriptions.run() }
            await house.door.shutdown()
        }
    }

    /// 32 random bytes, made once and kept for the server's user alone.
    private static func key(_ folder: String?) throws -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        let new = (0..<32).map { _ in UInt8.random(in: 0...255, using: &generator) }
        guard let folder else { return new }
        let path = "\(folder)/out.key"
        if let found = FileManager.default.contents(atPath: path) {
            guard found.count == 32 else { throw Failure("\(path) holds no key of 32 bytes.") }
            return Array(found)
        }
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw Failure("The file \(path) can't be written.") }
        defer { close(file) }
        guard write(file, new, new.count) == new.count, fsync(file) == 0 else {
            throw Failure("The file \(path) can't be written.")
        }
        return new
    }
}

/// The receivers of a house that asks who is there: registered programs, with their rights.
private struct GuardedReceivers: SubscriptionHouse {
    let gate: Gate
    let clients: ClientRegistry

    var isOpen: Bool { false }

    func program(_ id: String) throws(RecordsError) -> SubscriptionProgram {
        let client = try client(id)
        let reach = try view(id, purpose: client.purpose).sight?.subject.reach
        guard case .organisations(let own)? = reach else {
            return SubscriptionProgram(name: client.name, organisations: nil)
        }
        return SubscriptionProgram(name: client.name, organisations: own)
    }

    func view(_ program: String?, purpose: Purpose) throws(RecordsError) -> SeenRecords {
        let client = try client(program ?? "")
        let rights = ProgramRights(
            organization: client.organization.map { String($0.dropFirst("Organization/".count)) },
            division: client.division, sensitivities: client.sensitivities, purpose: client.purpose)
        guard let scopes = try? Scopes(client.scopes, gate.labels) else {
            throw RecordsError(.forbidden, "The scopes of the program can't be read.")
        }
        return try gate.records(program: client.id, rights, purpose: purpose, scopes: scopes)
    }

    func ownRecords() throws(RecordsError) -> SeenRecords { try gate.ownRecords() }

    private func client(_ id: String) throws(RecordsError) -> Client {
        let found: Client?
        do { found = try clients.client(id) } catch {
            throw RecordsError(.unavailable, "The registry of programs can't be read.")
        }
        guard let found, found.isEnabled, found.kind == .backend else {
            throw RecordsError(
                .notFound, "There is no backend program “\(id.prefix(64))” in use (healthbrain client list).")
        }
        return found
    }
}

/// Everybody, in a house that asks nobody.
private struct OpenReceivers: SubscriptionHouse {
    let store: RecordStore

    var isOpen: Bool { true }

    func program(_ id: String) throws(RecordsError) -> SubscriptionProgram {
        SubscriptionProgram(name: id, organisations: nil)
    }

    func view(_ program: String?, purpose: Purpose) throws(RecordsError) -> SeenRecords { try ownRecords() }

    func ownRecords() throws(RecordsError) -> SeenRecords {
        store.seen(by: nil, trace: AccessTrace(AccessTrace.Who()))
    }
}

/// The door as the subscriptions need it.
private struct NotificationPost: NotificationDoor {
    let door: OutboundDoor

    func fault(of endpoint: String) -> String? { door.fault(of: endpoint) }

    func fault(ofHeader name: String, _ value: String) -> String? { door.fault(ofHeader: name, value) }

    func send(_ notification: NotificationRequest) async -> NotificationAnswer {
        switch await door.post(notification.body, to: notification.endpoint, fields: notification.fields) {
        case .taken: .taken
        case .later(let reason, let seconds): .later(reason, afterSeconds: seconds)
        case .unwanted: .unwanted
        }
    }
}
