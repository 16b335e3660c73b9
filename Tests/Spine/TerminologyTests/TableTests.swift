import FHIR
import JSON
import Terminology
import Testing

/// Tables in CSV, and the code systems made of them.
@Suite("Tables of codes")
struct TableTests {
    @Test("reads quoted fields, doubled quotes, line ends in fields, and a byte order mark")
    func csv() throws {
        let table = try CSVTable("\u{FEFF}code,name\r\n1,\"a, b\"\r\n\r\n2,\"say \"\"x\"\"\nnext\"\n3,\n")
        #expect(table.header == ["code", "name"])
        #expect(table.rows.map(\.fields) == [["1", "a, b"], ["2", "say \"x\"\nnext"], ["3", ""]])
        #expect(table.rows.map(\.line) == [2, 4, 6])
        #expect(try CSVTable("a\tb\n1,5\t2").rows[0].fields == ["1,5", "2"])
    }

    @Test(
        "names the line and column of a fault",
        arguments: [
            ("", "line 1: The table is empty."),
            ("a,b\n1", "line 2: The row has 1 fields, and the header 2."),
            ("a,b\n1,2,3", "line 2: The row has 3 fields, and the header 2."),
            ("a,a\n1,2", "line 1, column “a”: The column stands in the header twice."),
            ("a,b\n1,\"x", "line 2: Field 2 begins with a quote that is never closed."),
            ("a,b\n\"1\"x,2", "line 2: Field 1 goes on behind its closing quote."),
        ])
    func faults(_ text: String, _ message: String) {
        let error = #expect(throws: TableError.self) { try CSVTable(text) }
        #expect(error?.description == message)
    }

    private func recipe(_ change: (inout TableRecipe) -> Void = { _ in }) -> TableRecipe {
        var recipe = TableRecipe(CodeSystemBuilder(url: Club.system), code: "code", display: "name")
        change(&recipe)
        return recipe
    }

    @Test("makes a code system with names, parents and properties")
    func codeSystem() throws {
        let table = try CSVTable("code,name,en,up,colour\n01,红土,Clay,0,red\n0,球场,Court,,\n")
        let builder = try recipe {
            $0.parent = "up"
            $0.designations = [("en", "en")]
            $0.properties = [("surface", "colour")]
        }.codeSystem(from: table)
        let system = try CodeSystemTable(builder.document().root)
        #expect(system.codes == ["01", "0"])
        let clay = try #require(system.concept("01"))
        #expect(clay.display == "红土")
        #expect(clay.display(in: Languages("en")) == "Clay")
        #expect(clay.parents == ["0"])
        #expect(clay.properties.first { $0.code == "surface" }?.text == "red")
        let definitions = try Definitions.r4()
        #expect(Validator(definitions).validate(try builder.document()).isEmpty)
        #expect(
            Validator(definitions).validate(
                try #require(recipe { $0.system.valueSet = "http://club.example/vs" }.system.valueSetOfAll())
            ).isEmpty)
    }

    @Test(
        "refuses a table whole, with the place of the fault",
        arguments: [
            ("code,name\n1,a\n1,b\n", "line 3, column “code”: The code “1” stands on line 2 already."),
            ("code,name\n,a\n", "line 2, column “code”: The code is empty."),
            ("code,name\n1 ,a\n", "line 2, column “code”: The code “1 ” has a space at its edge."),
            (
                "code,name,up\n1,a,9\n",
                "line 2, column “up”: The code “1” stands below “9”, which the table does not have."
            ),
            ("id,name,up\n1,a,\n", "line 1, column “code”: There is no such column. There are: id, name, up."),
            ("code,name,up\n", "The table has no codes."),
        ])
    func refusals(_ text: String, _ message: String) throws {
        let table = try CSVTable(text)
        let recipe = recipe { if text.hasPrefix("code,name,up") { $0.parent = "up" } }
        let error = #expect(throws: TableError.self) { try recipe.codeSystem(from: table) }
        #expect(error?.description == message)
    }

    @Test("puts codes of ICD below categories that the table leaves out")
    func categories() throws {
        let table = try CSVTable(
            "code,name\nI21.000x005,a\nI21.001,b\nA38.x00,c\nA17.000+G01*,d\n36.0601,e\n36.06,f\n")
        let builder = try recipe { $0.derivesCategories = true }.codeSystem(from: table)
        let system = try CodeSystemTable(builder.document().root)
        #expect(system.concept("I21.001")?.parents == ["I21.0"])
        #expect(system.concept("I21.0")?.parents == ["I21"])
        #expect(system.concept("I21.0")?.isAbstract == true)
        #expect(system.concept("A38.x00")?.parents == ["A38"])
        #expect(system.concept("A17.000+G01*")?.parents == ["A17.0"])
        #expect(system.concept("36.0601")?.parents == ["36.06"])
        #expect(system.concept("36.06")?.parents == ["36.0"])
        #expect(system.concept("36.06")?.isAbstract == false)
    }

    @Test("knows the tables of CHS-DRG by their columns")
    func drg() throws {
        let codes = try CSVTable(
            "code,type,name,adrg,cc,exclusion_table\n36.0601,proc,支架,FM1 FM2,,\nI21.001,dx,心肌梗死,FR2,MCC,7-1\n")
        let recipes = DRGRecipes.recipes(for: codes)
        #expect(recipes.count == 2)
        let systems = try recipes.map { try CodeSystemTable($0.codeSystem(from: codes).document().root) }
        #expect(systems[0].concept("I21.001")?.properties.first { $0.code == "cc" }?.text == "MCC")
        #expect(
            systems[1].concept("36.0601")?.properties.filter { $0.code == "adrg" }.compactMap(\.text) == ["FM1", "FM2"])
        #expect(DRGRecipes.recipes(for: try CSVTable("code,name\n1,a")).isEmpty)
    }
}
