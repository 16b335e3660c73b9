import Calendar
import JSON
import Series

/// Somebody who lives in the city.
struct Inhabitant: Sendable {
    let id: String
    let born: CivilDay
    let isWoman: Bool
    var centre: String
    /// Family doctors of the centre.
    var doctors: [String]
    /// The Patient as it was at the beginning.
    let patient: JSONDocument
    /// Whether the way to the centre is long.
    let isFar: Bool
    /// Whether it takes many calls.
    let isHardToReach: Bool
    /// What isn't left to chance; see ``Cast/Wish/fate``.
    var fate: [String: String] = [:]
    /// Since when blood pressure, and sugar, are known to be high.
    var pressureSince: CivilDay?
    var sugarSince: CivilDay?
    /// The last delivery, or the one to come.
    var delivery: CivilDay?
    /// The doses that were given, with what the record says of them.
    var doses: [DoseHistory.Dose] = []
    var isGone = false
    var isDead = false
    /// Which of the doctors.
    var doctor = 0

    var reference: String { "Patient/\(id)" }
    var doctorReference: String { doctors.isEmpty ? centre : doctors[doctor % doctors.count] }

    /// What is known of an illness by its code.
    mutating func know(_ code: String, _ day: CivilDay) {
        if code.hasPrefix("I10") { pressureSince = min(pressureSince ?? day, day) }
        if code.hasPrefix("E11") { sugarSince = min(sugarSince ?? day, day) }
    }

    func age(on day: CivilDay) -> Int { (day.number - born.number) * 4 / 1461 }

    /// The Patient as it is now.
    func document(deceased: String? = nil) throws -> JSONDocument {
        var writer = JSONWriter()
        writer.beginObject()
        for (key, value) in patient.root.members {
            guard let name = key.string, name != "generalPractitioner", name != "managingOrganization" else { continue }
            writer.member(name, node: value)
        }
        writer.key("generalPractitioner")
        writer.beginArray()
        writer.beginObject()
        writer.member("reference", string: doctorReference)
        writer.endObject()
        writer.endArray()
        writer.key("managingOrganization")
        writer.beginObject()
        writer.member("reference", string: centre)
        writer.endObject()
        if let deceased { writer.member("deceasedDateTime", string: deceased) }
        writer.endObject()
        return try JSONDocument(parsing: writer.bytes)
    }
}

extension Inhabitant {
    /// A child on the day of its birth: it lives where its mother does.
    func child(_ id: String, _ day: CivilDay, isGirl: Bool) throws -> Inhabitant {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("resourceType", string: "Patient")
        writer.member("id", string: id)
        let family = patient.root["name"]?[0]?["family"]?.string ?? ""
        writer.key("name")
        writer.beginArray()
        writer.beginObject()
        writer.member("text", string: family + (isGirl ? "小妹" : "小弟"))
        writer.endObject()
        writer.endArray()
        writer.member("gender", string: isGirl ? "female" : "male")
        writer.member("birthDate", string: day.isoText)
        if let address = patient.root["address"] { writer.member("address", node: address) }
        writer.endObject()
        var child = Inhabitant(
            id: id, born: day, isWoman: isGirl, centre: centre, doctors: doctors,
            patient: try JSONDocument(parsing: writer.bytes), isFar: isFar, isHardToReach: isHardToReach)
        child.doctor = doctor
        child.fate = fate.filter { $0.key == "tasks" }
        return child
    }
}
