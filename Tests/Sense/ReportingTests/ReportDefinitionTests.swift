import Foundation
import JSON
import Records
import Reporting
import Syndromes
import Testing

@Suite("The card as data")
struct ReportDefinitionTests {
    @Test("has its fields in the order of the national card, and every subtype a disease")
    func order() throws {
        let form = try reportForm.get()
        #expect(form.fields.map(\.zh).prefix(6) == ["姓名", "患儿家长姓名", "证件号", "性别", "出生日期", "工作单位（学校）"])
        #expect(form.field("population")?.options.count == 18 && form.field("belongs")?.options.count == 6)
        let list = try watchList.get()
        for subtype in form.subtypes { #expect(list[subtype.disease]?.isNotifiable == true, "\(subtype.code)") }
        #expect(Set(form.subtypes.map(\.code)).count == form.subtypes.count)
        for disease in list.conditions where disease.isNotifiable {
            let hours = form.hours(disease, subtype: nil)
            #expect(
                hours == (disease.duty?.legalClass == "甲" || disease.duty?.management.contains("甲类") == true ? 2 : 24))
        }
    }

    @Test(
        "is refused with place and hint where it is wrong",
        arguments: [
            (
                #"{"source":"x","fields":[{"id":"a","zh":"a","en":"a","kind":"colour","required":"always"}]}"#,
                "fields[0].kind"
            ),
            (
                #"{"source":"x","fields":[{"id":"a","zh":"a","en":"a","kind":"text","required":"often"}]}"#,
                "fields[0].required"
            ),
            (
                #"{"source":"x","fields":[{"id":"a","zh":"a","en":"a","kind":"choice","required":"never"}]}"#,
                "fields[0].options"
            ),
            (#"{"source":"x","fields":[]}"#, "fields"), (#"{"fields":[]}"#, "$"),
        ])
    func refused(text: String, path: String) {
        #expect(throws: DefinitionFault.self) { try ReportForm(Array(text.utf8)) }
        do { _ = try ReportForm(Array(text.utf8)) } catch { #expect(error.path == path && !error.hint.isEmpty) }
    }

    @Test("refuses rules of a disease or unit that isn't there")
    func rules() throws {
        let list = try watchList.get()
        for (rule, path) in [
            (#"{"id":"1","disease":"NID-X","units":[],"cases":1,"days":1}"#, "rules[0].disease"),
            (#"{"id":"1","disease":"NID-B-007","units":["ship"],"cases":1,"days":1}"#, "rules[0].units"),
            (#"{"id":"1","disease":"NID-B-007","units":[],"cases":0,"days":1}"#, "rules[0].cases"),
        ] {
            let text = #"{"source":"x","units":[],"rules":[\#(rule)]}"#
            do {
                _ = try UnitClusters(Array(text.utf8), list)
                Issue.record("\(rule)")
            } catch { #expect(error.path == path) }
        }
    }

    @Test("is exported in the columns of the card")
    func exported() async throws {
        let house = try await House()
        try await house.put(Sample.condition("c1", code: "B15.900"))
        try await house.run()
        let changes = missing.merging(["remarks": "=1+1, \"引\""]) { $1 }
        let card = try await house.take(.confirm, try #require(try house.cards().first), changes: changes)
        let table = ReportTable.csv([card], house.form)
        let lines = table.split(separator: "\r\n", omittingEmptySubsequences: false)
        #expect(lines.count == 3 && lines[2].isEmpty)
        #expect(lines[0].hasPrefix("\u{FEFF}卡片编号,报卡类别,疾病代码,疾病名称,传染病类别,姓名,患儿家长姓名,证件号,性别,出生日期,实足年龄,年龄单位"))
        #expect(lines[1].hasPrefix("\(card.id),1,0301,病毒性肝炎（甲肝）,乙,王秀英,,33010619800309002X,2,1980-03-09,46,岁"))
        #expect(lines[1].contains("\"'=1+1, \"\"引\"\"\""))
        let json = try JSONDocument(parsing: Array(ReportTable.json([card], house.form).utf8))
        #expect(json.root[0]?["diseaseCode"]?.string == "0301" && json.root[0]?["stage"]?.string == "confirmed")
        #expect(ReportTable.columns(house.form).count == Set(ReportTable.columns(house.form).map(\.id)).count)
        await house.store.close()
    }
}
