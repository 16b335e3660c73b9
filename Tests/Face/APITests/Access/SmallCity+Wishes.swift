import HTTPTypes

/// What is asked of the city, by every way that there is.
extension SmallCity {
    /// The references that somebody should find.
    typealias Expected = @Sendable (Person) -> Set<String>

    /// A request, and what its answer is held against.
    struct Wish: Sendable, CustomStringConvertible {
        indirect enum Kind: Sendable {
            /// A resource: 200 where it is seen.
            case one(String)
            /// A Bundle of what is seen; exactly what comes, where that is easily said.
            case many(Expected?)
            /// A Bundle that tells how many there are, of so many in truth.
            case total(of: Int, Expected)
            /// Rows whose `key` is a reference.
            case rows(Expected)
            /// A batch of reads.
            case batch([String])
            /// A write that comes to nothing; where the resource is not seen, as another one for a resource that is not there.
            case likeMissing(String, Wish)
        }

        var method = HTTPRequest.Method.get
        var uri: String
        var headers: HTTPFields = [:]
        var body: String?
        var kind: Kind

        var description: String { "\(method) \(uri)\(body.map { " " + $0 } ?? "")" }
    }

    func wish(_ random: inout Dice) -> Wish {
        let all = personal
        let reference = all[random.below(all.count)]
        let patient = random.below(Self.patients)
        let code = Self.codes[random.below(Self.codes.count)]
        return switch random.below(4) {
        case 0: one(reference, &random)
        case 1: search(reference, patient, code, &random)
        case 2: along(patient, code, &random)
        default: other(reference, patient, &random)
        }
    }

    /// Those of a type that are seen and meant.
    private func of(_ type: String, _ isMeant: @escaping @Sendable (String, Person) -> Bool = { _, _ in true })
        -> Expected
    {
        { person in seen(by: person).filter { $0.hasPrefix(type + "/") && isMeant($0, person) } }
    }

    /// How many of a type there are.
    private func count(_ type: String) -> Int { personal.count { $0.hasPrefix(type + "/") } }

    /// Whether somebody knows the name of whom a record is about.
    private func knowsName(_ person: Person, of reference: String) -> Bool {
        knowsName(person, of: patient(of: reference))
    }

    private func name(_ patient: Int) -> String { "%E5%A5%87%E5%90%8D\(patient)%E5%BC%82" }

    // MARK: One resource

    private func one(_ reference: String, _ random: inout Dice) -> Wish {
        switch random.below(6) {
        case 0, 1: return Wish(uri: "/fhir/\(reference)", kind: .one(reference))
        case 2: return Wish(uri: "/fhir/\(reference)/_history/1", kind: .one(reference))
        case 3: return Wish(uri: "/fhir/\(reference)/_history", kind: .one(reference))
        case 4: return Wish(uri: "/fhir/\(reference)?_summary=true", kind: .one(reference))
        default:
            let all = personal
            let references = [reference] + (0..<4).map { _ in all[random.below(all.count)] }
            let entries = references.map { #"{"request":{"method":"GET","url":"\#($0)"}}"# }
            return Wish(
                method: .post, uri: "/fhir",
                body: #"{"resourceType":"Bundle","type":"batch","entry":[\#(entries.joined(separator: ","))]}"#,
                kind: .batch(references))
        }
    }

    // MARK: Searches of a type

    private func search(_ reference: String, _ patient: Int, _ code: String, _ random: inout Dice) -> Wish {
        let parts = reference.split(separator: "/").map(String.init)
        let type = parts[0]
        func find(_ query: String, _ expected: Expected?) -> Wish {
            Wish(uri: "/fhir/\(query)\(query.contains("?") ? "&" : "?")_count=100", kind: .many(expected))
        }
        switch random.below(13) {
        case 0: return find("\(type)?_id=\(parts[1])", of(type) { found, _ in found == reference })
        case 1:
            return find(
                "Condition?subject=Patient/p\(patient)",
                of("Condition") { found, _ in self.patient(of: found) == patient })
        case 2: return find("Condition?code=\(code)", of("Condition") { found, _ in self.code(of: found) == code })
        case 3:
            return find(
                "Patient?name=\(name(patient))",
                of("Patient") { $0 == "Patient/p\(patient)" && knowsName($1, of: patient) })
        case 4: return find("Patient?birthdate=ge1900-01-01", of("Patient") { knowsName($1, of: $0) })
        case 5:
            return find(
                "Patient?_sort=\(["family", "-birthdate"][random.below(2)])", of("Patient") { knowsName($1, of: $0) })
        case 6: return find("\(type)?_sort=\(["-_lastUpdated", "_id"][random.below(2)])", of(type))
        case 7: return find("\(type)?_elements=\(type == "Patient" ? "name" : "subject")", of(type))
        case 8: return Wish(uri: "/fhir/\(type)?_total=accurate&_count=1", kind: .total(of: count(type), of(type)))
        case 9: return Wish(uri: "/fhir/\(type)?_summary=count", kind: .total(of: count(type), of(type)))
        case 10:
            return Wish(
                uri: "/fhir/Condition?_summary=count&code=\(code)",
                kind: .total(
                    of: findings.count { $0.code == code }, of("Condition") { found, _ in self.code(of: found) == code }
                ))
        case 11: return find("Patient?_content=\(name(patient))", nil)
        default:
            return Wish(
                method: .post, uri: "/fhir/Condition/_search",
                headers: [.contentType: "application/x-www-form-urlencoded"], body: "code=\(code)&_count=100",
                kind: .many(of("Condition") { found, _ in self.code(of: found) == code }))
        }
    }

    // MARK: Searches by way of others, and what comes along

    private func along(_ patient: Int, _ code: String, _ random: inout Dice) -> Wish {
        func find(_ query: String, _ expected: Expected?) -> Wish {
            Wish(uri: "/fhir/\(query)&_count=100", kind: .many(expected))
        }
        /// The patients with a condition of the code, both seen.
        let having: Expected = { person in
            let seen = seen(by: person)
            return Set(seen.filter { self.code(of: $0) == code }.map { "Patient/p\(self.patient(of: $0))" })
                .intersection(seen)
        }
        let patients = Self.patients
        switch random.below(9) {
        case 0: return find("Patient?_has:Condition:subject:code=\(code)", having)
        case 1:
            return find(
                "Patient?_has:Encounter:subject:status=finished",
                of("Patient") { found, person in
                    seen(by: person).contains {
                        $0.hasPrefix("Encounter/") && "Patient/p\(self.patient(of: $0))" == found
                    }
                })
        case 2:
            return find(
                "Observation?subject:Patient._has:Condition:subject:code=\(code)",
                of("Observation") { having($1).contains("Patient/p\(self.patient(of: $0))") })
        case 3:
            return find(
                "Condition?subject:Patient.name=\(name(patient))",
                of("Condition") { self.patient(of: $0) == patient && knowsName($1, of: patient) })
        case 4:
            return find(
                "Condition?patient.birthdate=ge1900-01-01", of("Condition") { knowsName($1, of: $0) })
        case 5:
            return find(
                "Patient?_id=p\(patient)&_revinclude=Condition:subject&_revinclude=Encounter:subject",
                { person in
                    let seen = seen(by: person)
                    guard seen.contains("Patient/p\(patient)") else { return [] }
                    return seen.filter { !$0.hasPrefix("Observation/") && self.patient(of: $0) == patient }
                })
        case 6:
            return find(
                "Condition?_include=Condition:subject",
                { person in
                    let seen = seen(by: person)
                    let conditions = seen.filter { $0.hasPrefix("Condition/") }
                    return conditions.union(conditions.map { "Patient/p\(self.patient(of: $0))" }).intersection(seen)
                })
        case 7:
            return find(
                "Encounter?_include=Encounter:subject&_revinclude:iterate=Condition:subject",
                { person in
                    let seen = seen(by: person)
                    let visited = Set(seen.filter { $0.hasPrefix("Encounter/") }.map { self.patient(of: $0) })
                    return seen.filter { !$0.hasPrefix("Observation/") && visited.contains(self.patient(of: $0)) }
                })
        default:
            return find(
                "Observation?patient:Patient._id=p\(random.below(patients))&subject=Patient/p\(patient)", nil)
        }
    }

    // MARK: The rest

    private func other(_ reference: String, _ patient: Int, _ random: inout Dice) -> Wish {
        let parts = reference.split(separator: "/").map(String.init)
        let type = parts[0]
        let own: Expected = { person in seen(by: person).filter { self.patient(of: $0) == patient } }
        switch random.below(11) {
        case 0: return Wish(uri: "/fhir/\(type)/_history?_count=100", kind: .many(of(type)))
        case 1: return Wish(uri: "/fhir/_history?_count=200", kind: .many { seen(by: $0) })
        case 2: return Wish(uri: "/fhir/Patient/p\(patient)/$everything?_count=200", kind: .many(own))
        case 3: return Wish(uri: "/fhir/Patient/$everything?_count=500", kind: .many(nil))
        case 4:
            return Wish(
                uri: "/fhir/Patient/p\(patient)/Condition?_count=100",
                kind: .many(of("Condition") { found, _ in self.patient(of: found) == patient }))
        case 5: return Wish(uri: "/fhir/Patient/p\(patient)/*?_count=100", kind: .many(own))
        case 6:
            return Wish(
                uri: "/fhir?_type=Patient,Condition&_count=100",
                kind: .many { person in
                    seen(by: person).filter { $0.hasPrefix("Patient/") || $0.hasPrefix("Condition/") }
                })
        case 7:
            let view = """
                {"resourceType":"ViewDefinition","status":"active","resource":"\(type)","select":[{"column":[\
                {"name":"key","path":"getResourceKey()"}]}]}
                """
            return Wish(
                method: .post, uri: "/fhir/ViewDefinition/$viewdefinition-run?_format=json", body: view,
                kind: .rows { person in
                    Set(
                        seen(by: person).filter { $0.hasPrefix(type + "/") }.map {
                            String($0.dropFirst(type.count + 1))
                        })
                })
        case 8:
            return without(reference) { Wish(method: .delete, uri: "/fhir/\(type)?_id=\($0)", kind: .many(nil)) }
        case 9:
            return without(reference) {
                Wish(
                    method: .patch, uri: "/fhir/\(type)?_id=\($0)",
                    headers: [.contentType: "application/json-patch+json"],
                    body: #"[{"op":"test","path":"/resourceType","value":"Nothing"}]"#, kind: .many(nil))
            }
        default:
            return without(reference) {
                Wish(
                    method: .post, uri: "/fhir/\(type)", headers: [HTTPField.Name("If-None-Exist")!: "_id=\($0)"],
                    body: #"{"resourceType":"\#(type)","subject":{"reference":"Patient/zz"}}"#, kind: .many(nil))
            }
        }
    }

    /// A write on a condition that names a resource, beside the same on one that is not there.
    private func without(_ reference: String, _ make: (String) -> Wish) -> Wish {
        var wish = make(String(reference.drop { $0 != "/" }.dropFirst()))
        wish.kind = .likeMissing(reference, make("zz"))
        return wish
    }
}
