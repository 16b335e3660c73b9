import Foundation
package import NIOSSL

/// The files of a certificate and its key, in PEM.
public struct TLSFiles: Sendable, Equatable {
    /// The file of the certificate, the server's own first, then those that signed it.
    public let certificate: String
    /// The file of the private key, which its owner alone may read.
    public let key: String

    /// Names the files.
    public init(certificate: String, key: String) {
        self.certificate = certificate
        self.key = key
    }

    /// Reads both files.
    /// - Throws: ``TLSError`` saying which file and what to do.
    func read() throws(TLSError) -> (chain: [NIOSSLCertificate], key: NIOSSLPrivateKey) {
        let chain = try Self.certificates(certificate)
        let key = try readKey()
        guard let own = chain.first, let publicKey = try? own.extractPublicKey().toSPKIBytes() else {
            throw .unreadableCertificate(certificate)
        }
        guard (try? NIOSSLContext(configuration: TLSIdentity.configuration([own], key))) != nil, !publicKey.isEmpty
        else { throw .otherKey(certificate: certificate, key: self.key) }
        return (chain, key)
    }

    /// The certificates of a file in PEM.
    package static func certificates(_ file: String) throws(TLSError) -> [NIOSSLCertificate] {
        guard let bytes = FileManager.default.contents(atPath: file) else { throw .missing(file) }
        guard let chain = try? NIOSSLCertificate.fromPEMBytes([UInt8](bytes)), !chain.isEmpty else {
            throw .unreadableCertificate(file)
        }
        return chain
    }

    private func readKey() throws(TLSError) -> NIOSSLPrivateKey {
        let descriptor = open(key, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw errno == EACCES ? .forbidden(key) : .missing(key) }
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { throw .missing(key) }
        guard status.st_mode & 0o077 == 0 else { throw .openMode(key, status.st_mode & 0o777) }
        guard status.st_uid == geteuid() || status.st_uid == 0 else { throw .foreignOwner(key) }
        guard let bytes = try? handle.readToEnd() else { throw .forbidden(key) }
        // A passphrase would have to be asked for at each reload, with nobody there to answer.
        if String(decoding: bytes, as: UTF8.self).contains("ENCRYPTED") { throw .encryptedKey(key) }
        guard let read = try? NIOSSLPrivateKey(bytes: [UInt8](bytes), format: .pem) else { throw .unreadableKey(key) }
        return read
    }
}

/// Why a certificate or its key can't be used. No message holds anything from a key.
public enum TLSError: Error, Equatable, Sendable, CustomStringConvertible {
    /// There is no such file.
    case missing(String)
    /// The file may not be read by this user.
    case forbidden(String)
    /// The file of the key may be read by others: its mode.
    case openMode(String, UInt32)
    /// The file of the key belongs to somebody else.
    case foreignOwner(String)
    /// The key is locked by a passphrase.
    case encryptedKey(String)
    /// The file holds no key in PEM.
    case unreadableKey(String)
    /// The file holds no certificate in PEM.
    case unreadableCertificate(String)
    /// The key is not that of the certificate.
    case otherKey(certificate: String, key: String)

    /// What to tell the operator.
    public var description: String {
        switch self {
        case .missing(let file): "\(file) is not there, or is no file."
        case .forbidden(let file): "\(file) can't be read by the user of this process."
        case .openMode(let file, let mode):
            "\(file) holds a private key and may be read by others (mode 0\(String(mode, radix: 8))). "
                + "Run: chmod 600 \(file)"
        case .foreignOwner(let file): "\(file) holds a private key and belongs to another user. Run: chown \(file)"
        case .encryptedKey(let file):
            "\(file) is locked by a passphrase. Write it without one (openssl pkey -in LOCKED -out \(file)), mode 0600."
        case .unreadableKey(let file): "\(file) holds no private key in PEM (-----BEGIN PRIVATE KEY-----)."
        case .unreadableCertificate(let file): "\(file) holds no certificate in PEM (-----BEGIN CERTIFICATE-----)."
        case .otherKey(let certificate, let key):
            "The key in \(key) is not that of the first certificate in \(certificate). The server's own certificate "
                + "stands first, then those that signed it."
        }
    }
}
