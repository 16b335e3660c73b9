import FHIR
import Testing

@Suite("The definitions of R4")
struct DefinitionsTests {
    let r4: Definitions

    init() throws {
        r4 = try Definitions.r4()
    }

    @Test("know the 146 concrete resource types of R4, ViewDefinition, and no abstract one")
    func resourceTypes() {
        #expect(r4.resourceTypes.count == 147)
        #expect(r4.resourceTypes == r4.resourceTypes.sorted())
        #expect(r4.isResourceType("Patient"))
        for name in ["Resource", "DomainResource", "HumanName", "Patient.contact", "patient", ""] {
            #expect(!r4.isResourceType(name))
        }
        #expect(r4.primitives.count == 20)
        #expect(r4.isPrimitive("code"))
        #expect(!r4.isPrimitive("Coding"))
    }

    @Test("give the members of a structure in order, with cardinality, type and binding")
    func members() throws {
        let patient = try #require(r4.structure("Patient"))
        #expect(patient.kind == .resource)
        #expect(patient.base == "DomainResource")
        #expect(
            patient.members.prefix(10).map(\.name) == [
                "id", "meta", "implicitRules", "language", "text", "contained", "extension", "modifierExtension",
                "identifier", "active",
            ])
        let gender = try #require(patient.member("gender"))
        #expect(gender.type == "code")
        #expect(gender.isPrimitive && !gender.isList && gender.min == 0 && gender.max == 1)
        #expect(gender.requiredValueSet == "http://hl7.org/fhir/ValueSet/administrative-gender")
        let contact = try #require(patient.member("contact"))
        #expect(contact.isList && contact.max == nil)
        let structure = contact.structureIndex.map { r4.structure(at: $0) }
        #expect(structure?.name == "Patient.contact")
        #expect(structure?.kind == .backbone)
        #expect(patient.member("generalPractitioner")?.targets == ["Organization", "Practitioner", "PractitionerRole"])
        #expect(patient.member("managingOrganization")?.targets == ["Organization"])
        #expect(patient.member("contained")?.type == "Resource")
        #expect(patient.member("contained")?.structureIndex == nil)
        #expect(patient.member("id")?.type == "id")
        #expect(patient.member("_gender") == nil)
        #expect(patient.member("resourceType") == nil)
    }

    @Test("expand a choice into one member a type")
    func choices() throws {
        let observation = try #require(r4.structure("Observation"))
        #expect(observation.member("value") == nil)
        #expect(
            observation.members(ofElement: "value").map(\.name) == [
                "valueQuantity", "valueCodeableConcept", "valueString", "valueBoolean", "valueInteger", "valueRange",
                "valueRatio", "valueSampledData", "valueTime", "valueDateTime", "valuePeriod",
            ])
        #expect(observation.member("valueDateTime")?.type == "dateTime")
        #expect(observation.member("valueDateTime")?.isChoice == true)
        #expect(r4.structure("Extension")?.members(ofElement: "value").count == 50)
    }

    @Test("follow references to content defined elsewhere")
    func contentReferences() throws {
        let entry = try #require(r4.structure("Bundle.entry"))
        let link = try #require(entry.member("link")?.structureIndex)
        #expect(r4.structure(at: link).name == "Bundle.link")
        let item = try #require(r4.structure("Questionnaire.item"))
        #expect(item.member("item")?.structureIndex == item.index)
    }

    @Test("find every structure and every member of it by name")
    func all() {
        for structure in r4.structures {
            #expect(r4.structure(structure.name)?.index == structure.index)
            for member in structure.members where structure.member(member.name) != member {
                Testing.Issue.record("\(structure.name).\(member.name) is not found")
            }
            #expect(structure.member("noSuchMember") == nil)
        }
    }

    @Test("hold the required value sets that can be enumerated")
    func valueSets() throws {
        let gender = try #require(r4.valueSet("http://hl7.org/fhir/ValueSet/administrative-gender"))
        #expect(gender.codes == ["male", "female", "other", "unknown"])
        #expect(gender.contains("other"))
        #expect(!gender.contains("Other"))
        #expect(gender.contains(system: "http://hl7.org/fhir/administrative-gender", code: "male"))
        #expect(!gender.contains(system: "http://example.org", code: "male"))
        #expect(r4.valueSet("http://hl7.org/fhir/ValueSet/mimetypes") == nil)
        #expect(r4.valueSet("http://example.org/none") == nil)
    }

    @Test("hold the search parameters of each type, inherited ones included")
    func searchParameters() throws {
        #expect(r4.searchParameters.count == 1719)
        let birthdate = try #require(r4.searchParameter("birthdate", of: "Patient"))
        #expect(birthdate.type == .date)
        #expect(birthdate.expression == "Patient.birthDate")
        #expect(r4.searchParameter("_id", of: "Patient")?.resource == "Resource")
        #expect(r4.searchParameter("_text", of: "Patient")?.resource == "DomainResource")
        #expect(r4.searchParameter("_text", of: "Bundle") == nil)
        #expect(r4.searchParameter("_lastUpdated", of: "Bundle")?.type == .date)
        let composite = try #require(r4.searchParameter("code-value-quantity", of: "Observation"))
        #expect(composite.components.map(\.code) == ["code", "value-quantity"])
        #expect(composite.components.map(\.type) == [.token, .quantity])
        #expect(r4.searchParameter("subject", of: "Observation")?.targets.contains("Patient") == true)
        #expect(r4.searchParameter("focus", of: "Observation")?.targets == [])
    }

    @Test("hold the compartments and the invariants")
    func compartments() throws {
        #expect(
            r4.compartments.map(\.name).sorted() == [
                "Device", "Encounter", "Patient", "Practitioner", "RelatedPerson",
            ])
        #expect(r4.compartment("Patient")?.parameters["Observation"] == ["performer", "subject"])
        let invariants = try r4.invariants()
        #expect(invariants.count == 241)
        #expect(invariants.contains { $0.key == "pat-1" && $0.path == "Patient.contact" && $0.severity == .error })
    }
}
