import Calendar
import FHIR
import FHIRPath
import Forms
import Foundation
import JSON
import Programmes

/// Fills the forms of programmes: what is required, and what the tables answer.
struct FormFilling: Sendable {
    private struct Filled: Sendable {
        let form: Forms.Form
        let root: JSONNode
    }

    private let forms: [String: Filled]
    private let manners: Manners
    private let chart: Chart
    private let draw: Draw
    private let special: Set<String>

    init(_ programmes: [Programme], _ definitions: Definitions, _ manners: Manners, _ chart: Chart) throws {
        var forms: [String: Filled] = [:]
        for file in programmes.flatMap({ $0.files(.questionnaires) }) {
            let document = try JSONDocument(parsing: Array(file.document.root.compactText()))
            let form = try Forms.Form(document, definitions: definitions) { _, _ in nil }
            if let id = file.id { forms[id] = Filled(form: form, root: document.root) }
        }
        self.forms = forms
        self.manners = manners
        self.chart = chart
        draw = chart.draw
        special = Set(
            manners.answers.keys.filter { $0.contains("@") }.compactMap { $0.split(separator: "/").first }.map(
                String.init))
    }

    func has(_ id: String) -> Bool { forms[id] != nil }

    /// Whether the tables answer a form differently for a task.
    func isSpecial(_ id: String, _ task: String) -> Bool { special.contains("\(id)@\(task)") }

    /// The response and what is extracted from it.
    ///
    /// - Parameters:
    ///   - fixed: answers that are given, by item.
    ///   - task: what it is filled for, `pathway.action`: the tables may answer differently for it.
    ///   - salt: makes other chances of the same form on the same day.
    func fill(
        _ id: String, _ person: Inhabitant, at milliseconds: Int64, as responseID: String, author: String,
        basedOn: String? = nil, fixed: [String: String] = [:], task: String = "", salt: String
    ) throws -> [JSONDocument] {
        guard let filled = forms[id] else { return [] }
        let day = CivilDay(milliseconds: milliseconds)
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("resourceType", string: "QuestionnaireResponse")
        writer.member("questionnaire", string: filled.form.canonical)
        writer.member("status", string: "in-progress")
        try items(filled.root["item"], (id, task), person, day, fixed, salt, &writer)
        writer.endObject()
        let context = FormContext(
            patient: person.patient.root, now: FHIRPathInstant(milliseconds: Int(milliseconds)))
        let state = filled.form.resume(try JSONDocument(parsing: writer.bytes).root, context)
        let head = FormHead(
            id: responseID, status: "completed", subject: person.reference, authored: LifeText.instant(milliseconds),
            author: (author, ""), basedOn: basedOn)
        return [try JSONDocument(parsing: state.response(head))]
            + state.extracted(from: responseID, head).map(\.document)
    }

    private func items(
        _ list: JSONNode?, _ form: (id: String, task: String), _ person: Inhabitant, _ day: CivilDay,
        _ fixed: [String: String],
        _ salt: String, _ writer: inout JSONWriter
    ) throws {
        var written: [[UInt8]] = []
        for item in list.map({ Array($0.elements) }) ?? [] {
            guard let link = item["linkId"]?.string, let type = item["type"]?.string else { continue }
            var inner = JSONWriter()
            inner.beginObject()
            inner.member("linkId", string: link)
            var isUsed = false
            if type == "group" {
                let before = inner.bytes.count
                try items(item["item"], form, person, day, fixed, salt, &inner)
                isUsed = inner.bytes.count > before
            } else if let value = answer(item, type, form, link, person, day, fixed, salt) {
                inner.key("answer")
                inner.beginArray()
                inner.raw(value)
                inner.endArray()
                isUsed = true
            }
            inner.endObject()
            if isUsed { written.append(inner.bytes) }
        }
        guard !written.isEmpty else { return }
        writer.key("item")
        writer.beginArray()
        for one in written { writer.raw(one) }
        writer.endArray()
    }

    /// Numbers that the chart knows under another name than the form's item has.
    private static let others = ["heart-rate": "pulse", "right-systolic": "systolic", "right-diastolic": "diastolic"]

    private func answer(
        _ item: JSONNode, _ type: String, _ form: (id: String, task: String), _ link: String, _ person: Inhabitant,
        _ day: CivilDay,
        _ fixed: [String: String], _ salt: String
    ) -> [UInt8]? {
        let rule =
            fixed[link].map { "code \($0)" } ?? person.fate["\(form.id)/\(link)"]
            ?? manners.answers["\(form.id)@\(form.task)/\(link)"] ?? manners.answers["\(form.id)/\(link)"]
            ?? manners.answers["*/\(link)"]
        let isRequired = item["required"]?.bool == true
        let chance = draw.unit(person.id, "\(form.id) \(link)", "\(day.number)", salt)
        if rule == "skip" || (rule == nil && !isRequired) { return nil }
        let words = rule?.split(separator: " ").map(String.init) ?? []
        func text(_ name: String, _ value: String) -> [UInt8] {
            var writer = JSONWriter()
            writer.beginObject()
            writer.member(name, string: value)
            writer.endObject()
            return writer.bytes
        }
        func raw(_ name: String, _ value: String) -> [UInt8] { Array("{\"\(name)\":\(value)}".utf8) }
        switch type {
        case "boolean":
            let share = words.first == "true" ? (Double(words.last ?? "") ?? 100) / 100 : 0
            return raw("valueBoolean", chance < share ? "true" : "false")
        case "choice", "open-choice": return choice(item, words, chance)
        case "decimal", "integer", "quantity":
            guard let number = number(item, link, words, person, day, chance) else { return nil }
            let whole = number.split(separator: ".").first.map(String.init) ?? number
            switch type {
            case "integer": return raw("valueInteger", whole)
            case "decimal": return raw("valueDecimal", number)
            default: return raw("valueQuantity", "{\"value\":\(number)}")
            }
        case "date", "dateTime":
            let shift = words.first == "day" ? Int(words.last ?? "") ?? 0 : 0
            let date = CivilDay(number: day.number + shift)
            return type == "date"
                ? text("valueDate", date.isoText) : text("valueDateTime", "\(date.isoText)T09:30:00+08:00")
        case "string", "text": return text("valueString", words.isEmpty ? "模拟记录" : words.joined(separator: " "))
        default: return nil
        }
    }

    private func choice(_ item: JSONNode, _ words: [String], _ chance: Double) -> [UInt8]? {
        let options = (item["answerOption"].map { Array($0.elements) } ?? []).compactMap { $0["valueCoding"] }
        var wanted = words.first == "code" ? words.last : nil
        if words.first == "pick" {
            let shares = words.dropFirst().map { $0.split(separator: ":").map(String.init) }.filter { $0.count == 2 }
            let total = shares.reduce(0.0) { $0 + (Double($1[1]) ?? 0) }
            var left = chance * total
            for share in shares {
                left -= Double(share[1]) ?? 0
                if left < 0 {
                    wanted = share[0]
                    break
                }
            }
        }
        guard let coding = options.first(where: { $0["code"]?.string == wanted }) ?? options.first else { return nil }
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("valueCoding", node: coding)
        writer.endObject()
        return writer.bytes
    }

    private func number(
        _ item: JSONNode, _ link: String, _ words: [String], _ person: Inhabitant, _ day: CivilDay, _ chance: Double
    ) -> String? {
        if words.first == "number" { return chart.value(words.last ?? "", person, day) }
        if words.first == "between", words.count == 3, let low = Int(words[1]), let high = Int(words[2]) {
            return "\(low + Int(chance * Double(high - low + 1)))"
        }
        if let known = chart.value(Self.others[link] ?? link, person, day) { return known }
        var (low, high) = (0.0, 10.0)
        for node in item["extension"].map({ Array($0.elements) }) ?? [] {
            let value = (node["valueDecimal"] ?? node["valueInteger"])?.numberText.flatMap { Double($0) }
            if node["url"]?.string?.hasSuffix("/minValue") == true, let value { low = value }
            if node["url"]?.string?.hasSuffix("/maxValue") == true, let value { high = value }
        }
        return "\(Int((low + high) / 2))"
    }
}
