import JSON

/// What a copy for research tells of a person: quasi-identifiers, made as coarse as k-anonymity needs.
public struct GeneralisedPerson: Sendable, Hashable {
    /// Where a quasi-identifier stands in the Patient of a copy.
    public enum Place: String, Sendable, Hashable, Codable, CaseIterable {
        /// The extension ``AgeBands/url`` where the birth date stood.
        case age
        /// `Patient.gender`.
        case gender
        /// The extension of an address that holds a code of GB/T 2260.
        case division
        /// `Patient.deceasedBoolean`.
        case deceased
        /// An extension with a text, by the name of the quasi-identifier.
        case `extension`
    }

    /// One of them.
    public struct Value: Sendable, Hashable {
        /// Its name in the profile.
        public let name: String
        /// Where it stands.
        public let place: Place
        /// The text, as coarse as it became; `*` for anything.
        public let text: String

        /// - Parameters:
        ///   - name: its name in the profile.
        ///   - place: where it stands.
        ///   - text: the text, as coarse as it became.
        public init(name: String, place: Place, text: String) {
            self.name = name
            self.place = place
            self.text = text
        }
    }

    /// What stands for anything.
    public static let anything = "*"
    /// What stands for what is not known.
    public static let unknown = "?"
    /// The URL of the extension that holds a quasi-identifier without a place of its own; the name follows.
    public static let url = "https://healthbrain.dev/fhir/StructureDefinition/quasi-identifier-"

    /// In the order of the profile.
    public let values: [Value]

    /// - Parameter values: in the order of the profile.
    public init(values: [Value]) {
        self.values = values
    }

    /// The Patient of the copy: a token for the id, and these values; nothing else of the Patient.
    ///
    /// - Parameter id: the Patient's logical id.
    public func resource(of id: String, _ pseudonyms: Pseudonyms) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.member("resourceType", string: "Patient")
        json.member("id", string: pseudonyms.token("Patient/" + id))
        json.member(
            "meta",
            raw: Array(
                #"{"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ObservationValue","code":"PSEUDED"}]}"#
                    .utf8))
        let told = values.filter { $0.text != Self.anything && $0.text != Self.unknown }
        let extensions = told.filter { $0.place == .extension }
        if !extensions.isEmpty {
            json.key("extension")
            json.beginArray()
            for value in extensions {
                json.beginObject()
                json.member("url", string: Self.url + value.name)
                json.member("valueString", string: value.text)
                json.endObject()
            }
            json.endArray()
        }
        for value in told {
            switch value.place {
            case .age: json.member("_birthDate", raw: AgeBands.hiddenBirthDate(value.text))
            case .gender: json.member("gender", string: value.text)
            case .deceased: json.member("deceasedBoolean", bool: value.text == "true")
            case .division:
                json.key("address")
                json.beginArray()
                json.beginObject()
                json.key("extension")
                json.beginArray()
                json.beginObject()
                json.member("url", string: LabelReader.divisionURL)
                json.member("valueCode", string: value.text)
                json.endObject()
                json.endArray()
                json.endObject()
                json.endArray()
            case .extension: break
            }
        }
        json.endObject()
        return json.bytes
    }
}
