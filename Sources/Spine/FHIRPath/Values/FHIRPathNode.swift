public import JSON

/// An element of a document: its value, its type, and where its id and extensions stand.
public struct FHIRPathNode: Sendable {
    /// The value; where an element has only an id or extensions, the object that holds those.
    let node: JSONNode
    /// The type's place in the model.
    let type: Int32
    /// The member of the model that led here; -1: none.
    var slot: Int32 = -1
    /// The identity of the object that holds the element; -1: none.
    var parent: Int32 = -1
    /// The place in the list that holds the element; -1: it stands in no list.
    var position: Int32 = -1
    /// Whether `node` is the sibling of a primitive without a value.
    var isSiblingAlone = false

    init(_ node: JSONNode, type: Int32) {
        self.node = node
        self.type = type
    }

    /// The value; nil where a primitive has only an id or extensions.
    public var json: JSONNode? {
        isSiblingAlone ? nil : node
    }

    /// The name of the FHIR type, such as `Patient`, `code` or `Patient.contact`.
    public var typeName: String {
        ""
    }

    /// The object with the id and the extensions of a primitive: `_birthDate`; nil where there is none.
    public var sibling: JSONNode? {
        isSiblingAlone ? node : nil
    }
}
