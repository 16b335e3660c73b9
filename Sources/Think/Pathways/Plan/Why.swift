import Calendar
import JSON

extension Pathway {
    /// Why somebody has to do something, in words: the rule, the moment and the data behind it, and the parameters in force.
    ///
    /// - Parameter name: the programme's words, when the pathway's own aren't enough.
    public func why(_ occurrence: Occurrence, _ record: PersonRecord) -> Words {
        guard let part = part(occurrence.part) else { return Words(zh: "") }
        var zh: [String] = []
        var en: [String] = []
        if let words = occurrence.words {
            zh.append(words.zh)
            en.append(words.en)
        } else if let entry = occurrence.basis.flatMap({ record.entry($0) }) {
            let words = RecordWords.of(entry.root, entry.moment)
            zh.append("依据：\(words.zh)")
            en.append("Because of: \(words.en)")
        } else if part.triggers.isEmpty {
            zh.append("依据：\(occurrence.moment.day.isoText)起在本路径")
            en.append("Because of: on this pathway since \(occurrence.moment.day.isoText)")
        } else {
            let found = behind(part, occurrence.moment.day, record)
            let words = found.isEmpty ? [Words(zh: occurrence.moment.day.isoText)] : found
            zh.append("依据：\(words.map(\.zh).joined(separator: "，"))")
            en.append("Because of: \(words.map(\.en).joined(separator: ", "))")
        }
        if let description = part.description {
            zh.append("规则：\(description.zh)")
            en.append("Rule: \(description.en)")
        }
        for condition in part.conditions {
            guard let words = condition.description else { continue }
            zh.append("条件：\(words.zh)")
            en.append("Condition: \(words.en)")
        }
        for name in parametersUsed[part.id] ?? [] {
            guard let parameter = setting.parameters[name],
                let value = parameter.value(on: occurrence.moment.day, city: record.city)
            else { continue }
            zh.append("\(parameter.title.zh) = \(value.text)")
            en.append("\(parameter.title.en) = \(value.english)")
        }
        if let since = occurrence.since?.day.isoText {
            zh.append("本项目自\(since)起在此开展，此前已开始的期限自该日起重新计算")
            en.append(
                "The programme is followed here since \(since): what had begun before is due a whole period from that day"
            )
        }
        zh.append("\(title.zh) 第 \(version) 版")
        en.append("\(title.en), version \(version)")
        return Words(zh: zh.joined(separator: "；"), en: en.joined(separator: "; "))
    }

    /// What of the record made a day the moment of an action, where the moment is no resource but a day: no more than three.
    private func behind(_ part: PathwayPart, _ day: CivilDay, _ record: PersonRecord) -> [Words] {
        let readings = (momentReadings[part.id] ?? []).map { reading.all[$0] }
        guard !readings.isEmpty else { return [] }
        var words: [Words] = []
        for entry in record.entries(on: day) where words.count < 3 {
            let own = readings.filter { $0.type == entry.type }
            if own.isEmpty { continue }
            let keys = Set(PersonRecord.keys(entry.type, entry.root))
            if own.contains(where: { $0.canMean(entry.root, keys) }) {
                words.append(RecordWords.of(entry.root, entry.moment))
            }
        }
        return words
    }

    /// What of a record makes the moments of each action, through the variables too.
    static func momentReadings(
        _ parts: [PathwayPart], _ variables: [String: PathwayExpression], _ reading: PathwayReading
    ) -> [String: [Int]] {
        func readings(_ part: PathwayPart) -> [Int] {
            var (seen, open): (Set<String>, [PathwayExpression]) = ([], part.triggers)
            var found: [Int] = []
            while let expression = open.popLast() {
                found += reading.numbers(expression)
                for name in expression.names where seen.insert(name).inserted {
                    if let variable = variables[name] { open.append(variable) }
                }
            }
            return found
        }
        return Dictionary(parts.map { ($0.id, readings($0)) }) { one, _ in one }
    }

    /// The names of the parameters on which each action depends, through the variables too.
    static func parametersUsed(
        _ parts: [PathwayPart], _ variables: [String: PathwayExpression], _ setting: ProgrammeSetting
    ) -> [String: [String]] {
        func names(_ part: PathwayPart) -> [String] {
            var (seen, open): (Set<String>, [String]) = ([], part.expressions.flatMap { Array($0.names) })
            while let name = open.popLast() {
                guard seen.insert(name).inserted, let variable = variables[name] else { continue }
                open += Array(variable.names)
            }
            return seen.intersection(setting.parameters.keys).sorted()
        }
        return Dictionary(parts.map { ($0.id, names($0)) }) { one, _ in one }
    }
}

/// A resource in a few words: what, its value, when.
enum RecordWords {
    private static let types: [String: Words] = [
        "Observation": Words(zh: "检查值", en: "Observation"), "Condition": Words(zh: "诊断", en: "Diagnosis"),
        "Encounter": Words(zh: "就诊", en: "Encounter"), "Immunization": Words(zh: "接种", en: "Immunisation"),
        "QuestionnaireResponse": Words(zh: "问卷", en: "Form"), "Procedure": Words(zh: "操作", en: "Procedure"),
        "ServiceRequest": Words(zh: "申请", en: "Request"), "DiagnosticReport": Words(zh: "报告", en: "Report"),
        "MedicationRequest": Words(zh: "处方", en: "Prescription"), "Contract": Words(zh: "协议", en: "Contract"),
        "Appointment": Words(zh: "预约", en: "Appointment"), "Patient": Words(zh: "居民", en: "Resident"),
        "RiskAssessment": Words(zh: "分级", en: "Grade"), "Consent": Words(zh: "知情同意", en: "Consent"),
    ]

    static func of(_ root: JSONNode, _ moment: Moment?) -> Words {
        let type = root["resourceType"]?.string ?? ""
        let kind = types[type] ?? Words(zh: type)
        let concept = root["code"] ?? root["vaccineCode"] ?? root["medicationCodeableConcept"]
        let name = concept.map { text($0) } ?? ""
        let parts = [name, value(root), moment.map { $0.day.isoText } ?? ""].filter { !$0.isEmpty }.joined(
            separator: " ")
        return Words(zh: "\(kind.zh) \(parts)", en: "\(kind.en) \(parts)")
    }

    private static func text(_ concept: JSONNode) -> String {
        let coding = concept["coding"]?[0]
        return concept["text"]?.string ?? coding?["display"]?.string ?? coding?["code"]?.string ?? ""
    }

    private static func value(_ root: JSONNode) -> String {
        if let quantity = root["valueQuantity"] {
            let number = quantity["value"]?.numberText ?? ""
            let unit = quantity["unit"]?.string ?? quantity["code"]?.string ?? ""
            return unit.isEmpty ? number : "\(number) \(unit)"
        }
        if let concept = root["valueCodeableConcept"] { return text(concept) }
        if let text = root["valueString"]?.string { return text }
        return root.list("component").map { value($0) }.filter { !$0.isEmpty }.joined(separator: " / ")
    }
}
