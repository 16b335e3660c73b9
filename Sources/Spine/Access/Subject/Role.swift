/// In what capacity somebody acts; the five faces, programs, and nobody in particular.
public enum Role: Sendable, Hashable {
    /// Not signed in.
    case anonymous
    /// A person of the city, with own records.
    case resident
    /// A doctor or nurse of an institution.
    case clinician
    /// An epidemiologist of a centre for disease control.
    case epidemiologist
    /// A manager of an institution or of the health commission.
    case manager
    /// One who runs the platform, with one of three separate duties.
    case `operator`(Duty)
    /// A program of an institution, signed in by SMART Backend Services.
    case system

    /// The duties that GB/T 22239-2019, 8.1.4.2, keeps apart (三员分立).
    public enum Duty: String, Sendable, Hashable, CaseIterable {
        /// 系统管理员: configuration, definitions, transport.
        case system
        /// 安全管理员: accounts and what they are granted.
        case security
        /// 审计管理员: the audit log.
        case audit
    }
}
