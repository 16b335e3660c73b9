/// What tells the sensitive categories: codes of ICD-10, ATC and LOINC, security labels, and words of displays.
///
/// That these categories are level 5 is GB/T 39725-2020 as the field map has it; which codes fall into them is ours.
enum SensitivityTables {
    /// Ranges of ICD-10, both ends included, compared by the letters and digits of the shorter one.
    static let icd10: [(Sensitivity, [ClosedRange<String>])] = [
        (.hiv, ["B20"..."B24", "F02.4"..."F02.4", "O98.7"..."O98.7", "R75"..."R75", "Z11.4"..."Z11.4"]),
        (.hiv, ["Z20.6"..."Z20.6", "Z21"..."Z21", "Z71.7"..."Z71.7"]),
        (.sexuallyTransmitted, ["A50"..."A64", "O98.1"..."O98.3", "Z11.3"..."Z11.3", "Z20.2"..."Z20.2"]),
        (.sexuallyTransmitted, ["Z22.4"..."Z22.4"]),
        (.mentalHealth, ["F00"..."F99", "R45.8"..."R45.8", "X60"..."X84", "Z91.5"..."Z91.5"]),
        (.reproductive, ["N46"..."N46", "N96"..."N97", "O00"..."O08", "Z30"..."Z31", "Z64.0"..."Z64.0"]),
        (.genetic, ["Q90"..."Q99"]),
        (.abuse, ["T74"..."T74", "Y05"..."Y07", "Z04.4"..."Z04.5", "Z61.4"..."Z61.6"]),
        (.tuberculosis, ["A15"..."A19", "B90"..."B90", "J65"..."J65", "O98.0"..."O98.0", "P37.0"..."P37.0"]),
        (.hepatitis, ["B16"..."B16", "B17.0"..."B17.1", "B18.0"..."B18.2", "Z22.5"..."Z22.5"]),
    ]
    /// Beginnings of ATC codes.
    static let atc: [(String, Sensitivity)] = [
        ("G03A", .reproductive), ("G03G", .reproductive), ("J05AE", .hiv), ("J05AG", .hiv), ("J05AJ", .hiv),
        ("J05AR", .hiv), ("J04A", .tuberculosis), ("J05AP", .hepatitis), ("N05A", .mentalHealth),
        ("N06A", .mentalHealth),
    ]
    static let loinc: [String: Sensitivity] = [
        "5220-9": .hiv, "7917-8": .hiv, "20447-9": .hiv, "22357-8": .hiv, "25836-8": .hiv, "29893-5": .hiv,
        "31201-7": .hiv, "56888-1": .hiv, "68961-2": .hiv, "75622-1": .hiv,
        "5292-8": .sexuallyTransmitted, "20507-0": .sexuallyTransmitted, "21613-7": .sexuallyTransmitted,
        "24110-9": .sexuallyTransmitted, "24111-7": .sexuallyTransmitted,
        "44249-1": .mentalHealth, "44261-6": .mentalHealth, "69737-5": .mentalHealth, "70274-6": .mentalHealth,
        "51969-4": .genetic, "81247-9": .genetic,
        "5195-3": .hepatitis, "5196-1": .hepatitis, "16128-1": .hepatitis,
    ]
    /// Codes of HL7's InformationSensitivityPolicy in ActCode.
    static let labels: [String: Sensitivity] = [
        "HIV": .hiv, "STD": .sexuallyTransmitted,
        "BH": .mentalHealth, "MH": .mentalHealth, "PSY": .mentalHealth, "PSYTHPN": .mentalHealth,
        "SUD": .mentalHealth, "ETH": .mentalHealth, "ETHUD": .mentalHealth, "OPIOIDUD": .mentalHealth,
        "COGN": .mentalHealth, "EMOTDIS": .mentalHealth,
        "SEX": .reproductive, "GDIS": .genetic, "SDV": .abuse, "VIO": .abuse, "DVD": .mentalHealth,
        "SPI": .restricted, "TBOO": .restricted,
    ]
    /// Words of displays, lower case: hospitals use codes of their own.
    static let words: [(String, Sensitivity)] = [
        ("艾滋", .hiv), ("人类免疫缺陷", .hiv), ("hiv", .hiv), ("human immunodeficiency", .hiv),
        ("梅毒", .sexuallyTransmitted), ("淋病", .sexuallyTransmitted), ("淋球菌", .sexuallyTransmitted),
        ("尖锐湿疣", .sexuallyTransmitted), ("生殖器疱疹", .sexuallyTransmitted), ("syphilis", .sexuallyTransmitted),
        ("gonorrh", .sexuallyTransmitted), ("chlamydia trachomatis", .sexuallyTransmitted),
        ("精神分裂", .mentalHealth), ("精神障碍", .mentalHealth), ("抑郁", .mentalHealth), ("焦虑", .mentalHealth),
        ("双相", .mentalHealth), ("自杀", .mentalHealth), ("自伤", .mentalHealth), ("schizophreni", .mentalHealth),
        ("depressi", .mentalHealth), ("bipolar", .mentalHealth), ("suicid", .mentalHealth),
        ("人工流产", .reproductive), ("不孕", .reproductive), ("不育", .reproductive), ("辅助生殖", .reproductive),
        ("体外受精", .reproductive), ("试管婴儿", .reproductive), ("infertility", .reproductive),
        ("induced abortion", .reproductive),
        ("基因检测", .genetic), ("染色体", .genetic), ("遗传病", .genetic),
        ("虐待", .abuse), ("性侵", .abuse), ("强奸", .abuse), ("家庭暴力", .abuse), ("sexual assault", .abuse),
        ("结核", .tuberculosis), ("tuberculosis", .tuberculosis),
        ("乙型肝炎", .hepatitis), ("丙型肝炎", .hepatitis), ("乙肝", .hepatitis), ("丙肝", .hepatitis),
        ("hepatitis b", .hepatitis), ("hepatitis c", .hepatitis),
    ]

    /// The categories of one coding.
    static func categories(system: String, code: String, display: String) -> Set<Sensitivity> {
        var found = categories(ofText: display)
        if ICD10.isSystem(system) {
            for (category, ranges) in icd10 where ICD10.code(code, isIn: ranges) { found.insert(category) }
        } else if system == "http://loinc.org" {
            if let category = loinc[code] { found.insert(category) }
        } else if system.hasSuffix("whocc.no/atc") {
            for (prefix, category) in atc where code.hasPrefix(prefix) { found.insert(category) }
        } else if system.hasSuffix("/v2-0074"), code == "GE" {
            found.insert(.genetic)
        }
        return found
    }

    static func categories(ofText text: String) -> Set<Sensitivity> {
        guard !text.isEmpty else { return [] }
        let lower = text.lowercased()
        return Set(words.filter { lower.contains($0.0) }.map(\.1))
    }

    /// The category that a security label of `meta.security` means.
    static func category(ofLabel system: String, _ code: String) -> Sensitivity? {
        if system.hasSuffix("/v3-ActCode") { return labels[code] }
        if system.hasSuffix("/v3-Confidentiality"), code == "R" || code == "V" { return .restricted }
        return nil
    }
}
