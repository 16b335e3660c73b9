import Access
import Accounts

/// What scopes mean, in plain words.
enum ScopeWords {
    static func text(_ scope: String, _ labels: LabelReader, isChinese zh: Bool) -> String {
        switch scope {
        case "openid": return zh ? "知道您已登录（不含姓名）" : "know that you are signed in, without your name"
        case "fhirUser": return zh ? "知道您是谁：您本人的档案编号" : "know who you are: the number of your own record"
        case "offline_access":
            return zh ? "在您离开之后继续使用这些权限，最长 90 天" : "go on when you are away, for 90 days at most"
        case "online_access": return zh ? "在您登录期间继续使用这些权限" : "go on as long as you are signed in"
        default: break
        }
        guard let scope = try? Scope(scope, labels) else { return scope }
        let all = verbs(scope.permissions, isChinese: zh)
        let verbs =
            zh
            ? all.joined(separator: "、")
            : [all.dropLast().joined(separator: ", "), all.last ?? ""].filter { !$0.isEmpty }.joined(separator: " and ")
        let whose =
            scope.context == .patient
            ? (zh ? "所选居民的" : "of the chosen patient") : (zh ? "您有权看到的所有人的" : "of everybody whom you may see")
        let what =
            scope.type.map { type in (names[type]).map { zh ? $0.zh : $0.en } ?? type } ?? (zh ? "全部记录" : "all records")
        var text = zh ? "\(verbs)\(whose)\(what)" : "\(verbs) \(what) \(whose)"
        if !scope.restrictions.isEmpty {
            let limits = scope.restrictions.map { "\($0.parameter) = \($0.values.joined(separator: ", "))" }
                .joined(separator: "; ")
            text += zh ? "（仅限 \(limits)）" : " (only \(limits))"
        }
        return text
    }

    private static func verbs(_ permissions: Scope.Permissions, isChinese zh: Bool) -> [String] {
        let all: [(Scope.Permissions, String, String)] = [
            (.read, "读取", "read"), (.search, "查找", "search"), (.create, "新增", "add"), (.update, "修改", "change"),
            (.delete, "删除", "delete"),
        ]
        return all.filter { permissions.contains($0.0) }.map { zh ? $0.1 : $0.2 }
    }

    private static let names: [String: (zh: String, en: String)] = [
        "AllergyIntolerance": ("过敏史", "allergies"), "Appointment": ("预约", "appointments"),
        "CarePlan": ("照护计划", "care plans"), "CareTeam": ("照护团队", "care teams"), "Claim": ("费用申报", "claims"),
        "Condition": ("诊断", "diagnoses"), "Consent": ("同意书", "consents"), "Coverage": ("保险", "coverage"),
        "Device": ("设备", "devices"), "DiagnosticReport": ("检查报告", "reports"),
        "DocumentReference": ("文档", "documents"), "Encounter": ("就诊", "visits"), "Goal": ("目标", "goals"),
        "Immunization": ("预防接种", "vaccinations"), "MedicationRequest": ("处方", "prescriptions"),
        "MedicationStatement": ("用药", "medicines taken"), "Observation": ("检验与测量", "measurements"),
        "Organization": ("机构", "institutions"),
        "Patient": ("基本信息：姓名、生日、电话、住址", "personal data: name, birthday, phone, address"),
        "Practitioner": ("医务人员", "staff"), "Procedure": ("手术与操作", "procedures"),
        "QuestionnaireResponse": ("问卷回答", "answers to questionnaires"), "ServiceRequest": ("申请单", "orders"),
        "Specimen": ("标本", "specimens"), "Task": ("任务", "tasks"),
    ]
}

/// A role in words.
enum RoleWords {
    /// - Parameter place: the name of the institution, where it is known.
    static func text(_ assignment: RoleAssignment, at place: String?, isChinese zh: Bool) -> String {
        let role =
            switch assignment.role {
            case .resident: zh ? "居民" : "Resident"
            case .clinician: zh ? "医生" : "Clinician"
            case .epidemiologist: zh ? "疾控" : "Epidemiologist"
            case .manager: zh ? "管理" : "Manager"
            case .operator: zh ? "运维" : "Operator"
            }
        return [role, place ?? assignment.organization].compactMap { $0 }.joined(separator: " · ")
    }
}
