import ArgumentParser

/// Whether a server asks who is there.
enum AccessMode: String, ExpressibleByArgument, CaseIterable {
    /// It does not: everybody who reaches it does everything.
    case open
    /// It does: sign-in, the rules of access, and the audit log.
    case enforced
}
