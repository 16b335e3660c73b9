import HL7v2

/// A source, ready to be read.
enum SourcePlan: Sendable {
    case here
    case field(SegmentName, field: Int, component: Int, subcomponent: Int)
    case segments(SegmentName)
    /// Those of the groups inside as well.
    case segmentsWithin(SegmentName)
    case part(Int, Int)
    case literal([UInt8])
    /// A resource of the message: the place of its alias.
    case resource(Int)
    /// All resources that the message is about.
    case allResources
    case setting(Setting)
}

/// What a rule can ask for that isn't in the message.
enum Setting: String, Sendable, CaseIterable {
    /// The URI of the institution that sent it.
    case facility
    /// The moment it was received.
    case received
}

struct ConditionPlan: Sendable {
    var sources: [SourcePlan]
    var isNegated: Bool
    var values: Set<String>
    var isNumber: Bool
}

/// How text becomes a primitive value.
enum Conversion: String, Sendable, CaseIterable {
    case string, markdown, code, id, uri, url, canonical, oid, date, dateTime, instant, time, decimal, integer
    case positiveInt, unsignedInt, boolean, base64Binary
    /// The name of a coding system (HL7 table 0396) as its URI.
    case system
    /// A name that only the sender knows, as a URI below the sender's.
    case local
    /// An assigning authority in subcomponents, in the components of an HD, or in those of an EI, as a URI.
    case authority, hd, ei
    /// Of `>6.4` the number, and what stands before it.
    case amount, comparator
    /// Text as base64.
    case encoded
}

/// What a rule writes.
enum FormPlan: Sendable {
    case primitive(Conversion)
    case object(Int)
    case coding
    case concept
    /// To the first of these that the message fills.
    case reference([Int])
    case resource
}

/// How a rule makes values. Only the compiler changes it, before the run has it: hence unchecked.
final class ProducerPlan: @unchecked Sendable {
    let sources: [SourcePlan]
    let conditions: [ConditionPlan]
    var form: FormPlan
    var table: Int?
    var otherwise: [UInt8]?
    var isSplitIntoWords = false
    var isTogether = false
    /// Whether the first source is a time and the second by how many minutes it is later.
    var isLater = false
    var isJoined = false
    var isTranslated = false
    /// Whether the conditions are about each segment that the source means.
    let isEachAsked: Bool
    /// What to write where the table doesn't know the code.
    var fallback: Int?

    init(sources: [SourcePlan], conditions: [ConditionPlan], form: FormPlan) {
        self.sources = sources
        self.conditions = conditions
        self.form = form
        isEachAsked =
            switch sources.first {
            case .segments, .segmentsWithin: true
            default: false
            }
    }
}

/// What the run notices while it writes.
enum Capture: Sendable {
    case none, system, code, display, value
}

/// An element and the rules that write it. Only the compiler changes it, before the run has it: hence unchecked.
final class ElementPlan: @unchecked Sendable {
    /// `"name":`
    let key: [UInt8]
    let name: String
    let isList: Bool
    let producers: [ProducerPlan]
    /// Elements of one choice share a number below 64.
    var choice: Int?
    var capture = Capture.none
    /// Whether it is the list by which a resource is known.
    var isIdentifier = false

    init(key: [UInt8], name: String, isList: Bool, producers: [ProducerPlan]) {
        self.key = key
        self.name = name
        self.isList = isList
        self.producers = producers
    }
}

/// How an object is written, element by element.
final class ObjectPlan: Sendable {
    /// `Patient`, `Patient.contact`, `HumanName`.
    let type: String
    let elements: [ElementPlan]
    /// The places in `elements` of those that must have a value: one of each group.
    let required: [(name: String, places: [Int])]
    /// The places of elements without which nothing is written, and nobody is told.
    let needs: [Int]
    /// Whether it is the same whatever the message says.
    let isConstant: Bool

    init(
        type: String, elements: [ElementPlan], required: [(name: String, places: [Int])], needs: [Int], isConstant: Bool
    ) {
        self.type = type
        self.elements = elements
        self.required = required
        self.needs = needs
        self.isConstant = isConstant
    }
}

/// A map to a resource type.
struct ResourcePlan: Sendable {
    var name: String
    var type: String
    /// The segment it is made from; nil: a data type or the message itself.
    var segment: SegmentName?
    var object: Int
    var isMatchedByIdentifier: Bool
    var preferredTypes: [String]
    var identifierElement: Int?
    var keys: [[SourcePlan]]
    var display: [SourcePlan]
}

struct TablePlan: Sendable {
    struct Entry: Sendable {
        var system: [UInt8]?
        var code: [UInt8]
        var display: [UInt8]?
    }

    var name: String
    var entries: [String: Entry]
}

struct AddPlan: Sendable {
    var map: Int
    var alias: Int?
    var action: ResourceAction
    var conditions: [ConditionPlan]
}

struct GroupPlan: Sendable {
    var starts: [SegmentName]
    var adds: [AddPlan]
    var groups: [GroupPlan]
}

struct MessagePlan: Sendable {
    var name: String
    var required: [SegmentName]
    var root: GroupPlan
    /// How many names resources have.
    var aliasCount: Int
}

/// A column that tables may have.
struct ColumnPlan: Sendable {
    var name: String
    /// What tables call it, the preferred title first.
    var titles: [String]
    var isMoment: Bool
    /// Whether it holds amounts, and not numbers by which something is known.
    var isNumber: Bool
}

/// A kind of table.
struct SheetPlan: Sendable {
    var name: String
    /// The places of its columns, and of those that a row must fill.
    var columns: [Int]
    var required: [Int]
}

/// All maps, compiled.
struct MappingPlan: Sendable {
    var objects: [ObjectPlan] = []
    var resources: [ResourcePlan] = []
    var tables: [TablePlan] = []
    /// The message by its event, `ADT^A01`, or by its type alone.
    var messages: [String: MessagePlan] = [:]
    /// A row of a table is read as a segment `ROW`, whose fields are these.
    var columns: [ColumnPlan] = []
    /// The elements of each type that is mapped, in the order of R4; of those that hold others, these.
    var orders: [String: [String]] = [:]
    var sheets: [SheetPlan] = []
}
