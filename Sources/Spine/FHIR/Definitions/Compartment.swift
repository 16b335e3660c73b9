/// The resources that belong to one patient, encounter, practitioner, related person or device.
public struct Compartment: Sendable, Hashable {
    /// The resource type at the centre: `Patient`.
    public let name: String
    /// For each resource type in the compartment the search parameters, one of which must refer to the centre; the
    /// parameter `{def}` stands for the centre itself.
    public let parameters: [String: [String]]
}
