public import Edge

/// Who may call, and whose messages they bring.
public struct MLLPCallers: Sendable {
    /// How a caller is known.
    public enum Mark: Sendable, Hashable {
        /// By its address.
        case address(AddressRange)
        /// By the SHA-256 of its certificate.
        case certificate([UInt8])
    }

    /// A caller of a known name.
    public struct Named: Sendable, Hashable {
        /// The name: what MSH-4 of its messages must say.
        public var name: String
        /// How it is known.
        public var mark: Mark

        /// Names a caller.
        public init(name: String, mark: Mark) {
            self.name = name
            self.mark = mark
        }

        /// Reads `330106001=10.1.2.3`, `330106001=10.1.2.0/24` or `330106001=sha256:AB:CD:…`.
        public init(_ text: String) throws(MLLPMisuse) {
            let sides = text.split(separator: "=", maxSplits: 1).map(String.init)
            guard sides.count == 2 else { throw MLLPMisuse("A sender looks like NAME=ADDRESS, not like \(text).") }
            name = sides[0]
            if sides[1].lowercased().hasPrefix("sha256:") {
                let digits = sides[1].dropFirst(7).filter { $0 != ":" }
                let bytes = stride(from: 0, to: digits.count, by: 2).compactMap { place in
                    UInt8(digits.dropFirst(place).prefix(2), radix: 16)
                }
                guard digits.count == 64, bytes.count == 32 else {
                    throw MLLPMisuse(
                        "A certificate is named by its 64 digits of SHA-256, as \"openssl x509 -noout -fingerprint -sha256\" "
                            + "prints them.")
                }
                mark = .certificate(bytes)
            } else {
                do { mark = .address(try AddressRange(sides[1])) } catch { throw MLLPMisuse("\(error)") }
            }
        }
    }

    /// From which addresses connections are taken; nil: from everywhere that can reach the listener.
    public var from: [AddressRange]?
    /// Callers of known names; the first that fits counts.
    public var named: [Named]
    /// The name under which everything is handed over, whatever MSH-4 says; nil: by ``named``, else by MSH-4.
    public var collective: String?

    /// Says who may call.
    public init(from: [AddressRange]? = nil, named: [Named] = [], collective: String? = nil) {
        self.from = from
        self.named = named
        self.collective = collective
    }

    /// Whether a connection is taken.
    func admits(_ peer: NetworkAddress?) -> Bool {
        guard let from else { return true }
        return peer.map { $0.isLoopback || from.contain($0) } ?? false
    }

    /// The name that a connection is configured to.
    func name(_ peer: NetworkAddress?, certificate: [UInt8]?) -> String? {
        named.first { named in
            switch named.mark {
            case .address(let range): peer.map(range.contains) ?? false
            case .certificate(let digest): digest == certificate
            }
        }?.name
    }
}

/// Why a door can't be opened as it was asked for.
public struct MLLPMisuse: Error, Sendable, CustomStringConvertible {
    /// What to tell the operator.
    public let description: String

    init(_ description: String) { self.description = description }
}
