/// What one member of a household is to another.
enum Relation: Sendable {
    case mother, father, wife, husband, son, daughter

    /// Code of HL7's RoleCode, code of GB/T 4761-2008 and the Chinese word.
    private var codes: (role: String, national: String, name: String) {
        switch self {
        case .mother: ("MTH", "52", "母亲")
        case .father: ("FTH", "51", "父亲")
        case .wife: ("WIFE", "12", "妻")
        case .husband: ("HUSB", "11", "夫")
        case .son: ("SON", "20", "子")
        case .daughter: ("DAU", "30", "女")
        }
    }

    /// The `CodeableConcept`.
    var concept: [UInt8] {
        let (role, national, name) = codes
        return fragment { text in
            text.put(#"{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-RoleCode","code":"#)
            text.put(quoted: role)
            text.put(#"},{"system":"https://healthbrain.dev/fhir/CodeSystem/gbt-4761","code":"#)
            text.put(quoted: national)
            text.put(#","display":"#)
            text.put(quoted: name)
            text.put(#"}],"text":"#)
            text.put(quoted: name)
            text.put("}")
        }
    }

    static let mothersConcept = Relation.mother.concept
    static let fathersConcept = Relation.father.concept
}
