import Calendar
import JSON

/// A Patient as pages show one.
struct Person: Sendable, Equatable {
    /// Administrative sex.
    enum Sex: String, Sendable {
        case male
        case female
        case unknown
    }

    let id: String
    let name: String
    let sex: Sex
    /// As written: a full date, a month or a year.
    let birthDate: String?
    let deceased: Deceased?
    /// Resident ID number (GB 11643), in full; pages mask it.
    let idNumber: String?
    /// In full; pages mask it.
    let phone: String?
    let address: String?

    /// That a person has died, and when if that is known.
    struct Deceased: Sendable, Equatable {
        let date: String?
    }

    /// The identifier system of resident ID numbers.
    static let idNumberSystem = "urn:oid:2.16.156.10011.1.3"

    init(_ patient: JSONNode) {
        id = patient["id"]?.string ?? ""
        name = Self.name(patient)
        sex = (patient["gender"]?.string).flatMap(Sex.init(rawValue:)) ?? .unknown
        birthDate = patient["birthDate"]?.string
        if let date = patient["deceasedDateTime"]?.string {
            deceased = Deceased(date: date)
        } else {
            deceased = patient["deceasedBoolean"]?.bool == true ? Deceased(date: nil) : nil
        }
        idNumber =
            patient["identifier"]?.elements.first { $0["system"]?.equals(Self.idNumberSystem) == true }?["value"]?
            .string
        phone = patient["telecom"]?.elements.first { $0["system"]?.equals("phone") == true }?["value"]?.string
        address = patient["address"]?.elements.first { $0["use"]?.equals("old") != true }.flatMap(Self.address)
    }

    /// The age on a day, or at death.
    func age(on day: CivilDay) -> Age? {
        guard let born = birthDate.flatMap({ CivilDay($0) }) else { return nil }
        let died = (deceased?.date?.prefix(10)).flatMap { CivilDay($0) }
        return Age(born: born, on: died.map { min($0, day) } ?? day)
    }

    private static func name(_ patient: JSONNode) -> String {
        let names = Array(patient["name"]?.elements ?? patient.elements)
        guard let chosen = names.first(where: { $0["use"]?.equals("official") == true }) ?? names.first else {
            return ""
        }
        if let text = chosen["text"]?.string { return text }
        let given = (chosen["given"]?.elements).map { $0.compactMap(\.string) } ?? []
        let family = chosen["family"]?.string ?? ""
        let isHan = family.unicodeScalars.first.map { (0x3400...0x9FFF).contains($0.value) } ?? false
        return isHan ? family + given.joined() : (given + [family]).filter { !$0.isEmpty }.joined(separator: " ")
    }

    private static func address(_ node: JSONNode) -> String? {
        if let text = node["text"]?.string { return text }
        let line = (node["line"]?.elements).map { $0.compactMap(\.string) } ?? []
        let parts = [node["state"]?.string, node["city"]?.string, node["district"]?.string].compactMap { $0 } + line
        guard !parts.isEmpty else { return nil }
        let isHan = parts.joined().unicodeScalars.contains { (0x3400...0x9FFF).contains($0.value) }
        return parts.joined(separator: isHan ? "" : ", ")
    }
}
