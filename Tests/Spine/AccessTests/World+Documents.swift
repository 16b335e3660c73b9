import Access
import FHIR
import JSON

/// The values that the target takes, made from the plain facts by way of documents.
extension Situation {
    var role: Role {
        switch who {
        case .anonymous: .anonymous
        case .resident: .resident
        case .clinician: .clinician
        case .epidemiologist: .epidemiologist
        case .manager: .manager
        case .systemDuty: .operator(.system)
        case .securityDuty: .operator(.security)
        case .auditDuty: .operator(.audit)
        case .program, .platform: .system
        }
    }

    func subject(_ reader: LabelReader) throws -> Subject {
        let tree = OrganisationTree(parents: ["o0d": "o0"])
        var subject = Subject(
            account: "a", role: role, patient: own, references: ["Practitioner/me"],
            reach: who == .platform ? .city : .organisations(tree.subtree(of: hospital)),
            division: Division(division), purpose: purpose, sensitivities: mayHIV ? [.hiv] : [])
        if let scopes {
            let text = scopes.map { scope in
                "\(scope.context)/\(scope.type).\(scope.letters)" + (scope.category.map { "?category=\($0)" } ?? "")
            }
            subject.scopes = try Scopes(
                (["openid", "launch/patient"] + text).joined(separator: " "), patient: scopePatient, reader)
        }
        return subject
    }

    /// The resource as a document.
    var document: String {
        let code = isHIV ? "B20.900" : isCase ? "A38.x00" : "J06.900"
        let coded = #"{"coding":[{"system":"http://hl7.org/fhir/sid/icd-10","code":"\#(code)"}]}"#
        let person: String? =
            switch about {
            case .patient(let id): #"{"reference":"Patient/\#(id)"}"#
            case .unknown: #"{"identifier":{"value":"330106198001010011"}}"#
            case .nobody: nil
            }
        let organisation = organisation.map { #"{"reference":"Organization/\#($0)"}"# }
        var members = [#""resourceType":"\#(type)""#]
        func put(_ name: String, _ value: String?) {
            if let value { members.append("\"\(name)\":\(value)") }
        }
        switch type {
        case "Patient":
            if case .patient(let id) = about { put("id", "\"\(id)\"") }
            put("managingOrganization", organisation)
            put(
                "address",
                home.map { #"[{"extension":[{"url":"\#(LabelReader.divisionURL)","valueCode":"\#($0)"}]}]"# })
        case "Observation":
            put("subject", person)
            put("code", coded)
            put("performer", organisation.map { "[\($0)]" })
            put("category", category.map { #"[{"coding":[{"system":"urn:x","code":"\#($0)"}]}]"# })
        case "Condition":
            put("subject", person)
            put("code", coded)
        case "Encounter":
            put("subject", person)
            put("serviceProvider", organisation)
            put("reasonCode", "[\(coded)]")
        case "QuestionnaireResponse":
            put("subject", person)
        case "Consent":
            put("patient", person)
            put("organization", organisation.map { "[\($0)]" })
        case "Communication":
            put("subject", person)
            put("sender", organisation ?? #"{"reference":"Patient/p0"}"#)
        case "Device":
            put("patient", person)
            put("owner", organisation)
        case "Task":
            put("for", person)
            put("owner", organisation)
            put("reasonCode", coded)
        case "MeasureReport":
            put("subject", person)
        case "AuditEvent":
            put("entity", person.map { "[{\"what\":\($0)}]" })
        case "Location":
            put("managingOrganization", organisation)
        case "Subscription":
            put(
                "extension",
                organisation.map { #"[{"url":"\#(LabelReader.receiverURL)","valueReference":\#($0)}]"# })
        default: break
        }
        if type != "Patient" { put("id", "\"x\"") }
        return "{" + members.joined(separator: ",") + "}"
    }

    /// Which types say who answers for them, as `document` writes them.
    var answering: String? {
        [
            "Condition", "QuestionnaireResponse", "MeasureReport", "AuditEvent", "Practitioner", "ValueSet",
        ]
        .contains(type) ? nil : organisation
    }

    func labels(_ reader: LabelReader, _ subject: Subject) throws -> ResourceLabels {
        let root = try JSONDocument(parsing: Array(document.utf8)).root
        var labels = reader.labels(of: root, parameters: subject.scopes?.parameters(of: type) ?? [])
        if type == "Patient" {
            labels.cases = isCase ? [[]] : []
        } else if let home, let division = Division(home) {
            labels.divisions = [division]
        }
        return labels
    }

    func relations() -> Relations {
        let day = Self.day
        let now = Self.now
        return Relations(
            guardianships: children.map {
                Guardianship(
                    child: $0.id, birthDate: "\(2026 - $0.age)-05-06", sensitivitiesAllowed: $0.allowsHIV ? [.hiv] : [])
            },
            delegations: mandates.filter { $0.state != .none }.map {
                Delegation(
                    patient: $0.patient, types: $0.onlyType.map { [$0] }, sensitivities: $0.namesHIV ? [.hiv] : [],
                    from: now - 10 * day, until: $0.state == .expired ? now - 1 : now + day,
                    isRevoked: $0.state == .revoked, source: "Consent/1")
            },
            breakGlass: emergencies.map {
                BreakGlass(patient: $0.patient, reason: $0.reason, from: now - Int64($0.minutesAgo) * 60_000)
            },
            approvals: approval.map {
                $0.state == .none || $0.state == .revoked
                    ? []
                    : [
                        ExportApproval(
                            id: "1", types: $0.types, sensitivities: $0.hiv ? [.hiv] : [],
                            until: $0.state == .expired ? now - 1 : now)
                    ]
            } ?? [],
            care: cares.map {
                CareRelation(
                    patient: $0.patient, organisation: $0.organisation, kind: $0.kind, from: now - 500 * day,
                    until: $0.endedDaysAgo.map { now - Int64($0) * day })
            })
    }

    func directives() throws -> [ConsentDirective] {
        try consents.compactMap { consent in
            let root = try JSONDocument(parsing: Array(Self.json(consent.kind, consent.patient, hospital).utf8)).root
            return ConsentDirective(root)
        }
    }

    private static func json(_ kind: ConsentKind, _ patient: String, _ hospital: String) -> String {
        let role = #""role":{"text":"受托人"}"#
        let own = #""actor":[{\#(role),"reference":{"reference":"Organization/\#(hospital)"}}]"#
        let other = #""actor":[{\#(role),"reference":{"reference":"Organization/elsewhere"}}]"#
        let purposes = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
        func purpose(_ code: String) -> String { #""purpose":[{"system":"\#(purposes)","code":"\#(code)"}]"# }
        var status = "active"
        var rule = ""
        let provision: String
        switch kind {
        case .denyAll: provision = #"{"type":"deny"}"#
        case .denyOwnHospital: provision = #"{"type":"deny",\#(own)}"#
        case .denyOtherHospital: provision = #"{"type":"deny",\#(other)}"#
        case .denyTreatment: provision = #"{"type":"deny",\#(purpose("TREAT"))}"#
        case .denyEmergency: provision = #"{"type":"deny",\#(purpose("ETREAT"))}"#
        case .denyResearch: provision = #"{"type":"deny",\#(purpose("HRESCH"))}"#
        case .denyObservations:
            provision =
                #"{"type":"permit","provision":[{"type":"deny","class":[{"system":"http://hl7.org/fhir/resource-types","code":"Observation"}]}]}"#
        case .denyHIV:
            provision =
                #"{"provision":[{"type":"deny","securityLabel":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"HIV"}]}]}"#
        case .denyAllButOwnHospital: provision = #"{"type":"deny","provision":[{"type":"permit",\#(own)}]}"#
        case .optOutButOwnHospital:
            rule = #""policyRule":{"coding":[{"code":"OPTOUT"}]},"#
            provision = #"{"type":"permit",\#(own)}"#
        case .over: provision = #"{"type":"deny","period":{"end":"2025-12-31"}}"#
        case .draft:
            status = "draft"
            provision = #"{"type":"deny"}"#
        case .permitAll: provision = #"{"type":"permit"}"#
        case .denyCollect: provision = #"{"type":"deny","action":[{"coding":[{"code":"collect"}]}]}"#
        }
        return
            #"{"resourceType":"Consent","id":"c","status":"\#(status)",\#(rule)"patient":{"reference":"Patient/\#(patient)"},"provision":\#(provision)}"#
    }
}
