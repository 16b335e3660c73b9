import JSON

/// A literal reference to a resource of this store: `Patient/1`, or `Patient/1/_history/2`.
struct LiteralReference: Sendable, Hashable {
    let type: String
    let id: String

    /// `Patient/1`.
    var text: String { type + "/" + id }

    /// - Returns: nil for absolute URLs, contained resources and anything else: what another server holds under the same
    ///   id is not ours.
    init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2 || (parts.count == 4 && parts[2] == "_history"), !parts[0].isEmpty, !parts[1].isEmpty,
            parts[0].first?.isUppercase == true
        else { return nil }
        type = String(parts[0])
        id = String(parts[1])
    }

    /// The reference of a Reference element.
    init?(_ node: JSONNode) {
        guard let text = node["reference"]?.string else { return nil }
        self.init(text)
    }
}
