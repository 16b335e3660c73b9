import JSON
import Mapping

/// One thing that a delivery says: a message of a batch, a bundle, a line.
struct Item: Sendable {
    /// Its place in the delivery, from 0.
    var number: Int
    /// `ADT^A01`, `Bundle`, `Observation`.
    var kind: String
    /// What the sender calls it.
    var control: String?
    /// When it happened, in milliseconds since 1970 UTC; nil where it doesn't say.
    var event: Int64?
    /// The resources to write.
    var parts: [Part] = []
    /// Why it can't be worked on; empty when it can.
    var refusals: [Refusal] = []
    /// What somebody should look at although it can be worked on.
    var remarks: [Refusal] = []
    var unmapped: [Unmapped] = []
}

/// A resource that an item says. Shared, not copied: it is handed on many times on its way.
final class Part: Sendable {
    /// By what it is known in the record.
    enum Name: Sendable, Hashable {
        /// By its id alone.
        case id
        /// By an identifier.
        case identifier(system: String, value: String)
        /// By a search that finds it.
        case query(String)
    }

    let type: String
    /// Its id where it is new.
    let id: String
    let name: Name
    /// Whether the sender says all that it knows of it, and doesn't only name it.
    let isSnapshot: Bool
    /// Whether what it doesn't say stays as it stands (``Statement``).
    let isChange: Bool
    /// Paths of elements that it takes away.
    let nulls: [String]
    /// What other parts call it: `urn:uuid:…`.
    let aliases: [String]
    /// Nil for a delete.
    let document: JSONDocument?
    /// When it was so, where the resource itself says it; milliseconds.
    let at: Int64?

    init(
        type: String, id: String, name: Name, isSnapshot: Bool, isChange: Bool = false, nulls: [String] = [],
        aliases: [String], document: JSONDocument?, at: Int64? = nil
    ) {
        self.type = type
        self.id = id
        self.name = name
        self.isSnapshot = isSnapshot
        self.isChange = isChange
        self.nulls = nulls
        self.aliases = aliases
        self.document = document
        self.at = at
    }
}

/// Why something was not, or not well, worked on.
struct Refusal: Sendable, Hashable {
    /// Where on its way.
    var step: Step
    /// The rule that it breaks, by which letters of one kind are found: `101 PID`, `required Observation.status`.
    var rule: String
    /// Where in the message.
    var place: String
    /// What was found.
    var what: String
    /// What to do.
    var hint: String
}

/// The way of a message.
public enum Step: String, Sendable, CaseIterable {
    /// Its bytes were read.
    case read
    /// It became FHIR.
    case map
    /// The FHIR was held against R4.
    case check
    /// It was found out whom it is about.
    case identify
    /// It was written.
    case commit
}

/// A code that no table knows.
struct Unmapped: Sendable, Hashable {
    var system: String
    var code: String
    var text: String
    var place: String
}
