import Foundation
import Identity
import Testing

/// Rules of `Docs/identity.md`, on an invented town.
@Suite("Linking")
struct LinkingTests {
    /// Two records that differ as the case says, laid into the town.
    struct Case: Sendable, CustomTestStringConvertible {
        var what: String
        var a: @Sendable (inout Town) -> Void
        var b: @Sendable (inout Town) -> Void
        /// The record that is asked about beside `b`.
        var one = "a"
        var testDescription: String { what }
    }

    private static let number = Town.number("330102", "1979-08-21", 123)
    private static let old = number.prefix(6) + number.dropFirst(8).prefix(9)
    private static let home = "翠苑3幢2单元501室"
    private static let born = "2016-03-04"
    private static let elder = Town.number("330102", born, 22)
    private static let younger = Town.number("330102", born, 24)

    /// The newborns' records of twins, and the first named one where both are girls.
    private static func addTwins(_ town: inout Town, sexes: (Int, Int)) {
        for (sex, order) in [(sexes.0, 1), (sexes.1, 2)] {
            town.add(
                "沈丽之\(sex == 1 ? "子" : "女")\(order)", sex, born, phone: "13777712345", address: home, contact: "沈丽",
                registered: born, id: order == 1 ? "first" : "second")
        }
        if sexes == (2, 2) {
            town.add("方晨曦", 2, born, number: elder, phone: "13777712345", address: home, contact: "沈丽")
        }
    }

    static let same: [Case] = [
        Case(
            what: "the number of 15 places and its successor",
            a: { $0.add("钱明亮", 1, "1979-08-21", number: number, id: "a") },
            b: { $0.add("钱明亮", 1, "1979-08-21", number: String(old), id: "b") }),
        Case(
            what: "full-width digits, a blank and a small x",
            a: { $0.add("钱明亮", 1, "1979-08-21", number: Town.number("330102", "1979-08-21", 125), id: "a") },
            b: {
                let wide = Town.number("330102", "1979-08-21", 125).lowercased().unicodeScalars
                    .map {
                        $0.properties.numericType == nil
                            ? Character($0) : Character(Unicode.Scalar($0.value + 0xFEE0) ?? $0)
                    }
                $0.add("钱明亮", 1, "1979-08-21", number: " " + String(wide), id: "b")
            }),
        Case(
            what: "a number with two digits swapped",
            a: { $0.add("钱明亮", 1, "1979-08-21", number: "330102197908211235", id: "a") },
            b: { $0.add("钱明亮", 1, "1979-08-21", number: "330102197908212135", id: "b") }),
        Case(
            what: "a renamed person with her number",
            a: { $0.add("钱明亮", 1, "1979-08-21", number: number, id: "a") },
            b: { $0.add("钱文远", 1, "1979-08-21", number: number, id: "b") }),
        Case(
            what: "characters of one sound (同音字)",
            a: { $0.add("钱明亮", 1, "1979-08-21", phone: "13777712345", id: "a") },
            b: { $0.add("钱铭靓", 1, "1979-08-21", phone: "13777712345", id: "b") }),
        Case(
            what: "traditional characters and a remark",
            a: { $0.add("钱国华", 1, "1979-08-21", phone: "13777712345", id: "a") },
            b: { $0.add("錢　國華(本人)", 1, "1979-08-21", phone: "13777712345", id: "b") }),
        Case(
            what: "a compound surname with one character of another sound",
            a: { $0.add("欧阳明亮", 1, "1979-08-21", phone: "13777712345", id: "a") },
            b: { $0.add("欧阳明高", 1, "1979-08-21", phone: "13777712345", id: "b") }),
        Case(
            what: "month and day exchanged",
            a: { $0.add("钱明亮", 1, "1979-08-11", phone: "13777712345", address: home, id: "a") },
            b: { $0.add("钱明亮", 1, "1979-11-08", phone: "13777712345", address: "翠苑3-2-501", id: "b") }),
        Case(
            what: "the lunar date for the solar one",
            a: { $0.add("钱明亮", 1, "1951-08-11", phone: "13777712345", address: home, id: "a") },
            b: { $0.add("钱明亮", 1, "1951-07-09", phone: "13777712345", address: home, id: "b") }),
        Case(
            what: "order and spacing of a foreign name",
            a: { $0.add("JAMES SMITH", 1, "1979-08-21", phone: "13777712345", id: "a") },
            b: { $0.add("Smith James", 1, "1979-08-21", phone: "13777712345", id: "b") }),
        Case(
            what: "a newborn and the later named child, by the mother's name",
            a: {
                $0.add(
                    "沈丽之女", 2, "2016-03-04", number: Town.number("330102", "1990-01-02", 22), phone: "13777712345",
                    contact: "沈丽", registered: "2016-03-05", id: "a")
            },
            b: { $0.add("方可心", 2, "2016-03-04", address: home, contact: "沈丽", registered: "2020-01-01", id: "b") }),
        Case(
            what: "a newborn called by the mother's name and one word",
            a: { $0.add("沈丽女", 2, "2016-03-04", phone: "13777712345", registered: "2016-03-05", id: "a") },
            b: {
                $0.add("方可心", 2, "2016-03-04", phone: "13777712345", address: home, registered: "2020-01-01", id: "b")
            }),
        Case(
            what: "a child once with its own number, once with its mother's",
            a: {
                $0.add(
                    "方可心", 2, "2016-03-04", number: Town.number("330102", "2016-03-04", 22), phone: "13777712345",
                    id: "a")
            },
            b: {
                $0.add(
                    "方可心", 2, "2016-03-04", number: Town.number("330102", "1990-01-02", 22), phone: "13777712345",
                    id: "b")
            }
        ),
        Case(
            what: "the younger newborn, and of two named twins the one whose number comes second",
            a: { addTwins(&$0, sexes: (2, 2)) },
            b: { $0.add("方若怡", 2, born, number: younger, phone: "13777712345", address: home, id: "b") },
            one: "second"),
        Case(
            what: "the newborn son of twins, and the boy",
            a: { addTwins(&$0, sexes: (1, 2)) },
            b: { $0.add("方天宇", 1, born, phone: "13777712345", address: home, contact: "沈丽", id: "b") },
            one: "first"),
    ]

    @Test("puts together", arguments: same)
    func putsTogether(_ example: Case) throws {
        let linking = try linked(example)
        #expect(linking.person(example.one) == linking.person("b"))
    }

    static let different: [Case] = [
        Case(
            what: "two valid numbers, whatever else agrees",
            a: {
                $0.add("钱明亮", 1, "1979-08-21", number: number, phone: "13777712345", address: home, card: "77", id: "a")
            },
            b: {
                $0.add(
                    "钱明亮", 1, "1979-08-21", number: Town.number("330102", "1979-08-21", 125), phone: "13777712345",
                    address: home, card: "77", id: "b")
            }),
        Case(
            what: "twins who share a character, a phone and a home",
            a: {
                $0.add(
                    "方可心", 2, "2016-03-04", number: Town.number("330102", "2016-03-04", 22), phone: "13777712345",
                    address: home, id: "a")
            },
            b: {
                $0.add(
                    "方可欣然", 2, "2016-03-04", number: Town.number("330102", "2016-03-04", 24), phone: "13777712345",
                    address: home, id: "b")
            }),
        Case(
            what: "the elder and the younger newborn",
            a: {
                $0.add("沈丽之双大", 2, "2016-03-04", phone: "13777712345", contact: "沈丽", registered: "2016-03-05", id: "a")
            },
            b: {
                $0.add("沈丽之双小", 2, "2016-03-04", phone: "13777712345", contact: "沈丽", registered: "2016-03-05", id: "b")
            }),
        Case(
            what: "husband and wife with one phone and one home",
            a: { $0.add("钱明亮", 1, "1979-08-21", phone: "13777712345", address: home, id: "a") },
            b: { $0.add("沈丽", 2, "1980-01-02", phone: "13777712345", address: home, id: "b") }),
        Case(
            what: "a parent, and a child that carries the parent's number",
            a: {
                $0.add(
                    "沈丽", 2, "1990-01-02", number: Town.number("330102", "1990-01-02", 22), phone: "13777712345",
                    id: "a")
            },
            b: {
                $0.add(
                    "方可心", 2, "2016-03-04", number: Town.number("330102", "1990-01-02", 22), phone: "13777712345",
                    id: "b")
            }),
        Case(
            what: "a newborn and its mother",
            a: {
                $0.add(
                    "沈丽", 2, "1990-01-02", number: Town.number("330102", "1990-01-02", 22), phone: "13777712345",
                    address: home, id: "a")
            },
            b: {
                $0.add(
                    "沈丽之女", 2, "2016-03-04", number: Town.number("330102", "1990-01-02", 22), phone: "13777712345",
                    address: home, registered: "2016-03-05", id: "b")
            }),
        Case(
            what: "unknown persons (无名氏)",
            a: { $0.add("无名氏", 1, "1980-01-01", id: "a") }, b: { $0.add("无名氏", 1, "1980-01-01", id: "b") }),
        Case(
            what: "fillers for number and phone",
            a: { $0.add("钱明亮", 1, "1979-08-21", number: "330100000000000000", phone: "13800000000", id: "a") },
            b: { $0.add("周文远", 1, "1966-02-11", number: "330100000000000000", phone: "13800000000", id: "b") }),
        Case(
            what: "numbers of one day that a spreadsheet has cut",
            a: { $0.add("钱明亮", 1, "1979-08-21", number: "330102197908213000", id: "a") },
            b: { $0.add("周文远", 1, "1979-08-21", number: "330102197908213000", id: "b") }),
        Case(
            what: "one card number of two issuers",
            a: { $0.add("钱明亮", 1, "1979-08-21", source: "H1", card: "0012345678", id: "a") },
            b: { $0.add("周文远", 1, "1966-02-11", source: "H2", card: "0012345678", id: "b") }),
        Case(
            what: "twins of whom one has no number, where a newborn's name says that there are two",
            a: {
                addTwins(&$0, sexes: (2, 2))
                $0.add("方可心", 2, born, number: elder, phone: "13777712345", address: home, id: "a")
            },
            b: { $0.add("方可怡", 2, born, phone: "13777712345", address: home, contact: "沈丽", id: "b") }),
        Case(
            what: "a newborn of twins, and a child of whom nobody tells which of them it is",
            a: { addTwins(&$0, sexes: (1, 1)) },
            b: { $0.add("方天宇", 1, born, phone: "13777712345", address: home, contact: "沈丽", id: "b") },
            one: "first"),
        Case(
            what: "a newborn, and its mother without birth date",
            a: { $0.add("沈丽之女", 2, born, phone: "13777712345", contact: "沈丽", registered: born, id: "a") },
            b: { $0.add("沈丽", 2, "", phone: "13777712345", id: "b") }),
        Case(
            what: "a newborn, and its sister without birth date",
            a: {
                $0.add(
                    "沈丽之女", 2, born, phone: "13777712345", address: home, contact: "沈丽", registered: born, id: "a")
            },
            b: { $0.add("方可怡", 2, "", phone: "13777712345", address: home, contact: "沈丽", id: "b") }),
        Case(
            what: "a child without birth date that carries the mother's number",
            a: {
                $0.add(
                    "沈丽", 2, "1990-01-02", number: Town.number("330102", "1990-01-02", 22), phone: "13777712345",
                    address: home, id: "a")
            },
            b: {
                $0.add(
                    "方可心", 2, "", number: Town.number("330102", "1990-01-02", 22), address: home, contact: "沈丽",
                    id: "b")
            }),
    ]

    @Test("keeps apart", arguments: different)
    func keepsApart(_ example: Case) throws {
        let linking = try linked(example)
        #expect(linking.person(example.one) != linking.person("b"))
    }

    private func linked(_ example: Case) throws -> Linking {
        var town = Town(households: 40, seed: 7)
        example.a(&town)
        example.b(&town)
        return try Linking(csv: town.csv)
    }

    @Test("gives the same persons twice, and whatever the order of the records", arguments: 1..<4 as Range<UInt64>)
    func dependsOnNoOrder(seed: UInt64) throws {
        let town = Town(households: 40, seed: seed)
        let linking = try Linking(csv: town.csv)
        #expect(try Linking(csv: town.csv).decisions == linking.decisions)
        let turned = ([Town.header] + town.rows.reversed()).joined(separator: "\n")
        #expect(groups(try Linking(csv: Array(turned.utf8))) == groups(linking))
    }

    private func groups(_ linking: Linking) -> Set<Set<String>> {
        Set(Dictionary(grouping: linking.decisions, by: \.personID).values.map { Set($0.map(\.recordID)) })
    }

    @Test("writes one row a record, with a probability")
    func writesRows() throws {
        let linking = try Linking(csv: Town(households: 5, seed: 1).csv)
        let lines = linking.csv.split(separator: "\n")
        #expect(lines.first == "record_id,person_id,certainty")
        #expect(lines.count == linking.decisions.count + 1)
        for decision in linking.decisions { #expect((0...1).contains(decision.certainty)) }
    }

    @Test("reads quoted fields, other delimiters and names of columns in Chinese")
    func readsForms() throws {
        let text = """
            \u{FEFF}编号;姓名;性别;出生日期;身份证号;手机号
            "1;a";"钱 明亮";男;1979年8月21日;330102197908211235;137 7771 2345
            2;"钱明亮";1;1979/8/21;;+86 13777712345

            """
        let linking = try Linking(csv: Array(text.utf8))
        #expect(linking.decisions.map(\.recordID) == ["1;a", "2"])
        #expect(linking.personCount == 1)
        #expect(linking.csv.contains("1;a,p1,"))
    }

    @Test(
        "takes other columns by a columns file",
        arguments: [
            "record_id = nr # the ward's own\nname: who\nbirth_date = born\nmobile = tel\n",
            "record_id,nr\r\nname,who\r\nbirth_date,born\r\nmobile,tel\r\n",
            #"{"record_id": "nr", "name": "who", "birth_date": "born", "mobile": "tel"}"#,
        ])
    func takesColumns(mapping: String) throws {
        let text = "nr,who,born,tel\nx,钱明亮,1979-08-21,13777712345\ny,钱明亮,1979-08-21,13777712345\n"
        #expect(try Linking(csv: Array(text.utf8), mapping: mapping).personCount == 1)
    }

    @Test("says which column is missing or unknown")
    func saysWhatIsWrong() {
        let header = ["nr", "who"]
        #expect(throws: Columns.Fault.noRecordID(header: header)) { try Linking(csv: Array("nr,who\n".utf8)) }
        #expect(throws: Columns.Fault.nothingToCompare(header: header)) {
            try Linking(csv: Array("nr,who\n".utf8), mapping: "record_id = nr")
        }
        #expect(throws: Columns.Fault.unknownRole("wer", line: 2)) {
            try Linking(csv: Array("nr,who\n".utf8), mapping: "record_id = nr\nwer = who")
        }
        #expect(throws: Columns.Fault.missingColumn("what", role: "name")) {
            try Linking(csv: Array("nr,who\n".utf8), mapping: "record_id = nr\nname = what")
        }
        #expect(throws: Columns.Fault.noRecordID(header: [])) { try Linking(csv: []) }
        #expect(Columns.Fault.noRecordID(header: []).description.contains("is empty"))
    }

    @Test("takes files of no and of one record")
    func takesFewRecords() throws {
        #expect(try Linking(csv: Array("record_id,name\n".utf8)).decisions.isEmpty)
        #expect(try Linking(csv: Array("record_id,name\n1,钱明亮".utf8)).personCount == 1)
    }
}
