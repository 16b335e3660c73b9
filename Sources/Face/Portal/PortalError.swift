/// Why the portal could not be built. Nothing half-valid starts.
public enum PortalError: Error, Sendable, CustomStringConvertible {
    /// A file that ships with the module is not there.
    case missingResource(path: String)
    /// A file that ships with the module, or boundaries that were given, cannot be read.
    case malformedResource(path: String, reason: String)

    /// The fault in words.
    public var description: String {
        switch self {
        case .missingResource(let path): "The portal's file \(path) is missing."
        case .malformedResource(let path, let reason): "The portal's file \(path) cannot be read: \(reason)."
        }
    }
}
