/// Patients, the RelatedPersons of children, and what happened to each member.
extension Household {
    func write(to bundle: inout BundleWriter, model: CityModel) {
        // A child is spoken of by its guardians' RelatedPersons, and these by the guardians: they go in one bundle.
        for person in members {
            bundle.add("Patient", person.id) { write(person, to: &$0, model: model) }
            for guardianship in guardianships(of: person, on: model.end) {
                bundle.add("RelatedPerson", guardianship.id) { write(guardianship, of: person, to: &$0) }
            }
        }
        for person in members {
            bundle.makeRoom(for: 8)
            var life = LifeCourse(of: person, in: self, model: model)
            life.write(to: &bundle)
            if Story(rawValue: number) == nil {
                let street = home(on: model.end).street
                let centre = model.network.institutions[model.network.centreOfStreet[street]].reference
                model.laboratories.writeSample(of: person, centre: centre, model: model, to: &bundle)
            }
        }
    }

    private func write(_ guardianship: Guardianship, of child: Person, to text: inout ByteText) {
        let (contact, relation) = (guardianship.guardian, guardianship.relation)
        text.put(#","active":true,"patient":{"reference":"Patient/"#)
        text.put(child.id)
        text.put(#""},"relationship":["#)
        text.put(relation == .mother ? Relation.mothersConcept : Relation.fathersConcept)
        text.put("]")
        put(name: contact.name, to: &text)
        put(phone: contact.phone, to: &text)
        text.put(#","gender":""#)
        text.put(contact.sex.code)
        text.put(#"","birthDate":""#)
        text.put(contact.born)
        text.put("\"")
    }

    private func write(_ person: Person, to text: inout ByteText, model: CityModel) {
        text.put(CityModel.simulatedMark)
        let ethnicity = model.names.ethnicities[person.ethnicity]
        let isForeign = if case .passport = person.papers { true } else { false }
        if !isForeign {
            text.put(#","extension":[{"url":"https://healthbrain.dev/fhir/StructureDefinition/ethnic-group","#)
            text.put(
                #""valueCoding":{"system":"https://healthbrain.dev/fhir/CodeSystem/gbt-3304","code":"#)
            text.put(quoted: ethnicity.code)
            text.put(#","display":"#)
            text.put(quoted: ethnicity.name)
            text.put("}}]")
        }
        put(papersOf: person, to: &text)
        text.put(person.died == nil ? #","active":true"# : #","active":false"#)
        put(name: person.name, to: &text)
        put(phone: person.phone, to: &text)
        text.put(#","gender":""#)
        text.put(person.sex.code)
        text.put(#"","birthDate":""#)
        text.put(person.born)
        text.put("\"")
        if let died = person.died {
            text.put(#","deceasedDateTime":""#)
            text.put(died)
            text.put("\"")
        }
        put(homesOf: person, to: &text, model: model)
        if person.age(on: model.end) >= 18 { text.put(Household.maritalStatus(person.maritalStatus)) }
        if person.birthOrder > 0 {
            text.put(#","multipleBirthInteger":"#)
            text.put(person.birthOrder)
        }
        if let contact = contact(of: person) {
            text.put(#","contact":[{"relationship":["#)
            text.put(contact.relation.concept)
            text.put(#"],"name":{"text":"#)
            text.put(quoted: contact.person.name.text)
            text.put(#"},"telecom":[{"system":"phone","value":""#)
            text.put(plain: contact.person.phone)
            text.put(#""}]}]"#)
        }
        put(childrenOf: person, to: &text, model: model)
        let centre = model.network.institutions[model.network.centreOfStreet[home(on: model.end).street]]
        text.put(#","generalPractitioner":["#)
        text.put(centre.reference)
        text.put(#"],"managingOrganization":"#)
        text.put(centre.reference)
    }

    /// A guardian's Patient says which RelatedPersons they are.
    private func put(childrenOf person: Person, to text: inout ByteText, model: CityModel) {
        guard person.role != .child, person.died == nil else { return }
        let links = members.flatMap { guardianships(of: $0, on: model.end) }
            .filter { $0.guardian.member == person.member }
        for (place, link) in links.enumerated() {
            text.put(
                place == 0
                    ? #","link":[{"other":{"reference":"RelatedPerson/"# : #",{"other":{"reference":"RelatedPerson/"#)
            text.put(link.id)
            text.put(#""},"type":"seealso"}"#)
        }
        if !links.isEmpty { text.put("]") }
    }

    private func put(papersOf person: Person, to text: inout ByteText) {
        text.put(#","identifier":["#)
        switch person.papers {
        case .residentID(let id):
            text.put(#"{"use":"official","system":"urn:oid:2.16.156.10011.1.3","value":""#)
            text.put(plain: id.description)
            text.put(#""},"#)
        case .newborn(let mother, let order):
            text.put(#"{"use":"temp","system":"https://healthbrain.dev/fhir/newborn","value":""#)
            text.put(plain: mother)
            text.put("-")
            text.put(order)
            text.put(#""},"#)
        case .passport(let country, let number):
            text.put(#"{"use":"official","type":{"coding":[{"#)
            text.put(#""system":"http://terminology.hl7.org/CodeSystem/v2-0203","code":"PPN"}],"text":"护照"},"#)
            text.put(#""system":"http://hl7.org/fhir/sid/passport-"#)
            text.put(plain: country)
            text.put(#"","value":""#)
            text.put(plain: number)
            text.put(#""},"#)
        }
        text.put(#"{"use":"secondary","system":"https://healthbrain.dev/fhir/household","value":""#)
        text.put(1_000_000 + number)
        text.put(#""}]"#)
    }

    private func put(name: PersonName, to text: inout ByteText) {
        text.put(#","name":[{"use":"official","text":"#)
        text.put(quoted: name.text)
        text.put(#","family":"#)
        text.put(quoted: name.family)
        text.put(#","given":["#)
        text.put(quoted: name.given)
        text.put("]}]")
    }

    private func put(phone: String, to text: inout ByteText) {
        text.put(#","telecom":[{"system":"phone","value":""#)
        text.put(plain: phone)
        text.put(#"","use":"mobile"}]"#)
    }

    private func put(homesOf person: Person, to text: inout ByteText, model: CityModel) {
        text.put(#","address":["#)
        var first = true
        // The present home comes first.
        for (index, home) in homes.enumerated().reversed() {
            var until = index + 1 < homes.count ? homes[index + 1].from : nil
            if let died = person.died, let end = until, end > died { until = nil }
            if let until, until <= person.born { continue }
            if let died = person.died, home.from > died { continue }
            let street = model.places.streets[home.street]
            let district = model.places.districts[street.district]
            if !first { text.put(",") }
            first = false
            text.put(until == nil ? #"{"use":"home","type":"both","text":""# : #"{"use":"old","type":"both","text":""#)
            text.put(plain: model.places.province)
            text.put(plain: model.places.cityName)
            text.put(plain: district.name)
            text.put(plain: street.name)
            text.put(plain: home.building)
            text.put(#"","line":["#)
            text.put(quoted: street.name + home.building)
            text.put("]")
            text.put(district.addressTail)
            let arrived = index == 0 ? arrival.flatMap { $0.day > person.born ? $0.day : nil } : nil
            let from = home.from > person.born && home.from >= model.start ? home.from : arrived
            if from != nil || until != nil {
                text.put(#","period":{"#)
                if let from {
                    text.put(#""start":""#)
                    text.put(from)
                    text.put(until == nil ? "\"" : #"","#)
                }
                if let until {
                    text.put(#""end":""#)
                    text.put(until.adding(days: -1))
                    text.put("\"")
                }
                text.put("}")
            }
            text.put("}")
        }
        if let arrival, arrival.day > person.born {
            text.put(#",{"use":"old","type":"both","text":"#)
            text.put(quoted: arrival.province)
            text.put(#","state":"#)
            text.put(quoted: arrival.province)
            text.put(#","country":"CN","extension":[{"url":"#)
            text.put(quoted: Codes.house + "/StructureDefinition/division")
            text.put(#","valueCode":"#)
            text.put(quoted: arrival.division)
            text.put(#"}],"period":{"end":""#)
            text.put(arrival.day.adding(days: -1))
            text.put(#""}}"#)
        }
        text.put("]")
    }

    private static func maritalStatus(_ status: Person.MaritalStatus) -> StaticString {
        switch status {
        case .never:
            #","maritalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-MaritalStatus","code":"S"}],"text":"未婚"}"#
        case .married:
            #","maritalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-MaritalStatus","code":"M"}],"text":"已婚"}"#
        case .widowed:
            #","maritalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-MaritalStatus","code":"W"}],"text":"丧偶"}"#
        case .divorced:
            #","maritalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-MaritalStatus","code":"D"}],"text":"离婚"}"#
        }
    }
}
