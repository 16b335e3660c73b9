import HL7v2

/// Where a value comes from.
enum SourceSyntax: Hashable {
    /// What the rules around are about.
    case here
    /// `PID-3.4.1`: a field of the nearest segment with that name; 0: the whole.
    case field(SegmentName, field: Int, component: Int, subcomponent: Int)
    /// `NK1`: each segment with that name in the group.
    case segments(SegmentName)
    /// `.2.1`: a part of what the rules around are about; 0: the whole.
    case part(Int, Int)
    /// `"text"`.
    case literal(String)
    /// `$patient`.
    case resource(String)
    /// `[mrn]`: a column of a table.
    case column(String)
    /// `@time`: something that is no part of the message.
    case setting(String)
}

/// A test on the message.
struct ConditionSyntax: Hashable {
    /// Where to look; it holds when it holds for one of them.
    var sources: [SourceSyntax]
    var isNegated: Bool
    /// The values that are sought; empty: any.
    var values: [String]
    /// Whether any number is sought.
    var isNumber = false
}

/// One rule: what an element is made from.
struct RuleSyntax {
    var line: MapLine
    /// The element's path: names, and whether each is a list to which is added.
    var path: [(name: String, isList: Bool)]
    var sources: [SourceSyntax] = []
    /// `: XPN`
    var conversion: String?
    /// `via AdministrativeSex`
    var table: String?
    /// `else unknown`
    var otherwise: String?
    /// `-> XCN[Practitioner]`
    var resource: String?
    /// `words`, `together`, `joined`, `translated`, `within`, `later`
    var isSplitIntoWords = false
    var isTogether = false
    var isWithin = false
    var isLater = false
    var isJoined = false
    var isTranslated = false
    var conditions: [ConditionSyntax] = []
    var children: [RuleSyntax] = []
}

/// `map PID -> Patient`: how one thing becomes another.
struct MapSyntax {
    var line: MapLine
    var source: String
    var target: String
    /// `match identifier prefer MR PI`: the resource is known by its first identifier, one of these types if there is one.
    var isMatchedByIdentifier = false
    var preferredTypes: [String] = []
    /// `key …`, `key …`: what tells one from another where there is no identifier; the first line that the message fills.
    var keys: [[SourceSyntax]] = []
    /// `needs value`: without these elements nothing is written.
    var needs: [String] = []
    /// `display .2`: what a reference shows.
    var display: [SourceSyntax] = []
    var rules: [RuleSyntax] = []

    /// `PID[Patient]`
    var name: String { "\(source)[\(target)]" }
}

/// `table AdministrativeSex -> http://…`: codes and what they become.
struct TableSyntax {
    struct Entry {
        var line: MapLine
        var system: String?
        var code: String
        var display: String?
    }

    var line: MapLine
    var name: String
    var system: String?
    var entries: [String: Entry] = [:]
}

/// What a bundle does with a resource.
enum ResourceAction: String, CaseIterable {
    /// It is written whole, under an id made from what identifies it.
    case put
    /// It is written whole where its identifier is known, else created.
    case update
    /// It is created where its identifier isn't known, else left as it is.
    case mention
}

/// `add PID[Patient] as patient update`
struct AddSyntax {
    var line: MapLine
    var map: String
    var alias: String?
    var action: ResourceAction?
    var conditions: [ConditionSyntax] = []
}

/// Segments that belong together, each time one of the first names comes.
struct GroupSyntax {
    var line: MapLine
    var name: String
    var starts: [SegmentName] = []
    var adds: [AddSyntax] = []
    var groups: [GroupSyntax] = []
}

/// `message ADT_A01`
struct MessageSyntax {
    var line: MapLine
    var name: String
    var events: [String] = []
    var required: [SegmentName] = []
    var root: GroupSyntax
}

/// `example "…"`: a message and what it must become.
struct ExampleSyntax {
    var line: MapLine
    var title: String
    /// Of which kind of table the lines are; nil: of a message.
    var sheet: String?
    var message: [String] = []
    var expectations: [(line: MapLine, path: String, value: String)] = []
}

/// `sender "XH" when MSH-4 = "330106-1"`: what is special about one.
struct SenderSyntax {
    var line: MapLine
    var name: String
    var conditions: [ConditionSyntax] = []
    var zone: String?
    var charset: String?
    /// Names of assigning authorities and the URIs they stand for.
    var authorities: [String: String] = [:]
    /// Code systems and the concept maps that lead from them.
    var translations: [String: String] = [:]
}

/// `column birth date = 出生日期 birth_date`: what tables call it, and whether it holds dates or times.
struct ColumnSyntax {
    var line: MapLine
    var name: String
    var titles: [String]
    var isMoment: Bool
    var isNumber: Bool
}

/// `sheet patients`: a kind of table, and what its rows become.
struct SheetSyntax {
    var line: MapLine
    var name: String
    var columns: [String] = []
    var required: [String] = []
    var root: GroupSyntax

    /// A row is a message of its own kind.
    var message: MessageSyntax {
        MessageSyntax(line: line, name: name, events: ["TABLE^\(name)"], required: ["ROW"], root: root)
    }
}

/// What a file says.
struct FileSyntax {
    var name: String
    var maps: [MapSyntax] = []
    var tables: [TableSyntax] = []
    var messages: [MessageSyntax] = []
    var columns: [ColumnSyntax] = []
    var sheets: [SheetSyntax] = []
    var examples: [ExampleSyntax] = []
    /// `choice PL[Location] = PLbed[Location] PLroom[Location]`: references by the first name take the first of the others
    /// that the message fills.
    var choices: [(line: MapLine, name: String, maps: [String])] = []
    var sender: SenderSyntax?
}
