import DailyCounts
import JSON
import UCUM

/// What one document tells of hazards: at which site, when, of whom, and each result. A pure function of the document and the list.
struct HazardFacts: Hashable {
    struct Fact: Hashable {
        let kind: Int
        let item: String
        /// nil for a coded result.
        let value: Double?
        let isOver: Bool
    }

    /// `Location/…` or `Organization/…`; nil where the site is only named.
    var place: String?
    /// What the document calls the site; empty where it names none.
    var site = ""
    /// A workshop, a class, a brand; empty for none.
    var part = ""
    /// `Patient/…` of a result about somebody.
    var person: String?
    /// Days since 1970.
    let day: Int
    var facts: [Fact] = []

    /// The extensions of an Observation that name the site and a part of it.
    static let siteURL = "https://healthbrain.dev/fhir/StructureDefinition/monitored-site"
    static let partURL = "https://healthbrain.dev/fhir/StructureDefinition/monitored-part"

    /// Reads a document; nil for one that tells nothing of hazards, or of no site or day.
    static func read(_ root: JSONNode, type: String, _ list: HazardList) -> HazardFacts? {
        let found =
            switch type {
            case "Observation": observation(root, list)
            case "QuestionnaireResponse": response(root, list)
            default: HazardFacts?.none
            }
        guard let found, !found.facts.isEmpty, found.place != nil || !found.site.isEmpty else { return nil }
        return found
    }

    /// A result as it was given.
    private struct Given {
        let item: HazardItem
        let value: Double?
        let isOver: Bool
    }

    private static func observation(_ root: JSONNode, _ list: HazardList) -> HazardFacts? {
        switch root["status"]?.string {
        case "cancelled", "entered-in-error", "registered": return nil
        default: break
        }
        var given: [Given] = []
        for part in [root] + (root["component"].map { Array($0.elements) } ?? []) {
            for coding in part["code"]?["coding"].map({ Array($0.elements) }) ?? []
            where coding["system"]?.equals(HazardItem.system) == true {
                if let item = coding["code"]?.string.flatMap({ list.item($0) }), let result = result(of: part, item) {
                    given.append(result)
                }
            }
        }
        guard !given.isEmpty,
            let day = Recorded.day(of: root["effectiveDateTime"])
                ?? Recorded.day(of: root["effectivePeriod"]?["start"])
        else { return nil }
        var facts = HazardFacts(day: day)
        let subject = root["subject"]?["reference"]?.string
        if subject?.hasPrefix("Patient/") == true { facts.person = subject }
        for node in root["extension"].map({ Array($0.elements) }) ?? [] {
            if node["url"]?.equals(siteURL) == true {
                facts.place = node["valueReference"]?["reference"]?.string
                facts.site = node["valueString"]?.string ?? ""
            } else if node["url"]?.equals(partURL) == true {
                facts.part = node["valueString"]?.string ?? ""
            }
        }
        if facts.place == nil, facts.site.isEmpty, facts.person == nil {
            facts.place = subject ?? root["performer"]?[0]?["reference"]?.string
        }
        facts.facts = made(of: given, list)
        return facts
    }

    private static func result(of part: JSONNode, _ item: HazardItem) -> Given? {
        if !item.codes.isEmpty {
            let codes = part["valueCodeableConcept"]?["coding"]?.elements.compactMap { $0["code"]?.string } ?? []
            guard !codes.isEmpty else { return nil }
            return Given(item: item, value: nil, isOver: !item.codes.isDisjoint(with: codes))
        }
        let quantity = part["valueQuantity"]
        guard let value = quantity?["value"]?.double ?? part["valueInteger"]?.integer.map(Double.init), value.isFinite
        else { return nil }
        let unit = quantity?["code"]?.string ?? quantity?["unit"]?.string ?? ""
        return inUnit(of: item, value, unit).map { Given(item: item, value: $0, isOver: item.isOver($0)) }
    }

    /// A value in the item's unit; nil where its own can't be turned into it.
    private static func inUnit(of item: HazardItem, _ value: Double, _ unit: String) -> Double? {
        if unit.isEmpty || unit == item.unit { return value }
        var plain = unit
        for (sign, letters) in [("³", "3"), ("μ", "u"), ("µ", "u"), ("(", "["), (")", "]"), (" ", "")] {
            plain = plain.replacing(sign, with: letters)
        }
        if plain == item.unit || (plain == "D" && item.unit == "[diop]") { return value }
        return UCUM.unit(plain).flatMap { own in UCUM.unit(item.unit).flatMap { own.convert(value, to: $0) } }
    }

    private static func response(_ root: JSONNode, _ list: HazardList) -> HazardFacts? {
        guard root["status"]?.equals("completed") == true || root["status"]?.equals("amended") == true,
            let address = root["questionnaire"]?.string?.split(separator: "|").first,
            let name = address.split(separator: "/").last,
            let form = list.kinds.lazy.flatMap(\.forms).first(where: { $0.questionnaire == name })
        else { return nil }
        var answers: [String: JSONNode] = [:]
        var open = root["item"].map { Array($0.elements) } ?? []
        while let item = open.popLast() {
            if let id = item["linkId"]?.string, let answer = item["answer"]?[0] { answers[id] = answer }
            open += item["item"].map { Array($0.elements) } ?? []
        }
        guard
            let day = Recorded.day(of: answers[form.date]?["valueDate"]) ?? Recorded.day(of: root["authored"])
        else { return nil }
        var facts = HazardFacts(day: day)
        facts.person = root["subject"]?["reference"]?.string
        facts.site = answers[form.site]?["valueString"]?.string ?? ""
        facts.place = answers[form.site]?["valueReference"]?["reference"]?.string
        facts.part = answers[form.part]?["valueString"]?.string ?? ""
        let given = form.items.compactMap { question, code -> Given? in
            guard let item = list.item(code), let answer = answers[question] else { return nil }
            if !item.codes.isEmpty {
                return (answer["valueCoding"]?["code"]?.string).map {
                    Given(item: item, value: nil, isOver: item.codes.contains($0))
                }
            }
            let value = answer["valueDecimal"]?.double ?? answer["valueInteger"]?.double
            return value.map { Given(item: item, value: $0, isOver: item.isOver($0)) }
        }
        facts.facts = made(of: given, list)
        return facts
    }

    /// The results themselves, or what several of them make: over where all of one group are, within limits where none can be.
    private static func made(of given: [Given], _ list: HazardList) -> [Fact] {
        var facts: [Fact] = []
        for kind in list.kinds {
            let own = given.filter { $0.item.kind == kind.id }
            guard !own.isEmpty else { continue }
            guard let made = kind.result else {
                for one in own where !facts.contains(where: { $0.item == one.item.code }) {
                    facts.append(Fact(kind: kind.number, item: one.item.code, value: one.value, isOver: one.isOver))
                }
                continue
            }
            let results = Dictionary(own.map { ($0.item.code, $0.isOver) }) { one, _ in one }
            let groups = made.groups.map { group -> Bool? in
                let known = group.map { results[$0] }
                return known.contains(false) ? false : known.contains(nil) ? nil : true
            }
            guard groups.contains(true) || !groups.contains(nil) else { continue }
            facts.append(
                Fact(kind: kind.number, item: made.item, value: nil, isOver: groups.contains(true)))
        }
        return facts
    }
}
