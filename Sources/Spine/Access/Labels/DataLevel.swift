/// The five levels of GB/T 39725-2020, 6.2: how far data may go.
public enum DataLevel: Int, Sendable, Hashable, Comparable, CaseIterable {
    /// Fully public: an institution's name and address, definitions.
    case open = 1
    /// For approved researchers: without identity, or counts.
    case wide = 2
    /// For an authorised team: partly without identity, staff, operations.
    case medium = 3
    /// For those in care only: identity, and health data with it.
    case narrow = 4
    /// For those who treat only: the sensitive categories.
    case strict = 5

    /// Lower levels may go further.
    public static func < (one: Self, other: Self) -> Bool { one.rawValue < other.rawValue }

    /// The level of a resource.
    public static func of(_ labels: ResourceLabels) -> DataLevel {
        if !labels.sensitivities.isEmpty { return .strict }
        switch labels.resourceClass {
        case .definition: return .open
        case .transport: return .medium
        case .directory:
            guard labels.isImpersonal else { return .narrow }
            return labels.type.hasPrefix("Practitioner") ? .medium : .open
        case .audit: return .narrow
        case .personal: return labels.isImpersonal ? (labels.type == "MeasureReport" ? .wide : .medium) : .narrow
        }
    }

    /// The level of one element: of what tells who somebody is 4, of other elements that of the resource.
    ///
    /// - Parameters:
    ///   - name: the element's JSON name.
    ///   - dataType: its FHIR type: `HumanName`, `date`.
    ///   - resource: the level of the resource.
    public static func of(element name: String, dataType: String, in resource: DataLevel) -> DataLevel {
        let isDirect: Bool =
            switch dataType {
            case "HumanName", "ContactPoint", "Address": true
            case "Identifier": resource >= .medium
            case "Narrative", "Attachment", "Signature": resource >= .medium
            default: name == "birthDate"
            }
        // Of an institution name and address are public.
        guard isDirect else { return resource }
        return resource == .open ? .open : max(.narrow, resource)
    }
}
