import Calendar
import JSON

/// Somebody who lives in the city.
struct Inhabitant: Sendable {
    let id: String
    let born: CivilDay
    let isWoman: Bool
    let centre: String
    /// Family doctors of the centre.
    let doctors: [String]
    /// The Patient as it was at the beginning.
    let patient: JSONDocument
    /// Whether the way to the centre is long.
    let isFar: Bool
    /// Since when blood pressure, and sugar, are known to be high.
    var pressureSince: CivilDay?
    var sugarSince: CivilDay?
    /// The last delivery, or the one to come.
    var delivery: CivilDay?
    var isGone = false
    var isDead = false
    /// Which of the doctors.
    var doctor = 0

    var reference: String { "Patient/\(id)" }
    var doctorReference: String { doctors.isEmpty ? centre : doctors[doctor % doctors.count] }

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
