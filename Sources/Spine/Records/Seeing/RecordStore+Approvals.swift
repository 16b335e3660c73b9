public import Access
import AuditLog
import SQL

/// Approvals of copies for research: signed one by one, each with its audit event.
extension RecordStore {
    /// Signs an approval, and makes it where it is not there yet. It holds when the owner of the data and a security officer
    /// have both signed it, and neither is the applicant or the other.
    ///
    /// - Parameters:
    ///   - wanted: what is approved; the names of those who signed are not looked at.
    ///   - applicant: the account that may export.
    ///   - signer: the account that signs.
    ///   - capacity: as what.
    ///   - now: milliseconds since 1970 UTC.
    ///   - trace: who signs, for the audit log.
    /// - Returns: the approval as it stands now.
    /// - Throws: ``RecordsError`` of category `forbidden` where one person would sign twice or for themselves, `conflict`
    ///   where the id is another approval's.
    public func sign(
        _ wanted: ExportApproval, applicant: String, signer: String, as capacity: ExportApproval.Signatory,
        at now: Int64,
        trace: AccessTrace
    ) async throws(RecordsError) -> ExportApproval {
        guard signer != applicant else {
            throw RecordsError(.forbidden, "Nobody approves what they have applied for themselves.")
        }
        let entry = trace.entry(
            .configuration, at: now, reason: "approve export \(wanted.id) of \(applicant) as \(capacity.rawValue)",
            patients: [], entities: [])
        let result = try await writeSQL { db -> Result<ExportApproval, RecordsError> in
            let found = try ApprovalTable.find(wanted.id, of: applicant, in: db)
            var approval = wanted
            approval.dataOwner = found?.dataOwner ?? ""
            approval.securityOfficer = found?.securityOfficer ?? ""
            if let found, found != approval {
                return .failure(
                    RecordsError(
                        .conflict, "There is another approval \(wanted.id); give the same terms, or another id."))
            }
            let other: String
            switch capacity {
            case .dataOwner: (approval.dataOwner, other) = (signer, approval.securityOfficer)
            case .securityOfficer: (approval.securityOfficer, other) = (signer, approval.dataOwner)
            }
            guard other != signer else {
                return .failure(RecordsError(.forbidden, "An approval needs the signatures of two people."))
            }
            try ApprovalTable.keep(approval, of: applicant, in: db)
            try AuditTrail.append([entry], in: db)
            return .success(approval)
        }
        return try result.get()
    }

    /// Takes an approval back; exports that are under way by it end.
    ///
    /// - Parameters:
    ///   - id: the approval's id.
    ///   - applicant: the account that may export.
    ///   - now: milliseconds since 1970 UTC.
    ///   - trace: who takes it back, for the audit log.
    public func withdrawApproval(
        _ id: String, applicant: String, at now: Int64, trace: AccessTrace
    ) async throws(RecordsError) {
        let entry = trace.entry(
            .configuration, at: now, reason: "withdraw export \(id) of \(applicant)", patients: [], entities: [])
        try await writeSQL { db in
            try ApprovalTable.remove(id, of: applicant, in: db)
            try AuditTrail.append([entry], in: db)
        }
    }
}
