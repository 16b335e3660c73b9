/// That a copy for research was approved: what somebody applied for, signed by the owner of the data and by a security officer,
/// each somebody else.
public struct ExportApproval: Sendable, Hashable {
    /// The approval's id, for the audit log.
    public var id: String
    /// The resource types of the copy.
    public var types: Set<String>
    /// Sensitive categories that may be in it.
    public var sensitivities: Set<Sensitivity>
    /// Until when, this instant included, in milliseconds since 1970-01-01T00:00:00Z.
    public var until: Int64
    /// What the copy is for, in words.
    public var study: String
    /// How many persons must share each combination of quasi-identifiers.
    public var k: Int
    /// The account that signed as the owner of the data; empty before.
    public var dataOwner: String
    /// The account that signed as the security officer; empty before.
    public var securityOfficer: String

    /// - Parameters:
    ///   - id: the approval's id.
    ///   - types: the resource types of the copy.
    ///   - sensitivities: sensitive categories that may be in it.
    ///   - until: until when, this instant included, in milliseconds since 1970.
    ///   - study: what the copy is for.
    ///   - k: how many persons must share each combination of quasi-identifiers.
    ///   - dataOwner: the account that signed as the owner of the data.
    ///   - securityOfficer: the account that signed as the security officer.
    public init(
        id: String, types: Set<String>, sensitivities: Set<Sensitivity> = [], until: Int64, study: String = "",
        k: Int = 5, dataOwner: String = "", securityOfficer: String = ""
    ) {
        self.id = id
        self.types = types
        self.sensitivities = sensitivities
        self.until = until
        self.study = study
        self.k = k
        self.dataOwner = dataOwner
        self.securityOfficer = securityOfficer
    }

    /// In what capacity somebody signs.
    public enum Signatory: String, Sendable, Hashable, CaseIterable {
        /// 数据所有者: who answers for the data.
        case dataOwner = "data-owner"
        /// 安全管理员: who looks after their safety.
        case securityOfficer = "security-officer"
    }

    /// Whether both have signed.
    public var isSigned: Bool { !dataOwner.isEmpty && !securityOfficer.isEmpty }
}
