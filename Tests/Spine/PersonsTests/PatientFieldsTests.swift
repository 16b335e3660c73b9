import Identity
import JSON
import Persons
import Testing

struct PatientFieldsTests {
    @Test("reads a Patient as Identity compares it")
    func readsFields() throws {
        var patient = TestPatient()
        patient.card = ("urn:h1", "0001")
        let fields = PatientFields.fields(of: try json(patient.text).root, source: "H1")
        #expect(fields[.name] == "欧阳晚晴")
        #expect(fields[.idNumber] == "330106198003072525")
        #expect(fields[.card] == "0001")
        #expect(fields[.source] == "urn:h1")
        #expect(fields[.sex] == "2")
        #expect(fields[.phone] == "13957112233")
        let newborn = try json(
            #"{"resourceType":"Patient","identifier":[{"system":"https://healthbrain.dev/fhir/newborn","#
                + #""value":"330106198003072525-2"}],"name":[{"text":"沈丽之女"}],"multipleBirthInteger":2,"#
                + #""contact":[{"name":{"family":"沈","given":["丽"]}}]}"#)
        let child = PatientFields.fields(of: newborn.root)
        #expect(child[.name] == "沈丽之女2")
        #expect(child[.contactName] == "沈丽")
        #expect(child[.idNumber] == "330106198003072525")
    }
}
