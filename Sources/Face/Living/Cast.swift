import Calendar
import City
public import JSON
public import Records

/// Who lives: residents of the simulated city, and where they are looked after.
public struct Cast: Sendable {
    var people: [Inhabitant]
    let hospitals: [String]
    /// Family doctors by centre, of the centres that look after somebody.
    let doctors: [String: [String]]

    /// Residents of a simulated city whose institutions the store has.
    ///
    /// They are people of another seed, so that none of them is a resident of the filled city; each is given the address and the centre of
    /// one of the city's own.
    ///
    /// - Parameters:
    ///   - city: `hangzhou`, `jiaxing` or `wenzhou`.
    ///   - seed: the seed of the city that the store is filled with.
    ///   - residents: how many live.
    ///   - end: the last day of the city, `yyyy-MM-dd`.
    /// - Throws: ``CityError``, or what keeps the store from being read.
    public init(city: String, seed: UInt64, residents: Int, end: String, _ store: RecordStore) throws {
        let doctors = try Self.doctors(store)
        let (draw, manners) = (Draw(seed: seed), try Manners())
        var homes: [(address: JSONNode, centre: String)] = []
        try Self.patients(city, seed, residents, end) { patient in
            guard let address = patient["address"],
                let centre = patient["managingOrganization"]?["reference"]?.string
            else { return }
            homes.append((address, centre))
        }
        var all: [Inhabitant] = []
        try Self.patients(city, seed &+ 7919, residents, end) { patient in
            guard let own = patient["id"]?.string,
                let born = patient["birthDate"]?.string.flatMap({ Calendar.CivilDay($0) }),
                all.count < residents, all.count < homes.count
            else { return }
            let (home, id) = (homes[all.count], Self.idPrefix + own)
            all.append(
                Inhabitant(
                    id: id, born: born, isWoman: patient["gender"]?.string == "female", centre: home.centre,
                    doctors: doctors[home.centre] ?? [], patient: try Self.moved(patient, id, to: home.address),
                    isFar: draw.unit(id, "far") < manners.setting("farShare"),
                    isHardToReach: draw.unit(id, "reach") < manners.setting("hardToReachShare")))
        }
        people = all
        self.doctors = doctors.filter { centre, _ in all.contains { $0.centre == centre } }
        hospitals = try Self.hospitals(store)
    }

    /// The Patients of a simulated city, without those of the households that its pages show first.
    private static func patients(
        _ city: String, _ seed: UInt64, _ residents: Int, _ end: String, _ body: (JSONNode) throws -> Void
    ) throws {
        let options = CityOptions(
            city: city, seed: seed, residents: residents + 40, days: 1, endDate: end, plantsOutbreaks: false)
        for bundle in try CitySimulation(options).bundles() where bundle.label.hasPrefix("household ") {
            guard Int(bundle.label.dropFirst("household ".count)) ?? 0 > storyHouseholds else { continue }
            for entry in try JSONDocument(parsing: bundle.json).root["entry"].map({ Array($0.elements) }) ?? [] {
                if let patient = entry["resource"], patient["resourceType"]?.string == "Patient" { try body(patient) }
            }
        }
    }

    /// The institutions and practitioners of a simulated city.
    public static func institutions(city: String, seed: UInt64, end: String) throws -> [JSONDocument] {
        let options = CityOptions(city: city, seed: seed, residents: 40, days: 1, endDate: end, plantsOutbreaks: false)
        var found: [JSONDocument] = []
        for bundle in try CitySimulation(options).bundles() {
            guard bundle.label == "institutions" else { break }
            for entry in try JSONDocument(parsing: bundle.json).root["entry"].map({ Array($0.elements) }) ?? [] {
                if let resource = entry["resource"] { found.append(try JSONDocument(parsing: resource.compactText())) }
            }
        }
        return found
    }

    private static let storyHouseholds = 8
    static let idPrefix = "life-"

    /// Whether a Patient's id is that of somebody who lives.
    public static func isLiving(_ patient: String) -> Bool { patient.hasPrefix(idPrefix) }

    private static func moved(_ patient: JSONNode, _ id: String, to address: JSONNode) throws -> JSONDocument {
        var writer = JSONWriter()
        writer.beginObject()
        for (key, value) in patient.members {
            guard let name = key.string else { continue }
            switch name {
            case "id": writer.member(name, string: id)
            case "address": writer.member(name, node: address)
            default: writer.member(name, node: value)
            }
        }
        writer.endObject()
        return try JSONDocument(parsing: writer.bytes)
    }

    /// Practitioners by the institution that they work for.
    private static func doctors(_ store: RecordStore) throws -> [String: [String]] {
        var found: [String: [String]] = [:]
        try each(store, "PractitionerRole", []) { role in
            guard let place = role["organization"]?["reference"]?.string,
                let doctor = role["practitioner"]?["reference"]?.string
            else { return }
            found[place, default: []].append(doctor)
        }
        return found.mapValues { $0.sorted() }
    }

    private static func hospitals(_ store: RecordStore) throws -> [String] {
        var found: [String] = []
        try each(store, "Organization", [("type", "hospital")]) { organization in
            if let id = organization["id"]?.string { found.append("Organization/\(id)") }
        }
        return found.sorted()
    }

    private static func each(
        _ store: RecordStore, _ type: String, _ parameters: [(String, String)], _ body: (JSONNode) -> Void
    ) throws {
        var cursor: String?
        repeat {
            var query = parameters + [("_count", "1000")]
            if let cursor { query.append(("_cursor", cursor)) }
            let page = try store.search(type: type, parameters: query)
            for entry in page.entries { body(try JSONDocument(parsing: entry.version.json()).root) }
            cursor = page.next
        } while cursor != nil
    }
}
