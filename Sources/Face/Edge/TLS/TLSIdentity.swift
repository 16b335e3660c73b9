public import Logging
import NIOHTTP2
package import NIOSSL
public import ServiceLifecycle
import Synchronization
import UnixSignals

/// Who the server is over TLS. Connections that begin take what was read last; those that are open keep theirs.
public final class TLSIdentity: Sendable {
    private struct State {
        var context: NIOSSLContext
        var expirySeconds: Int
    }

    private let files: TLSFiles
    private let protocols: [String]
    private let clientAuthority: String?
    private let state: Mutex<State>

    /// Reads certificate and key of a server for HTTP.
    public convenience init(_ files: TLSFiles) throws(TLSError) {
        try self.init(files, protocols: NIOHTTP2SupportedALPNProtocols, clientAuthority: nil)
    }

    /// Reads certificate and key.
    /// - Parameters:
    ///   - protocols: what is spoken, by the names of ALPN (RFC 7301); none: nothing is agreed.
    ///   - clientAuthority: a file of certificates in PEM; each client must show one that they signed. nil: none is asked for.
    package init(_ files: TLSFiles, protocols: [String], clientAuthority: String?) throws(TLSError) {
        self.files = files
        self.protocols = protocols
        self.clientAuthority = clientAuthority
        state = Mutex(try Self.state(files, protocols, clientAuthority))
    }

    /// Reads the files again. When they can't be used, everything stays as it is.
    public func reload() throws(TLSError) {
        let fresh = try Self.state(files, protocols, clientAuthority)
        state.withLock { $0 = fresh }
    }

    /// When the certificate ends, in seconds since 1970.
    public var expirySeconds: Int { state.withLock { $0.expirySeconds } }

    /// What connections that begin now are made with.
    package var context: NIOSSLContext { state.withLock { $0.context } }

    private static func state(
        _ files: TLSFiles, _ protocols: [String], _ clientAuthority: String?
    ) throws(TLSError) -> State {
        let (chain, key) = try files.read()
        var configuration = configuration(chain, key)
        configuration.applicationProtocols = protocols
        if let clientAuthority {
            configuration.trustRoots = .certificates(try TLSFiles.certificates(clientAuthority))
            configuration.certificateVerification = .noHostnameVerification
        }
        guard let context = try? NIOSSLContext(configuration: configuration), let own = chain.first else {
            throw .unreadableCertificate(files.certificate)
        }
        return State(context: context, expirySeconds: Int(own.notValidAfter))
    }

    /// TLS 1.2 and 1.3; of 1.2 only suites with forward secrecy and authenticated encryption (RFC 9325 §4.2), the strongest
    /// first. No renegotiation.
    static func configuration(_ chain: [NIOSSLCertificate], _ key: NIOSSLPrivateKey) -> TLSConfiguration {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
        configuration.minimumTLSVersion = .tlsv12
        configuration.cipherSuiteValues = [
            .TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, .TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
            .TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, .TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
            .TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, .TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        ]
        return configuration
    }
}

/// Reads the certificate again at each SIGHUP.
public struct TLSReload: Service {
    private let identity: TLSIdentity
    private let logger: Logger

    /// Reloads an identity.
    public init(_ identity: TLSIdentity, logger: Logger) {
        self.identity = identity
        self.logger = logger
    }

    /// Listens for the signal until the server stops.
    public func run() async throws {
        for await _ in await UnixSignalsSequence(trapping: .sighup).cancelOnGracefulShutdown() {
            do {
                try identity.reload()
                logger.notice("certificate read again")
            } catch {
                logger.error("the certificate stays as it was", metadata: ["reason": "\(error)"])
            }
        }
    }
}
