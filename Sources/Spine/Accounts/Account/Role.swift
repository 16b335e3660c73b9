/// The five faces of the platform.
public enum Role: String, Sendable, CaseIterable {
    /// 居民
    case resident
    /// 医生
    case clinician
    /// 疾控
    case epidemiologist
    /// 管理
    case manager
    /// 运维
    case `operator`

    /// Whether the role is held for an institution, not for oneself.
    public var isStaff: Bool { self != .resident }
}

/// What an operator is for: the three separate administrators that GB/T 22239 asks for at level 3 (三员分立).
public enum OperatorDuty: String, Sendable, CaseIterable {
    /// 系统管理员: makes accounts, keeps the system running.
    case system
    /// 安全管理员: grants roles, sets the rules.
    case security
    /// 审计管理员: reads the audit.
    case audit
}

/// A level of the tree of organisations.
public enum OrganizationLevel: String, Sendable, CaseIterable {
    /// 市
    case city
    /// 区县
    case district
    /// 机构
    case institution
    /// 科室
    case department
}
