import Accounts
import Crypto
import CryptoExtras
import Foundation
import JWTKit
import SQL
import Synchronization

/// The keys by which identities (id_token) are signed: RSA of 3072 bits, RS256 as SMART asks. They are in the database,
/// sealed with the server key, so that all servers on it sign alike. A new one is made after so many days; the one before
/// stays published as long as a token that it signed may be looked at.
final class SigningKeys: Sendable {
    /// How long a key that signs no more stays published, in milliseconds: clients keep key sets for an hour, tokens live less.
    static let publishedMilliseconds: Int64 = 86_400_000
    /// How often the database is looked at, in milliseconds.
    private static let freshMilliseconds: Int64 = 60_000

    private struct Key: Sendable {
        let kid: String
        let key: JWTKit.Insecure.RSA.PrivateKey
        let created: Int64
    }

    private let store: SignInStore
    private let box: SecretBox
    private let lifeMilliseconds: Int64
    private let now: @Sendable () -> Int64
    private let random: @Sendable (Int) -> [UInt8]
    private let known = Mutex<(keys: [Key], at: Int64)>(([], 0))

    init(
        _ store: SignInStore, key: ServerKey, lifeDays: Int, now: @escaping @Sendable () -> Int64,
        random: @escaping @Sendable (Int) -> [UInt8]
    ) {
        self.store = store
        box = Self.box(key)
        lifeMilliseconds = Int64(lifeDays) * 86_400_000
        self.now = now
        self.random = random
    }

    private static func box(_ key: ServerKey) -> SecretBox { SecretBox(key: key.derived("signing keys")) }

    /// Seals every key anew.
    static func reseal(
        _ db: SQLConnection, from old: ServerKey, to new: ServerKey, random: (Int) -> [UInt8]
    ) throws {
        let (from, to) = (box(old), box(new))
        let rows = try db.query("SELECT kid, sealed FROM sign_in_key") { (kid: $0.text(0), sealed: $0.blob(1)) }
        for row in rows {
            guard let der = from.open(row.sealed, owner: row.kid) else { throw damaged }
            try db.execute(
                "UPDATE sign_in_key SET sealed = ? WHERE kid = ?",
                .blob(to.seal(der, owner: row.kid, nonce: random(12))), .text(row.kid))
        }
    }

    private static let damaged = SignInFailure(
        message: "A signing key can't be opened: it was sealed with another server key.")

    /// A signed identity.
    func sign(_ claims: some JWTPayload) async throws -> String {
        let keys = try await keys()
        let collection = JWTKeyCollection()
        await collection.add(rsa: keys[0].key, digestAlgorithm: .sha256, kid: JWKIdentifier(string: keys[0].kid))
        return try await collection.sign(claims, kid: JWKIdentifier(string: keys[0].kid))
    }

    /// The public keys, the one that signs first.
    func published() async throws -> PublishedKeys {
        PublishedKeys(
            keys: try await keys().map { key in
                let primitives = try key.key.publicKey.getKeyPrimitives()
                return PublishedKeys.Key(
                    kid: key.kid, n: Base64URL.encode(Array(primitives.modulus)),
                    e: Base64URL.encode(Array(primitives.publicExponent)))
            })
    }

    /// Makes a new key now, for an operator who has reason to.
    ///
    /// - Parameter tell: tells of it, inside the transaction.
    func rotate(_ tell: @escaping @Sendable (SQLConnection) throws -> Void) async throws {
        try await make(at: now(), tell)
        known.withLock { $0 = ([], 0) }
    }

    /// The keys that are published, the newest first; makes one when there is none or it is too old.
    private func keys() async throws -> [Key] {
        let time = now()
        let kept = known.withLock { $0 }
        if !kept.keys.isEmpty, (0..<Self.freshMilliseconds).contains(time - kept.at) { return kept.keys }
        var found = try load(at: time)
        if found.first.map({ time - $0.created >= lifeMilliseconds }) ?? true {
            try await make(at: time)
            found = try load(at: time)
        }
        guard !found.isEmpty else { throw SignInFailure(message: "No signing key could be made.") }
        let keys = found
        known.withLock { $0 = (keys, time) }
        return keys
    }

    private func load(at time: Int64) throws -> [Key] {
        let rows = try store.read { db in
            try db.query("SELECT kid, sealed, created FROM sign_in_key ORDER BY created DESC, kid") {
                (kid: $0.text(0), sealed: $0.blob(1), created: $0.int(2))
            }
        }
        return try rows.enumerated().filter { place, _ in
            // A key signs until the next one was made.
            place == 0 || time - rows[place - 1].created < Self.publishedMilliseconds
        }.map { _, row in
            guard let der = box.open(row.sealed, owner: row.kid) else { throw Self.damaged }
            let key = try JWTKit.Insecure.RSA.PrivateKey(backing: _RSA.Signing.PrivateKey(derRepresentation: der))
            return Key(kid: row.kid, key: key, created: row.created)
        }
    }

    private func make(
        at time: Int64, _ tell: @escaping @Sendable (SQLConnection) throws -> Void = { _ in }
    ) async throws {
        let key = try _RSA.Signing.PrivateKey(keySize: .bits3072)
        let kid = Base64URL.encode(random(12))
        let sealed = box.seal(Array(key.derRepresentation), owner: kid, nonce: random(12))
        try await store.write { db in
            try db.execute(
                "INSERT INTO sign_in_key (kid, sealed, created) VALUES (?, ?, ?)", .text(kid), .blob(sealed),
                .integer(time))
            // Whatever is older than a key that is more than a day old was published long enough.
            try db.execute(
                """
                DELETE FROM sign_in_key WHERE created <
                (SELECT max(created) FROM sign_in_key WHERE created < ?)
                """, .integer(time - Self.publishedMilliseconds))
            try tell(db)
        }
    }
}

/// A JWK set as it is published (RFC 7517).
struct PublishedKeys: Encodable {
    struct Key: Encodable {
        let kid: String
        let n: String
        let e: String
        var kty = "RSA"
        var use = "sig"
        var alg = "RS256"
    }

    let keys: [Key]
}
