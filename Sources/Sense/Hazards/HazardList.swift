import JSON
public import Syndromes

/// One thing that is measured, sampled or found: its unit and its limit.
public struct HazardItem: Sendable, Hashable {
    /// Code of ``HazardItem/system`` in Observations.
    public let code: String
    /// The id of its kind.
    public let kind: String
    /// In Chinese.
    public let nameZh: String
    /// In English.
    public let nameEn: String
    /// In UCUM; empty for a coded result.
    public let unit: String
    /// A value above this is over the limit.
    public let above: Double?
    /// A value below this is.
    public let below: Double?
    /// One of these codes is.
    public let codes: Set<String>
    /// Which plans ask for it: `city`, `county`.
    public let levels: Set<String>
    /// Where the limit comes from, in English.
    public let limitSource: String

    /// The code system of items.
    public static let system = "https://healthbrain.dev/fhir/CodeSystem/hazard-item"

    /// Whether a value is over the limit.
    func isOver(_ value: Double) -> Bool { above.map { value > $0 } ?? below.map { value < $0 } ?? false }
}

/// A kind of hazards: what its results tell, what is aimed at, and what follows where a limit is passed.
public struct HazardKind: Sendable, Hashable, Identifiable {
    /// What is told as a signal.
    public enum Telling: String, Sendable {
        /// A site whose newest result of an item is over its limit.
        case exceeding
        /// A site with persons who are.
        case cases
        /// A site with a greater share of persons than in the year before.
        case rise
    }

    /// A text in both languages.
    public struct Text: Sendable, Hashable {
        /// In Chinese.
        public let zh: String
        /// In English.
        public let en: String
    }

    /// What share is aimed at, in percent.
    public struct Target: Sendable, Hashable {
        /// At least so much.
        public let least: Double
        /// Where the aim comes from.
        public let source: Text
    }

    /// How many of the planned items are asked for, in percent.
    public struct Plan: Sendable, Hashable {
        /// Of those of the city.
        public let city: Double
        /// Of those of a district or county.
        public let county: Double
        /// Where the aim comes from.
        public let source: Text
        /// Where the items come from.
        public let list: Text
    }

    /// When a share has risen.
    public struct Rise: Sendable, Hashable {
        /// Points of a hundred.
        public let points: Double
        /// Persons in each year, at least.
        public let least: Int
        /// Where the rule comes from.
        public let source: Text
    }

    /// A form whose answers are results.
    struct Form: Sendable, Hashable {
        /// The end of the Questionnaire's address.
        let questionnaire: String
        /// The questions that name the site, a part of it, and the day.
        let site: String
        let part: String
        let date: String
        /// Codes of items by question.
        let items: [String: String]
    }

    /// What files and addresses call it.
    public let id: String
    /// A number for tables, which never changes its meaning.
    public let number: Int
    /// What its signals are about.
    public let condition: WatchedCondition
    /// What is told.
    public let tells: Telling
    /// What it is called.
    public let name: Text
    /// What is counted, such as measurements.
    public let point: Text
    /// What the share is of.
    public let share: Text
    /// Whether the share is of what is within limits; else of what is over.
    public let sharesWithin: Bool
    /// What is aimed at; nil for nothing.
    public let target: Target?
    /// What is to be sampled; nil for no plan.
    public let plan: Plan?
    /// When a share has risen; nil where none is compared.
    public let rise: Rise?
    /// Who is to act.
    public let department: Text
    /// What they are to do.
    public let act: Text
    /// How it is looked at again.
    public let retest: Text
    /// Hours until a signal is to be verified, days until the department has acted, and until it is looked at again.
    public let verifyHours: Int
    /// See ``verifyHours``.
    public let actDays: Int
    /// See ``verifyHours``.
    public let retestDays: Int
    /// What is older than so many days is no news.
    public let lookBackDays: Int
    /// What several results of one document make: over where all of one group are.
    let result: (item: String, groups: [[String]])?
    let forms: [Form]

    /// By number.
    public static func == (one: HazardKind, other: HazardKind) -> Bool { one.number == other.number }
    /// By number.
    public func hash(into hasher: inout Hasher) { hasher.combine(number) }
}

/// Kinds of hazards and their items, as data: `hazards.json`.
public struct HazardList: Sendable {
    /// In the order of the file.
    public let kinds: [HazardKind]
    /// In the order of the file.
    public let items: [HazardItem]
    /// Changes with any of the definitions.
    public let fingerprint: Int
    private let byCode: [String: HazardItem]

    /// The definitions of the house.
    /// - Throws: `DefinitionFault` for the first thing that is wrong with them.
    public init(_ list: WatchList) throws(DefinitionFault) {
        try self.init(DefinitionFile(house: "hazards.json", in: .module), list)
    }

    /// Definitions given as a file of the same form.
    public init(_ bytes: [UInt8], _ list: WatchList) throws(DefinitionFault) {
        try self.init(DefinitionFile("hazards.json", bytes), list)
    }

    private init(_ file: DefinitionFile, _ list: WatchList) throws(DefinitionFault) {
        var kinds: [HazardKind] = []
        for (index, node) in file.root.list("kinds").enumerated() {
            let kind = try HazardKind(file, node, "kinds[\(index)]", list)
            if kinds.contains(where: { $0.id == kind.id || $0.number == kind.number }) {
                throw file.fault("kinds[\(index)]", "\(kind.id) or its number stands twice; give each its own")
            }
            kinds.append(kind)
        }
        var items: [HazardItem] = []
        var byCode: [String: HazardItem] = [:]
        for (index, node) in file.root.list("items").enumerated() {
            let path = "items[\(index)]"
            let item = HazardItem(
                code: try file.required(node, "code", path), kind: try file.required(node, "kind", path),
                nameZh: try file.required(node, "zh", path), nameEn: try file.required(node, "en", path),
                unit: node["unit"]?.string ?? "", above: node["above"]?.double, below: node["below"]?.double,
                codes: Set(node.texts("codes")), levels: Set(node.texts("levels")),
                limitSource: try file.required(node, "limitSource", path))
            guard kinds.contains(where: { $0.id == item.kind }) else {
                throw file.fault("\(path).kind", "\(item.kind) is none of the kinds of this file")
            }
            guard item.above != nil || item.below != nil || !item.codes.isEmpty else {
                throw file.fault(path, "has no limit; give above, below or codes")
            }
            if let unknown = item.levels.subtracting(["city", "county"]).min() {
                throw file.fault("\(path).levels", "\(unknown) is no level; write city or county")
            }
            guard byCode.updateValue(item, forKey: item.code) == nil else {
                throw file.fault("\(path).code", "\(item.code) stands twice")
            }
            items.append(item)
        }
        for (index, kind) in kinds.enumerated() {
            let named = (kind.result?.groups.joined()).map(Array.init) ?? []
            for code in named + kind.forms.flatMap(\.items.values) where byCode[code]?.kind != kind.id {
                throw file.fault("kinds[\(index)]", "\(code) is none of its items; add it to items")
            }
        }
        self.kinds = kinds
        self.items = items
        self.byCode = byCode
        fingerprint = file.root.rawText.reduce(list.fingerprint) { ($0 &* 33 &+ Int($1)) & 0x7FFF_FFFF }
    }

    /// A kind by its id.
    public subscript(_ id: String) -> HazardKind? { kinds.first { $0.id == id } }

    /// A kind by what its signals are about.
    public func kind(of condition: WatchedCondition) -> HazardKind? { kinds.first { $0.condition.id == condition.id } }

    /// An item by its code.
    public func item(_ code: String) -> HazardItem? { byCode[code] }

    /// The items of a kind.
    public func items(of kind: HazardKind) -> [HazardItem] { items.filter { $0.kind == kind.id } }

    /// The items that a plan asks for: of the city, else of its districts.
    public func planned(_ kind: HazardKind, inCity: Bool) -> [HazardItem] {
        items(of: kind).filter { $0.levels.contains(inCity ? "city" : "county") }
    }
}
