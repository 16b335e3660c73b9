/// One contact of a resident with an institution.
struct Visit {
    let encounter: ResourceID
    let institution: Int
    let from: Moment
    /// `{"reference":"Practitioner/…","display":…}`, empty when nobody is named.
    let practitioner: [UInt8]

    /// HL7's ActCode for the setting.
    enum Setting {
        case outpatient, emergency, inpatient

        var text: StaticString {
            switch self {
            case .outpatient:
                #","class":{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"AMB","display":"门诊"}"#
            case .emergency:
                #","class":{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"EMER","display":"急诊"}"#
            case .inpatient:
                #","class":{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"IMP","display":"住院"}"#
            }
        }
    }

    /// Why the resident comes.
    enum Kind: Int, CaseIterable {
        case outpatient, emergency, inpatient, followUp, recheck, healthCheck, childCheck, antenatal, delivery
        case postpartum, vaccination

        private var code: (code: String, name: String) {
            switch self {
            case .outpatient: ("outpatient", "普通门诊")
            case .emergency: ("emergency", "急诊")
            case .inpatient: ("inpatient", "住院")
            case .followUp: ("chronic-follow-up", "慢性病随访")
            case .recheck: ("recheck", "复测")
            case .healthCheck: ("health-check", "健康体检")
            case .childCheck: ("child-check", "儿童健康检查")
            case .antenatal: ("antenatal", "产前检查")
            case .delivery: ("delivery", "分娩")
            case .postpartum: ("postpartum", "产后访视")
            case .vaccination: ("vaccination", "预防接种")
            }
        }

        /// `,"type":[…]`
        private static let texts: [[UInt8]] = allCases.map { kind in
            fragment { $0.put(#","type":["#) }
                + Codes.concept(
                    system: Codes.house + "/CodeSystem/visit-kind", code: kind.code.code, display: kind.code.name)
                + fragment { $0.put("]") }
        }

        var text: [UInt8] { Kind.texts[rawValue] }
    }

    /// How a stay ends: code of HL7's discharge disposition.
    enum Discharge {
        case home, died

        var text: StaticString {
            switch self {
            case .home:
                #","hospitalization":{"dischargeDisposition":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/discharge-disposition","code":"home"}],"text":"医嘱离院"}}"#
            case .died:
                #","hospitalization":{"dischargeDisposition":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/discharge-disposition","code":"exp"}],"text":"死亡"}}"#
            }
        }
    }
}
