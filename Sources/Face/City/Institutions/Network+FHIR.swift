/// Organizations, Locations, Practitioners and PractitionerRoles.
extension Network {
    func write(to bundle: inout BundleWriter, places: Places, departments: Departments) {
        for (index, institution) in institutions.enumerated() {
            bundle.add("Organization", institution.id) { text in
                text.put(CityModel.simulatedMark)
                write(institution, to: &text, places: places)
            }
            bundle.add("Location", ResourceID(owner: institution.key, serial: 1)) { text in
                text.put(#","status":"active","name":"#)
                text.put(quoted: institution.name)
                text.put(#","mode":"instance""#)
                put(address: institution, to: &text, places: places, isList: false)
                text.put(#","managingOrganization":"#)
                text.put(institution.reference)
            }
            if institution.isHospital { write(departmentsOf: index, to: &bundle, departments: departments) }
        }
        for practitioner in practitioners { write(practitioner, to: &bundle, departments: departments) }
    }

    private func write(_ institution: Institution, to text: inout ByteText, places: Places) {
        text.put(#","identifier":[{"system":"https://healthbrain.dev/fhir/institution","value":"#)
        text.put(quoted: institution.code)
        text.put(#"}],"active":true,"type":["#)
        text.put(Network.kind(institution.kind.rawValue, institution.kind.name))
        text.put(#",{"text":"#)
        text.put(quoted: institution.level)
        text.put(#"}],"name":"#)
        text.put(quoted: institution.name)
        put(address: institution, to: &text, places: places, isList: true)
        if let parent = institution.parent {
            text.put(#","partOf":"#)
            text.put(institutions[parent].reference)
        }
    }

    private func put(address institution: Institution, to text: inout ByteText, places: Places, isList: Bool) {
        let street = places.streets[institution.street]
        text.put(isList ? #","address":[{"line":["# : #","address":{"line":["#)
        text.put(quoted: street.name)
        text.put("]")
        if let district = institution.district {
            text.put(places.districts[district].addressTail)
        } else {
            text.put(
                Places.addressTail(
                    city: places.cityName, district: "", province: places.province, code: places.cityCode))
        }
        text.put(isList ? "}]" : "}")
    }

    private func write(departmentsOf index: Int, to bundle: inout BundleWriter, departments: Departments) {
        let institution = institutions[index]
        for department in departments.all.indices where institution.staff[department] != nil {
            bundle.add("Organization", Network.departmentID(institution, department)) { text in
                text.put(#","active":true,"type":["#)
                text.put(Network.kind("department", "科室"))
                text.put(#"],"name":"#)
                text.put(quoted: institution.name + departments[department].name)
                text.put(#","alias":["#)
                text.put(quoted: departments[department].name)
                text.put(#"],"partOf":"#)
                text.put(institution.reference)
            }
        }
    }

    static func departmentID(_ institution: Institution, _ department: Int) -> ResourceID {
        ResourceID(owner: institution.key, serial: 2 + department)
    }

    private func write(_ practitioner: Practitioner, to bundle: inout BundleWriter, departments: Departments) {
        let institution = institutions[practitioner.institution]
        let department = practitioner.department.map { departments[$0] }
        bundle.add("Practitioner", practitioner.id) { text in
            text.put(#","identifier":[{"system":"https://healthbrain.dev/fhir/practitioner","value":"#)
            text.put(quoted: practitioner.number)
            text.put(#"}],"active":true,"name":[{"text":"#)
            text.put(quoted: practitioner.name.text)
            text.put(#","family":"#)
            text.put(quoted: practitioner.name.family)
            text.put(#","given":["#)
            text.put(quoted: practitioner.name.given)
            text.put(#"]}],"gender":""#)
            text.put(practitioner.sex.code)
            text.put("\"")
            guard department != nil else { return }
            text.put(#","qualification":[{"code":{"text":"#)
            text.put(quoted: practitioner.title)
            text.put("}}]")
        }
        bundle.add("PractitionerRole", ResourceID(owner: practitioner.key, serial: 1)) { text in
            text.put(#","active":true,"practitioner":"#)
            text.put(practitioner.reference)
            text.put(#","organization":"#)
            if institution.isHospital, let department, let place = practitioner.department {
                text.put(
                    NetworkBuilder.reference(
                        "Organization", Network.departmentID(institution, place),
                        display: institution.name + department.name))
            } else {
                text.put(institution.reference)
            }
            text.put(#","code":["#)
            if let post = practitioner.post {
                text.put(
                    Codes.concept(system: Codes.house + "/CodeSystem/post", code: post.rawValue, display: post.name))
            } else {
                text.put(#"{"text":"#)
                text.put(quoted: practitioner.title)
                text.put("}")
            }
            text.put("]")
            guard let department else { return }
            text.put(#","specialty":["#)
            text.put(
                Codes.concept(
                    system: Codes.house + "/CodeSystem/department", code: department.key, display: department.name))
            text.put("]")
        }
    }

    static func kind(_ code: String, _ name: String) -> [UInt8] {
        Codes.concept(system: Codes.house + "/CodeSystem/institution-kind", code: code, display: name)
    }
}
