import FHIR
public import Identity
public import JSON
import Records
import SQL

/// What Identity compares of a FHIR Patient. The one mapping between both.
public enum PatientFields {
    /// The system of resident numbers (公民身份号码).
    public static let residentNumberSystem = "urn:oid:2.16.156.10011.1.3"
    /// The system of numbers of newborns: the mother's number, a hyphen, and which child of the birth it is.
    static let newbornSystem = "https://healthbrain.dev/fhir/newborn"
    /// The system of the citizen card (市民卡, 社保卡), which counts city-wide.
    static let citizenCardSystem = "https://healthbrain.dev/fhir/citizen-card"
    private static let divisionURL = "https://healthbrain.dev/fhir/StructureDefinition/division"
    private static let ethnicGroupURL = "https://healthbrain.dev/fhir/StructureDefinition/ethnic-group"

    /// The fields as text.
    ///
    /// - Parameters:
    ///   - patient: a Patient.
    ///   - source: who sent it; empty for the record's own Patient.
    ///   - registeredAt: when it was written down there, as ISO 8601; empty when it is not known.
    public static func fields(
        of patient: JSONNode, source: String = "", registeredAt: String = ""
    ) -> [ColumnRole: String] {
        var fields: [ColumnRole: String] = [:]
        fields[.source] = source
        fields[.registeredAt] = registeredAt
        addName(of: patient, to: &fields)
        switch patient["gender"]?.string {
        case "male": fields[.sex] = "1"
        case "female": fields[.sex] = "2"
        default: break
        }
        fields[.birthDate] = patient["birthDate"]?.string
        addNumbers(of: patient, to: &fields)
        let phones = (patient["telecom"].map { Array($0.elements) } ?? []).filter {
            ($0["system"]?.string ?? "phone") == "phone" && $0["use"]?.string != "old"
        }
        fields[.phone] = (phones.first { $0["use"]?.string == "mobile" } ?? phones.first)?["value"]?.string
        addHome(of: patient, to: &fields)
        if let group = patient.coding(ofExtension: ethnicGroupURL) { fields[.ethnicity] = group["code"]?.string }
        for contact in patient["contact"].map({ Array($0.elements) }) ?? [] where fields[.contactName] == nil {
            fields[.contactName] = contact["name"].flatMap(text(ofName:))
        }
        return fields.filter { !$0.value.isEmpty }
    }

    /// The same, with the guardian that RelatedPersons name where the Patient names no contact.
    static func fields(of patient: JSONNode, child id: String, _ db: SQLConnection) throws -> [ColumnRole: String] {
        var fields = fields(of: patient)
        fields[.contactName] = try fields[.contactName] ?? GuardianNames.of(id, db)
        return fields
    }

    private static func addName(of patient: JSONNode, to fields: inout [ColumnRole: String]) {
        let names = (patient["name"].map { Array($0.elements) } ?? []).filter { $0["use"]?.string != "old" }
        guard let name = names.first(where: { $0["use"]?.string == "official" }) ?? names.first else { return }
        guard var text = text(ofName: name) else { return }
        if let order = patient["multipleBirthInteger"]?.integer, ["之子", "之女"].contains(where: text.hasSuffix) {
            text += "\(order)"
        }
        fields[.name] = text
    }

    /// The name as it is written: its text, else its parts, Chinese ones without a space.
    static func text(ofName name: JSONNode) -> String? {
        if let text = name["text"]?.string, !text.isEmpty { return text }
        let family = name["family"]?.string ?? ""
        let given = (name["given"].map { Array($0.elements) } ?? []).compactMap(\.string)
        let parts = ([family] + given).filter { !$0.isEmpty }
        guard let first = parts.first?.unicodeScalars.first else { return nil }
        return parts.joined(separator: first.properties.isIdeographic ? "" : " ")
    }

    private static func addNumbers(of patient: JSONNode, to fields: inout [ColumnRole: String]) {
        for identifier in patient["identifier"].map({ Array($0.elements) }) ?? []
        where identifier["use"]?.string != "old" {
            guard let value = identifier["value"]?.string else { continue }
            let system = identifier["system"]?.string ?? ""
            let types = identifier["type"]?["coding"].map { Array($0.elements) } ?? []
            let type = types.compactMap { $0["code"]?.string }.first ?? ""
            switch (system, type) {
            case (residentNumberSystem, _), (_, "NNCHN"):
                fields[.idNumber] = value
                fields[.idType] = "01"
            case (newbornSystem, _):
                guard fields[.idNumber] == nil, let end = value.lastIndex(of: "-") else { continue }
                fields[.idNumber] = String(value[..<end])
                fields[.idType] = "01"
            case (citizenCardSystem, _), (_, "SS"), (_, "HC"): fields[.socialCard] = fields[.socialCard] ?? value
            case (_, "PPN"):
                guard fields[.idNumber] == nil else { continue }
                fields[.idNumber] = value
                fields[.idType] = "03"
            case (_, "MR"), (_, "PI"), (_, "PT"):
                guard fields[.card] == nil else { continue }
                fields[.card] = value
                // A card counts inside of its issuer, whoever sends it.
                if !system.isEmpty { fields[.source] = system }
            default: break
            }
        }
    }

    private static func addHome(of patient: JSONNode, to fields: inout [ColumnRole: String]) {
        let homes = (patient["address"].map { Array($0.elements) } ?? []).filter { $0["use"]?.string != "old" }
        guard let home = homes.first else { return }
        let lines = (home["line"].map { Array($0.elements) } ?? []).compactMap(\.string)
        let parts = ["state", "city", "district"].compactMap { home[JSONKey($0)]?.string } + lines
        fields[.address] = home["text"]?.string ?? parts.joined()
        let division = (home["extension"].map { Array($0.elements) } ?? []).first {
            $0["url"]?.equals(divisionURL) == true
        }
        fields[.district] = division?["valueCode"]?.string ?? home["district"]?.string
    }

    /// The Patient that a merge elsewhere has put in the place of this one: its `link` of type `replaced-by`.
    static func replacement(of patient: JSONNode) -> String? {
        for link in patient["link"].map({ Array($0.elements) }) ?? [] where link["type"]?.equals("replaced-by") == true
        {
            if let reference = link["other"]?["reference"]?.string, reference.hasPrefix("Patient/") {
                return String(reference.dropFirst("Patient/".count))
            }
        }
        return nil
    }
}

extension JSONNode {
    fileprivate func coding(ofExtension url: String) -> JSONNode? {
        (self["extension"].map { Array($0.elements) } ?? []).first { $0["url"]?.equals(url) == true }?["valueCoding"]
    }
}

/// The fields of a record in one column: role, U+001F, value, U+001E, and so on.
enum FieldText {
    static func encode(_ fields: [ColumnRole: String]) -> String {
        var text = ""
        for role in ColumnRole.allCases {
            guard let value = fields[role], !value.isEmpty else { continue }
            text += role.rawValue + "\u{1F}" + value.filter { $0 != "\u{1E}" && $0 != "\u{1F}" } + "\u{1E}"
        }
        return text
    }

    static func decode(_ text: String) -> [ColumnRole: String] {
        var fields: [ColumnRole: String] = [:]
        for entry in text.utf8.split(separator: 0x1E) {
            guard let sign = entry.firstIndex(of: 0x1F), let role = ColumnRole(rawValue: String(entry[..<sign]) ?? "")
            else { continue }
            fields[role] = String(entry[entry.index(after: sign)...])
        }
        return fields
    }
}
