public import JSON

extension JSONNode {
    /// A text of a resource in a language: Chinese as it stands, English from the standard extension `translation`, and the
    /// Chinese where there is none.
    public func words(_ name: JSONKey, _ language: ProgrammeText.Language) -> String? {
        guard let text = self[name]?.string else { return nil }
        guard language == .en else { return text }
        let translations =
            self[JSONKey("_" + name.string)]?
            .extensions("http://hl7.org/fhir/StructureDefinition/translation") ?? []
        let english = translations.first { translation in
            translation.extensions("lang").contains { $0["valueCode"]?.string?.hasPrefix("en") == true }
        }
        return english?.extensions("content").first?.members
            .first { $0.key.string?.hasPrefix("value") == true }?.value.string ?? text
    }
}
