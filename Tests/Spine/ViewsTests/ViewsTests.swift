import JSON
import Testing
import Views

@Suite struct ViewsTests {
    private let person = """
        {"resourceType":"Patient","id":"a","active":true,"birthDate":"1951-02","name":[
        {"family":"王","given":["一","二"]},{"family":"Li, \\"Lin\\"","use":"maiden"}],
        "contact":[{"telecom":[{"value":"1"},{"value":"2"}]},{"telecom":[{"value":"3"}]}]}
        """

    private func run(_ selects: String, rest: String = "") throws -> String {
        try rows(view(#"{"resource":"Patient","select":[\#(selects)]\#(rest)}"#), json(person).root)
    }

    @Test("columns come in the order of the definition: own ones, nested ones, those of the union")
    func order() throws {
        let found = try view(
            """
            {"resource":"Patient","select":[{"unionAll":[{"column":[{"name":"d","path":"id"}]}],
            "select":[{"column":[{"name":"c","path":"id"}]}],"column":[{"name":"a","path":"id"},{"name":"b","path":"id"}]},
            {"column":[{"name":"e","path":"id"}]}]}
            """)
        #expect(found.columns.map(\.name) == ["a", "b", "c", "d", "e"])
    }

    @Test("parts beside each other are joined, each row with each row")
    func cross() throws {
        let names = #"{"forEach":"name","column":[{"name":"n","path":"family"}]}"#
        let phones = #"{"forEach":"contact.telecom","column":[{"name":"p","path":"value"}]}"#
        let found = try run("\(names),\(phones)")
        #expect(found.filter { $0 == "{" }.count == 6)
        #expect(found.hasPrefix(#"[{"n":"王","p":"1"},{"n":"王","p":"2"},{"n":"王","p":"3"},"#))
    }

    @Test("forEachOrNull gives one row of nulls, nested parts and unions included, where there is no item")
    func nulls() throws {
        let found = try run(
            """
            {"forEachOrNull":"photo","column":[{"name":"a","path":"'x'"}],
            "select":[{"forEach":"title","column":[{"name":"b","path":"$this"}]}],
            "unionAll":[{"column":[{"name":"c","path":"title"}]},{"column":[{"name":"c","path":"url"}]}]}
            """)
        #expect(found == #"[{"a":null,"b":null,"c":null}]"#)
    }

    @Test("%rowIndex counts the items of the nearest iteration, and a union without one takes it from outside")
    func rowIndex() throws {
        let found = try run(
            """
            {"column":[{"name":"top","path":"%rowIndex"}]},
            {"forEach":"contact","column":[{"name":"i","path":"%rowIndex"}],"unionAll":[
            {"forEach":"telecom","column":[{"name":"j","path":"%rowIndex"}]},{"column":[{"name":"j","path":"%rowIndex"}]}]}
            """)
        #expect(
            found == #"[{"top":0,"i":0,"j":0},{"top":0,"i":0,"j":1},{"top":0,"i":0,"j":0},"#
                + #"{"top":0,"i":1,"j":0},{"top":0,"i":1,"j":1}]"#)
    }

    @Test("lists are JSON arrays, empty where there is nothing; null is no value")
    func collections() throws {
        let found = try run(
            """
            {"column":[{"name":"given","path":"name.given","collection":true},
            {"name":"suffix","path":"name.suffix","collection":true},{"name":"gender","path":"gender"}]}
            """)
        #expect(found == #"[{"given":["一","二"],"suffix":[],"gender":null}]"#)
    }

    @Test("a column of one value refuses several and says what helps")
    func several() {
        let said = message { _ = try run(#"{"column":[{"name":"given","path":"name.given"}]}"#) }
        #expect(said.contains("Patient/a") && said.contains("yields 2") && said.contains("collection"))
    }

    @Test("keys of a resource and of references to it are equal")
    func keys() throws {
        let observation = try json(
            #"{"resourceType":"Observation","id":"o","subject":{"reference":"Patient/a"},"focus":[{"reference":"Device/d"}]}"#
        )
        let found = try rows(
            view(
                """
                {"resource":"Observation","select":[{"column":[{"name":"own","path":"getResourceKey()"},
                {"name":"patient","path":"subject.getReferenceKey(Patient)"},
                {"name":"other","path":"focus.getReferenceKey(Patient)"}]}]}
                """), observation.root)
        let own = try rows(
            view(#"{"resource":"Patient","select":[{"column":[{"name":"patient","path":"getResourceKey()"}]}]}"#),
            json(person).root)
        let key = String(own.dropFirst(2).dropLast(2))
        #expect(key.contains("a") && found.contains(key) && found.contains(#""other":null"#))
    }

    @Test("joining nothing gives an empty text")
    func join() throws {
        let found = try run(#"{"column":[{"name":"suffix","path":"name.suffix.join(', ')"}]}"#)
        #expect(found == #"[{"suffix":""}]"#)
    }

    @Test("CSV quotes what needs it, tells an empty text from no value, and writes lists as JSON")
    func csv() throws {
        let compiled = try view(
            """
            {"resource":"Patient","select":[{"forEach":"name","column":[{"name":"family","path":"family"},
            {"name":"given","path":"given","collection":true},{"name":"use","path":"use"},{"name":"empty","path":"''"}]}]}
            """)
        let text = ViewText(compiled, format: .csv)
        var body = text.head
        text.append(try compiled.rows(of: json(person).root), to: &body)
        let lines = String(decoding: body, as: UTF8.self).split(separator: "\n").map(String.init)
        #expect(
            lines == [
                "family,given,use,empty", #"王,"[""一"",""二""]",,"""#, #""Li, ""Lin""",[],maiden,"""#,
            ])
    }

    static let broken: [(definition: String, part: String)] = [
        (#"{"select":[{"column":[{"name":"a","path":"id"}]}]}"#, "resource: resource is missing"),
        (#"{"resource":"Pacient","select":[{"column":[{"name":"a","path":"id"}]}]}"#, "Pacient"),
        (#"{"resource":"Patient"}"#, "select: A view needs"),
        (
            #"{"resource":"Patient","select":[{"column":[{"name":"a","path":"id"},{"name":"a","path":"id"}]}]}"#,
            "select[0].column[1].name"
        ),
        (#"{"resource":"Patient","select":[{"column":[{"name":"1a","path":"id"}]}]}"#, "select[0].column[0].name"),
        (#"{"resource":"Patient","select":[{"column":[{"name":"a"}]}]}"#, "select[0].column[0].path: path is missing"),
        (#"{"resource":"Patient","select":[{"column":[{"name":"a","path":"id."}]}]}"#, "select[0].column[0].path"),
        (
            #"{"resource":"Patient","select":[{"forEach":"name","forEachOrNull":"name","column":[{"name":"a","path":"use"}]}]}"#,
            "forEach, forEachOrNull"
        ),
        (
            #"{"resource":"Patient","select":[{"foreach":"name","column":[{"name":"a","path":"use"}]}]}"#,
            "forEach is meant"
        ),
        (
            #"{"resource":"Patient","constant":[{"name":"c"}],"select":[{"column":[{"name":"a","path":"%c"}]}]}"#,
            "constant[0]"
        ),
        (#"{"resource":"Patient","select":[{"column":[{"name":"a","path":"%nothing"}]}]}"#, "%nothing"),
        (
            #"{"resource":"Patient","select":[{"unionAll":[{"column":[{"name":"a","path":"id"}]},{"column":[{"name":"b","path":"id"}]}]}]}"#,
            "select[0].unionAll[1]"
        ),
        (#"{"resourceType":"Patient","resource":"Patient","select":[]}"#, "a ViewDefinition is needed"),
    ]

    @Test("what is wrong with a definition is said with its place", arguments: broken)
    func faults(definition: String, part: String) {
        let said = message { _ = try view(definition) }
        #expect(said.contains(part), "\(said)")
    }

    @Test("all that is wrong is said at once")
    func findings() {
        let said = message {
            _ = try view(#"{"resource":"No","constant":[{"name":"x"}],"select":[{"column":[{"name":"-"}]}]}"#)
        }
        #expect(said.split(separator: "\n").count >= 4, "\(said)")
    }
}
