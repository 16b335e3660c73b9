import Calendar
import FHIR
public import JSON

/// Days and places as resources of the house write them.
public enum Recorded {
    /// The day in Shanghai of a date known to the day or better, as days since 1970.
    public static func day(of node: JSONNode?) -> Int? {
        guard let text = node?.string, text.utf8.count >= 10 else { return nil }
        if text.utf8.count == 10 { return CivilDay(text)?.number }
        return FHIRDateTime(text).map { CivilDay(milliseconds: $0.lowMilliseconds).number }
    }

    /// A Patient's day of birth as days since 1970; the middle of the month or year where no more is known.
    public static func birthDay(of patient: JSONDocument) -> Int64? {
        guard let text = patient.root["birthDate"]?.string else { return nil }
        let whole = text.utf8.count == 4 ? text + "-07-01" : text.utf8.count == 7 ? text + "-15" : text
        return CivilDay(whole).map { Int64($0.number) }
    }

    /// The GB/T 2260 division of a Patient's, an Organization's or a Location's address: of the first address in use that has one;
    /// 0 when none has.
    public static func district(of document: JSONDocument) -> Int64 { district(ofResource: document.root) }

    /// The same of a resource that stands in another document.
    public static func district(ofResource resource: JSONNode) -> Int64 {
        guard let given = resource["address"] else { return 0 }
        // A Location has one address, everybody else a list of them.
        for address in given.isArray ? Array(given.elements) : [given] where address["use"]?.string != "old" {
            let number = division(of: address)
            if number > 0 { return number }
        }
        return 0
    }

    /// The GB/T 2260 division of one address; 0 when it has none.
    public static func division(of address: JSONNode) -> Int64 {
        for element in address["extension"].map({ Array($0.elements) }) ?? []
        where element["url"]?.equals(divisionURL) == true {
            if let code = element["valueCode"]?.string, let number = Int64(code), number > 0 { return number }
        }
        return 0
    }

    private static let divisionURL = "https://healthbrain.dev/fhir/StructureDefinition/division"
}
