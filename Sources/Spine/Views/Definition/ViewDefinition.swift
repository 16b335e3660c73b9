/// A view of FHIR resources as rows, as SQL on FHIR v2 defines it
/// (<https://sql-on-fhir.org/ig/StructureDefinition-ViewDefinition.html>): read and checked, not yet compiled.
public struct ViewDefinition: Sendable, Hashable {
    /// The name, good for a table: letters, digits and underscores, a letter first; nil when it has none.
    public var name: String?
    /// The canonical address.
    public var url: String?
    /// The resource type whose resources become rows.
    public var resource: String
    /// Values that expressions call by `%name`.
    public var constants: [Constant]
    /// What rows consist of; each is joined with each.
    public var selects: [Select]
    /// Expressions that must all be true for a resource to have rows.
    public var wheres: [String]

    /// A named value.
    public struct Constant: Sendable, Hashable {
        /// Without `%`.
        public var name: String
        /// A primitive type of FHIR, such as `code`.
        public var type: String
        /// The value as JSON text.
        public var json: [UInt8]
    }

    /// A part of the rows: columns, parts nested in it, and a union.
    public struct Select: Sendable, Hashable {
        /// What the part is repeated for.
        public enum Iteration: Sendable, Hashable {
            /// It stands once.
            case none
            /// A row for each item.
            case forEach(String)
            /// A row for each item, and one of nulls where there is none.
            case forEachOrNull(String)
            /// A row for each item that is reached by following the paths again and again, parents before children.
            case `repeat`([String])
        }

        /// What the part is repeated for.
        public var iteration = Iteration.none
        /// The columns.
        public var columns: [Column] = []
        /// Parts within; each is joined with the columns and with each other.
        public var selects: [Select] = []
        /// Parts whose rows follow one another.
        public var unions: [Select] = []
        /// Where it stands in the definition: `select[0].unionAll[1]`.
        public var place = ""

        /// All columns in the order in which rows have them: its own, those of the parts within, those of the union.
        public var allColumns: [Column] {
            columns + selects.flatMap(\.allColumns) + (unions.first?.allColumns ?? [])
        }
    }

    /// A column.
    public struct Column: Sendable, Hashable {
        /// The name: letters, digits and underscores, a letter first.
        public var name: String
        /// The FHIRPath expression.
        public var path: String
        /// The FHIR type that the author names; nil when none is named.
        public var type: String?
        /// Whether the column holds lists.
        public var isCollection: Bool
        /// Where it stands in the definition: `select[0].column[1]`.
        public var place: String
    }

    /// All columns in the order in which rows have them.
    public var columns: [Column] { selects.flatMap(\.allColumns) }
}
