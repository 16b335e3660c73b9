import JSON

extension Node {
    private static let valueKey: JSONFixedKey = "value"
    private static let codeKey: JSONFixedKey = "code"
    private static let unitKey: JSONFixedKey = "unit"
    private static let systemKey: JSONFixedKey = "system"

    /// A FHIR Quantity, also an Age, Duration and so on, as a System.Quantity: its unit is the code when the system is
    /// UCUM, else the unit's text, or `1`. Nil of other types and without a value.
    var quantity: FHIRPathQuantity? {
        let model = TypeModel.current
        guard model.isType(type, model.quantity), place.isObject, let number = place[Self.valueKey],
            let value = number.withCharacters({ FHIRPathDecimal($0) })
        else { return nil }
        if place[Self.systemKey]?.equals("http://unitsofmeasure.org") == true, let code = place[Self.codeKey]?.string {
            return FHIRPathQuantity(value, code)
        }
        return FHIRPathQuantity(value, place[Self.unitKey]?.string ?? place[Self.codeKey]?.string ?? "1")
    }
}
