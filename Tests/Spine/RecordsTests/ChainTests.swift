import FHIR
import JSON
import Records
import Testing

/// Searches across references: FHIR R4, search.html#chaining, #has, #include, compartments and lists.
@Suite struct ChainTests {
    static let resources = [
        #"{"resourceType":"Organization","id":"west","name":"西湖医院","partOf":{"reference":"Organization/city"}}"#,
        #"{"resourceType":"Organization","id":"east","name":"East Clinic","partOf":{"reference":"Organization/city"}}"#,
        #"{"resourceType":"Organization","id":"city","name":"杭州市卫健委"}"#,
        #"{"resourceType":"Practitioner","id":"dr","name":[{"family":"陈"}],"identifier":[{"system":"urn:staff","value":"7"}]}"#,
        #"{"resourceType":"Patient","id":"wang","name":[{"family":"王"}],"gender":"female","birthDate":"1951-02-03","managingOrganization":{"reference":"Organization/west"},"generalPractitioner":[{"reference":"Practitioner/dr"}]}"#,
        #"{"resourceType":"Patient","id":"li","name":[{"family":"李"}],"gender":"male","birthDate":"1990-01-01","managingOrganization":{"reference":"Organization/east"}}"#,
        #"{"resourceType":"Patient","id":"zhao","name":[{"family":"赵"}],"gender":"male"}"#,
        #"{"resourceType":"Group","id":"ward","type":"person","actual":true,"code":{"text":"ward"}}"#,
        #"{"resourceType":"Encounter","id":"e1","status":"finished","class":{"code":"AMB"},"subject":{"reference":"Patient/wang"},"participant":[{"individual":{"reference":"Practitioner/dr"}}],"serviceProvider":{"reference":"Organization/west"}}"#,
        #"{"resourceType":"Encounter","id":"e2","status":"planned","class":{"code":"AMB"},"subject":{"reference":"Patient/li"}}"#,
        #"{"resourceType":"Observation","id":"o1","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"8480-6","display":"Systolic blood pressure"}],"text":"收缩压"},"subject":{"reference":"Patient/wang"},"encounter":{"reference":"Encounter/e1"},"performer":[{"reference":"Practitioner/dr"}],"effectiveDateTime":"2026-01-01","valueQuantity":{"value":142,"system":"http://unitsofmeasure.org","code":"mm[Hg]"}}"#,
        #"{"resourceType":"Observation","id":"o2","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"8480-6"}]},"subject":{"reference":"Patient/li"},"encounter":{"reference":"Encounter/e2"},"effectiveDateTime":"2026-02-01","valueQuantity":{"value":118,"system":"http://unitsofmeasure.org","code":"mm[Hg]"}}"#,
        #"{"resourceType":"Observation","id":"o3","status":"final","code":{"text":"note"},"subject":{"reference":"Group/ward"},"derivedFrom":[{"reference":"Observation/o1"}]}"#,
        #"{"resourceType":"Observation","id":"o4","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"85354-9"}]},"subject":{"identifier":{"system":"urn:card","value":"C9"}},"component":[{"code":{"coding":[{"code":"sys"}]},"valueQuantity":{"value":130}},{"code":{"coding":[{"code":"dia"}]},"valueQuantity":{"value":90}}]}"#,
        #"{"resourceType":"Observation","id":"o5","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"85354-9"}]},"subject":{"reference":"Patient/zhao"},"component":[{"code":{"coding":[{"code":"sys"}]},"valueQuantity":{"value":95}},{"code":{"coding":[{"code":"dia"}]},"valueQuantity":{"value":130}}]}"#,
        #"{"resourceType":"List","id":"watch","status":"current","mode":"working","entry":[{"item":{"reference":"Patient/li"}},{"item":{"reference":"Observation/o1"}}]}"#,
        #"{"resourceType":"Questionnaire","id":"q","status":"active","url":"http://example.org/q","version":"1.2"}"#,
        #"{"resourceType":"QuestionnaireResponse","id":"r","status":"completed","questionnaire":"http://example.org/q|1.2","subject":{"reference":"Patient/wang"}}"#,
    ]

    /// One store for all, since nothing here writes.
    private static let filled = Task {
        let store = try memoryStore()
        for resource in resources { try await store.put(resource) }
        return store
    }

    private static func store() async throws -> RecordStore { try await filled.value }

    @Test(
        "finds",
        arguments: [
            // Chains: one reference, several, with a type, with modifiers, prefixes and alternatives at their end
            ("Observation?patient.family=王", ["o1"]), ("Observation?subject:Patient.family=王", ["o1"]),
            ("Observation?subject.family=王,李", ["o1", "o2"]), ("Observation?subject:Group.code:missing=true", []),
            ("Observation?patient.gender=male", ["o2", "o5"]), ("Observation?patient.gender:not=male", ["o1"]),
            ("Observation?patient.birthdate=lt1960", ["o1"]), ("Observation?patient.birthdate:missing=true", ["o5"]),
            ("Observation?patient.organization.name=西湖", ["o1"]),
            ("Observation?patient.organization.name:contains=clin", ["o2"]),
            ("Observation?patient.organization.name:exact=East Clinic", ["o2"]),
            ("Observation?subject:Patient.organization:Organization.partof.name=杭州", ["o1", "o2"]),
            ("Observation?patient.organization.partof=Organization/city", ["o1", "o2"]),
            ("Observation?patient.organization.partof=city", ["o1", "o2"]),
            ("Observation?encounter.participant:Practitioner.identifier=urn:staff|7", ["o1"]),
            ("Observation?patient._id=wang,zhao", ["o1", "o5"]),
            ("Observation?patient._lastUpdated=2026-01-01", ["o1", "o2", "o5"]),
            ("Observation?patient.family=王&code=8480-6", ["o1"]), ("Observation?patient.family=王&code=85354-9", []),
            ("Observation?subject.family=nobody", []), ("Patient?general-practitioner.family=陈", ["wang"]),
            ("Observation?derived-from.patient.family=王", ["o3"]),
            // _has: alone, nested, in a chain, with a chain inside
            ("Patient?_has:Observation:patient:code=8480-6", ["li", "wang"]),
            ("Patient?_has:Observation:patient:code=http://loinc.org|8480-6&gender=male", ["li"]),
            ("Patient?_has:Observation:patient:value-quantity=gt140", ["wang"]),
            ("Patient?_has:Observation:patient:code-value-quantity=8480-6$lt120", ["li"]),
            ("Patient?_has:Observation:patient:component-code-value-quantity=sys$lt100", ["zhao"]),
            ("Patient?_has:Observation:patient:component-code-value-quantity=dia$lt100", []),
            ("Patient?_has:Observation:patient:status:not=final", []),
            ("Patient?_has:Encounter:patient:_has:Observation:encounter:code=8480-6", ["li", "wang"]),
            ("Patient?_has:Encounter:patient:_has:Observation:encounter:date=lt2026-01-15", ["wang"]),
            ("Patient?_has:Encounter:patient:participant:Practitioner.family=陈", ["wang"]),
            ("Observation?patient._has:Encounter:patient:status=planned", ["o2"]),
            ("Organization?_has:Patient:organization:_has:Observation:patient:value-quantity=142", ["west"]),
            ("Practitioner?_has:Encounter:participant:service-provider.name=西湖", ["dr"]),
            ("Group?_has:Observation:subject:status=final", ["ward"]),
            ("Patient?_has:Observation:subject:code=note", []),
            // Modifiers
            ("Observation?subject:identifier=urn:card|C9", ["o4"]), ("Observation?subject:identifier=C9", ["o4"]),
            ("Observation?code:text=systolic", ["o1"]), ("Observation?code:text=收缩", ["o1"]),
            ("Observation?code:text=blood", []), ("Observation?patient=li&code:text=systolic", []),
            ("Patient?_has:Observation:patient:code:text=收缩压", ["wang"]),
            ("Patient?gender:in=http://hl7.org/fhir/ValueSet/administrative-gender", ["li", "wang", "zhao"]),
            ("Patient?gender:not-in=http://hl7.org/fhir/ValueSet/administrative-gender", []),
            ("Patient?gender=http://hl7.org/fhir/administrative-gender|female", ["wang"]),
            ("Patient?gender=http://hl7.org/fhir/other|female", []),
            ("Patient?family:text=王", ["wang"]), ("Organization?name:text=linic", ["east"]),
            ("Observation?subject:missing=true", []), ("Observation?patient:missing=true", ["o3", "o4"]),
            ("Observation?encounter:missing=false", ["o1", "o2"]),
            ("QuestionnaireResponse?questionnaire=http://example.org/q", ["r"]),
            ("QuestionnaireResponse?questionnaire=http://example.org/q|1.2", ["r"]),
            ("QuestionnaireResponse?questionnaire=http://example.org/q|1", []),
            ("QuestionnaireResponse?questionnaire:below=http://example.org/q|1", ["r"]),
            ("QuestionnaireResponse?questionnaire:below=http://example.org", ["r"]),
            // Composites: several, and each on one element
            ("Observation?combo-code-value-quantity=sys$95,8480-6$142", ["o1", "o5"]),
            ("Observation?component-code-value-quantity=sys$130,dia$130", ["o4", "o5"]),
            ("Observation?combo-code=sys,8480-6", ["o1", "o2", "o4", "o5"]),
            ("Observation?combo-value-quantity=130", ["o4", "o5"]),
            // Lists
            ("Patient?_list=watch", ["li"]), ("Observation?_list=List/watch", ["o1"]), ("Encounter?_list=watch", []),
            ("Observation?patient._list=watch", ["o2"]), ("Patient?_list=nothing", []),
        ] as [(String, [String])])
    func finds(query: String, expected: [String]) async throws {
        let store = try await Self.store()
        #expect(try store.ids(query).sorted() == expected)
        let halves = query.split(separator: "?", maxSplits: 1).map(String.init)
        let count = try store.search(
            type: halves[0], parameters: URLQuery.parse(halves[1]) + [("_summary", "count")])
        #expect(count.total == expected.count)
    }

    @Test(
        "refuses, and says what to do",
        arguments: [
            ("Observation?code.name=x", "does not refer"), ("Observation?subject:Nothing.name=x", "It refers to"),
            ("Observation?patient.colour=x", "no search parameter “colour”"),
            ("Observation?subject.colour=x", "None of the types"),
            ("Patient?_has:Observation:patient=x", "_has:Type:reference:parameter"),
            ("Patient?_has:Nothing:patient:code=x", "not a resource type"),
            ("Patient?_has:Observation:encounter:code=x", "never refers to Patient"),
            ("Patient?_has:Observation:code:code=x", "does not refer"),
            ("Provenance?target.subject.organization.name=x", "Name the type"),
            ("Organization?partof.partof.partof.partof.partof.partof.partof.partof.partof.name=x", "in steps"),
            ("Patient?birthdate:contains=1951", ":missing"), ("Patient?gender:exact=male", ":not"),
            ("Observation?value-quantity:not=5", ":missing"), ("Observation?code:of-type=a|b|c", ":text"),
            ("Patient?identifier:of-type=a", "system|code|value"), ("Patient?identifier:in=http://x", ":of-type"),
            ("Patient?gender:in=http://example.org/unknown", "not known here"),
            ("Observation?code:below=8480-6", "system|code"),
            ("Observation?code:below=http://loinc.org|8480-6", "CodeSystem"),
            ("Observation?code-value-quantity:missing=true", "parts"), ("Patient?_id:exact=x", "_id:exact"),
            ("Patient?_list=$current-problems", "id of a List"),
            ("Observation?subject:Group=Patient/1", "asks for a Group"),
            ("Patient?_include:sometimes=Patient:organization", ":iterate"),
            ("Patient?_include=Patient:organization:Nothing", "not a resource type"),
        ])
    func refuses(query: String, hint: String) async throws {
        let store = try await Self.store()
        let error = #expect(throws: RecordsError.self) { try store.ids(query) }
        let found = error?.issues.first?.diagnostics ?? ""
        #expect(found.contains(hint), "\(found)")
    }

    @Test(
        "sends along",
        arguments: [
            (
                "Observation?_id=o1&_include=Observation:subject&_include=Observation:encounter",
                ["Encounter/e1", "Patient/wang"]
            ),
            ("Observation?_id=o1&_include=Observation:subject:Group", []),
            ("Observation?_id=o1&_include=Observation:subject&_include=Patient:organization", ["Patient/wang"]),
            (
                "Observation?_id=o1&_include=Observation:subject&_include:iterate=Patient:organization&_include:iterate=Organization:partof",
                ["Organization/city", "Organization/west", "Patient/wang"]
            ),
            ("Observation?_id=o1&_include=*", ["Encounter/e1", "Patient/wang", "Practitioner/dr"]),
            ("Observation?_id=o1&_include=Observation:*", ["Encounter/e1", "Patient/wang", "Practitioner/dr"]),
            (
                "Observation?_id=o1&_include:iterate=*",
                ["Encounter/e1", "Organization/city", "Organization/west", "Patient/wang", "Practitioner/dr"]
            ),
            ("Patient?_id=wang&_revinclude=Observation:subject", ["Observation/o1"]),
            ("Patient?_id=wang&_revinclude=*", ["Encounter/e1", "Observation/o1", "QuestionnaireResponse/r"]),
            ("Patient?_id=wang&_revinclude=Encounter:*", ["Encounter/e1"]),
            (
                "Organization?_id=east&_revinclude=Patient:organization&_revinclude:iterate=Observation:patient",
                ["Observation/o2", "Patient/li"]
            ),
            (
                "Observation?code=8480-6&_include=Observation:derived-from&_revinclude=Observation:derived-from",
                ["Observation/o3"]
            ),
            ("QuestionnaireResponse?_include=QuestionnaireResponse:questionnaire", ["Questionnaire/q"]),
            ("Questionnaire?_revinclude=QuestionnaireResponse:questionnaire", ["QuestionnaireResponse/r"]),
        ] as [(String, [String])])
    func includes(query: String, expected: [String]) async throws {
        let store = try await Self.store()
        let halves = query.split(separator: "?", maxSplits: 1).map(String.init)
        let page = try store.search(type: halves[0], parameters: URLQuery.parse(halves[1]))
        let keys = page.entries.map(\.version.key.description)
        #expect(Set(keys).count == keys.count)
        #expect(page.entries.filter { $0.mode == .include }.map(\.version.key.description).sorted() == expected)
    }

    @Test("pages of a search with includes bring along what belongs to their own matches")
    func includesByPage() async throws {
        let store = try await Self.store()
        var cursor: String?
        var pages: [[String]] = []
        repeat {
            let page = try store.search(
                type: "Observation",
                parameters: [("code", "8480-6"), ("_include", "Observation:subject"), ("_count", "1")]
                    + (cursor.map { [("_cursor", $0)] } ?? []))
            pages.append(page.entries.map(\.version.key.description))
            cursor = page.next
        } while cursor != nil
        #expect(pages == [["Observation/o1", "Patient/wang"], ["Observation/o2", "Patient/li"]])
    }

    @Test(
        "searches compartments and everything",
        arguments: [
            (.compartment(ResourceKey(type: "Patient", id: "wang"), type: "Observation"), "", ["Observation/o1"]),
            (.compartment(ResourceKey(type: "Patient", id: "wang"), type: "Observation"), "code=85354-9", []),
            (.compartment(ResourceKey(type: "Patient", id: "nobody"), type: "Observation"), "", []),
            (
                .compartment(ResourceKey(type: "Patient", id: "wang"), type: nil), "",
                ["Encounter/e1", "Observation/o1", "Patient/wang", "QuestionnaireResponse/r"]
            ),
            (.compartment(ResourceKey(type: "Patient", id: "wang"), type: nil), "_type=Encounter", ["Encounter/e1"]),
            (.compartment(ResourceKey(type: "Practitioner", id: "dr"), type: "Encounter"), "", ["Encounter/e1"]),
            (
                .compartment(ResourceKey(type: "Encounter", id: "e1"), type: nil), "",
                ["Encounter/e1", "Observation/o1"]
            ),
            (.system, "_type=Patient,Group", ["Group/ward", "Patient/li", "Patient/wang", "Patient/zhao"]),
            (.system, "_type=Patient&gender=male", ["Patient/li", "Patient/zhao"]),
            (.system, "_type=Encounter,Observation&patient=wang", ["Encounter/e1", "Observation/o1"]),
            (.system, "_id=wang", ["Patient/wang"]), (.system, "_list=watch", ["Observation/o1", "Patient/li"]),
        ] as [(SearchScope, String, [String])])
    func scopes(scope: SearchScope, query: String, expected: [String]) async throws {
        let store = try await Self.store()
        let parameters = URLQuery.parse(query)
        let page = try store.search(scope, parameters: parameters)
        #expect(page.entries.map(\.version.key.description).sorted() == expected)
        #expect(page.total == expected.count)
        for order in [[], [("_sort", "-_lastUpdated")], [("_sort", "_id")]] {
            var found: [String] = []
            var cursor: String?
            repeat {
                let page = try store.search(
                    scope, parameters: parameters + order + [("_count", "1")] + (cursor.map { [("_cursor", $0)] } ?? [])
                )
                found += page.entries.map(\.version.key.description)
                cursor = page.next
            } while cursor != nil
            #expect(found.count == expected.count && found.sorted() == expected)
        }
    }

    @Test("refuses scopes that there are not")
    func scopesThatAreNot() async throws {
        let store = try await Self.store()
        let patient = ResourceKey(type: "Patient", id: "wang")
        for (scope, query) in [
            (.compartment(ResourceKey(type: "Organization", id: "west"), type: nil), ""),
            (.compartment(patient, type: "Organization"), ""), (.system, "_type=Nothing"),
            (.system, "gender=male"), (.system, "_type=Patient,Group&gender=male"),
        ] as [(SearchScope, String)] {
            #expect(throws: RecordsError.self) { try store.search(scope, parameters: URLQuery.parse(query)) }
        }
    }
}
