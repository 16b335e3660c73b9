import Foundation

/// The secret of an installation: 256 random bits in a file that only its owner may read, never in the database.
///
/// What the accounts need is derived from it by HKDF (RFC 5869), each purpose under its own label. All servers on one
/// database use the same file. Whoever loses it loses the second factors and the form tokens, not the passwords.
public struct ServerKey: Sendable {
    /// The length of a key.
    public static let bytes = 32

    private let secret: [UInt8]

    /// A key of given bytes.
    ///
    /// - Throws: ``AccountsError/key(_:)`` unless there are 32.
    public init(_ secret: [UInt8]) throws(AccountsError) {
        guard secret.count == Self.bytes else {
            throw .key("A server key has \(Self.bytes) bytes, not \(secret.count).")
        }
        self.secret = secret
    }

    /// Reads a key file; makes it with mode 0600 when it is absent.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - creating: whether it may be made; no where accounts are there already, which belong to the key that is missing.
    /// - Throws: ``AccountsError/key(_:)`` when it can't be read or made, when others than its owner may read or write it,
    ///   or when it does not hold 32 bytes as 64 hexadecimal digits.
    public init(file path: String, creating: Bool = true) throws(AccountsError) {
        if let found = try Self.read(path) {
            self = found
            return
        }
        guard creating else {
            throw .key("The key file \(path) is missing. Put the one back that the accounts were made with.")
        }
        // Written under another name first: another server that starts at the same time must not read half a key.
        let draft = "\(path).\(UUID().uuidString)"
        defer { unlink(draft) }
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .key("The key file \(path) can't be made.") }
        defer { close(descriptor) }
        let text = Array((Hex.encode(randomBytes(Self.bytes)) + "\n").utf8)
        guard Foundation.write(descriptor, text, text.count) == text.count, fsync(descriptor) == 0 else {
            throw .key("The key file \(path) can't be written.")
        }
        guard link(draft, path) == 0 || errno == EEXIST, let made = try Self.read(path) else {
            throw .key("The key file \(path) can't be made.")
        }
        self = made
    }

    private static func read(_ path: String) throws(AccountsError) -> ServerKey? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw .key("The key file \(path) can't be read.")
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw .key("The key file \(path) is not a file.")
        }
        guard status.st_mode & 0o077 == 0 else {
            throw .key("Others may read the key file \(path). Allow its owner alone: chmod 600 \(path)")
        }
        var text = [UInt8](repeating: 0, count: 256)
        let count = Foundation.read(descriptor, &text, text.count)
        let digits = String(decoding: text.prefix(max(0, count)), as: UTF8.self)
            .trimmingCharacters(in: .whitespacesAndNewlines)
        guard let secret = Hex.decode(digits), secret.count == bytes else {
            throw .key("The key file \(path) does not hold \(bytes * 2) hexadecimal digits.")
        }
        return try ServerKey(secret)
    }

    /// A key of 32 bytes for one purpose: HKDF-SHA256 without salt, one block.
    package func derived(_ purpose: String) -> [UInt8] {
        let extracted = Digest.sha256.hmac(secret, key: [UInt8](repeating: 0, count: 32))
        return Digest.sha256.hmac(Array("healthbrain/accounts/\(purpose)".utf8) + [1], key: extracted)
    }
}

/// Random bytes of the operating system's generator.
func randomBytes(_ count: Int) -> [UInt8] {
    var generator = SystemRandomNumberGenerator()
    return (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
}
