import JSON

extension FHIRPathNode {
    private static let valueKey: JSONKey = "value"
    private static let codeKey: JSONKey = "code"
    private static let unitKey: JSONKey = "unit"
    private static let systemKey: JSONKey = "system"

    /// A FHIR Quantity, also an Age, Duration and so on, as a System.Quantity: its unit is the code when the system is
    /// UCUM, else the unit's text, or `1`. Nil of other types and without a value.
    var quantity: FHIRPathQuantity? {
        let model = TypeModel.current
        guard model.isType(type, model.quantity), node.isObject, let number = node[Self.valueKey],
            let value = number.withUTF8({ FHIRPathDecimal($0) }).flatMap({ $0 })
        else { return nil }
        if node[Self.systemKey]?.equals("http://unitsofmeasure.org") == true, let code = node[Self.codeKey]?.string {
            return FHIRPathQuantity(value, code)
        }
        return FHIRPathQuantity(value, node[Self.unitKey]?.string ?? node[Self.codeKey]?.string ?? "1")
    }
}
