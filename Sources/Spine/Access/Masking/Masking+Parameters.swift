extension Masking {
    /// Whether a search or a sort by a parameter would tell what the masking hides.
    ///
    /// - Parameters:
    ///   - parameter: the search parameter's code, without modifier.
    ///   - type: the resource type that it is a parameter of.
    public func hides(parameter: String, of type: String) -> Bool {
        switch self {
        case .none: false
        case .directory:
            type.hasPrefix("Practitioner")
                && (Self.contact.contains(parameter) || Self.words.contains(parameter) || parameter == "identifier")
        case .masked:
            Self.contact.contains(parameter) || Self.words.contains(parameter) || Self.identity.contains(parameter)
        case .deidentified: !Self.open.contains(parameter)
        }
    }

    private static let contact: Set<String> = [
        "address", "address-city", "address-country", "address-postalcode", "address-state", "address-use", "birthdate",
        "email", "phone", "telecom",
    ]
    private static let words: Set<String> = ["_content", "_filter", "_text"]
    private static let identity: Set<String> = [
        "family", "given", "group-identifier", "identifier", "name", "near", "phonetic",
    ]
    /// What a search in a copy without identity may use.
    private static let open: Set<String> = ["category", "class", "clinical-status", "code", "gender", "status", "type"]
}
