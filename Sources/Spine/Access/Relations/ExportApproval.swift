/// That a copy for research was approved: by applicant, data owner and security officer, outside of this target.
public struct ExportApproval: Sendable, Hashable {
    /// The approval's id, for the audit log.
    public var id: String
    /// The resource types of the copy.
    public var types: Set<String>
    /// Sensitive categories that may be in it.
    public var sensitivities: Set<Sensitivity>
    /// Until when, this instant included, in milliseconds since 1970-01-01T00:00:00Z.
    public var until: Int64

    /// - Parameters:
    ///   - id: the approval's id.
    ///   - types: the resource types of the copy.
    ///   - sensitivities: sensitive categories that may be in it.
    ///   - until: until when, this instant included, in milliseconds since 1970.
    public init(id: String, types: Set<String>, sensitivities: Set<Sensitivity> = [], until: Int64) {
        self.id = id
        self.types = types
        self.sensitivities = sensitivities
        self.until = until
    }
}
