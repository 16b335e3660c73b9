import FHIR
import HL7v2
import JSON
import Mapping
import Testing
import Validation

@Suite("Rows of tables")
struct TableTests {
    private func report(_ text: String, _ sheet: String? = nil, _ mapping: Mapping? = nil) throws -> TableReport {
        TableReport(
            Array(text.utf8), name: "a.csv", sheet: sheet, facility: "330106001",
            mapping: try mapping ?? House.mapping.get(), received: "2026-01-01T00:00:00Z")
    }

    @Test("become valid transactions, one a row, and are told by their columns")
    func valid() throws {
        let validator = try ResourceValidator(definitions: try House.definitions.get())
        let mapping = try House.mapping.get()
        let tables = mapping.examples.filter { $0.sheet != nil }
        #expect(Set(tables.compactMap(\.sheet)) == Set(mapping.sheets))
        for example in tables {
            let report = try report(String(decoding: example.message, as: UTF8.self))
            #expect(report.table?.sheet == example.sheet)
            #expect(report.refusedCount == 0, "\(report.findings)")
            for bundle in report.bundles {
                let issues = validator.validate(try JSONDocument(parsing: bundle))
                #expect(issues.filter { $0.severity == .error || $0.severity == .fatal } == [], "\(example)")
            }
        }
    }

    @Test("mean the same person and visit in each table")
    func identity() throws {
        let patients = try report("病案号,姓名\n1,张三\n")
        let results = try report("病案号,检验项目,结果\n1,血糖,6.4\n")
        let ids = try [patients, results].map { report in
            let bundle = try JSONDocument(parsing: try #require(report.bundles.first))
            return bundle.root["entry"]?.elements.first { $0["resource"]?["resourceType"]?.string == "Patient" }?[
                "fullUrl"]?.string
        }
        #expect(ids[0] != nil && ids[0] == ids[1])
    }

    @Test("are refused with file, line and column, each alone")
    func refused() throws {
        let report = try report("病案号,姓名,出生日期\n1,张三,2026-02-30\n,李四,\n3,王五\n4,赵六,1950年1月2日\n")
        #expect(report.bundles.count == 2)
        #expect(report.refusedCount == 2)
        #expect(report.findings.contains { $0.hasPrefix("a.csv:2: warning 102 at ROW[2]-3: '2026-02-30' is no date") })
        #expect(report.findings.contains { $0.hasPrefix("a.csv:3: error 101 at ROW[3]-1: line 3 has no mrn") })
        #expect(report.findings.contains { $0.hasPrefix("a.csv:4: error 102 at ROW[4]: line 4 has 2 fields") })
    }

    @Test("come out of spreadsheets as they were meant, and numbers that were cut are left out and told")
    func spreadsheets() throws {
        let text = """
            sep=;
            病案号;姓名;出生日期;身份证号;手机
            ="00012";张三;1980/3/7;'330106198003072525;13957112233
            0013;李四;#N/A;3.30106E+17;1.39571E+10
            1.20000E+11;王五;;;
            """
        let report = try report(text.replacing("\n", with: "\r\n"))
        #expect(report.bundles.count == 2)
        #expect(report.refusedCount == 1)
        let first = String(decoding: try #require(report.bundles.first), as: UTF8.self)
        #expect(first.contains("\"00012\"") && first.contains("\"330106198003072525\""))
        let second = String(decoding: try #require(report.bundles.last), as: UTF8.self)
        #expect(second.contains("\"0013\"") && !second.contains("E+1") && !second.contains("#N/A"))
        #expect(report.findings.contains { $0.hasPrefix("a.csv:4: warning 102 at ROW[4]-4: '3.30106E+17' is what a") })
        #expect(report.findings.contains { $0.hasPrefix("a.csv:5: error 101 at ROW[5]-1: line 5 has no mrn") })
        let results = try self.report("病案号,检验项目,结果,单位\n1,HBV DNA,1.2E+09,IU/mL\n1,血糖,>33.3,mmol/L\n")
        let bundles = results.bundles.map { String(decoding: $0, as: UTF8.self) }
        #expect(bundles[0].contains("1.2E+09"))
        #expect(bundles[1].contains("\"value\":33.3,\"comparator\":\">\",\"unit\":\"mmol/L\""))
    }

    @Test("of an unknown kind are refused as a whole, naming the columns that are missing")
    func columns() throws {
        let report = try report("编号,内容\n1,x\n", "results")
        #expect(report.refusedCount == 1)
        #expect(report.findings.contains { $0.contains("needs mrn (病案号") })
        #expect(
            try self.report("a,b\n1,x\n").findings.contains { $0.contains("patients, encounters, results, diagnoses") })
    }

    @Test("of a sender go by its own titles, codes and rules")
    func sender() throws {
        let file = MapText(
            name: "xh.map",
            text: """
                sender XH when MSH-4 = 330106001
                  authority mrn -> urn:oid:1.2.3.4
                column mrn = 卡面号
                table AdministrativeSex
                  甲 = other
                """)
        let mapping = try Mapping.house(try House.definitions.get(), adding: [file])
        let report = try report("卡面号;姓名;性别\n7;张三;甲\n", "patients", mapping)
        let bundle = try JSONDocument(parsing: try #require(report.bundles.first, "\(report.findings)"))
        let patient = try #require(House.resources("Patient", bundle).first)
        #expect(patient["identifier"]?[0]?["system"]?.string == "urn:oid:1.2.3.4")
        #expect(patient["gender"]?.string == "other")
    }

    @Test("may hold anything in their cells")
    func cells() throws {
        let name = "a^b&c~d\\e|f\"g\"\nh\\F\\"
        let quoted = name.replacing("\"", with: "\"\"")
        let report = try report("mrn,name\n1,\"\(quoted)\"\n")
        let bundle = try JSONDocument(parsing: try #require(report.bundles.first))
        #expect(House.resources("Patient", bundle).first?["name"]?[0]?["text"]?.string == name)
    }

    @Test("that name a column nobody knows don't load")
    func loading() throws {
        let file = MapText(
            name: "bad.map", text: "sheet x\n  require nothing\n  add ROW[Patient]\nmap ROW -> Basic\n  id = [who]\n")
        let error = #expect(throws: MapFaults.self) {
            try Mapping([file], definitions: try House.definitions.get())
        }
        #expect(try #require(error).faults.contains { $0.what == "there is no column 'nothing'" })
        #expect(try #require(error).faults.contains { $0.what == "there is no column 'who'" })
    }
}
