/// Limits and names of the door. Every limit has a unit in its name.
public struct DoorOptions: Sendable {
    /// The longest body that is read, in bytes, compressed or expanded.
    public var bodyBytesMax: Int
    /// How long a client may take to send a body, in seconds.
    public var bodySecondsMax: Double
    /// Answers of at least this many bytes are compressed when the client allows it.
    public var compressedBytesMin: Int
    /// The address under which clients reach the server, such as `https://fhir.example.org/fhir`; nil to take it from
    /// the request's `Host`.
    public var publicBase: String?
    /// The address of the server without a path, by which the CapabilityStatement tells where programs get tokens; nil
    /// where they get none here.
    public var signInRoot: String?
    /// Whether pages of an origin, such as `https://app.example`, may read answers to requests with a bearer token; nil where
    /// none may.
    public var allowsOrigin: (@Sendable (_ origin: String) -> Bool)?
    /// Further metrics in Prometheus's text, of other doors than this one.
    public var moreMetrics: (@Sendable () -> String)?
    /// Is told of the requests that are being answered.
    public var load = RequestLoad()
    /// The version that the CapabilityStatement names.
    public var softwareVersion: String

    /// Makes options; each has a default.
    public init(
        bodyBytesMax: Int = 64 << 20, bodySecondsMax: Double = 60, compressedBytesMin: Int = 1024,
        publicBase: String? = nil, softwareVersion: String = "0.1.0"
    ) {
        self.bodyBytesMax = bodyBytesMax
        self.bodySecondsMax = bodySecondsMax
        self.compressedBytesMin = compressedBytesMin
        self.publicBase = publicBase
        self.softwareVersion = softwareVersion
    }
}
