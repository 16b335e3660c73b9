import CCrypto
import Foundation

/// The key that signs checkpoints. It is made once and stays in a file that only the server's user can read; it is never in
/// the database, a log line or a message.
public struct AuditSigningKey: Sendable {
    /// The name of the log.
    public var name: String { publicKey.name }
    /// What checks its signatures.
    public let publicKey: AuditPublicKey
    private let seed: [UInt8]

    /// Makes a key.
    ///
    /// - Parameters:
    ///   - name: the name of the log, such as `health.example.org/audit`: no white space, no plus sign.
    ///   - seed: 32 random bytes.
    public init(name: String, seed: [UInt8]) throws(AuditError) {
        guard AuditPublicKey.isName(name) else {
            throw .key("The name of an audit log has no white space and no plus sign.")
        }
        var bytes = [UInt8](repeating: 0, count: 32)
        var count = bytes.count
        guard seed.count == 32, let key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, seed, seed.count) else {
            throw .key("An Ed25519 key is made from 32 bytes.")
        }
        defer { EVP_PKEY_free(key) }
        guard EVP_PKEY_get_raw_public_key(key, &bytes, &count) == 1, count == 32 else {
            throw .key("The cryptographic library can't make an Ed25519 key.")
        }
        self.seed = seed
        publicKey = AuditPublicKey(name: name, bytes: bytes)
    }

    /// The key of a file; a new one is made when there is no file.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - name: the name for a new key; nil where none may be made.
    /// - Throws: ``AuditError/key(_:)`` when others than the file's owner may read it, or it is no key.
    public init(file path: String, makingFor name: String?) throws(AuditError) {
        // A link could lead to a file with other rights.
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        if file < 0 {
            guard errno == ENOENT, let name else {
                throw .key("The key of the audit log can't be opened.")
            }
            var generator = SystemRandomNumberGenerator()
            try self.init(name: name, seed: (0..<32).map { _ in UInt8.random(in: 0...255, using: &generator) })
            try write(to: path)
            return
        }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_uid == geteuid() else {
            throw .key("The key of the audit log must be a file of the server's own user.")
        }
        guard status.st_mode & 0o077 == 0 else {
            throw .key("Others may read the key of the audit log: give its file the mode 0600, and make a new key.")
        }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = read(file, &bytes, bytes.count)
        let text = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
        try self.init(text: text.trimmingCharacters(in: .whitespacesAndNewlines))
    }

    /// `PRIVATE+KEY+name+hash+key`, as tools for signed notes write it.
    private init(text: String) throws(AuditError) {
        let prefix = "PRIVATE+KEY+"
        let parts = text.dropFirst(prefix.count).split(separator: "+", maxSplits: 2, omittingEmptySubsequences: false)
        guard text.hasPrefix(prefix), parts.count == 3, let key = Data(base64Encoded: String(parts[2])),
            key.count == 33, key.first == AuditPublicKey.kind
        else { throw .key("The key file of the audit log holds no key.") }
        try self.init(name: String(parts[0]), seed: [UInt8](key.dropFirst()))
        guard publicKey.hash.map({ hexadecimal($0) }).joined() == parts[1] else {
            throw .key("The key file of the audit log is damaged.")
        }
    }

    private func write(to path: String) throws(AuditError) {
        let hash = publicKey.hash.map { hexadecimal($0) }.joined()
        let key = Data([AuditPublicKey.kind] + seed).base64EncodedString()
        let bytes = Array("PRIVATE+KEY+\(name)+\(hash)+\(key)\n".utf8)
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw .key("The key of the audit log can't be written.") }
        defer { close(file) }
        guard DurableFile.write(bytes, to: file), fsync(file) == 0, DurableFile.syncFolder(of: path) else {
            unlink(path)
            throw .key("The key of the audit log can't be written.")
        }
    }

    /// Signs a checkpoint.
    public func sign(_ checkpoint: AuditCheckpoint) throws(AuditError) -> SignedNote {
        let text = checkpoint.text
        let message = Array(text.utf8)
        guard let key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, seed, seed.count) else {
            throw .key("The cryptographic library can't sign.")
        }
        defer { EVP_PKEY_free(key) }
        let context = EVP_MD_CTX_new()
        defer { EVP_MD_CTX_free(context) }
        var signature = [UInt8](repeating: 0, count: 64)
        var count = signature.count
        guard EVP_DigestSignInit(context, nil, nil, nil, key) == 1,
            EVP_DigestSign(context, &signature, &count, message, message.count) == 1, count == 64
        else { throw .key("The cryptographic library can't sign.") }
        return SignedNote(
            text: text, signatures: [SignedNote.Signature(name: name, bytes: publicKey.hash + signature)])
    }
}

extension AuditSigningKey: CustomStringConvertible, CustomReflectable {
    /// The public key: what is printed of a key is never the secret.
    public var description: String { publicKey.description }
    /// The public key alone.
    public var customMirror: Mirror { Mirror(self, children: ["publicKey": publicKey]) }
}
