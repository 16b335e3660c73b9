import FHIR
import JSON
import Records
import Testing

/// FHIR R4, search.html, by small cases.
@Suite struct SearchTests {
    private static let resources = [
        #"{"resourceType":"Patient","id":"wang","name":[{"family":"王","given":["秀英"]}],"gender":"female","birthDate":"1951-02-03","telecom":[{"system":"phone","value":"13805710001"}],"identifier":[{"system":"urn:oid:2.16.156.10011.1.3","value":"330106195102030024"}],"managingOrganization":{"reference":"Organization/west"}}"#,
        #"{"resourceType":"Patient","id":"ouyang","name":[{"text":"欧阳娜娜","family":"欧阳","given":["娜娜"]}],"gender":"female","birthDate":"2000-02-29","deceasedBoolean":false}"#,
        #"{"resourceType":"Patient","id":"muller","name":[{"family":"Müller","given":["Jürgen","Karl"]}],"gender":"male","birthDate":"1980","deceasedDateTime":"2020-05-05T08:00:00+08:00"}"#,
        #"{"resourceType":"Organization","id":"west","name":"西湖医院","identifier":[{"value":"W1"}]}"#,
        #"{"resourceType":"Observation","id":"o1","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"8480-6"},{"system":"urn:local","code":"SBP"}]},"subject":{"reference":"Patient/wang"},"effectiveDateTime":"2026-01-01T08:30:00+08:00","valueQuantity":{"value":142,"unit":"mmHg","system":"http://unitsofmeasure.org","code":"mm[Hg]"}}"#,
        #"{"resourceType":"Observation","id":"o2","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"85354-9"}]},"subject":{"reference":"Patient/wang"},"effectivePeriod":{"start":"2026-01-02","end":"2026-01-20"},"component":[{"code":{"coding":[{"system":"http://loinc.org","code":"8480-6"}]},"valueQuantity":{"value":120,"unit":"mmHg","system":"http://unitsofmeasure.org","code":"mm[Hg]"}},{"code":{"coding":[{"system":"http://loinc.org","code":"8462-4"}]},"valueQuantity":{"value":150,"unit":"mmHg"}}]}"#,
        #"{"resourceType":"Observation","id":"o3","status":"preliminary","code":{"coding":[{"code":"8480-6"}]},"subject":{"reference":"Patient/muller"},"effectiveDateTime":"2025-12","valueQuantity":{"value":5.4,"unit":"mmol/L"}}"#,
        #"{"resourceType":"RiskAssessment","id":"r1","status":"final","subject":{"reference":"Patient/wang"},"prediction":[{"probabilityDecimal":0.85}]}"#,
        #"{"resourceType":"ValueSet","id":"v1","status":"active","url":"http://example.org/vs/blood/pressure"}"#,
    ]

    /// One store for all that only read.
    private static let filled = Task {
        let store = try memoryStore()
        for resource in resources { try await store.put(resource) }
        return store
    }

    private func store() async throws -> RecordStore { try await Self.filled.value }

    @Test(
        "finds",
        arguments: [
            // string: the beginning, without case and accents; Chinese names part by part and whole
            ("Patient?name=王", ["wang"]), ("Patient?name=王秀英", ["wang"]), ("Patient?name=秀", ["wang"]),
            ("Patient?name=欧阳娜", ["ouyang"]), ("Patient?family=muller", ["muller"]),
            ("Patient?family=MÜLL", ["muller"]), ("Patient?given=karl", ["muller"]),
            ("Patient?family:exact=Müller", ["muller"]), ("Patient?family:exact=muller", []),
            ("Patient?name:contains=rge", ["muller"]), ("Patient?name:contains=%25", []),
            ("Organization?name=西湖", ["west"]),
            // token: four forms
            ("Observation?code=8480-6", ["o1", "o3"]), ("Observation?code=http://loinc.org|8480-6", ["o1"]),
            ("Observation?code=|8480-6", ["o3"]), ("Observation?code=http://loinc.org|", ["o1", "o2"]),
            ("Observation?code=SBP,85354-9", ["o1", "o2"]), ("Observation?code=unheard-of", []),
            ("Observation?status=final", ["o1", "o2"]), ("Observation?status:not=final", ["o3"]),
            ("Observation?combo-code=8462-4", ["o2"]),
            ("Patient?identifier=330106195102030024", ["wang"]),
            ("Patient?identifier=urn:oid:2.16.156.10011.1.3|330106195102030024", ["wang"]),
            ("Patient?identifier=urn:other|330106195102030024", []),
            ("Organization?identifier=|W1", ["west"]),
            ("Patient?phone=13805710001", ["wang"]), ("Patient?email=13805710001", []),
            ("Patient?gender=female&birthdate=ge1990", ["ouyang"]),
            ("Patient?deceased=true", ["muller"]), ("Patient?deceased=false", ["ouyang", "wang"]),
            // date: precision, prefixes, periods
            ("Patient?birthdate=1980", ["muller"]), ("Patient?birthdate=2000-02-29", ["ouyang"]),
            ("Patient?birthdate=1980-05", []), ("Patient?birthdate=lt1980", ["wang"]),
            ("Patient?birthdate=ne1980", ["ouyang", "wang"]),
            ("Observation?date=2026-01-01", ["o1"]), ("Observation?date=2026-01", ["o1", "o2"]),
            ("Observation?date=2026-01-01T08:30", ["o1"]), ("Observation?date=2026-01-01T00:30:00Z", ["o1"]),
            ("Observation?date=gt2026-01-01", ["o2"]), ("Observation?date=ge2026-01-01", ["o1", "o2"]),
            ("Observation?date=gt2026-01-10", ["o2"]), ("Observation?date=sa2026-01-10", []),
            ("Observation?date=eb2026-01-01", ["o3"]), ("Observation?date=le2025-12-31", ["o3"]),
            ("Observation?date=ge2025-12-15&date=le2025-12-20", ["o3"]),
            ("Patient?death-date=2020-05-05", ["muller"]),
            // number and quantity: implicit precision, units
            ("RiskAssessment?probability=0.85", ["r1"]), ("RiskAssessment?probability=0.8", []),
            ("RiskAssessment?probability=gt0.8", ["r1"]), ("RiskAssessment?probability=8.5e-1", ["r1"]),
            ("Observation?value-quantity=5.4", ["o3"]), ("Observation?value-quantity=5", ["o3"]),
            ("Observation?value-quantity=5.40", ["o3"]), ("Observation?value-quantity=5.41", []),
            ("Observation?value-quantity=142||mmHg", ["o1"]),
            ("Observation?value-quantity=142|http://unitsofmeasure.org|mm[Hg]", ["o1"]),
            ("Observation?value-quantity=142|http://unitsofmeasure.org|kg", []),
            ("Observation?value-quantity=gt100", ["o1"]), ("Observation?combo-value-quantity=ge150", ["o2"]),
            // reference
            ("Observation?subject=Patient/wang", ["o1", "o2"]), ("Observation?patient=wang", ["o1", "o2"]),
            ("Observation?subject=wang", ["o1", "o2"]), ("Observation?subject:Patient=muller", ["o3"]),
            ("Observation?subject:Group=muller", []),
            ("Observation?patient=Patient/wang,Patient/muller", ["o1", "o2", "o3"]),
            ("Patient?organization=west", ["wang"]),
            // composite: the same element
            ("Observation?code-value-quantity=8480-6$gt140", ["o1"]),
            ("Observation?component-code-value-quantity=8480-6$lt130", ["o2"]),
            ("Observation?component-code-value-quantity=8480-6$gt140", []),
            ("Observation?combo-code-value-quantity=8480-6$gt100", ["o1", "o2"]),
            // uri
            ("ValueSet?url=http://example.org/vs/blood/pressure", ["v1"]),
            ("ValueSet?url:below=http://example.org/vs", ["v1"]), ("ValueSet?url:below=http://example.org/v", []),
            ("ValueSet?url:above=http://example.org/vs/blood/pressure/systolic", ["v1"]),
            // missing, id, several at once
            ("Patient?organization:missing=true", ["muller", "ouyang"]),
            ("Patient?organization:missing=false", ["wang"]),
            ("Patient?_id=wang,muller,nobody", ["muller", "wang"]),
            ("Observation?patient=wang&code=8480-6&status=final&date=ge2026", ["o1"]),
            ("Patient?_lastUpdated=2026-01-01", ["muller", "ouyang", "wang"]),
            ("Patient?_lastUpdated=lt2026-01-01", []),
        ] as [(String, [String])])
    func finds(query: String, expected: [String]) async throws {
        let store = try await store()
        #expect(try store.ids(query).sorted() == expected)
        let halves = query.split(separator: "?", maxSplits: 1).map(String.init)
        let count = try store.search(
            type: halves[0], parameters: URLQuery.parse(halves[1]) + [("_summary", "count")])
        #expect(count.total == expected.count)
    }

    @Test(
        "refuses what it does not understand, and says what there is",
        arguments: [
            "Patient?colour=red", "Patient?birthdate=yesterday", "Patient?name:soundex=x",
            "Observation?value-quantity=x",
            "Patient?_count=-1", "Patient?_sort=colour", "Patient?_include=Patient:colour", "Patient?_total=some",
            "Observation?code-value-quantity=8480-6", "Patient?_cursor=nonsense!", "Nonsense?x=1",
            "Patient?active:missing=perhaps",
        ])
    func refuses(query: String) async throws {
        let store = try await store()
        #expect(throws: RecordsError.self) { try store.ids(query) }
    }

    @Test("lenient handling passes over what it does not understand, with a warning")
    func lenient() async throws {
        let store = try await store()
        let page = try store.search(
            type: "Patient", parameters: [("colour", "red"), ("gender", "male")], lenient: true)
        #expect(page.entries.map(\.version.key.id) == ["muller"])
        #expect(page.issues.count == 1 && page.selfParameters.map(\.0) == ["gender"])
    }

    @Test(
        "sorts, what has no value last",
        arguments: [
            ("Patient?_sort=birthdate", ["wang", "muller", "ouyang"]),
            ("Patient?_sort=-birthdate", ["ouyang", "muller", "wang"]),
            ("Patient?_sort=gender,-birthdate", ["ouyang", "wang", "muller"]),
            ("Patient?_sort=-_id", ["wang", "ouyang", "muller"]),
            ("Patient?_sort=death-date,_id", ["muller", "ouyang", "wang"]),
            ("Patient?_sort=-_lastUpdated", ["muller", "ouyang", "wang"]),
            ("Observation?_sort=date", ["o3", "o1", "o2"]), ("Observation?_sort=-date&status=final", ["o2", "o1"]),
        ] as [(String, [String])])
    func sorts(query: String, expected: [String]) async throws {
        let store = try await store()
        #expect(try store.ids(query) == expected)
        #expect(try store.allIDs(query + "&_count=1") == expected)
    }

    @Test("includes what is referred to and what refers back")
    func includes() async throws {
        let store = try await store()
        func included(_ query: String) throws -> [String] {
            let halves = query.split(separator: "?", maxSplits: 1).map(String.init)
            return try store.search(type: halves[0], parameters: URLQuery.parse(halves[1])).entries
                .filter { $0.mode == .include }.map(\.version.key.description).sorted()
        }
        #expect(try included("Observation?_id=o1&_include=Observation:subject") == ["Patient/wang"])
        #expect(try included("Observation?_id=o1&_include=Observation:subject:Group") == [])
        #expect(
            try included("Patient?_id=wang&_include=Patient:organization&_revinclude=Observation:patient")
                == ["Observation/o1", "Observation/o2", "Organization/west"])
        #expect(try included("Patient?_id=wang&_revinclude=RiskAssessment:*") == ["RiskAssessment/r1"])
    }

    @Test("updates and deletes leave no stale index rows", arguments: 0..<20 as Range<UInt64>)
    func indexFollows(seed: UInt64) async throws {
        var generator = SeededGenerator(seed: seed)
        let store = try memoryStore()
        let names = ["王", "李", "Smith", "张"]
        var truth: [String: (name: String, gender: String)] = [:]
        for _ in 0..<60 {
            let id = "p\(Int.random(in: 0..<8, using: &generator))"
            if Int.random(in: 0..<4, using: &generator) == 0 {
                _ = try await store.delete(ResourceKey(type: "Patient", id: id))
                truth[id] = nil
            } else {
                let name = names[Int.random(in: 0..<names.count, using: &generator)]
                let gender = Bool.random(using: &generator) ? "male" : "female"
                try await store.put(
                    #"{"resourceType":"Patient","id":"\#(id)","name":[{"family":"\#(name)"}],"gender":"\#(gender)","link":[{"other":{"reference":"Patient/p\#(Int.random(in: 0..<8, using: &generator))"},"type":"seealso"}]}"#
                )
                truth[id] = (name, gender)
            }
        }
        for name in names {
            #expect(
                try store.ids("Patient?name=\(name)").sorted() == truth.filter { $0.value.name == name }.keys.sorted())
        }
        #expect(
            try store.ids("Patient?gender=male").sorted() == truth.filter { $0.value.gender == "male" }.keys.sorted())
        #expect(try store.search(type: "Patient", parameters: [("_summary", "count")]).total == truth.count)
        #expect(try store.status().resourceCounts["Patient"] ?? 0 == truth.count)
    }

    @Test("pages by a cursor give everything once, while others write", arguments: 1...4)
    func paging(size: Int) async throws {
        let store = try memoryStore()
        for number in 0..<10 {
            try await store.put(
                #"{"resourceType":"Patient","id":"p\#(number)","birthDate":"19\#(50 + number * 3 % 10)"}"#)
        }
        for order in ["", "&_sort=birthdate", "&_sort=-birthdate"] {
            let all = try store.allIDs("Patient?_count=\(size)\(order)")
            #expect(all.count == 10 && Set(all).count == 10)
        }
        let first = try store.search(type: "Patient", parameters: [("_count", "5")])
        try await store.put(#"{"resourceType":"Patient","id":"late"}"#)
        _ = try await store.delete(ResourceKey(type: "Patient", id: "p1"))
        let rest = try store.search(type: "Patient", parameters: [("_count", "9"), ("_cursor", first.next ?? "")])
        #expect(rest.entries.map(\.version.key.id) == ["p5", "p6", "p7", "p8", "p9"])
    }
}
