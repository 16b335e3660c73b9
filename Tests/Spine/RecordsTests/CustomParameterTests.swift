import FHIR
import FHIRPath
import Foundation
import JSON
import Records
import SQL
import Testing

/// SearchParameter resources become search parameters: <https://hl7.org/fhir/R4/searchparameter.html>.
struct CustomParameterTests {
    /// The text of a SearchParameter.
    static func parameter(
        _ id: String, code: String, _ type: String, on bases: [String], _ expression: String, more: String = "",
        status: String = "active"
    ) -> String {
        let base = bases.map { "\"\($0)\"" }.joined(separator: ",")
        return """
            {"resourceType":"SearchParameter","id":"\(id)","url":"http://example.org/SearchParameter/\(id)","name":"N",
            "status":"\(status)","description":"d","code":"\(code)","base":[\(base)],"type":"\(type)",
            "expression":"\(expression)"\(more)}
            """
    }

    private static let ext = "http://example.org/ext"

    static func patient(_ id: String, _ value: String, more: String = "") -> String {
        """
        {"resourceType":"Patient","id":"\(id)","extension":[{"url":"\(ext)/other","valueString":"zzz"},
        {"url":"\(ext)","\(value.prefix { $0 != ":" })":\(value.drop { $0 != ":" }.dropFirst())}]\(more)}
        """
    }

    /// Each kind of parameter on an extension, a value for two patients, and a search that finds the first alone.
    static let kinds: [(type: String, first: String, second: String, search: String)] = [
        (
            "token", #"valueCodeableConcept:{"coding":[{"system":"http://s","code":"a"}]}"#, #"valueCode:"b""#,
            "http://s|a"
        ),
        ("token", #"valueBoolean:true"#, #"valueBoolean:false"#, "true"),
        ("token", #"valueIdentifier:{"system":"http://s","value":"1"}"#, #"valueIdentifier:{"value":"2"}"#, "1"),
        ("string", #"valueString:"Árbol""#, #"valueString:"Haus""#, "arb"),
        ("string", #"valueHumanName:{"family":"王","given":["小明"]}"#, #"valueString:"Haus""#, "王小明"),
        ("date", #"valueDate:"2026-03-01""#, #"valuePeriod:{"start":"2026-05-01","end":"2026-06-01"}"#, "lt2026-04"),
        ("number", #"valueDecimal:1.5"#, #"valueInteger:7"#, "lt5"),
        (
            "quantity", #"valueQuantity:{"value":5,"unit":"mg"}"#,
            #"valueAge:{"value":50,"system":"http://unitsofmeasure.org","code":"a"}"#, "lt10"
        ),
        ("uri", #"valueUri:"http://a/1""#, #"valueUrl:"http://b/1""#, "http://a/1"),
        (
            "reference", #"valueReference:{"reference":"Organization/1"}"#,
            #"valueReference:{"reference":"Organization/2"}"#, "Organization/1"
        ),
    ]

    /// Ways to write that the value of an extension is meant.
    static let expressions = [
        "Patient.extension.where(url='\(ext)').value", "Patient.extension('\(ext)').value",
        "Patient.extension('\(ext)')",
        "extension.where(url = '\(ext)' and value.exists()).value",
    ]

    @Test("each type of parameter finds the values of an extension, stored before and after it", arguments: kinds)
    func extensions(kind: (type: String, first: String, second: String, search: String)) async throws {
        let store = try memoryStore()
        try await store.put(Self.patient("before", kind.first))
        try await store.put(Self.patient("not", kind.second))
        for (number, expression) in Self.expressions.enumerated() {
            try await store.put(
                Self.parameter("p\(number)", code: "own-\(number)", kind.type, on: ["Patient"], expression))
        }
        try await store.put(Self.patient("after", kind.first))
        await store.settleParameters()
        let codes = Self.expressions.indices.map { "own-\($0)" }
        for code in codes {
            #expect(try store.allIDs("Patient?\(code)=\(kind.search)").sorted() == ["after", "before"])
            #expect(try store.allIDs("Patient?\(code):missing=false&_sort=\(code)").count == 3)
        }
        // A value that goes away is not found any more.
        try await store.put(#"{"resourceType":"Patient","id":"before"}"#)
        for code in codes {
            #expect(try store.allIDs("Patient?\(code)=\(kind.search)") == ["after"])
            #expect(try store.allIDs("Patient?\(code):missing=true") == ["before"])
        }
    }

    @Test("sorts, chains, looks back and includes by an added parameter")
    func features() async throws {
        let store = try memoryStore()
        for number in 1...3 {
            try await store.put(#"{"resourceType":"Organization","id":"o\#(number)","name":"Org \#(number)"}"#)
            try await store.put(
                Self.patient(
                    "p\(number)", #"valueReference:{"reference":"Organization/o\#(4 - number)"}"#,
                    more: #","gender":"female","name":[{"given":["A","B\#(number)"]}]"#))
            try await store.put(
                #"{"resourceType":"Observation","id":"b\#(number)","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/p\#(number)"}}"#
            )
        }
        try await store.put(
            Self.parameter(
                "clinic", code: "clinic", "reference", on: ["Patient"], "Patient.extension('\(Self.ext)').value",
                more: #","target":["Organization"]"#))
        try await store.put(
            Self.parameter("last", code: "last-given", "string", on: ["Patient"], "Patient.name.given.last()"))
        try await store.put(
            Self.parameter("orgname", code: "label", "string", on: ["Organization"], "Organization.name.upper()"))
        await store.settleParameters()
        #expect(try store.ids("Patient?_sort=-last-given") == ["p3", "p2", "p1"])
        #expect(try store.ids("Patient?_sort=clinic") == ["p3", "p2", "p1"])
        #expect(try store.ids("Patient?clinic.name=Org 1") == ["p3"])
        #expect(try store.ids("Patient?clinic:Organization.label=ORG 2") == ["p2"])
        #expect(try store.ids("Patient?clinic:Organization.label:exact=org 2") == [])
        #expect(try store.ids("Organization?_has:Patient:clinic:last-given=b2") == ["o2"])
        #expect(try store.ids("Observation?subject:Patient.clinic.label=org 3") == ["b1"])
        #expect(try store.ids("Patient?last-given:contains=2,b3&gender=female") == ["p2", "p3"])
        let page = try store.search(
            type: "Patient", parameters: [("_id", "p1"), ("_include", "Patient:clinic")])
        #expect(page.entries.map(\.version.key.description) == ["Patient/p1", "Organization/o3"])
        let back = try store.search(
            type: "Organization", parameters: [("_id", "o1"), ("_revinclude", "Patient:clinic")])
        #expect(back.entries.map(\.version.key.description) == ["Organization/o1", "Patient/p3"])
    }

    @Test("a composite holds on one element, whatever its parts are called")
    func composite() async throws {
        let store = try memoryStore()
        func contact(_ phone: String, _ city: String) -> String {
            #"{"telecom":[{"system":"phone","value":"\#(phone)"}],"address":{"city":"\#(city)"}}"#
        }
        try await store.put(
            #"{"resourceType":"Patient","id":"a","contact":[\#(contact("1", "Ulm")),\#(contact("2", "Bonn"))]}"#)
        try await store.put(
            #"{"resourceType":"Patient","id":"b","contact":[\#(contact("2", "Ulm"))]}"#)
        try await store.put(
            Self.parameter("town", code: "contact-town", "string", on: ["Patient"], "Patient.contact.address.city"))
        let parts = """
            ,"component":[{"definition":"http://hl7.org/fhir/SearchParameter/individual-phone","expression":"telecom.where(system='phone')"},
            {"definition":"http://example.org/SearchParameter/town","expression":"address.city"}]
            """
        try await store.put(
            Self.parameter("c", code: "phone-town", "composite", on: ["Patient"], "Patient.contact", more: parts))
        await store.settleParameters()
        #expect(try store.ids("Patient?phone-town=2$ulm") == ["b"])
        #expect(try store.ids("Patient?phone-town=1$ulm") == ["a"])
        #expect(try store.ids("Patient?phone-town=1$bonn") == [])
        #expect(try store.ids("Patient?phone-town=2$bo,2$ul") == ["a", "b"])
    }

    @Test("one for several types is one of each, as is one for all")
    func bases() async throws {
        let store = try memoryStore()
        try await store.put(#"{"resourceType":"Patient","id":"p","language":"de","birthDate":"2000-01-01"}"#)
        try await store.put(#"{"resourceType":"Practitioner","id":"d","language":"zh","birthDate":"1990-01-01"}"#)
        try await store.put(
            Self.parameter(
                "b", code: "born", "date", on: ["Patient", "Practitioner"], "Patient.birthDate | Practitioner.birthDate"
            ))
        try await store.put(Self.parameter("l", code: "tongue", "token", on: ["Resource"], "Resource.language"))
        await store.settleParameters()
        #expect(try store.ids("Patient?born=2000") == ["p"])
        #expect(try store.ids("Practitioner?born=lt2000&tongue=zh") == ["d"])
        #expect(throws: RecordsError.self) { try store.ids("Group?born=2000") }
        #expect(try store.ids("Group?tongue=zh") == [])
    }

    @Test("a changed definition indexes anew, a retired or deleted one is unknown at once")
    func changes() async throws {
        let store = try memoryStore()
        try await store.put(#"{"resourceType":"Patient","id":"p","name":[{"family":"F","given":["G"]}]}"#)
        func define(_ expression: String, _ status: String = "active") async throws {
            try await store.put(
                Self.parameter("x", code: "x", "string", on: ["Patient"], expression, status: status))
            await store.settleParameters()
        }
        try await define("Patient.name.family")
        #expect(try store.ids("Patient?x=f") == ["p"])
        try await define("Patient.name.given")
        #expect(try store.ids("Patient?x=f") == [])
        #expect(try store.ids("Patient?x=g") == ["p"])
        try await define("Patient.name.given", "retired")
        let error = try #require(throws: RecordsError.self) { try store.ids("Patient?x=g") }
        #expect(error.issues[0].diagnostics.contains("has no search parameter “x”"))
        try await define("Patient.name.given", "draft")
        #expect(try store.ids("Patient?x=g") == ["p"])
        _ = try await store.delete(ResourceKey(type: "SearchParameter", id: "x"))
        #expect(throws: RecordsError.self) { try store.ids("Patient?x=g") }
        for _ in 0..<100 where try !rows(store).isEmpty { try await Task.sleep(for: .milliseconds(100)) }
        #expect(try rows(store).isEmpty)
        // The code is free again.
        try await store.put(Self.parameter("y", code: "x", "token", on: ["Patient"], "Patient.gender"))
    }

    /// The rows of added parameters, and what is known of these.
    private func rows(_ store: RecordStore) throws -> [Int64] {
        try store.readSQL { db in
            try db.query("SELECT param FROM index_string WHERE param >= 16384") { $0.int(0) }
                + db.query("SELECT number FROM custom_parameter") { $0.int(0) }
        }
    }

    /// What can't be searched by, the element that is named, and a part of what is said.
    static let invalid:
        [(code: String, type: String, base: String, expression: String, element: String, says: String)] = [
            ("a", "string", "Patient", "Patient.name.where(", "expression", "line 1, column"),
            ("a", "string", "Patient", "Patient.gender |\\n  Patient.nname.given", "expression", "line 2, column"),
            ("a", "string", "Patient", "Practitioner.name", "expression", "names nothing of the base Patient"),
            ("a", "date", "Patient", "Patient.gender", "type", "code"),
            ("a", "special", "Patient", "Patient.gender", "type", "special"),
            ("name", "string", "Patient", "Patient.name.given", "code", "FHIR R4 defines"),
            ("_count", "number", "Patient", "Patient.multipleBirth", "code", "meaning of its own"),
            ("a:b", "string", "Patient", "Patient.name.given", "code", "letters, digits"),
            ("a", "date", "Patient", "iif(Patient.birthDate < today(), Patient.birthDate)", "expression", "today()"),
            ("a", "string", "Patient", "Patient.generalPractitioner.resolve().name", "expression", "resolve()"),
            ("taken", "token", "Patient", "Patient.language", "code", "SearchParameter/first"),
        ]

    @Test("refuses what can't be searched by, with the element", arguments: invalid)
    func refused(
        row: (code: String, type: String, base: String, expression: String, element: String, says: String)
    ) async throws {
        let store = try memoryStore()
        try await store.put(
            Self.parameter("first", code: "taken", "token", on: ["Patient", "Group"], "Resource.language"))
        let error = try await #require(throws: RecordsError.self) {
            try await store.put(Self.parameter("p", code: row.code, row.type, on: [row.base], row.expression))
        }
        #expect(error.category == .unprocessable)
        #expect(error.issues.first?.expression == "SearchParameter.\(row.element)")
        #expect(error.issues.first?.diagnostics.contains(row.says) == true, "\(error.issues)")
        // A transaction with it writes nothing.
        let entry = Self.parameter("p", code: row.code, row.type, on: [row.base], row.expression)
        await #expect(throws: RecordsError.self) {
            try await store.process(
                bundle: json(
                    """
                    {"resourceType":"Bundle","type":"transaction","entry":[
                    {"resource":{"resourceType":"Basic","code":{"text":"x"}},"request":{"method":"POST","url":"Basic"}},
                    {"resource":\(entry),"request":{"method":"PUT","url":"SearchParameter/p"}}]}
                    """))
        }
        #expect(try store.ids("Basic") == [])
    }

    @Test("every standard parameter is understood, and one that repeats it is stored as a document")
    func standard() async throws {
        let definitions = try Definitions.r4()
        let store = try memoryStore()
        var faults: [String] = []
        for parameter in definitions.searchParameters where !parameter.expression.isEmpty {
            do {
                _ = try FHIRPathExpression(
                    parameter.expression, definitions: definitions,
                    options: FHIRPathOptions(contextType: parameter.resource, isStrict: true))
            } catch {
                faults.append("\(parameter.resource).\(parameter.code): \(error)")
            }
        }
        #expect(faults.isEmpty, "\(faults.joined(separator: "\n"))")
        for (code, base, type, url) in [
            ("name", "Patient", "string", "http://hl7.org/fhir/SearchParameter/Patient-name"),
            ("_id", "Resource", "token", "http://hl7.org/fhir/SearchParameter/example"),
            ("subject", "Condition", "reference", "http://hl7.org/fhir/SearchParameter/example-reference"),
            ("_filter", "Resource", "special", "http://hl7.org/fhir/SearchParameter/Resource-filter"),
        ] {
            try await store.put(
                Self.parameter("s", code: code, type, on: [base], "x").replacing(
                    "http://example.org/SearchParameter/s", with: url))
        }
        try await store.put(Self.parameter("same", code: "name", "string", on: ["Patient"], " Patient.name"))
        #expect(store.addedParameters.isEmpty)
    }

    @Test("a store that is opened again goes on indexing where it stood")
    func restart() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/store.db"
            let first = try memoryStore(path: path)
            for chunk in 0..<4 {
                let entries = (0..<1000).map {
                    #"{"resource":{"resourceType":"Basic","code":{"text":"t\#(chunk * 1000 + $0)"}},"request":{"method":"POST","url":"Basic"}}"#
                }
                _ = try await first.process(
                    bundle: json(
                        #"{"resourceType":"Bundle","type":"transaction","entry":[\#(entries.joined(separator: ","))]}"#)
                )
            }
            try await first.put(Self.parameter("t", code: "words", "string", on: ["Basic"], "Basic.code.text.lower()"))
            let error = try #require(throws: RecordsError.self) { try first.ids("Basic?words=t1") }
            #expect(error.issues[0].code == .transient)
            #expect(error.issues[0].diagnostics.contains("% of what is stored is indexed"))
            let lenient = try first.search(type: "Basic", parameters: [("words", "t1")], lenient: true)
            #expect(lenient.issues.count == 1)
            await first.close()
            let second = try memoryStore(path: path)
            await second.settleParameters()
            #expect(try second.allIDs("Basic?words=t").count == 4000)
            #expect(try second.ids("Basic?words:exact=t3999").count == 1)
            #expect(try second.status().parameters.map(\.isReady) == [true])
            await second.close()
        }
    }

    @Test("what is written while old resources are indexed is found once")
    func busy() async throws {
        let store = try memoryStore()
        func person(_ number: Int, _ name: String) -> String {
            #"{"resourceType":"Patient","id":"p\#(number)","name":[{"family":"\#(name)"}]}"#
        }
        for number in 0..<600 { try await store.put(person(number, "old\(number)")) }
        try await store.put(
            Self.parameter("f", code: "surname", "string", on: ["Patient"], "Patient.name.family.upper()"))
        for number in stride(from: 0, to: 600, by: 3) { try await store.put(person(number, "new\(number)")) }
        for number in stride(from: 0, to: 600, by: 60) {
            _ = try await store.delete(ResourceKey(type: "Patient", id: "p\(number)"))
        }
        await store.settleParameters()
        #expect(try store.allIDs("Patient?surname=new").count == 190)
        #expect(try store.allIDs("Patient?surname=old").count == 400)
        let rows = try store.readSQL { db in
            try db.first("SELECT count(*) FROM index_string WHERE param >= 16384") { Int($0.int(0)) } ?? 0
        }
        #expect(rows == 590)
    }

    @Test("a copy has the added parameters, and finds by them")
    func copy() async throws {
        try await withTemporaryFolder { folder in
            let source = try memoryStore(path: folder + "/source.db")
            try await source.put(#"{"resourceType":"Patient","id":"a","name":[{"family":"A"}]}"#)
            try await source.put(
                Self.parameter("f", code: "surname", "string", on: ["Patient"], "Patient.name.family.first()"))
            try await source.put(#"{"resourceType":"Patient","id":"b","name":[{"family":"B"}]}"#)
            await source.settleParameters()
            var options = RecordStoreOptions(database: .sqlite(path: folder + "/copy.db"))
            options.acceptsCopy = true
            let copy = try RecordStore(options, definitions: try Definitions.r4())
            _ = try await FeedCopy.copy(StoreFeed(TestStores.database(folder + "/source.db")), into: copy)
            #expect(try copy.ids("Patient?surname=a,b") == ["a", "b"])
            await copy.close()
            await source.close()
        }
    }
}
