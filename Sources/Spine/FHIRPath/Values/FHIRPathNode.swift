public import JSON

/// An element of a document: its value, its type, and where its id and extensions stand.
public struct FHIRPathNode: Sendable {
    /// Keeps alive what `node` refers to.
    private let document: JSONDocument
    let node: Node

    init(_ node: Node) {
        document = node.place.document
        self.node = node
    }

    /// An element of a known type.
    ///
    /// - Parameters:
    ///   - node: the value.
    ///   - typeName: its FHIR type; nil: what its `resourceType` says.
    public init(_ node: JSONNode, typeName: String? = nil) {
        let (model, place) = (TypeModel.current, JSONPlace(node))
        document = node.document
        self.node = Node(place, type: typeName.flatMap(model.type) ?? model.resourceType(of: place))
    }

    /// The value; nil where a primitive has only an id or extensions.
    public var json: JSONNode? {
        node.isSiblingAlone ? nil : node.place.node
    }

    /// The name of the FHIR type, such as `Patient`, `code` or `Patient.contact`; of a value whose type isn't known what
    /// its JSON tells: `string`, `boolean`, `decimal`, or `Element`.
    public var typeName: String {
        withExtendedLifetime(document) { node.typeName }
    }

    /// The object with the id and the extensions of a primitive: `_birthDate`; nil where there is none.
    public var sibling: JSONNode? {
        withExtendedLifetime(document) { node.sibling?.node }
    }
}
