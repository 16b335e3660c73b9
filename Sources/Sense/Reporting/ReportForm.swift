import Foundation
import JSON
public import Syndromes

/// The report card (传染病报告卡) and the rules around it, as data: `report-card.json`.
public struct ReportForm: Sendable {
    /// A field of the card.
    public struct Field: Sendable, Hashable, Identifiable {
        /// How it is written.
        public enum Kind: String, Sendable {
            case name, id, text, phone, address, date, dateTime, choice, subtype
        }

        /// When it must be filled.
        public enum Need: String, Sendable {
            case always, never
            /// Of children.
            case child
            /// Of children in day care, pupils and students.
            case pupil
            /// Of diseases that are told acute from chronic.
            case course
            /// Of diseases whose subtype is asked.
            case subtype
        }

        /// A value of a choice.
        public struct Option: Sendable, Hashable {
            /// The code on the card.
            public let code: String
            /// In Chinese.
            public let zh: String
            /// In English.
            public let en: String
        }

        /// Such as `birthDate`.
        public let id: String
        /// As the card prints it.
        public let zh: String
        /// In English.
        public let en: String
        /// How it is written.
        public let kind: Kind
        /// When it must be filled.
        public let need: Need
        /// The values of a choice; none for others.
        public let options: [Option]
    }

    /// A kind of a disease with a code of its own.
    public struct Subtype: Sendable, Hashable {
        /// The disease.
        public let disease: String
        /// The code on the card.
        public let code: String
        /// In Chinese.
        public let zh: String
        /// In English.
        public let en: String
        /// The codes of ICD-10 that tell it.
        let icd10: [ClosedRange<String>]
        /// Hours to the report, where they differ from the disease's.
        let hours: Int?
    }

    /// In the order of the card.
    public let fields: [Field]
    /// Of all diseases.
    public let subtypes: [Subtype]
    /// Where all of it comes from.
    public let source: String
    /// Up to this age, in years, the card names a parent.
    public let childYears: Int
    /// Days without word of a disease after which it is a new episode of the person.
    public let episodeDays: Int
    let pupils: Set<String>
    let coursesOfSubtypes: Set<String>
    let coursesOfDiseases: Set<String>
    let subtypeRequired: Set<String>
    let newborn: (disease: String, days: Int)
    private let once: Set<String>
    private let onceKinds: Set<String>
    private let byKind: Set<String>
    private let courses: [String: Int]
    private let carriers: [(icd10: ClosedRange<String>, disease: String)]

    /// The card of the house.
    /// - Throws: `DefinitionFault` for the first thing that is wrong with it.
    public init() throws(DefinitionFault) { try self.init(DefinitionFile(house: "report-card.json", in: .module)) }

    /// A card given as a file of the same form.
    public init(_ bytes: [UInt8]) throws(DefinitionFault) { try self.init(DefinitionFile("report-card.json", bytes)) }

    private init(_ file: DefinitionFile) throws(DefinitionFault) {
        let root = file.root
        source = try file.required(root, "source", "$")
        var fields: [Field] = []
        for (index, node) in root.list("fields").enumerated() {
            fields.append(try Self.field(node, file, "fields[\(index)]"))
        }
        for id in Self.known where !fields.contains(where: { $0.id == id }) {
            throw file.fault("fields", "there is no field \(id); the card is filled by it")
        }
        self.fields = fields
        var subtypes: [Subtype] = []
        for (index, node) in root.list("subtypes").enumerated() {
            let path = "subtypes[\(index)]"
            subtypes.append(
                Subtype(
                    disease: try file.required(node, "disease", path), code: try file.required(node, "code", path),
                    zh: try file.required(node, "zh", path), en: try file.required(node, "en", path),
                    icd10: node.texts("icd10").map { $0...$0 },
                    hours: node["hours"] == nil ? nil : try file.number(node, "hours", path)))
        }
        self.subtypes = subtypes
        childYears = try file.number(root, "childYears", "$")
        pupils = Set(root.texts("pupils"))
        coursesOfSubtypes = Set(root["courses"]?.texts("subtypes") ?? [])
        coursesOfDiseases = Set(root["courses"]?.texts("diseases") ?? [])
        subtypeRequired = Set(root.texts("subtypeRequired"))
        guard let baby = root["newbornDays"], let episode = root["episode"] else {
            throw file.fault("$", "newbornDays and episode are missing")
        }
        newborn = (
            try file.required(baby, "disease", "newbornDays"), try file.number(baby, "days", "newbornDays")
        )
        episodeDays = try file.number(episode, "days", "episode")
        once = Set(episode.texts("once"))
        onceKinds = Set(episode.texts("onceKinds"))
        byKind = Set(episode.texts("byKind"))
        var courses: [String: Int] = [:]
        for (index, node) in episode.list("courses").enumerated() {
            let path = "episode.courses[\(index)]"
            courses[try file.required(node, "disease", path)] = try file.number(node, "days", path)
        }
        self.courses = courses
        var carriers: [(ClosedRange<String>, String)] = []
        for (index, node) in root.list("carriers").enumerated() {
            let code = try file.required(node, "icd10", "carriers[\(index)]")
            carriers.append((code...code, try file.required(node, "disease", "carriers[\(index)]")))
        }
        self.carriers = carriers
    }

    /// Fields that the card is filled and judged by.
    private static let known = [
        "name", "guardian", "idNumber", "sex", "birthDate", "unit", "phone", "belongs", "address", "population",
        "classification", "course", "onset", "diagnosed", "died", "subtype", "institution", "doctor",
    ]

    private static func field(
        _ node: JSONNode, _ file: DefinitionFile, _ path: String
    ) throws(DefinitionFault) -> Field {
        let kind = try file.required(node, "kind", path)
        let need = try file.required(node, "required", path)
        guard let kind = Field.Kind(rawValue: kind) else {
            throw file.fault("\(path).kind", "\(kind) is no kind of a field")
        }
        guard let need = Field.Need(rawValue: need) else {
            throw file.fault(
                "\(path).required", "\(need) isn't known; give always, never, child, pupil, course or subtype")
        }
        let options = node.list("options").compactMap { option -> Field.Option? in
            let texts = option.elements.compactMap(\.string)
            return texts.count == 3 ? Field.Option(code: texts[0], zh: texts[1], en: texts[2]) : nil
        }
        guard (kind == .choice) == !options.isEmpty else {
            throw file.fault("\(path).options", "a choice has options of code, zh and en, and nothing else has")
        }
        return Field(
            id: try file.required(node, "id", path), zh: try file.required(node, "zh", path),
            en: try file.required(node, "en", path), kind: kind, need: need, options: options)
    }

    /// A field by its id.
    public func field(_ id: String) -> Field? { fields.first { $0.id == id } }

    /// The subtypes of a disease.
    public func subtypes(of disease: WatchedCondition) -> [Subtype] { subtypes.filter { $0.disease == disease.id } }

    /// The subtype that a code of ICD-10 tells; nil where none does.
    public func subtype(of disease: WatchedCondition, icd10: String) -> Subtype? {
        subtypes(of: disease).first { WatchList.icd10(icd10, isIn: $0.icd10) }
    }

    /// Hours from the diagnosis to the report, of a disease or of its subtype.
    public func hours(_ disease: WatchedCondition, subtype: String?) -> Int {
        let own = subtypes(of: disease).first { $0.code == subtype }?.hours
        return own ?? disease.duty?.hours ?? 24
    }

    /// What tells diseases of one name apart, such as hepatitis A from B; empty where one name is one disease.
    func kind(of disease: WatchedCondition, icd10: String) -> String {
        byKind.contains(disease.id) ? subtype(of: disease, icd10: icd10)?.code ?? "" : ""
    }

    /// Days without word of a disease after which it is a new episode of the person; nil where it is reported once ever.
    func episodeDays(_ disease: WatchedCondition, kind: String) -> Int? {
        if once.contains(disease.id) || onceKinds.contains(kind) { return nil }
        return courses[disease.id] ?? episodeDays
    }

    /// Whether two diagnoses, in milliseconds since 1970, belong to one episode of a disease.
    public func isSameEpisode(_ disease: WatchedCondition, icd10: String, _ one: Int64, _ other: Int64) -> Bool {
        isSameEpisode(disease, kind: kind(of: disease, icd10: icd10), one, other)
    }

    func isSameEpisode(_ disease: WatchedCondition, kind: String, _ one: Int64, _ other: Int64) -> Bool {
        episodeDays(disease, kind: kind).map { abs(one - other) <= Int64($0) * 86_400_000 } ?? true
    }

    /// The disease that a code of ICD-10 tells the carriage of.
    func carried(icd10: String) -> String? {
        carriers.first { WatchList.icd10(icd10, isIn: [$0.icd10]) }?.disease
    }

    /// Whether the card tells acute from chronic.
    func hasCourse(_ disease: WatchedCondition, subtype: String?) -> Bool {
        coursesOfDiseases.contains(disease.id) || subtype.map(coursesOfSubtypes.contains) ?? false
    }
}
