import Calendar
import JSON
import Syndromes

/// Cards as a table, in the order of the national card: the house's own layout, as no file of the national form is published.
public enum ReportTable {
    /// The columns: those of the house before and after the fields of the card.
    public static func columns(_ form: ReportForm) -> [(id: String, zh: String)] {
        [
            ("cardNumber", "卡片编号"), ("kind", "报卡类别"), ("diseaseCode", "疾病代码"), ("diseaseName", "疾病名称"),
            ("class", "传染病类别"),
        ]
            + form.fields.flatMap { field -> [(String, String)] in
                field.id == "birthDate"
                    ? [(field.id, field.zh), ("age", "实足年龄"), ("ageUnit", "年龄单位")] : [(field.id, field.zh)]
            } + [
                ("returnReason", "退卡原因"), ("reported", "填卡时间"), ("deadline", "报告时限"), ("late", "是否迟报"),
                ("missed", "是否漏报后补报"), ("stage", "状态"),
            ]
    }

    /// The values of a card, by column.
    public static func values(_ card: ReportCard, _ form: ReportForm) -> [String: String] {
        var values = card.values
        values["cardNumber"] = card.id
        values["kind"] = "\(card.kind)"
        let subtype = form.subtypes(of: card.disease).first { $0.code == card.values["subtype"] }
        values["diseaseCode"] = subtype?.code ?? card.disease.duty?.cardCode ?? ""
        values["diseaseName"] = subtype.map { "\(card.disease.nameZh)（\($0.zh)）" } ?? card.disease.nameZh
        values["class"] = card.disease.duty?.legalClass
        let day = CivilDay(milliseconds: card.diagnosedAt)
        if let age = card.age(on: day), let born = card.values["birthDate"].flatMap({ CivilDay($0) }) {
            let days = day.number - born.number
            let (number, unit) = age > 0 ? (age, "岁") : days >= 30 ? (days * 12 / 365, "月") : (days, "天")
            values["age"] = "\(number)"
            values["ageUnit"] = unit
        }
        values["returnReason"] = card.returnReason
        values["reported"] = card.reportedAt.map(ReportTime.text)
        values["deadline"] = ReportTime.text(card.deadline)
        values["late"] = card.isLate ? "1" : "0"
        values["missed"] = card.isMissed ? "1" : "0"
        values["stage"] = card.stage.code
        return values
    }

    /// A table of CSV (RFC 4180) with the names of the card, and a byte order mark, by which spreadsheets know UTF-8.
    public static func csv(_ cards: [ReportCard], _ form: ReportForm) -> String {
        let columns = columns(form)
        let rows = cards.map { card in
            let values = values(card, form)
            return columns.map { values[$0.id] ?? "" }
        }
        return "\u{FEFF}" + ([columns.map(\.zh)] + rows).map { $0.map(quoted).joined(separator: ",") + "\r\n" }.joined()
    }

    /// An array of objects by the ids of the columns; what isn't known is left out.
    public static func json(_ cards: [ReportCard], _ form: ReportForm) -> String {
        var writer = JSONWriter()
        writer.beginArray()
        for card in cards {
            let values = values(card, form)
            writer.beginObject()
            for column in columns(form) {
                if let value = values[column.id], !value.isEmpty { writer.member(column.id, string: value) }
            }
            writer.endObject()
        }
        writer.endArray()
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    /// A cell; one that a spreadsheet would take for a formula is kept from it.
    private static func quoted(_ cell: String) -> String {
        let cell = cell.first.map { "=+-@\t\r".contains($0) } == true ? "'" + cell : cell
        guard cell.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return cell }
        return "\"" + cell.replacing("\"", with: "\"\"") + "\""
    }
}
