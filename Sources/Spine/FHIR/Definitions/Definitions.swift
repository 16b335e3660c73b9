/// What FHIR R4 (4.0.1) defines: structures, required value sets, search parameters, compartments and invariants.
///
/// Immutable and shared by all who need it; see `Resources/r4/PROVENANCE.md` for the source of the tables.
public final class Definitions: Sendable {
    /// The concrete resource types, sorted: the 146 of R4, and ViewDefinition of SQL on FHIR.
    public let resourceTypes: [String]
    /// The primitive types: `string`, `code`, `date` and so on.
    public let primitives: [Primitive]
    /// All structures: resources, complex types and groups of elements inside them.
    public let structures: [Structure]
    /// Every search parameter of R4, one a base type.
    public let searchParameters: [SearchParameter]
    /// The five compartments.
    public let compartments: [Compartment]

    let plan: ValidationPlan
    /// The required value sets by their place in `structures.json`; nil for those that cannot be enumerated.
    let valueSets: [RequiredValueSet?]
    private let structureTable: NameTables
    private let valueSetTable: NameTables
    private let searchParametersByType: [String: [SearchParameter]]

    /// A primitive type.
    public struct Primitive: Sendable, Hashable {
        /// `code`.
        public let name: String
        /// What it specialises: `string`.
        public let base: String
        /// The regular expression of its text, as published; `\s` is meant as ASCII. Empty for xhtml.
        public let regex: String
    }

    private static let r4Tables = Result { () throws(DefinitionsError) -> Definitions in try Definitions() }

    /// The definitions of R4, loaded on the first call.
    ///
    /// - Throws: when the package's own resources are missing or damaged; every call does then.
    public static func r4() throws(DefinitionsError) -> Definitions {
        try r4Tables.get()
    }

    private init() throws(DefinitionsError) {
        let sets = try Self.valueSetTables()
        let byURL = Dictionary(sets.map { ($0.url, $0) }) { first, _ in first }
        let tables = try StructureTables { byURL[$0]?.codes ?? [] }
        plan = tables.plan
        primitives = tables.primitives
        structures = tables.structures
        structureTable = NameTables([structures.map(\.name)])
        resourceTypes = structures.filter { $0.kind == .resource && !$0.isAbstract }.map(\.name).sorted()

        valueSetTable = NameTables([tables.valueSets])
        valueSets = tables.valueSets.map { byURL[$0] }

        searchParameters = try Self.searchParameterTable()
        compartments = try Self.compartmentTable()
        let byBase = Dictionary(grouping: searchParameters, by: \.resource)
        var byType: [String: [SearchParameter]] = [:]
        for structure in structures where structure.kind == .resource {
            let bases =
                structure.base == "DomainResource"
                ? [structure.name, "DomainResource", "Resource"] : [structure.name, structure.base]
            byType[structure.name] = bases.flatMap { byBase[$0] ?? [] }
        }
        searchParametersByType = byType
    }

    /// Whether the name is that of a concrete resource type.
    public func isResourceType(_ name: String) -> Bool {
        guard let structure = structure(name) else { return false }
        return structure.kind == .resource && !structure.isAbstract
    }

    /// Whether the name is that of a primitive type.
    public func isPrimitive(_ name: String) -> Bool {
        primitives.contains { $0.name == name }
    }

    /// The structure with a name such as `Patient`, `HumanName` or `Patient.contact`.
    public func structure(_ name: String) -> Structure? {
        structureTable.position(of: name).map { structures[$0] }
    }

    /// The structure at a place that a member names; the place must be one of those.
    public func structure(at index: Int) -> Structure {
        structures[index]
    }

    /// The required value set with a canonical URL without version; nil when R4 binds nothing to it, or when it
    /// cannot be enumerated (currencies, MIME types, UCUM units).
    public func valueSet(_ url: String) -> RequiredValueSet? {
        valueSetTable.position(of: url).flatMap { valueSets[$0] }
    }

    /// Every required value set that can be enumerated, in the order of the tables.
    public var requiredValueSets: [RequiredValueSet] {
        valueSets.compactMap { $0 }
    }

    /// The search parameters of a resource type: its own first, then those of DomainResource and Resource.
    public func searchParameters(of type: String) -> [SearchParameter] {
        searchParametersByType[type] ?? []
    }

    /// The search parameter of a resource type with this code, inherited ones included.
    public func searchParameter(_ code: String, of type: String) -> SearchParameter? {
        searchParameters(of: type).first { $0.code == code }
    }

    /// The compartment around a resource type: `Patient`.
    public func compartment(_ name: String) -> Compartment? {
        compartments.first { $0.name == name }
    }

    /// The invariants of the specification, read anew on each call.
    public func invariants() throws(DefinitionsError) -> [Invariant] {
        try Self.invariantTable()
    }
}
