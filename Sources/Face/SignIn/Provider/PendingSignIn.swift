import SQL

/// A sign-in by another provider that was begun in a browser and has not come back.
struct PendingSignIn: Sendable {
    let provider: String
    /// SHA-256 of the cookie of the browser that began it.
    let browser: [UInt8]
    let nonce: String
    let verifier: String
    /// The path that the person wanted.
    let destination: String

    func insert(_ db: SQLConnection, _ state: OpaqueToken, expires: Int64) throws {
        try db.execute(
            """
            INSERT INTO sign_in_pending (digest, provider, browser, nonce, verifier, destination, expires)
            VALUES (?, ?, ?, ?, ?, ?, ?)
            """, .blob(state.digest), .text(provider), .blob(browser), .text(nonce), .text(verifier),
            .text(destination), .integer(expires))
    }

    /// Takes one, which can be done once.
    static func take(_ db: SQLConnection, _ state: OpaqueToken, at now: Int64) throws -> PendingSignIn? {
        try db.first(
            """
            DELETE FROM sign_in_pending WHERE digest = ? AND expires > ?
            RETURNING provider, browser, nonce, verifier, destination
            """, [.blob(state.digest), .integer(now)]
        ) { row in
            PendingSignIn(
                provider: row.text(0), browser: row.blob(1), nonce: row.text(2), verifier: row.text(3),
                destination: row.text(4))
        }
    }
}
