/// Why something was refused.
///
/// Reasons that would tell something about a record, even that it exists, are for the audit log alone: the one who asked
/// gets `publicText`, which is the same for all of them, and the same as for a record that is not there.
public enum Refusal: String, Sendable, Hashable, CaseIterable, Error {
    /// Nobody is signed in.
    case notSignedIn = "not-signed-in"
    /// The role never does this with this type.
    case role
    /// The role does, but not for this purpose.
    case purpose
    /// The token's scopes do not cover it.
    case scope
    /// The operation is not known.
    case unknownOperation = "unknown-operation"
    /// No approval of an export is there, or it is over.
    case exportNotApproved = "export-not-approved"
    /// The record lies outside of what the scopes are restricted to.
    case scopeRestriction = "scope-restriction"
    /// Not the own record, nor that of somebody who gave a mandate.
    case notOwnRecord = "not-own-record"
    /// No care relation of the patient to the own institution.
    case noCareRelation = "no-care-relation"
    /// Another institution answers for the record.
    case foreignRecord = "foreign-record"
    /// No case data of a notifiable disease.
    case notCaseData = "not-case-data"
    /// A sensitive category without a grant.
    case sensitivity
    /// A guardian, a sensitive category, and a child from 14 years on.
    case childsPrivacy = "childs-privacy"
    /// The patient's consent denies it.
    case consent
    /// It is not known whom the record is about.
    case unknownPerson = "unknown-person"

    /// Whether the reason tells something about a record, so that the one who asked must not learn it.
    public var isAboutRecord: Bool {
        switch self {
        case .notSignedIn, .role, .purpose, .scope, .unknownOperation, .exportNotApproved: false
        case .scopeRestriction, .notOwnRecord, .noCareRelation, .foreignRecord, .notCaseData, .sensitivity,
            .childsPrivacy, .consent, .unknownPerson:
            true
        }
    }

    /// What the one who asked may read.
    public var publicText: (zh: String, en: String) {
        guard isAboutRecord else { return text }
        return (
            "没有这份记录，或者您不能查看。如有疑问，请联系本机构管理员；抢救时可说明理由紧急调阅。",
            "There is no such record, or it is not for you to see. Ask your institution's administrator; in an "
                + "emergency, break-glass with a reason is open to clinicians."
        )
    }

    /// The reason in words, for the audit log.
    public var text: (zh: String, en: String) {
        switch self {
        case .notSignedIn: ("请先登录。", "Sign in first.")
        case .role:
            (
                "您的角色不能进行此操作。需要时请向安全管理员申请。",
                "Your role does not include this. If you need it, ask the security administrator."
            )
        case .purpose:
            (
                "此操作与所声明的用途不符，请选择正确的用途。",
                "This does not go with the purpose that was stated; state the purpose that fits."
            )
        case .scope:
            (
                "应用获得的授权范围不包括此操作，请重新授权。",
                "The app was not granted this; grant it a scope that covers it."
            )
        case .unknownOperation: ("不支持的操作。", "No such operation.")
        case .exportNotApproved:
            (
                "导出尚未获批或批准已过期，请先提交申请。",
                "The export is not approved, or the approval is over; apply for one first."
            )
        case .scopeRestriction:
            ("记录不在应用的授权范围内。", "The record lies outside of what the app's scopes are restricted to.")
        case .notOwnRecord:
            (
                "不是本人、本人监护的儿童或授权人的记录。",
                "The record is neither one's own, nor of a child in one's care, nor of somebody who gave a mandate."
            )
        case .noCareRelation:
            ("该患者与本机构没有有效的诊疗关系。", "The patient has no care relation to the institution now.")
        case .foreignRecord: ("记录由其他机构负责。", "Another institution answers for the record.")
        case .notCaseData: ("不是法定传染病病例数据。", "The record is no case data of a notifiable disease.")
        case .sensitivity: ("敏感类别，需要单独授权。", "The record is of a sensitive category that needs its own grant.")
        case .childsPrivacy:
            (
                "14岁以上未成年人的敏感记录，需本人同意。",
                "A sensitive record of a child from 14 years on, who has not agreed."
            )
        case .consent: ("患者的知情同意不允许。", "The patient's consent does not allow it.")
        case .unknownPerson: ("无法确定记录属于谁。", "It is not known whom the record is about.")
        }
    }
}
