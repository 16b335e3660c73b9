public import HL7v2

/// What became of a message.
public struct Outcome: Sendable {
    /// A code that no table or concept map knows.
    public struct UnmappedCode: Sendable, Hashable {
        /// The table's name or the concept map's URL.
        public var table: String
        /// The code as it came.
        public var code: String
        /// Where it stood.
        public var place: Fault.Place
    }

    /// The transaction in JSON, on one line; nil when the message is refused.
    public var bundle: [UInt8]?
    /// What was found; the message is refused when one is an error.
    public var faults: [Fault]
    /// Codes that stayed untranslated, for the work list.
    public var unmappedCodes: [UnmappedCode]
    /// Which message it was taken for: `ADT_A01`; nil where none is known.
    public var mapping: String?
    /// Whose special rules were used; nil: those of everybody.
    public var sender: String?
}
