import HL7v2

/// A source as the run reads it; segments go by the numbers of `Program.names`.
enum SourceOp {
    case here
    case field(name: Int32, field: Int32, component: Int32, subcomponent: Int32)
    case segments(name: Int32)
    /// Those of the groups inside as well.
    case segmentsWithin(name: Int32)
    case part(Int32, Int32)
    case literal(Bytes)
    case resource(Int32)
    case allResources
    case setting(Setting)
}

struct ConditionOp {
    var sources: UnsafeBufferPointer<SourceOp>
    var isNegated: Bool
    var isNumber: Bool
    /// Any value where there is none.
    var values: UnsafeBufferPointer<Bytes>
}

enum FormOp {
    case primitive(Conversion)
    case object(Int32)
    case coding
    case concept
    case reference(UnsafeBufferPointer<Int32>)
    case resource
}

struct ProducerOp {
    var sources: UnsafeBufferPointer<SourceOp>
    var conditions: UnsafeBufferPointer<ConditionOp>
    var form: FormOp
    /// -1: none, as with all numbers here.
    var table: Int32
    var fallback: Int32
    var otherwise: Bytes?
    var isSplitIntoWords: Bool
    var isTogether: Bool
    var isLater: Bool
    var isJoined: Bool
    var isTranslated: Bool
    var isEachAsked: Bool
}

struct ElementOp {
    /// `"name":`
    var key: Bytes
    var producers: UnsafeBufferPointer<ProducerOp>
    /// The bit of its choice; 0: none.
    var choice: UInt64
    var isList: Bool
    var capture: Capture
    var isIdentifier: Bool
}

struct ObjectOp {
    var elements: UnsafeBufferPointer<ElementOp>
    /// The bits of the elements of which one must be written, for each that is required.
    var required: UnsafeBufferPointer<UInt64>
    /// The bit of each that is needed.
    var needs: UnsafeBufferPointer<UInt64>
    var isConstant: Bool
    var isCoding: Bool
}

struct EntryOp {
    var code: Bytes
    /// The whole Coding in JSON.
    var coding: Bytes
}

struct TableOp {
    var codes: ByteTable
    var entries: UnsafeBufferPointer<EntryOp>

    @inline(__always)
    func entry(_ code: Bytes) -> EntryOp? { codes.place(of: code).map { entries[$0] } }
}

struct ResourceOp {
    var name: Bytes
    var type: Bytes
    /// -1: a data type or the message itself.
    var segment: Int32
    var object: Int32
    /// -1: none.
    var identifierElement: Int32
    var isMatchedByIdentifier: Bool
    /// Whether it tells of the message, not of the person.
    var isAboutMessage: Bool
    var isPatient: Bool
    var preferredTypes: UnsafeBufferPointer<Bytes>
    var keys: UnsafeBufferPointer<UnsafeBufferPointer<SourceOp>>
    var display: UnsafeBufferPointer<SourceOp>
}

struct AddOp {
    var map: Int32
    var alias: Int32
    var action: ResourceAction
    var conditions: UnsafeBufferPointer<ConditionOp>
}

struct GroupOp {
    var starts: UnsafeBufferPointer<Int32>
    /// The segments that begin one of the groups inside, so that this one begins with them.
    var opens: UnsafeBufferPointer<Int32>
    var adds: UnsafeBufferPointer<AddOp>
    var groups: UnsafeBufferPointer<GroupOp>
}

struct MessageOp {
    var required: UnsafeBufferPointer<Int32>
    var root: GroupOp
}

/// A plan laid out flat, in plain values that nobody has to count references of.
///
/// Unchecked: its memory is written by `ProgramBuilder` before anybody else has it, and never again.
final class Program: @unchecked Sendable {
    /// The segments that the maps speak of.
    let names: [SegmentName]
    /// The number of a segment by `Program.slot`; -1: of none that the maps speak of.
    let nameSlots: UnsafeBufferPointer<(name: SegmentName, number: Int32)>
    let firstObject: UnsafePointer<ObjectOp>
    let resources: UnsafeBufferPointer<ResourceOp>
    let tables: UnsafeBufferPointer<TableOp>
    let messages: [String: (plan: MessagePlan, operations: MessageOp)]
    let aliasCount: Int
    let codingSystems: TableOp?
    /// Names of authorities, and the URIs they stand for.
    let authorities: TableOp
    /// Code systems, and the concept maps that lead from them.
    let translations: ByteTable
    let translationTables: [(url: String, table: TableOp)]
    private let memory: ProgramMemory

    init(
        _ memory: ProgramMemory, names: [SegmentName], nameSlots: [(name: SegmentName, number: Int32)],
        objects: [ObjectOp], resources: [ResourceOp],
        tables: [TableOp], messages: [String: (plan: MessagePlan, operations: MessageOp)], aliasCount: Int,
        codingSystems: TableOp?,
        authorities: TableOp, translations: ByteTable, translationTables: [(url: String, table: TableOp)]
    ) {
        self.memory = memory
        self.names = names
        self.nameSlots = memory.keep(nameSlots)
        firstObject = memory.keep(first: objects)
        self.resources = memory.keep(resources)
        self.tables = memory.keep(tables)
        self.messages = messages
        self.aliasCount = aliasCount
        self.codingSystems = codingSystems
        self.authorities = authorities
        self.translations = translations
        self.translationTables = translationTables
    }

    /// The number of a segment's name; -1: the maps don't speak of it.
    @inline(__always)
    func number(of name: SegmentName) -> Int32 {
        var slot = Self.slot(name) & (nameSlots.count - 1)
        while nameSlots[slot].number >= 0 {
            if nameSlots[slot].name == name { return nameSlots[slot].number }
            slot = (slot + 1) & (nameSlots.count - 1)
        }
        return -1
    }

    @inline(__always)
    static func slot(_ name: SegmentName) -> Int {
        Int(truncatingIfNeeded: UInt64(name.number) &* 0x9E37_79B9_7F4A_7C15 >> 40)
    }
}
