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

    /// What identifies something: a system and a value of it.
    public struct Identifier: Sendable, Hashable {
        /// A URI.
        public var system: String
        /// The value as the sender writes it.
        public var value: String

        /// Creates an identifier.
        public init(system: String, value: String) {
            self.system = system
            self.value = value
        }
    }

    /// How a resource of the bundle is written.
    public enum Interaction: Sendable, Hashable {
        /// A snapshot under its own id: `PUT Type/id`.
        case put
        /// A snapshot of what has the identifier: `PUT Type?identifier=…`.
        case update(Identifier)
        /// Only mentioned: created where nothing has the identifier, else left alone (`POST` with `ifNoneExist`).
        case mention(Identifier)

        /// Whether the message says all that it knows about it.
        public var isSnapshot: Bool {
            if case .mention = self { false } else { true }
        }

        /// What it is known by; nil: its id.
        public var identifier: Identifier? {
            switch self {
            case .put: nil
            case .update(let identifier), .mention(let identifier): identifier
            }
        }
    }

    /// A resource of the bundle.
    public struct Resource: Sendable, Hashable {
        /// `Observation`.
        public var type: String
        /// The UUID of its `fullUrl`, made from what identifies it; the id of what is put under its own id.
        public var id: String
        /// How it is written.
        public var interaction: Interaction
        /// Whether the message is about it, and doesn't only name it.
        public var isMain: Bool
        /// Whether the message tells of changes: what it doesn't say stays as it was (HL7 v2 chapter 2, 2.5.3).
        public var isChange = false
        /// The elements that it takes away by `""`, such as `telecom`, `period.end`.
        public var nulls: [String] = []
        /// Its JSON in the bundle, from brace to brace.
        public var bytes: Range<Int>
    }

    /// A person that the message is about.
    public struct Patient: Sendable, Hashable {
        /// The id of its resource.
        public var id: String
        /// All identifiers that the message gives; the resource is known by one of them, or by its id where there is none.
        public var identifiers: [Identifier]
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
    /// What MSH says; nil where there is no message.
    public var header: MessageHeader?
    /// When it happened: EVN-6, else EVN-2, else MSH-7; nil where none of them is a time.
    public var time: MessageTime?
    /// The resources, in the order of the bundle; none when the message is refused.
    public var resources: [Resource] = []
    /// The persons, in the order of the message; of a merge both. Known also of messages that are refused for what else they say.
    public var patients: [Patient] = []
}
